package sendpolicy

import (
	"fmt"
	"slices"
	"strings"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sendpolicy/internal/glob"
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
	findings := waysIn(a)
	var policies []readPolicy
	for _, p := range a.Policies {
		d, fault := p.read(a.User)
		if fault != nil {
			findings = append(findings, *fault)
			continue
		}
		policies = append(policies, readPolicy{d, p.name(), p.remedy(a.User)})
	}
	var boundary *Document
	if a.Boundary != nil {
		if d, fault := a.Boundary.read(a.User); fault != nil {
			findings = append(findings, *fault)
		} else {
			boundary = &d
		}
	}
	findings = append(findings, findingsOf(policies, boundary, a)...)
	sort(findings)
	return findings
}

// readPolicy is a policy's document, where the user has it from, and how the user gets rid of it.
type readPolicy struct {
	Document
	name, remedy string
}

// findingsOf are those of all statements that allow.
func findingsOf(policies []readPolicy, boundary *Document, a Access) (findings []Finding) {
	var denies []*rule
	documents, within, variables := []Document{}, []*rule{nil}, a.variables()
	if boundary != nil {
		documents = append(documents, *boundary)
		within, denies = boundary.ruled(allow, variables), boundary.ruled(deny, variables)
	}
	for _, p := range policies {
		documents = append(documents, p.Document)
		denies = append(denies, p.ruled(deny, variables)...)
	}
	partitions := a.partitions(documents)
	type allowed struct {
		of      *rule
		by      readPolicy
		reaches []reach
	}
	var all []allowed
	var together addressSet // from which mail may come
	alone := false          // that one of the statements alone has too many of those
	for _, p := range policies {
		for _, r := range p.ruled(allow, variables) {
			one := allowed{of: r, by: p}
			for _, w := range within {
				one.reaches = append(one.reaches, reach{r, w, denies, partitions})
			}
			from := sourcesOf(one.reaches)
			_, wide := from.isWide()
			alone, together = alone || wide, together.union(from)
			all = append(all, one)
		}
	}
	_, wide := together.isWide()
	for _, one := range all {
		r := report{policy: one.by.name, statement: &one.of.Statement}
		r.rights(one.reaches)
		r.sending(one.reaches, wide && !alone)
		findings = append(findings, r.finished(one.by.remedy, a)...)
	}
	return findings
}

// variables are the policy variables whose values are known.
func (a Access) variables() glob.Variables {
	known := glob.Variables{}
	if a.User != "" {
		known["aws:username"] = a.User
	}
	return known
}

// partitions is what ARNs are like in the user's part of AWS: that of the Regions that it is for,
// or else those that the policies name.
func (a Access) partitions(of []Document) glob.Demand {
	var names []string
	for _, region := range a.Intended.Regions {
		names = append(names, partition(region))
	}
	for _, d := range of {
		for _, s := range d.Statements {
			for _, text := range slices.Concat(s.Resource, s.NotResource) {
				parts := strings.SplitN(text, ":", 3)
				if len(a.Intended.Regions) == 0 && len(parts) == 3 && !hasWildcard(parts[1]) {
					names = append(names, parts[1])
				}
			}
		}
	}
	if len(names) == 0 {
		names = []string{partition(placeholderRegion)}
	}
	slices.Sort(names)
	var like Texts
	for _, name := range slices.Compact(names) {
		like = append(like, "arn:"+name+":*")
	}
	return demandOf(like, nil, inARNs(nil))
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
			Message: fmt.Sprintf("it can't be read: %v", err), Risk: "whatever it allows", Remedy: p.remedy(user)}
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
