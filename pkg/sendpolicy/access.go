package sendpolicy

import (
	"fmt"
	"time"
)

// Access is everything that gives an IAM user rights or a way in.
type Access struct {
	User     string
	Policies []Policy
	Boundary *Policy // the most that Policies can allow; nil means no limit
	// Console says that the user has a console password; MFA, that the password alone isn't enough.
	Console, MFA bool
	// OtherKeys are the user's Active access keys that the secret doesn't have.
	OtherKeys []string
	// OtherLogins are SSH keys, certificates and service-specific credentials, each described in
	// words.
	OtherLogins []string
	// Unseen says which ways in couldn't be looked at, and why.
	Unseen []string
	// Now is the time of the audit: what has expired by then allows nothing. With the zero value,
	// nothing has expired.
	Now time.Time
	// Intended is what the credential is for, if that is known. Findings suggest policies made from
	// it.
	Intended Description
}

// Policy is a policy and where the user has it from.
type Policy struct {
	Name string
	ARN  string // of a managed policy
	From string // "inline", "attached", "group NAME"
	Text string // its document
}

func (p Policy) name() string { return fmt.Sprintf("%s (%s)", p.Name, p.From) }

// Audit returns what is wider than an SMTP credential needs, the worst first.
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

// read parses the policies and the boundary. A policy that it can't parse becomes a finding.
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

// quarantine matches the ARN of the policy that AWS attaches to a user whose access key it has
// found in public, in any version and partition. The account in the ARN must be AWS's own: a
// customer's policy may have the same name.
var quarantine = &shape{expression: `^arn:aws[a-z-]*:iam::aws:policy/AWSCompromisedKeyQuarantine`}

// quarantined returns the finding for that policy. Versions 1 to 3 deny no sending, and the
// description of each version says to leave it attached until AWS's case is settled
// ("AWSCompromisedKeyQuarantineV3", AWS Managed Policy Reference).
func (p Policy) quarantined(user string) *Finding {
	return &Finding{Code: Quarantined, Severity: High, Policy: p.name(),
		Message: fmt.Sprintf("AWS has found an access key of %s in public and attached this policy. It denies what "+
			"thieves usually do first, but not sending mail. Revoke the key (an emergency does that) and answer the "+
			"case that AWS has opened. Only when the case says so, detach the policy: aws iam detach-user-policy "+
			"--user-name %s --policy-arn %s", user, user, p.ARN),
		Risk: "send with the key until it is revoked"}
}

// read parses the policy. A policy that it can't parse is a finding, and so is the one that AWS
// attaches to users whose keys have leaked.
func (p Policy) read(user string) (Document, *Finding) {
	if quarantine.MatchString(p.ARN) {
		return Document{}, p.quarantined(user)
	}
	d, err := Parse(p.Text)
	if err != nil {
		return d, &Finding{Code: Unreadable, Severity: Medium, Policy: p.name(),
			Message: fmt.Sprintf("it can't be read: %v", err), Remedy: p.remedy(user),
			Risk: "perhaps everything: assume the worst until it can be read"}
	}
	return d, nil
}

// waysIn returns findings about the user's credentials that aren't for SMTP.
func waysIn(a Access) []Finding {
	var r report
	switch {
	case a.Console && a.MFA:
		r.add(Console, Medium, "use the console as this user, with the password and the second factor",
			"%s has a console password, with MFA, and a user that only sends mail needs none: delete it (aws iam "+
				"delete-login-profile --user-name %s)", a.User, a.User)
	case a.Console:
		r.add(Console, High, "use the console as this user, with a guessed or stolen password",
			"%s has a console password, without MFA, and a user that only sends mail needs none: delete it (aws iam "+
				"delete-login-profile --user-name %s)", a.User, a.User)
	}
	for _, id := range a.OtherKeys {
		r.add(MoreKeys, Medium, "send with this key, which no rotation replaces",
			"access key %s is Active, and the secret doesn't have it", id)
	}
	for _, login := range a.OtherLogins {
		r.add(OtherLogins, Medium, "act as this user in a service that isn't SES",
			"%s has %s, and a user that only sends mail needs none: delete it", a.User, login)
	}
	for _, why := range a.Unseen {
		r.add(NotLookedAt, Medium, "unknown", "can't tell whether %s has another way in: %s", a.User, why)
	}
	return r.findings
}
