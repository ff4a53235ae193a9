package localaws

import (
	"regexp"
	"unicode"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sendpolicy"
)

// changesRights has the actions that change a user's rights. The other changes are made by hand.
var changesRights = map[string]iamAction{
	"PutUserPolicy":    ofUser((*directory).iamPutUserPolicy),
	"DeleteUserPolicy": ofUser((*directory).iamDeleteUserPolicy),
}

// policyNames matches the names that an inline policy may have ("PutUserPolicy", IAM API
// Reference).
var policyNames = regexp.MustCompile(`^[\w+=,.@-]{1,128}$`)

func (d *directory) iamPutUserPolicy(r *iamRequest, u *user) (any, error) {
	name, document := r.form.Get("PolicyName"), r.form.Get("PolicyDocument")
	switch {
	case name == "":
		return nil, missing("policyName")
	case document == "":
		return nil, missing("policyDocument")
	case !policyNames.MatchString(name):
		return nil, invalidCharacters("policyName")
	}
	if err := checkDocument(document); err != nil {
		return nil, err
	}
	changed := u.rights
	changed.put(name, document)
	if changed.characters() > sendpolicy.InlineQuota {
		return nil, refuse("LimitExceeded", "Maximum policy size of %d bytes exceeded for user %s",
			sendpolicy.InlineQuota, u.name)
	}
	u.rights = changed
	d.hold(u)
	return nil, nil
}

func (d *directory) iamDeleteUserPolicy(r *iamRequest, u *user) (any, error) {
	p, err := u.rights.find("user", r.form.Get("PolicyName"))
	if err != nil {
		return nil, err
	}
	u.rights.remove(p.name)
	d.hold(u)
	return nil, nil
}

// characters counts the characters of all inline policies. IAM doesn't count white space ("IAM and
// AWS STS quotas", IAM User Guide).
func (r *rights) characters() (n int) {
	for _, p := range r.inline {
		for _, c := range p.document {
			if !unicode.IsSpace(c) {
				n++
			}
		}
	}
	return n
}
