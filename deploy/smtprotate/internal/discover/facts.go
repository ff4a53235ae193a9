package discover

import (
	"slices"
	"strings"
	"time"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/iamaccess"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sendpolicy"
)

// Facts are all that is known of one user.
type Facts struct {
	Place
	ARN, Path string
	Access    sendpolicy.Access // with policies and ways in
	Keys      []Key
	Owner     *Owner // nil: no stack is known to own the user
	// Secret holds one of the keys, as far as the secrets say that were read.
	Secret string
}

// Key is an access key.
type Key struct {
	ID      string
	Status  string // Active or Inactive
	Created time.Time
	Used    *iamaccess.Use // nil: IAM has seen no use, or
	Unknown bool           // it wouldn't say
}

func (k Key) active() bool { return k.Status == "Active" }

// mail tells whether the key's last use was of SES: over SMTP, or by its API. IAM calls SMTP
// ses-smtp, and everything else by the prefix of its actions.
func (k Key) mail() bool { return k.Used != nil && isMail(k.Used.Service) }

func isMail(service string) bool {
	return service == "ses" || strings.HasPrefix(service, "ses-")
}

// Owner is a stack that owns the user's credential.
type Owner struct {
	// Secret is the stack's, by name or ARN; empty: not known.
	Secret string `json:"secret,omitempty"`
	// Stack is what it is called; empty: not known.
	Stack string `json:"stack,omitempty"`
	// By says how that is known.
	By string `json:"by"`
}

// Marks that template.yaml and the Terraform module leave on what they make.
const (
	ownerTag    = "ses-smtp-rotator-secret"       // of a user: its value is the secret
	ownerPath   = ":policy/ses-smtp/"             // in the ARNs of sending policies
	ownerWords  = "rotated by ses-smtp-rotator (" // in a secret's description, before the stack's name
	ownerFilter = "ses-smtp-rotator"              // a word that finds that description
)

// ownerOf tells from a user itself that a stack owns it.
func ownerOf(m iamaccess.Member) *Owner {
	if secret, ok := m.Tags[ownerTag]; ok {
		return &Owner{Secret: secret, By: "the user's tag " + ownerTag}
	}
	ours := func(p sendpolicy.Policy) bool { return strings.Contains(p.ARN, ownerPath) }
	i := slices.IndexFunc(m.Access.Policies, ours)
	if i < 0 {
		return nil
	}
	return &Owner{By: "its policy " + m.Access.Policies[i].Name}
}

// stackOf is the stack that a secret's description names, and whether it is the description of a
// stack's secret.
func stackOf(description string) (name string, ours bool) {
	_, name, ours = strings.Cut(description, ownerWords)
	return strings.TrimPrefix(strings.TrimSuffix(name, ")"), "stack "), ours
}
