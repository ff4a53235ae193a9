package sendpolicy

import (
	"slices"
	"strings"
)

// comparison is a condition operator, taken apart. It is written as IAM writes it, in whatever
// capitals it was given.
type comparison struct {
	set      string // forAll, forAny or nothing
	base     string
	ifExists bool
}

const (
	forAll = "ForAllValues:"
	forAny = "ForAnyValue:"
)

// null is the one base that neither a set nor IfExists goes with.
const null = "Null"

// bases are all that there are ("IAM JSON policy elements: Condition operators"), the first of each
// kind being the one to write.
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

// kind is what it compares.
func (c comparison) kind() kind {
	for k, names := range bases {
		if slices.Contains(names, c.base) {
			return k
		}
	}
	return ""
}

// negated tells whether it holds for what isn't named, and for a key that isn't there.
func (c comparison) negated() bool { return strings.Contains(c.base, "Not") }

// hasWildcards tells whether * and ? stand for other characters in its values.
func (c comparison) hasWildcards() bool { return strings.HasSuffix(c.base, "Like") }

// demandsKey tells whether it never holds for mail without the key.
func (c comparison) demandsKey(values []string) bool {
	switch {
	case c.base == null:
		return slices.Equal(values, []string{"false"})
	case c.set == forAny:
		return !c.ifExists
	}
	return c.set == "" && !c.ifExists && !c.negated()
}
