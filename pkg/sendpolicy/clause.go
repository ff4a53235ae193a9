package sendpolicy

import (
	"slices"
	"strings"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sendpolicy/internal/glob"
)

// condition is one condition of a statement, as IAM reads it ("IAM JSON policy elements: Condition
// operators" and "Multivalued context keys", IAM User Guide).
type condition struct {
	key string // as AWS writes it, if it is known
	comparison
	values    Texts
	variables glob.Variables
}

// readCondition understands an operator. That of one that IAM doesn't have is empty.
func readCondition(operator, key string, values Texts, variables glob.Variables) condition {
	c, known := parseComparison(operator)
	if !known {
		c = comparison{}
	}
	return condition{asWritten(key), c, values, variables}
}

// knowable tells whether it is known what the condition does: it is on a key that requests are
// known to have or not to have, and IAM has the operator.
func (c condition) knowable() bool {
	_, known := facts[c.key]
	return known && c.base != ""
}

// conditions are those of the statement.
func (s Statement) conditions(variables glob.Variables) (all []condition) {
	s.Condition.each(func(operator, key string, values Texts) {
		all = append(all, readCondition(operator, key, values, variables))
	})
	return all
}

// clause is a condition that has to hold, or not to.
type clause struct {
	condition
	holds bool
}

// without tells whether the clause is met by a request that lacks the key.
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

// with tells whether the clause can be met by a request that has the key.
func (c clause) with() bool { return c.base != null || c.has("false") == c.holds }

func (c condition) has(value string) bool {
	return slices.ContainsFunc(c.values, func(v string) bool { return strings.EqualFold(v, value) })
}

// demand is what the clause asks of a text. It is ok if the clause asks that and nothing else.
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
		if c.variables != nil && strings.EqualFold(v, "${"+c.key+"}") { // what the key is like in any case
			d.Patterns[i] = glob.Wildcards{}.Read("*")
		}
	}
	return d, true
}

// like tells whether what the clause is met by is like the values.
func (c clause) like() bool { return c.holds != c.negated() }
