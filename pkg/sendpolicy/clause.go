package sendpolicy

import (
	"slices"
	"strings"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sendpolicy/internal/glob"
)

// condition is one condition of a statement, as IAM reads it ("IAM JSON policy elements: Condition
// operators" and "Multivalued context keys", IAM User Guide).
type condition struct {
	key string // as AWS writes it, if this package knows it
	comparison
	values    Texts
	variables glob.Variables
}

// readCondition parses an operator. If IAM has no such operator, the comparison is empty.
func readCondition(operator, key string, values Texts, variables glob.Variables) condition {
	c, known := parseComparison(operator)
	if !known {
		c = comparison{}
	}
	return condition{asWritten(key), c, values, variables}
}

// knowable reports whether the condition's effect is known: IAM has its operator, and it is known
// which requests have its key.
func (c condition) knowable() bool {
	_, known := facts[c.key]
	return known && c.base != ""
}

// conditions returns the statement's conditions.
func (s Statement) conditions(variables glob.Variables) (all []condition) {
	s.Condition.each(func(operator, key string, values Texts) {
		all = append(all, readCondition(operator, key, values, variables))
	})
	return all
}

// clause is a condition that must hold or, if holds is false, must not.
type clause struct {
	condition
	holds bool
}

// without reports whether a request that lacks the key meets the clause.
func (c clause) without() bool {
	met := c.negated()
	switch {
	case c.base == null:
		met = c.has("true")
	case c.ifExists, c.set == forAll:
		met = true
	case c.set == forAny:
		met = false
	}
	return met == c.holds
}

// with reports whether a request that has the key can meet the clause.
func (c clause) with() bool { return c.base != null || c.has("false") == c.holds }

func (c condition) has(value string) bool {
	return slices.ContainsFunc(c.values, func(v string) bool { return strings.EqualFold(v, value) })
}

// demand returns what the clause demands of a text. ok is false if that isn't all it demands.
func (c clause) demand() (_ glob.Demand, ok bool) {
	w := glob.Wildcards{Variables: c.variables, None: !c.hasWildcards()}
	switch c.kind() {
	case ofText, ofTruth, ofBytes:
		w.Fold = strings.HasSuffix(c.base, "IgnoreCase") || c.base == "Bool"
	case ofARN: // ArnEquals is the same as ArnLike
		w.Segments, w.None = true, false
	default:
		return glob.Demand{}, false
	}
	d := glob.Demand{Patterns: w.All(c.values), Like: c.like()}
	for i, v := range c.values {
		if c.variables != nil && strings.EqualFold(v, "${"+c.key+"}") { // the key's own value, which always matches
			d.Patterns[i] = glob.Wildcards{}.Read("*")
		}
	}
	return d, true
}

// like reports whether a value must match one of the clause's values, rather than none.
func (c clause) like() bool { return c.holds != c.negated() }
