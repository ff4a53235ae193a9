package sendpolicy_test

import (
	"net/netip"
	"slices"
	"strings"
	"time"
)

// This file decides requests as AWS documents it. It shares no code with the audit, because it
// judges the audit. Its sources are these pages of the IAM User Guide:
//
//   - "Policy evaluation logic", "Permissions boundaries for IAM entities"
//   - "IAM JSON policy elements: Condition operators"
//   - "Conditions with multiple context keys or values"
//   - "Single-valued vs. multivalued context keys"
//   - "IAM JSON policy elements: Resource", "IAM policy elements: Variables and tags"

// grant is everything that gives a user rights.
type grant struct {
	papers   []paper
	boundary *paper // nil: no limit
}

// paper is a policy's document, in a form that is easy to change.
type paper struct {
	from  string // "inline", "attached", "group NAME"
	rules []rule
	lists bool // write single values as lists too
}

// rule is a statement.
type rule struct {
	deny         bool
	actions      []string
	notActions   bool // the actions are a NotAction's
	resources    []string
	notResources bool
	when         []when
}

// when is a condition on one key.
type when struct {
	operator, key string
	values        []string
}

// call is a request that IAM decides on.
type call struct {
	action, resource string
	context          map[string][]string // by key in lower case, without keys that the request lacks
}

// allows decides: "By default, all requests are implicitly denied"; an explicit deny, also in the
// boundary, overrides every allow; and a boundary "allows it to perform only the actions that are
// allowed by both".
func (g grant) allows(c call) bool {
	all := g.papers
	if g.boundary != nil {
		all = append(slices.Clone(all), *g.boundary)
	}
	some := func(papers []paper, deny bool) bool {
		return slices.ContainsFunc(papers, func(p paper) bool {
			return slices.ContainsFunc(p.rules, func(r rule) bool { return r.deny == deny && r.applies(c) })
		})
	}
	return !some(all, true) && some(g.papers, false) &&
		(g.boundary == nil || some([]paper{*g.boundary}, false))
}

// applies reports whether all elements of the statement match the request.
func (r rule) applies(c call) bool {
	return slices.ContainsFunc(r.actions, func(a string) bool { return isAction(a, c.action) }) != r.notActions &&
		slices.ContainsFunc(r.resources, func(t string) bool { return isResource(t, c) }) != r.notResources &&
		!slices.ContainsFunc(r.when, func(w when) bool { return !w.holds(c.context) })
}

// isAction: "prefixes and the action names are case insensitive" ("IAM JSON policy elements:
// Action").
func isAction(pattern, action string) bool {
	return like(wildcards(strings.ToLower(pattern)), strings.ToLower(action))
}

// isResource: a resource with a variable that has no value matches nothing.
func isResource(pattern string, c call) bool {
	text, known := substituted(pattern, wildcards, c.context)
	return known && like(text, c.resource)
}

// symbol is a character, or one of the wildcards.
type symbol rune

const (
	anyText symbol = -1 // *
	anyOne  symbol = -2 // ?
)

// wildcards reads * and ? as wildcards.
func wildcards(text string) (symbols []symbol) {
	for _, c := range text {
		switch c {
		case '*':
			symbols = append(symbols, anyText)
		case '?':
			symbols = append(symbols, anyOne)
		default:
			symbols = append(symbols, symbol(c))
		}
	}
	return symbols
}

// literally reads * and ? as themselves.
func literally(text string) (symbols []symbol) {
	for _, c := range text {
		symbols = append(symbols, symbol(c))
	}
	return symbols
}

// substituted reads a text with variables. The text of ${*}, ${?}, ${$} and of a variable's value
// is literal. The result is unknown if a variable's key is missing or has several values.
func substituted(text string, read func(string) []symbol, context map[string][]string) (symbols []symbol, known bool) {
	for {
		before, rest, found := strings.Cut(text, "${")
		symbols = append(symbols, read(before)...)
		if !found {
			return symbols, true
		}
		name, after, _ := strings.Cut(rest, "}")
		switch values := context[strings.ToLower(name)]; {
		case name == "*" || name == "?" || name == "$":
			symbols = append(symbols, literally(name)...)
		case len(values) == 1:
			symbols = append(symbols, literally(values[0])...)
		default:
			return nil, false
		}
		text = after
	}
}

