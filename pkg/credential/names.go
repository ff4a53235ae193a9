package credential

import (
	"encoding/base64"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// published lists the keys of the schema, in order.
var published = []string{"username", "password", "host", "port", "region", "url", smtpsURL, "iam_user", "regions"}

// smtpsURL is the only key that even a complete value may lack: see [Value.SMTPSURL].
const smtpsURL = "smtps_url"

// regional lists the keys of a Region's entry.
var regional = []string{"host", "port", "password"}

// Names are further names for applications that can't read the published keys: each maps a
// published key to another name under which its value is written as well. A dot leads into an
// object: "smtp.user" is {"smtp":{"user":…}}. If the published key is missing, the value is read
// from there.
type Names map[string]string

// ParseNames reads "username=SMTP_USERNAME,password=smtp.pass". It reports all faults at once.
func ParseNames(text string) (Names, error) {
	names := Names{}
	var faults []error
	for item := range strings.SplitSeq(text, ",") {
		key, name, ok := strings.Cut(strings.TrimSpace(item), "=")
		key, name = strings.TrimSpace(key), strings.TrimSpace(name)
		top, _, _ := strings.Cut(name, ".")
		inWay := func(other string) bool { return leadsTo(other, name) || leadsTo(name, other) }
		switch {
		case !ok:
			faults = append(faults, fmt.Errorf("%q isn't key=name", item))
		case key == "regions" || !slices.Contains(published, key):
			faults = append(faults, fmt.Errorf("%q is none of the keys %s", key,
				strings.Join(published[:len(published)-1], ", ")))
		case names[key] != "":
			faults = append(faults, fmt.Errorf("%q is named twice", key))
		case slices.Contains(strings.Split(name, "."), ""):
			faults = append(faults, fmt.Errorf("%q has no name, or an empty part of one", item))
		case isPublished(top):
			faults = append(faults, fmt.Errorf("%q is a published key, in this or another case", top))
		case slices.ContainsFunc(slices.Collect(maps.Values(names)), inWay):
			faults = append(faults, fmt.Errorf("%q is the name of two keys, or leads to another one's", name))
		default:
			names[key] = name
		}
	}
	return names, errors.Join(faults...)
}

// leadsTo reports whether name is the other name, or an object around it.
func leadsTo(name, other string) bool { return strings.HasPrefix(other+".", name+".") }

// isPublished reports whether name is a published key, in any case: JSON readers that ignore case
// would confuse the two.
func isPublished(name string) bool {
	return slices.ContainsFunc(published, func(key string) bool { return strings.EqualFold(key, name) })
}

// IsAccessKeyID reports whether text has the form of an access key ID: "AKIA" for a user's or
// "ASIA" for a temporary one ("IAM identifiers", IAM user guide), then capitals and digits. Nothing
// else is ever printed as an ID, because people put passwords there.
func IsAccessKeyID(text string) bool {
	return len(text) <= 128 && (strings.HasPrefix(text, "AKIA") || strings.HasPrefix(text, "ASIA")) &&
		strings.Trim(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") == ""
}

// IsUserName reports whether IAM allows text as a user's name ("IAM and AWS STS quotas": name
// requirements). A regular expression with counts would take a millisecond to compile, a sixth of
// the function's start.
func IsUserName(text string) bool {
	const allowed = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+=,.@-"
	return 1 <= len(text) && len(text) <= 64 && strings.Trim(text, allowed) == ""
}

// isSMTPPassword reports whether text has the form of SES's passwords: the version, 4, and 32 bytes
// of an HMAC-SHA256, in base64 ("Obtaining Amazon SES SMTP credentials", SES guide).
func isSMTPPassword(text string) bool {
	raw, err := base64.StdEncoding.DecodeString(text)
	return err == nil && len(raw) == 33 && raw[0] == 4
}
