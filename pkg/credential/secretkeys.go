package credential

import (
	"cmp"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sessmtp"
)

const (
	// secretKeyLength is the length of a secret access key.
	secretKeyLength = 40
	// mostDerived is how many texts are tried, and for how many passwords: anybody who may write
	// the value could have the function derive for minutes.
	mostDerived, mostPasswords = 64, 4
)

// SecretKeys names the members that hold a secret access key: an SMTP password of the value derives
// from them, or they are called so and no other key's ID stands beside them. From such a key
// everything can be derived, and it opens more than mail. Compose leaves them out of a new
// credential. The Region is that of a password for which the value names none.
func (c Content) SecretKeys(region string) (names []string) {
	for _, l := range c.secretKeys(region) {
		names = append(names, l.told())
	}
	return names
}

func (c Content) secretKeys(region string) []leaf {
	s := search{Content: c, region: region}
	s.within(c.members, nil, 0)
	return s.found
}

// search is for secret access keys.
type search struct {
	Content
	region  string
	derived int // so often yet
	found   []leaf
}

func (s *search) within(o object, path []string, depth int) {
	for _, name := range slices.Sorted(maps.Keys(o)) {
		here := append(slices.Clone(path), name)
		switch inner := asObject(o[name]); {
		case depth < mostNested && inner != nil:
			s.within(inner, here, depth+1)
		case s.calledSo(o, name) || isPasted(here, o[name]) || s.holdsOne(o[name]):
			s.found = append(s.found, leaf{here, o[name]})
		}
	}
}

// calledSo tells whether a member is called a secret access key, and is the user's by what stands
// beside it.
func (s *search) calledSo(o object, name string) bool {
	if isNothing(o[name]) || !strings.HasSuffix(foldedName([]string{name}), "secretaccesskey") {
		return false
	}
	for beside, raw := range o {
		id := leaf{raw: raw}.text()
		if strings.HasSuffix(foldedName([]string{beside}), "accesskeyid") && id != "" && id != s.Logins[0].Username {
			return false
		}
	}
	return true
}

// isPasted: a secret access key stands where the SMTP password belongs, the commonest mistake.
// SES's passwords are longer.
func isPasted(path []string, raw json.RawMessage) bool {
	ours := len(path) == 1 || strings.EqualFold(path[0], "regions")
	text := leaf{raw: raw}.text()
	return ours && strings.EqualFold(path[len(path)-1], "password") && len(text) == secretKeyLength &&
		!strings.ContainsFunc(text, notInKey)
}

// holdsOne tells whether a text, or one in an array, has a run of as many characters as a secret
// access key has, from which a password derives.
func (s *search) holdsOne(raw json.RawMessage) (holds bool) {
	eachText(raw, mostNested, func(text string) string {
		for run := range strings.FieldsFuncSeq(text, notInKey) {
			holds = holds || len(run) == secretKeyLength && s.derivesFrom(run)
		}
		return text
	})
	return holds
}

// notInKey: an equals sign stands in front of a key in a file, and never in one.
func notInKey(r rune) bool {
	return !('0' <= r && r <= '9' || 'A' <= r && r <= 'Z' || 'a' <= r && r <= 'z' || r == '+' || r == '/')
}

func (s *search) derivesFrom(secret string) bool {
	if s.derived++; s.derived > mostDerived {
		return false
	}
	logins := s.Logins[:min(len(s.Logins), mostPasswords)]
	return slices.ContainsFunc(logins, func(l sessmtp.Login) bool {
		derived := sessmtp.DerivePassword(sessmtp.SecretAccessKey(secret), cmp.Or(l.Region, s.region))
		return l.Password != "" && l.Password == derived
	})
}

// remove takes a member out, wherever it is.
func (o object) remove(path []string) {
	if len(path) == 1 {
		delete(o, path[0])
		return
	}
	if inner := asObject(o[path[0]]); inner != nil {
		inner.remove(path[1:])
		o[path[0]] = marshal(inner)
	}
}
