package sendpolicy

import (
	"slices"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sendpolicy/internal/glob"
)

// rule is a statement prepared for questions about requests.
type rule struct {
	Statement
	actions, resources glob.Demand
	conditions         []condition
}

// ruled returns the rules of the document's statements with this effect.
func (d Document) ruled(effect string, variables glob.Variables) (rules []*rule) {
	if d.Version != "2012-10-17" { // older ones take ${…} literally ("Version", IAM User Guide)
		variables = nil
	}
	for _, s := range d.Statements {
		if s.Effect != effect {
			continue
		}
		r := &rule{Statement: s, conditions: s.conditions(variables)}
		r.actions = demandOf(s.Action, s.NotAction, anyCase)
		r.resources = demandOf(s.Resource, s.NotResource, inARNs(variables))
		rules = append(rules, r)
	}
	return rules
}

// demandOf demands that a text matches one of these or, if not has patterns, none of those.
func demandOf(these, not Texts, w glob.Wildcards) glob.Demand {
	return glob.Demand{Patterns: w.All(slices.Concat(these, not)), Like: len(not) == 0}
}

// anyCase reads actions, whose case doesn't matter.
var anyCase = glob.Wildcards{Fold: true}

// inARNs reads resources.
func inARNs(variables glob.Variables) glob.Wildcards {
	return glob.Wildcards{Segments: true, Variables: variables}
}

// covers reports whether the rule applies to an action.
func (r *rule) covers(action string) bool { return r.actions.Meets(action) }

// option is one further demand on requests.
type option struct {
	part   string      // action, resource or a condition's key
	demand glob.Demand // on an action or a resource
	clause clause      // on a key
}

// opposite returns the demand that exactly the other requests meet.
func (o option) opposite() option {
	o.demand.Like = !o.demand.Like
	o.clause.holds = !o.clause.holds
	return o
}

// needs returns what requests must meet for the rule to apply, as far as that can be known. If the
// action is decided already, it isn't included.
func (r *rule) needs(decided bool) (all []option) {
	if !decided {
		all = append(all, option{part: action, demand: r.actions})
	}
	all = append(all, option{part: resource, demand: r.resources})
	for _, c := range r.conditions {
		if c.knowable() {
			all = append(all, option{part: c.key, clause: clause{c, true}})
		}
	}
	return all
}

// knowable reports whether it is known when the rule applies.
func (r *rule) knowable() bool {
	return !slices.ContainsFunc(r.conditions, func(c condition) bool { return !c.knowable() })
}

// sends reports whether a statement covers sending over SMTP.
func (s Statement) sends() bool {
	return demandOf(s.Action, s.NotAction, anyCase).Meets(sendRaw)
}

// matches reports whether an action matches the pattern.
func matches(actions, action string) bool { return anyCase.Read(actions).Matches(action) }
