package sendpolicy

import (
	"slices"
	"strings"
)

// comparison is a parsed condition operator, in IAM's spelling.
type comparison struct {
	set      string // forAll, forAny or ""
	base     string
	ifExists bool
}

const (
	forAll = "ForAllValues:"
	forAny = "ForAnyValue:"
)

// null is the only base that can't have a set or IfExists.
const null = "Null"

// bases are all operators that IAM has ("IAM JSON policy elements: Condition operators"). The first
// of each kind is the one to write.
var bases = map[kind][]string{
	ofText: {"StringLike", "StringNotLike", "StringEquals", "StringNotEquals", "StringEqualsIgnoreCase",
		"StringNotEqualsIgnoreCase"},
	ofNumber: {"NumericLessThan", "NumericLessThanEquals", "NumericGreaterThan", "NumericGreaterThanEquals",
		"NumericEquals", "NumericNotEquals"},
	ofDate: {"DateLessThan", "DateLessThanEquals", "DateGreaterThan", "DateGreaterThanEquals", "DateEquals",
		"DateNotEquals"},
	ofTruth:   {"Bool"},
	ofNetwork: {"IpAddress", "NotIpAddress"},
	ofBytes:   {"BinaryEquals"},
	ofARN:     {"ArnLike", "ArnNotLike", "ArnEquals", "ArnNotEquals"},
	ofAny:     {null},
}

// parseComparison reads an operator.
func parseComparison(text string) (c comparison, known bool) {
	for _, set := range []string{forAll, forAny} {
		if len(text) > len(set) && strings.EqualFold(text[:len(set)], set) {
			c.set, text = set, text[len(set):]
		}
	}
	const suffix = "IfExists"
	if n := len(text) - len(suffix); n > 0 && strings.EqualFold(text[n:], suffix) {
		c.ifExists, text = true, text[:n]
	}
	for _, names := range bases {
		for _, name := range names {
			if strings.EqualFold(name, text) {
				c.base = name
				return c, name != null || c == comparison{base: null}
			}
		}
	}
	return c, false
}

func (c comparison) String() string {
	if c.ifExists {
		return c.set + c.base + "IfExists"
	}
	return c.set + c.base
}

// kind returns what the operator compares.
func (c comparison) kind() kind {
	for k, names := range bases {
		if slices.Contains(names, c.base) {
			return k
		}
	}
	return ""
}

// negated reports whether the operator holds for values that aren't named, and if the key is
// missing.
func (c comparison) negated() bool { return strings.Contains(c.base, "Not") }

// hasWildcards reports whether * and ? in the values stand for other characters.
func (c comparison) hasWildcards() bool { return strings.HasSuffix(c.base, "Like") }

// demandsKey reports whether the condition never holds for mail that lacks the key.
func (c comparison) demandsKey(values []string) bool {
	switch {
	case c.base == null:
		return slices.Equal(values, []string{"false"})
	case c.set == forAny:
		return !c.ifExists
	}
	return c.set == "" && !c.ifExists && !c.negated()
}
