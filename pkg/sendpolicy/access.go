package sendpolicy

import (
	"fmt"
	"strings"
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
	// OtherLogins are SSH keys, certificates and service-specific credentials, each in a person's words.
	OtherLogins []string
	// Intended is what the credential is for, where that is known: what is to be had instead of something wide is made from it.
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
	var findings []Finding
	parsed := map[string]Document{}
	var order []string
	for _, p := range a.Policies {
		if strings.HasPrefix(p.Name, "AWSCompromisedKeyQuarantine") {
			findings = append(findings, quarantined(a, p))
			continue
		}
		d, err := Parse(p.Text)
		if err != nil {
			findings = append(findings, unreadable(p, err))
			continue
		}
		parsed[p.name()] = d
		order = append(order, p.name())
	}
	limit := unlimited()
	if a.Boundary != nil {
		d, err := Parse(a.Boundary.Text)
		if err != nil {
			findings = append(findings, unreadable(*a.Boundary, err))
		} else {
			limit = limitOf(d)
		}
	}
	var denied guards
	for _, name := range order {
		denied.add(parsed[name])
	}
	for _, name := range order {
		for _, s := range parsed[name].Statements {
			if s.Effect != allow {
				continue
			}
			r := report{policy: name, statement: &s}
			r.rights(limit)
			if limit.sends && s.sends() && !denied.sending {
				r.sending(denied, limit)
			}
			for i := range r.findings {
				if s.sends() {
					r.findings[i].Instead = instead(s, a)
				}
			}
			findings = append(findings, r.findings...)
		}
	}
	findings = append(findings, waysIn(a)...)
	sort(findings)
	return findings
}

func unreadable(p Policy, err error) Finding {
	return Finding{Code: Unreadable, Severity: Medium, Policy: p.name(), Message: fmt.Sprintf("it can't be read: %v", err),
		Risk: "whatever it allows"}
}

// quarantined: AWS attaches such a policy to a user whose access key it has found in public.
func quarantined(a Access, p Policy) Finding {
	return Finding{Code: Quarantined, Severity: High, Policy: p.name(),
		Message: fmt.Sprintf("AWS has found an access key of %s in public, and attached this policy, which denies what thieves do first. Revoke the "+
			"key (an emergency does), close the case that AWS has opened, and take the policy off: aws iam detach-user-policy --user-name %s --policy-arn %s",
			a.User, a.User, p.ARN),
		Risk: "the key is known; until it is revoked, whoever found it can send"}
}

// waysIn are credentials of the user that aren't for SMTP.
func waysIn(a Access) []Finding {
	var r report
	switch {
	case a.Console && a.MFA:
		r.add(Console, Medium, "whoever has the password and the second factor has the user's rights in the console",
			"%s has a password for the console, with MFA: a user that sends mail needs none (aws iam delete-login-profile --user-name %s)", a.User, a.User)
	case a.Console:
		r.add(Console, High, "whoever guesses or finds the password has the user's rights in the console",
			"%s has a password for the console, without MFA: a user that sends mail needs none (aws iam delete-login-profile --user-name %s)", a.User, a.User)
	}
	for _, id := range a.OtherKeys {
		r.add(MoreKeys, Medium, "whoever has it sends, and no rotation replaces it",
			"access key %s is Active, and the secret doesn't have it", id)
	}
	for _, login := range a.OtherLogins {
		r.add(OtherLogins, Medium, "whoever has it is the user, in a service that isn't SES", "%s has %s: a user that sends mail needs none", a.User, login)
	}
	return r.findings
}
