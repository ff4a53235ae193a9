package discover

import (
	"slices"
	"strings"
	"time"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/iamaccess"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sendpolicy"
)

// Facts are everything that is known about one user.
type Facts struct {
	Place
	ARN, Path string
	Access    sendpolicy.Access // policies and ways into AWS
	Keys      []Key
	Owner     *Owner // nil if no stack is known to own the user
	// Secret is the secret that holds one of the keys; empty if no secret that was read does.
	Secret string
}

// Key is an access key.
type Key struct {
	ID      string
	Status  string // Active or Inactive
	Created time.Time
	Used    *iamaccess.Use // nil if IAM has recorded no use, or if Unknown
	Unknown bool           // IAM didn't say when it was used
}

func (k Key) active() bool { return k.Status == "Active" }

// mail reports whether the key was last used for SES, over SMTP or through the API. IAM calls SMTP
// ses-smtp, and other services by the prefix of their actions.
func (k Key) mail() bool { return k.Used != nil && isMail(k.Used.Service) }

func isMail(service string) bool {
	return service == "ses" || strings.HasPrefix(service, "ses-")
}

// Owner is a stack that owns the user's credential.
type Owner struct {
	// Secret is the stack's secret, by name or ARN; empty if it isn't known.
	Secret string `json:"secret,omitempty"`
	// Stack is the stack's name; empty if it isn't known.
	Stack string `json:"stack,omitempty"`
	// By says how the owner is known.
	By string `json:"by"`
}

// The marks that template.yaml and the Terraform module leave on what they create.
const (
	ownerTag    = "ses-smtp-rotator-secret"       // tag of a user; its value is the secret
	ownerPath   = ":policy/ses-smtp/"             // part of the ARNs of sending policies
	ownerWords  = "rotated by ses-smtp-rotator (" // part of a secret's description; the stack's name follows
	ownerFilter = "ses-smtp-rotator"              // search word for that description
)

// ownerOf returns the stack that owns a user, as far as the user itself shows it, or nil.
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

// stackOf returns the stack that a secret's description names. ours reports whether the description
// is that of a stack's secret.
func stackOf(description string) (name string, ours bool) {
	_, name, ours = strings.Cut(description, ownerWords)
	return strings.TrimPrefix(strings.TrimSuffix(name, ")"), "stack "), ours
}
