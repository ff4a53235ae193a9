package credential

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
)

// leaf is a member that isn't an object, or is nested too deep to look into.
type leaf struct {
	path []string
	raw  json.RawMessage
}

func (l leaf) name() string { return strings.Join(l.path, ".") }

// text returns the member's text. It is empty if the member isn't text.
func (l leaf) text() (text string) {
	if isText(l.raw) {
		_ = json.Unmarshal(l.raw, &text)
	}
	return text
}

// told returns the name for people, unless it could be a secret: a secret access key has 40
// characters.
func (l leaf) told() string {
	if name := l.name(); len(name) < secretKeyLength && oneWord("", name) == nil {
		return name
	}
	return "(a name that may be a secret)"
}

// deepest is how many objects deep others' names are searched.
const deepest = 3

// leaves returns all members that aren't objects to look into, by name. It skips regions, which
// have a form of their own.
func (o object) leaves() []leaf { return o.leavesBelow(nil) }

func (o object) leavesBelow(path []string) (all []leaf) {
	for _, name := range slices.Sorted(maps.Keys(o)) {
		here := append(slices.Clone(path), name)
		switch inner := asObject(o[name]); {
		case len(path) == 0 && strings.EqualFold(name, "regions"):
		case len(here) == deepest, inner == nil:
			all = append(all, leaf{here, o[name]})
		default:
			all = append(all, inner.leavesBelow(here)...)
		}
	}
	return all
}

// asObject returns a member that is an object, or else nil.
func asObject(raw json.RawMessage) (inner object) {
	if strings.HasPrefix(string(raw), "{") {
		_ = json.Unmarshal(raw, &inner)
	}
	return inner
}

// at returns the member that a name with dots leads to.
func (o object) at(name string) (leaf, bool) {
	for _, l := range o.leaves() {
		if l.name() == name {
			return l, true
		}
	}
	return leaf{}, false
}

// foldedName returns a leaf's name in lower case, without the characters between words.
func foldedName(path []string) string {
	return joiners.Replace(strings.ToLower(strings.Join(path, "")))
}

var joiners = strings.NewReplacer("_", "", "-", "", ".", "", " ", "")
