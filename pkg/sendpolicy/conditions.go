package sendpolicy

import (
	"slices"
	"strings"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sendpolicy/internal/glob"
)

// condition is one condition of a statement, as IAM reads it ("IAM JSON policy elements: Condition
// operators" and "Multivalued context keys", IAM User Guide).
type condition struct {
	key      string // in small letters
	operator string // in small letters, without what the fields below say
	set      string // "forallvalues", "foranyvalue" or nothing
	not      bool
	ifExists bool
	values   Texts
	// variables says that ${…} is a variable in the values.
	variables bool
}

// operators without Not, For…Values: and IfExists.
var operators = []string{
	"stringequals", "stringequalsignorecase", "stringlike", "numericequals", "numericlessthan",
	"numericlessthanequals", "numericgreaterthan", "numericgreaterthanequals", "dateequals", "datelessthan",
	"datelessthanequals", "dategreaterthan", "dategreaterthanequals", "bool", "binaryequals", "ipaddress", "arnequals",
	"arnlike", "null",
}

// readCondition understands an operator. One that IAM doesn't have is kept as it is.
func readCondition(operator, key string, values Texts, variables bool) condition {
	c := condition{key: strings.ToLower(key), values: values, variables: variables}
	text := strings.ToLower(operator)
	if set, rest, ok := strings.Cut(text, ":"); ok {
		c.set, text = set, rest
	}
	text, c.ifExists = strings.CutSuffix(text, "ifexists")
	for _, of := range []string{"string", "numeric", "date", "arn", ""} {
		if rest, ok := strings.CutPrefix(text, of+"not"); ok && slices.Contains(operators, of+rest) {
			text, c.not = of+rest, true
			break
		}
	}
	c.operator = text
	return c
}

// knowable tells whether it is known what the condition does: it is on a key that requests are
// known to have or not to have, and IAM has the operator.
func (c condition) knowable() bool {
	_, known := facts[c.key]
	return known && slices.Contains(operators, c.operator) &&
		slices.Contains([]string{"", "forallvalues", "foranyvalue"}, c.set)
}

// conditions are those of the statement.
func (s Statement) conditions(variables bool) (all []condition) {
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
	met := c.not
	switch {
	case c.operator == "null":
		met = c.has("true")
	case c.ifExists, c.set == "forallvalues":
		met = true
	case c.set == "foranyvalue":
		met = false
	}
	return met == c.holds
}

// with tells whether the clause can be met by a request that has the key.
func (c clause) with() bool { return c.operator != "null" || c.has("false") == c.holds }

func (c condition) has(value string) bool {
	return slices.ContainsFunc(c.values, func(v string) bool { return strings.EqualFold(v, value) })
}

// demand is what the clause asks of a text. It is ok if the clause asks that and nothing else.
func (c clause) demand() (_ glob.Demand, ok bool) {
	w := glob.Wildcards{Variables: c.variables}
	switch c.operator {
	case "stringequals", "binaryequals":
		w.None = true
	case "stringequalsignorecase", "bool":
		w.None, w.Fold = true, true
	case "stringlike":
	case "arnequals", "arnlike":
		w.Segments = true
	default:
		return glob.Demand{}, false
	}
	return glob.Demand{Patterns: w.All(c.values), Like: c.holds != c.not}, true
}
