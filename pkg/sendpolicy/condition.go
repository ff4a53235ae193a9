package sendpolicy

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// String is the condition as people write it.
func (c Condition) String() string {
	return fmt.Sprintf("%s %s %s", c.Operator, c.Key, strings.Join(c.Values, ","))
}

// comparison is the operator's, which was checked.
func (c Condition) comparison() comparison {
	parsed, _ := parseComparison(c.Operator)
	return parsed
}

// normal is the condition as IAM documents it, with each value once.
func (c Condition) normal() Condition {
	parsed, known := parseComparison(c.Operator)
	if known {
		c.Operator = parsed.String()
	}
	c.Key = asWritten(c.Key)
	switch parsed.kind() {
	case ofTruth, ofAny:
		c.Values = unique(each(c.Values, func(v string) []string { return []string{strings.ToLower(v)} }))
	case ofNetwork:
		if networks, err := c.networks(); err == nil {
			c.Values = texts(networks)
		}
	default:
		c.Values = unique(c.Values)
	}
	return c
}

// networks are the values as networks. IAM takes an address without a length for a /32, even of
// IPv6, so it is written with one.
func (c Condition) networks() (networks []netip.Prefix, err error) {
	for _, v := range c.Values {
		n, err := parseNetwork(v)
		if err != nil {
			return nil, fmt.Errorf("%q is neither a network nor an address", v)
		}
		networks = append(networks, n)
	}
	return networks, nil
}

// bare has other characters for those that a variable lets stand for themselves ("IAM policy
// elements: Variables and tags").
var bare = strings.NewReplacer("${*}", "x", "${?}", "x", "${$}", "x")

// check returns what is wrong with the condition by itself, and what to write.
func (c Condition) check() error {
	parsed, known := parseComparison(c.Operator)
	kinds := kindsOf(c.Key)
	switch {
	case kinds == nil:
		return fmt.Errorf("SES doesn't know the key %s when mail is sent over SMTP; it knows %s", c.Key,
			strings.Join(HonouredKeys(), ", "))
	case !known:
		return fmt.Errorf("IAM has no operator %q; for %s there are %s", c.Operator, c.Key, operatorsFor(kinds))
	case parsed.base != null && !slices.Contains(kinds, parsed.kind()):
		return fmt.Errorf("%s compares %s, which %s isn't; for that there are %s", parsed, parsed.kind(), c.Key,
			operatorsFor(kinds))
	case len(c.Values) == 0:
		return fmt.Errorf("%s has no value", c.Key)
	}
	if err := parsed.checkSet(c); err != nil {
		return err
	}
	for _, v := range c.Values {
		if err := parsed.checkValue(c.Key, v); err != nil {
			return err
		}
	}
	return nil
}

// operatorsFor are those that fit keys of the kinds.
func operatorsFor(kinds []kind) string {
	var names []string
	for _, k := range kinds {
		names = append(names, bases[k]...)
	}
	return strings.Join(append(names, null), ", ")
}

// checkSet refuses ForAllValues and ForAnyValue for a key with one value, and demands one for
// recipients ("Single-valued vs. multivalued context keys", IAM User Guide).
func (c comparison) checkSet(of Condition) error {
	several := asWritten(of.Key) == recipientsKey
	switch {
	case c.base == null:
		return nil
	case several && c.set == "":
		return fmt.Errorf("mail has several recipients, and %s compares one value: write %s%s, and a second condition "+
			"Null %s false, so that it holds for each of them", c, forAll, c, recipientsKey)
	case !several && c.set != "":
		return fmt.Errorf("%s has one value, and %s is for keys that have several: write %s", of.Key,
			strings.TrimSuffix(c.set, ":"), comparison{base: c.base, ifExists: c.ifExists})
	}
	return nil
}

// checkValue refuses what IAM would refuse, and what means something else to it than to people.
func (c comparison) checkValue(key, value string) error {
	if strings.ContainsFunc(value, isControl) {
		return fmt.Errorf("%q has a control character", value)
	}
	if strings.TrimSpace(value) != value || value == "" {
		return fmt.Errorf("%q is empty, or has spaces at an end", value)
	}
	switch c.kind() {
	case ofText:
		return c.checkText(key, value)
	case ofDate:
		if !isDate(value) {
			return fmt.Errorf("%q is no time: write it like 2030-01-31T23:59:00Z, or as seconds since 1970", value)
		}
	case ofNumber:
		if !number.MatchString(value) {
			return fmt.Errorf("%q is no number", value)
		}
	case ofTruth, ofAny:
		if !strings.EqualFold(value, "true") && !strings.EqualFold(value, "false") {
			return fmt.Errorf("%q is neither true nor false", value)
		}
	case ofNetwork:
		if _, err := parseNetwork(value); err != nil {
			return fmt.Errorf("%q is neither a network nor an address", value)
		}
	}
	return nil
}

func (c comparison) checkText(key, value string) error {
	text := bare.Replace(value)
	if strings.Contains(text, "${") {
		return fmt.Errorf("%q has a policy variable, in whose place IAM puts a property of the caller: write the text "+
			"itself; ${*}, ${?} and ${$} stand for *, ? and $", value)
	}
	if !c.hasWildcards() && hasStar(text) {
		like := c
		like.base = strings.Replace(strings.TrimSuffix(c.base, "IgnoreCase"), "Equals", "Like", 1)
		return fmt.Errorf("in %q, %s takes * for the character, not for any text: write %s, or ${*} for the character",
			value, c, like)
	}
	if c.hasWildcards() && hasStar(text) && strings.Trim(text, "*?@.") == "" {
		return fmt.Errorf("%q is any text, so this narrows nothing, or lets nothing through: write what is meant, or "+
			"Null %s false, if it only has to be there", value, key)
	}
	for name, id := range map[string]*shape{sourceVPCe: endpoint, sourceVPC: vpc} {
		if asWritten(key) == name && !id.MatchString(value) {
			return fmt.Errorf("%q isn't a whole ID of the kind (vpce-… for aws:SourceVpce, vpc-… for "+
				"aws:SourceVpc), and IDs that begin alike are everybody's: write it whole", value)
		}
	}
	return nil
}

// isDate tells whether IAM reads a date.
func isDate(text string) bool {
	_, err := strconv.ParseInt(text, 10, 64)
	_, ok := timeOf(text)
	return err == nil || ok
}
