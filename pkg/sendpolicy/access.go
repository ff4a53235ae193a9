package sendpolicy

import (
	"fmt"
	"time"
)

// Access is all that gives an IAM user rights, or a way in.
type Access struct {
	User     string
	Policies []Policy
	Boundary *Policy // the most that Policies can give; nil: no limit
	// Console: the user has a password for it. MFA: it isn't enough by itself.
	Console, MFA bool
	// OtherKeys are the user's Active access keys that the secret doesn't have.
	OtherKeys []string
	// OtherLogins are SSH keys, certificates and service-specific credentials, each in a person's
	// words.
	OtherLogins []string
	// Unseen says of which ways in nothing is known, and why.
	Unseen []string
	// Now is when: what has expired by then allows nothing. The zero value is before everything.
	Now time.Time
	// Intended is what the credential is for, where that is known: what is to be had instead of
	// something wide is made from it.
	Intended Description
}

// Policy is one, with where the user has it from.
type Policy struct {
	Name string
	ARN  string // of a managed policy
	From string // "inline", "attached", "group NAME"
	Text string // its document
}

func (p Policy) name() string { return fmt.Sprintf("%s (%s)", p.Name, p.From) }

// Audit finds what is wider than an SMTP credential needs, the worst first.
func Audit(a Access) []Finding {
	policies, boundary, faults := a.read()
	findings := append(waysIn(a), faults...)
	grants := a.grants(policies, boundary)
	together := wideTogether(grants)
	for _, g := range grants {
		findings = append(findings, g.findings(a, together)...)
	}
	sort(findings)
	return findings
}

// read understands the policies and the boundary. What can't be is a finding.
func (a Access) read() (policies []readPolicy, boundary *Document, faults []Finding) {
	for _, p := range a.Policies {
		d, fault := p.read(a.User)
		if fault != nil {
			faults = append(faults, *fault)
			continue
		}
		policies = append(policies, readPolicy{d, p.name(), p.remedy(a.User)})
	}
	if a.Boundary != nil {
		if d, fault := a.Boundary.read(a.User); fault != nil {
			faults = append(faults, *fault)
		} else {
			boundary = &d
		}
	}
	return policies, boundary, faults
}

// quarantine is the ARN of the policy that AWS attaches to a user whose access key it has found in
// public, of any version and in any partition. The account in it is AWS's own: a customer's policy
// can have the name, and isn't it.
var quarantine = &shape{expression: `^arn:aws[a-z-]*:iam::aws:policy/AWSCompromisedKeyQuarantine`}

// quarantined is the finding of that policy. Versions 1 to 3 deny no sending, and each version's
// description says to leave it on until AWS's case is settled ("AWSCompromisedKeyQuarantineV3", AWS
// Managed Policy Reference).
func (p Policy) quarantined(user string) *Finding {
	return &Finding{Code: Quarantined, Severity: High, Policy: p.name(),
		Message: fmt.Sprintf("AWS has found an access key of %s in public, and attached this policy. It denies what "+
			"thieves do first, but not sending mail. Revoke the key (an emergency does) and answer the case that AWS "+
			"has opened. Only when the case says so, take the policy off: aws iam detach-user-policy --user-name %s "+
			"--policy-arn %s", user, user, p.ARN),
		Risk: "the key is known; until it is revoked, whoever found it can send"}
}

// read understands a policy. One that can't be, and the one that AWS attaches to users whose keys
// have leaked, is a finding.
func (p Policy) read(user string) (Document, *Finding) {
	if quarantine.MatchString(p.ARN) {
		return Document{}, p.quarantined(user)
	}
	d, err := Parse(p.Text)
	if err != nil {
		return d, &Finding{Code: Unreadable, Severity: Medium, Policy: p.name(),
			Message: fmt.Sprintf("it can't be read: %v", err), Risk: "unknown: take it to allow everything",
			Remedy: p.remedy(user)}
	}
	return d, nil
}

// waysIn are credentials of the user that aren't for SMTP.
func waysIn(a Access) []Finding {
	var r report
	switch {
	case a.Console && a.MFA:
		r.add(Console, Medium, "whoever has the password and the second factor has the user's rights in the console",
			"%s has a password for the console, with MFA: a user that sends mail needs none (aws iam "+
				"delete-login-profile --user-name %s)", a.User, a.User)
	case a.Console:
		r.add(Console, High, "whoever guesses or finds the password has the user's rights in the console",
			"%s has a password for the console, without MFA: a user that sends mail needs none (aws iam "+
				"delete-login-profile --user-name %s)", a.User, a.User)
	}
	for _, id := range a.OtherKeys {
		r.add(MoreKeys, Medium, "whoever has it sends, and no rotation replaces it",
			"access key %s is Active, and the secret doesn't have it", id)
	}
	for _, login := range a.OtherLogins {
		r.add(OtherLogins, Medium, "whoever has it is the user, in a service that isn't SES",
			"%s has %s: a user that sends mail needs none", a.User, login)
	}
	for _, why := range a.Unseen {
		r.add(NotLookedAt, Medium, "what isn't known", "whether %s has another way in isn't known: %s", a.User, why)
	}
	return r.findings
}
