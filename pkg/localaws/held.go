package localaws

import (
	"time"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sendpolicy"
)

// held is what gives a user rights at one time. Its slices are never written to.
type held struct {
	rights   rights
	groups   []string
	boundary string
}

// hold records a change of what a user has.
func (d *directory) hold(u *user) { u.held.set(d.now(), held{u.rights, u.groups, u.boundary}) }

// access returns what gave a user rights at a time.
func (d *directory) access(u *user, at time.Time) sendpolicy.Access {
	held := u.held.at(at)
	a := sendpolicy.Access{User: u.name, Policies: d.policiesIn(held.rights, "inline", "attached", at)}
	for _, name := range held.groups {
		from := "group " + name
		a.Policies = append(a.Policies, d.policiesIn(d.groups[name].held.at(at), from, from, at)...)
	}
	if held.boundary != "" {
		p := d.policies[held.boundary].as("boundary", at)
		a.Boundary = &p
	}
	return a
}

// policiesIn returns the policies in r as they were at a time.
func (d *directory) policiesIn(r rights, inline, attached string, at time.Time) (all []sendpolicy.Policy) {
	for _, p := range r.inline {
		all = append(all, sendpolicy.Policy{Name: p.name, From: inline, Text: p.document})
	}
	for _, arn := range r.attached {
		all = append(all, d.policies[arn].as(attached, at))
	}
	return all
}

// as returns the policy as it was at a time, for a holder that has it from there.
func (p *managedPolicy) as(from string, at time.Time) sendpolicy.Policy {
	return sendpolicy.Policy{Name: policyName(p.arn), ARN: p.arn, From: from, Text: p.told.at(at)}
}
