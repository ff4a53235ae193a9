package credential

import (
	"encoding/base64"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// published are the keys of the schema, in its order.
var published = []string{"username", "password", "host", "port", "region", "url", smtpsURL, "iam_user", "regions"}

// smtpsURL is the only key that a value may lack for good: see [Value.SMTPSURL].
const smtpsURL = "smtps_url"

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
			faults = append(faults, fmt.Errorf("%q has no name, or an empty part in it", item))
		case isPublished(top):
			faults = append(faults, fmt.Errorf("%q is one of the usual names, in this or another case", top))
		case slices.ContainsFunc(slices.Collect(maps.Values(names)), inWay):
			faults = append(faults, fmt.Errorf("%q is for two keys, or leads to another one's name", name))
		default:
			names[key] = name
		}
	}
	return names, errors.Join(faults...)
}

// leadsTo tells whether name is the other one, or an object around it.
func leadsTo(name, other string) bool { return strings.HasPrefix(other+".", name+".") }

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

// IsUserName knows what IAM allows as a user's name ("IAM and AWS STS quotas": name requirements).
// A regular expression that counts takes a millisecond to compile, a sixth of the function's start.
func IsUserName(text string) bool {
	const allowed = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+=,.@-"
	return 1 <= len(text) && len(text) <= 64 && strings.Trim(text, allowed) == ""
}

// isSMTPPassword knows one of SES's by its shape: the version, 4, and 32 bytes of an HMAC-SHA256,
// in base64 ("Obtaining Amazon SES SMTP credentials", SES guide).
func isSMTPPassword(text string) bool {
	raw, err := base64.StdEncoding.DecodeString(text)
	return err == nil && len(raw) == 33 && raw[0] == 4
}
