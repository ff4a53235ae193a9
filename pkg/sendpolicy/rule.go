package sendpolicy

import (
	"slices"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sendpolicy/internal/glob"
)

// rule is a statement, ready to be asked about.
type rule struct {
	Statement
	actions, resources glob.Demand
	conditions         []condition
}

// ruled are the rules of a document that have an effect.
func (d Document) ruled(effect string, variables glob.Variables) (rules []*rule) {
	if d.Version != "2012-10-17" { // in older ones ${…} is a text ("Version", IAM User Guide)
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

// demandOf is that of a text to be one of these, or else not one of those.
func demandOf(these, not Texts, w glob.Wildcards) glob.Demand {
	return glob.Demand{Patterns: w.All(slices.Concat(these, not)), Like: len(not) == 0}
}

// anyCase is how actions are read.
var anyCase = glob.Wildcards{Fold: true}

// inARNs is how resources are read.
func inARNs(variables glob.Variables) glob.Wildcards {
	return glob.Wildcards{Segments: true, Variables: variables}
}

// covers tells whether the rule is about an action.
func (r *rule) covers(action string) bool { return r.actions.Meets(action) }

// option is one thing more that requests meet.
type option struct {
	part   string      // action, resource or a condition's key
	demand glob.Demand // of an action or a resource
	clause clause      // of a key
}

// opposite is what requests meet that don't meet the option.
func (o option) opposite() option {
	o.demand.Like = !o.demand.Like
	o.clause.holds = !o.clause.holds
	return o
}

// needs are what requests meet that the rule is about, as far as that can be known. Of actions it
// has only what isn't decided yet.
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

// knowable tells whether the rule says all that it depends on.
func (r *rule) knowable() bool {
	return !slices.ContainsFunc(r.conditions, func(c condition) bool { return !c.knowable() })
}

// sends tells whether a statement is about sending over SMTP.
func (s Statement) sends() bool {
	return demandOf(s.Action, s.NotAction, anyCase).Meets(sendRaw)
}

// matches tells whether an action is what the pattern describes.
func matches(actions, action string) bool { return anyCase.Read(actions).Matches(action) }
