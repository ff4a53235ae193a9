package sendpolicy

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Decision is IAM's answer for one mail.
type Decision struct {
	Allowed bool
	// Resource is the ARN that isn't allowed, if the mail isn't.
	Resource string
	// Why says in words what decides.
	Why string
}

// Decide says whether a user's policies and boundary allow one mail, as IAM would decide: nothing
// may deny it, one of the policies must allow it and, if there is a boundary, that must allow it
// too ("Policy evaluation logic", IAM User Guide). The time is that of the mail, not Now. If an
// identity is another account's, its own policy must allow the mail as well; Decide doesn't check
// that.
//
// If one of the policies can't be read, Decide allows nothing; IAM wouldn't have accepted it. If
// the mail lacks a condition's key, the condition counts as IAM defines for a missing key. A policy
// variable without a value matches nothing, even if it has a default.
func Decide(a Access, m Mail) Decision {
	policies, boundary, faults := a.read()
	q := newQuestion(a, m, policies, boundary)
	for _, f := range faults {
		if f.Code == Unreadable {
			q.unreadable = fmt.Sprintf("%s: %s", f.Policy, f.Message)
		}
	}
	var why []string
	for _, arn := range m.Resources {
		d := q.about(arn)
		if !d.Allowed {
			return d
		}
		why = append(why, d.Why)
	}
	return Decision{Allowed: len(why) > 0, Why: strings.Join(slices.Compact(why), "; ")}
}

// stated is a statement's rule, with its place in the policies.
type stated struct {
	*rule
	place string
}

// question is whether a mail is allowed.
type question struct {
	facts                   map[string][]string
	allows, within, denials []stated
	bounded                 bool
	unreadable              string // which policy can't be read, and why
}

func newQuestion(a Access, m Mail, policies []readPolicy, boundary *Document) question {
	q := question{facts: m.facts(a.User), bounded: a.Boundary != nil}
	variables := variablesOf(q.facts)
	read := func(d Document, name, effect string) (all []stated) {
		for i, s := range d.Statements {
			one := Document{Version: d.Version, Statements: []Statement{s}}
			for _, r := range one.ruled(effect, variables) {
				all = append(all, stated{r, fmt.Sprintf("statement %s of %s", cmp.Or(s.Sid, fmt.Sprint(i+1)), name)})
			}
		}
		return all
	}
	for _, p := range policies {
		q.allows = append(q.allows, read(p.Document, p.name, allow)...)
		q.denials = append(q.denials, read(p.Document, p.name, deny)...)
	}
	if boundary != nil {
		q.within = read(*boundary, a.Boundary.name(), allow)
		q.denials = append(q.denials, read(*boundary, a.Boundary.name(), deny)...)
	}
	return q
}

// about decides for one resource.
func (q question) about(arn string) Decision {
	if q.unreadable != "" {
		return Decision{Resource: arn, Why: q.unreadable}
	}
	for _, d := range q.denials {
		if q.obstacle(d, arn) == "" {
			return Decision{Resource: arn, Why: d.place + " denies it"}
		}
	}
	by, missed := q.firstOf(q.allows, arn)
	if by == "" {
		return Decision{Resource: arn, Why: "no policy allows it" + missed}
	}
	if !q.bounded {
		return Decision{Allowed: true, Why: by + " allows it"}
	}
	within, missed := q.firstOf(q.within, arn)
	if within == "" {
		return Decision{Resource: arn, Why: by + " allows it, but the boundary doesn't" + missed}
	}
	return Decision{Allowed: true, Why: by + " and " + within + " allow it"}
}

// firstOf returns the place of the first statement that applies. If there is none, missed says for
// each statement about sending why it doesn't apply.
func (q question) firstOf(statements []stated, arn string) (by, missed string) {
	for _, s := range statements {
		obstacle := q.obstacle(s, arn)
		if obstacle == "" {
			return s.place, ""
		}
		if s.sends() {
			missed += fmt.Sprintf("; %s doesn't, because %s", s.place, obstacle)
		}
	}
	return "", missed
}

// obstacle says why a statement doesn't apply to the mail. If it applies, obstacle returns "".
func (q question) obstacle(s stated, arn string) string {
	switch {
	case !s.covers(sendRaw):
		return "it isn't about sending over SMTP"
	case !s.resources.Known().Meets(arn):
		return "it isn't about " + arn
	}
	for _, c := range s.conditions {
		if values := q.facts[strings.ToLower(c.key)]; !c.holdsFor(values) {
			has := cmp.Or(strings.Join(values, ","), "none")
			return fmt.Sprintf("%s doesn't hold: the mail has %s", Condition{c.String(), c.key, c.values}, has)
		}
	}
	return ""
}
