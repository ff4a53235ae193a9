package credential

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// published are the keys of the schema, in its order.
var published = []string{"username", "password", "host", "port", "region", "url", "iam_user", "regions"}

// regional are those of a Region's entry.
var regional = []string{"host", "port", "password"}

// Names are further names of published keys, for applications that can't read the published ones:
// each maps a published key to where its value is written as well. A dot leads into an object:
// "smtp.user" is {"smtp":{"user":…}}. Where the published key is missing, this is read.
type Names map[string]string

// ParseNames reads "username=SMTP_USERNAME,password=smtp.pass". All faults are reported at once.
func ParseNames(text string) (Names, error) {
	names := Names{}
	var faults []error
	for item := range strings.SplitSeq(text, ",") {
		key, name, ok := strings.Cut(strings.TrimSpace(item), "=")
		key, name = strings.TrimSpace(key), strings.TrimSpace(name)
		switch top, _, _ := strings.Cut(name, "."); {
		case !ok:
			faults = append(faults, fmt.Errorf("%q isn't key=name", item))
		case key == "regions" || !slices.Contains(published, key):
			faults = append(faults, fmt.Errorf("%q is none of the keys %s", key, strings.Join(published[:7], ", ")))
		case names[key] != "":
			faults = append(faults, fmt.Errorf("%q is named twice", key))
		case slices.Contains(strings.Split(name, "."), ""):
			faults = append(faults, fmt.Errorf("%q has no name, or an empty part in it", item))
		case isPublished(top):
			faults = append(faults, fmt.Errorf("%q is a key that is written anyway", top))
		case slices.Contains(slices.Collect(maps.Values(names)), name):
			faults = append(faults, fmt.Errorf("%q is for two keys", name))
		default:
			names[key] = name
		}
	}
	return names, errors.Join(faults...)
}

// isPublished knows a published key in any case: JSON readers that ignore case take one for the
// other.
func isPublished(name string) bool {
	return slices.ContainsFunc(published, func(key string) bool { return strings.EqualFold(key, name) })
}

// IsAccessKeyID knows the ID of an access key by its shape: "AKIA" for a user's and "ASIA" for a
// temporary one ("IAM identifiers", IAM user guide), then capitals and digits. Nothing else is ever
// printed where such an ID belongs: people put passwords there.
func IsAccessKeyID(text string) bool {
	return len(text) <= 128 && (strings.HasPrefix(text, "AKIA") || strings.HasPrefix(text, "ASIA")) &&
		strings.Trim(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") == ""
}

// meanings are what other programs call the published keys, bare.
var meanings = map[string]string{
	"username": "username", "user": "username", "login": "username", "hostuser": "username", "accesskeyid": "username",
	"password": "password", "pass": "password", "hostpassword": "password", "passwordv4": "password",
	"host": "host", "hostname": "host", "server": "host", "endpoint": "host",
	"port": "port", "region": "region", "url": "url", "dsn": "url", "uri": "url",
}

// aboutMail are words in front of a name that say nothing more.
var aboutMail = []string{"spring", "aws", "amazon", "ses", "smtp", "mailer", "mail", "email", "auth", "credentials",
	"credential", "config", "settings", "transport"}

// meaning is the published key that another program's name stands for, empty for none:
// SMTP_USERNAME, auth.user and EMAIL_HOST_USER are all the username.
func meaning(path []string) string { return meanings[bare(path)] }

// bare is a name in small letters, without what joins its words, and without words in front that
// only say that it is about mail.
func bare(path []string) string {
	name := strings.NewReplacer("_", "", "-", "", ".", "", " ", "").Replace(strings.ToLower(strings.Join(path, "")))
	for {
		i := slices.IndexFunc(aboutMail, func(word string) bool { return strings.HasPrefix(name, word) })
		if i < 0 {
			return name
		}
		name = name[len(aboutMail[i]):]
	}
}

// leaf is a member that isn't an object, or is too deep to be looked into.
type leaf struct {
	path []string
	raw  json.RawMessage
}

func (l leaf) name() string { return strings.Join(l.path, ".") }

// told is the name for a person, unless it could be more than a name: a secret access key has 40
// characters.
func (l leaf) told() string {
	if name := l.name(); len(name) < secretKeyLength && oneWord("", name) == nil {
		return name
	}
	return "(a name that isn't told)"
}

// deepest is how many objects deep others' names are looked for.
const deepest = 3

// leaves are all members that aren't looked into, by name. Regions have their own form.
func (o object) leaves() []leaf { return o.leavesBelow(nil) }

func (o object) leavesBelow(path []string) (all []leaf) {
	for _, name := range slices.Sorted(maps.Keys(o)) {
		here := append(slices.Clone(path), name)
		var inner object
		switch {
		case len(path) == 0 && strings.EqualFold(name, "regions"):
		case len(here) == deepest, json.Unmarshal(o[name], &inner) != nil, inner == nil:
			all = append(all, leaf{here, o[name]})
		default:
			all = append(all, inner.leavesBelow(here)...)
		}
	}
	return all
}