// like reports whether the text matches the pattern. Here * may go beyond colons: "If the *
// wildcard is the last character of a resource ARN segment, it can expand to match beyond the colon
// boundaries". No other * in the generator's resources could.
func like(pattern []symbol, text string) bool {
	reach := make([]bool, len(pattern)+1) // whether the pattern's first i symbols match the text so far
	reach[0] = true
	skip := func() {
		for i, s := range pattern {
			reach[i+1] = reach[i+1] || reach[i] && s == anyText
		}
	}
	skip()
	for _, c := range text {
		for i := len(pattern); i > 0; i-- {
			s := pattern[i-1]
			reach[i] = s == anyText && (reach[i] || reach[i-1]) || (s == anyOne || s == symbol(c)) && reach[i-1]
		}
		reach[0] = false
		skip()
	}
	return reach[len(pattern)]
}

// holds reports whether the condition holds in a context. The case of operators and keys doesn't
// matter.
func (w when) holds(context map[string][]string) bool {
	operator := strings.ToLower(w.operator)
	values, present := context[strings.ToLower(w.key)]
	if operator == "null" {
		return slices.ContainsFunc(w.values, func(v string) bool { return strings.EqualFold(v, "true") != present })
	}
	operator, ifExists := strings.CutSuffix(operator, "ifexists")
	set, operator, ofSet := strings.Cut(operator, ":")
	if !ofSet {
		operator = set
	}
	negated := strings.Contains(operator, "not")
	one := func(value string) bool {
		matched := slices.ContainsFunc(w.values, func(v string) bool { return matched(operator, v, value, context) })
		return matched != negated // with several values, a negated operator is a NOR
	}
	switch {
	case set == "forallvalues": // "It also returns true if there are no context keys in the request"
		return !slices.ContainsFunc(values, func(v string) bool { return !one(v) })
	case set == "foranyvalue": // "if the key does not exist, the condition returns false"
		return slices.ContainsFunc(values, one)
	case !present: // "If the policy condition requires that the key is not matched, … the condition is true"
		return ifExists || negated
	}
	return len(values) == 1 && one(values[0])
}

// matched compares one value of the policy with one of the request. The caller handles negation.
// "You can't use a policy variable with other operators" than those for strings and ARNs.
func matched(operator, policy, value string, context map[string][]string) bool {
	switch operator {
	case "stringequalsignorecase", "stringnotequalsignorecase":
		policy, value = strings.ToLower(policy), strings.ToLower(value)
		fallthrough
	case "stringequals", "stringnotequals":
		text, known := substituted(policy, literally, context)
		return known && like(text, value)
	case "stringlike", "stringnotlike":
		text, known := substituted(policy, wildcards, context)
		return known && like(text, value)
	case "ipaddress", "notipaddress":
		return network(policy).Contains(netip.MustParseAddr(value))
	case "bool":
		return strings.EqualFold(policy, value)
	}
	at, than := instant(value), instant(policy)
	switch operator {
	case "dateequals", "datenotequals":
		return at.Equal(than)
	case "datelessthan":
		return at.Before(than)
	case "datelessthanequals":
		return !at.After(than)
	case "dategreaterthan":
		return at.After(than)
	case "dategreaterthanequals":
		return !at.Before(than)
	}
	panic("no operator " + operator)
}

// network reads a network in CIDR notation, or one address.
func network(text string) netip.Prefix {
	if p, err := netip.ParsePrefix(text); err == nil {
		return p.Masked()
	}
	a := netip.MustParseAddr(text)
	return netip.PrefixFrom(a, a.BitLen())
}

func instant(text string) time.Time {
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		panic(err)
	}
	return at
}
