package discover

import (
	"cmp"
	"slices"
	"time"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sendpolicy"
)

// User is what was found out about a user.
type User struct {
	Place
	Name     string              `json:"user"`
	ARN      string              `json:"arn"`
	Severity sendpolicy.Severity `json:"severity,omitempty"`
	Advice   Advice              `json:"advice"`
	// Todo says why, and what to do, for people.
	Todo string `json:"what_to_do"`
	// MaySend is true if the user's policies allow sending over SMTP.
	MaySend     bool             `json:"may_send"`
	Width       sendpolicy.Width `json:"width"`
	Keys        []KeyReport      `json:"keys"`
	Owner       *Owner           `json:"owner,omitempty"`
	Secret      string           `json:"secret,omitempty"`
	Quarantined bool             `json:"quarantined,omitempty"`
	Boundary    string           `json:"boundary,omitempty"`
	// OtherWays are ways into AWS other than access keys, including those that couldn't be checked.
	OtherWays []string `json:"other_ways,omitempty"`
	// Findings are the audit's, without the replacement policies, which smtprotate audit --user
	// prints.
	Findings []Finding `json:"findings,omitempty"`
}

// KeyReport is an access key as the report shows it.
type KeyReport struct {
	ID       string     `json:"access_key_id"`
	Status   string     `json:"status"`
	Created  time.Time  `json:"created"`
	AgeDays  int        `json:"age_days"`
	LastUsed *time.Time `json:"last_used,omitempty"`
	Service  string     `json:"last_used_service,omitempty"`
	Region   string     `json:"last_used_region,omitempty"`
	// UseUnknown is true if IAM didn't say: then a missing last_used doesn't mean never.
	UseUnknown bool `json:"last_used_unknown,omitempty"`
}

// Finding is a finding of the audit.
type Finding struct {
	Code     sendpolicy.Code     `json:"code"`
	Severity sendpolicy.Severity `json:"severity"`
	Policy   string              `json:"policy,omitempty"`
	Message  string              `json:"message"`
	Risk     string              `json:"risk"`
}

// Sort sorts users, the worst first: by severity, leaked keys, width, and the age of the oldest
// key.
func Sort(users []User) {
	weight := func(s sendpolicy.Severity) int {
		return slices.Index([]sendpolicy.Severity{sendpolicy.High, sendpolicy.Medium, sendpolicy.Low, ""}, s)
	}
	leaked := func(u User) int {
		if u.Advice == Revoke {
			return 0
		}
		return 1
	}
	width := func(u User) int { return slices.Index(sendpolicy.Widths(), u.Width) }
	slices.SortFunc(users, func(a, b User) int {
		return cmp.Or(weight(a.Severity)-weight(b.Severity), leaked(a)-leaked(b), width(b)-width(a),
			b.oldest()-a.oldest(), cmp.Compare(a.Account, b.Account), cmp.Compare(a.Name, b.Name))
	})
}

// oldest returns the age in days of the user's oldest Active key, or of its oldest key if none is
// Active.
func (u User) oldest() (most int) {
	for _, active := range []bool{true, false} {
		for _, k := range u.Keys {
			if !active || k.Status == "Active" {
				most = max(most, k.AgeDays)
			}
		}
		if most > 0 {
			return most
		}
	}
	return most
}
