package sendpolicy

import (
	"cmp"
	"fmt"
	"slices"
)

// Severity is how much a thief gains.
type Severity string

const (
	High   Severity = "high"   // more than this credential's own mail: other senders, other services, the account
	Medium Severity = "medium" // this credential's mail from unnecessary places or by other ways than SMTP
	Low    Severity = "low"    // rights that SMTP doesn't need
)

func (s Severity) weight() int { return slices.Index([]Severity{Low, Medium, High}, s) + 1 }

// AtLeast reports whether s is as severe as other, or more.
func (s Severity) AtLeast(other Severity) bool { return s.weight() >= other.weight() }

// Code names a kind of finding.
type Code string

const (
	WideAction   Code = "WideAction"   // actions with a wildcard
	WideResource Code = "WideResource" // all identities, or more than those named
	NoSource     Code = "NoSource"     // from anywhere
	WideSource   Code = "WideSource"   // from more addresses than one organisation has, or other people's endpoints
	HasNotAction Code = "NotAction"    // all actions except some
	NotResource  Code = "NotResource"  // all resources except some
	IAMRights    Code = "IAMRights"    // rights over users, roles and permissions
	OtherRights  Code = "OtherRights"  // rights in SES or elsewhere that aren't for sending
	UnusedRights Code = "UnusedRights" // ways to send that SMTP doesn't use
	PrivateIP    Code = "PrivateIP"    // a source condition on an address that SES never sees
	UnknownKey   Code = "UnknownKey"   // a condition on a key that SES doesn't implement
	Unreadable   Code = "Unreadable"   // a document that isn't a policy
	Console      Code = "Console"      // a console password
	MoreKeys     Code = "MoreKeys"     // access keys that the secret doesn't have
	OtherLogins  Code = "OtherLogins"  // SSH keys, certificates, service-specific credentials
	NotLookedAt  Code = "NotLookedAt"  // a way in that couldn't be looked at
	Quarantined  Code = "Quarantined"  // AWS itself says that a key has leaked
)

// Finding is one thing that is wider than an SMTP credential needs.
type Finding struct {
	Code     Code     `json:"code"`
	Severity Severity `json:"severity"`
	// Policy and Statement say where it is. They are missing for ways in.
	Policy    string     `json:"policy,omitempty"`
	Statement *Statement `json:"statement,omitempty"`
	Message   string     `json:"message"`
	// Risk says what a thief could do with it, in words that follow "could".
	Risk string `json:"risk"`
	// Remedy says how to take the policy from the user, if it can't be narrowed for this user alone
	// because it is a group's or AWS's own.
	Remedy string `json:"remedy,omitempty"`
	// Instead is the policy to use in place of the statement or, if there is a Remedy, to give the
	// user as its own. It is nil if there is none.
	Instead *Document `json:"instead,omitempty"`
}

// Worst returns the highest severity among findings, or "" if there are none.
func Worst(findings []Finding) (worst Severity) {
	for _, f := range findings {
		if f.Severity.AtLeast(worst) {
			worst = f.Severity
		}
	}
	return worst
}

// sort puts the worst first.
func sort(findings []Finding) {
	slices.SortStableFunc(findings, func(a, b Finding) int {
		return cmp.Or(b.Severity.weight()-a.Severity.weight(), cmp.Compare(a.Code, b.Code),
			cmp.Compare(a.Policy, b.Policy))
	})
}

// report gathers findings about one statement.
type report struct {
	policy    string
	statement *Statement
	findings  []Finding
}

// add notes a finding, unless it is there already: two statements of a boundary may lead to the
// same.
func (r *report) add(code Code, severity Severity, risk, format string, args ...any) {
	f := Finding{
		Code: code, Severity: severity, Policy: r.policy, Statement: r.statement, Message: fmt.Sprintf(format, args...),
		Risk: risk,
	}
	same := func(other Finding) bool { return other.Code == code && other.Message == f.Message }
	if !slices.ContainsFunc(r.findings, same) {
		r.findings = append(r.findings, f)
	}
}
