package localaws

import (
	"fmt"
	"maps"
	"strings"
)

// tagQuota is the most tags that a user may have ("IAM and AWS STS quotas", IAM User Guide).
const tagQuota = 50

// A tag is a tag of a user or of a secret.
type tag struct{ Key, Value string }

// tags returns the tags in a call's Tags.member.1 and so on. Keys that differ only in case are the
// same ("Tags for AWS Identity and Access Management resources", IAM User Guide).
func (r *iamRequest) tags() (map[string]string, error) {
	tags, seen := map[string]string{}, map[string]bool{}
	for i := 1; ; i++ {
		member := fmt.Sprintf("Tags.member.%d.", i)
		key := r.form.Get(member + "Key")
		switch folded := strings.ToLower(key); {
		case key == "" && !r.form.Has(member+"Value"):
			return tags, nil
		case key == "":
			return nil, missing(fmt.Sprintf("tags.%d.member.key", i))
		case seen[folded]:
			return nil, refuse("InvalidInput",
				"Duplicate tag keys found. Please note that Tag keys are case insensitive.")
		case i > tagQuota:
			return nil, refuse("ValidationError", "1 validation error detected: Value at 'tags' failed to satisfy "+
				"constraint: Member must have length less than or equal to %d", tagQuota)
		default:
			tags[key], seen[folded] = r.form.Get(member+"Value"), true
		}
	}
}

// TagUser gives a user a tag, or changes the tag's value.
func (w *World) TagUser(userName, key, value string) error {
	return w.changeUser(userName, func(u *user) {
		tags := maps.Clone(u.tags)
		if tags == nil {
			tags = map[string]string{}
		}
		tags[key] = value
		u.tags = tags
	})
}

// SetUserPath moves a user to a path, such as /ses-smtp/.
func (w *World) SetUserPath(userName, path string) error {
	return w.changeUser(userName, func(u *user) { u.path = path })
}
