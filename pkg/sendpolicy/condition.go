package sendpolicy

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// String returns the condition as the command line takes it.
func (c Condition) String() string {
	return fmt.Sprintf("%s %s %s", c.Operator, c.Key, strings.Join(c.Values, ","))
}

// comparison returns the parsed operator, which has been checked already.
func (c Condition) comparison() comparison {
	parsed, _ := parseComparison(c.Operator)
	return parsed
}

// normal returns the condition in IAM's spelling, without duplicate values.
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

// networks returns the values as networks. IAM reads an address without a length as a /32, even for
// IPv6, so an address gets its full length.
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

// bare replaces the variables that stand for a character ("IAM policy elements: Variables and
// tags") by a letter, so that what remains of ${, * and ? has its special meaning.
var bare = strings.NewReplacer("${*}", "x", "${?}", "x", "${$}", "x")

// check returns what is wrong with the condition by itself, and what to write instead.
func (c Condition) check() error {
	parsed, known := parseComparison(c.Operator)
	kinds := kindsOf(c.Key)
	switch {
	case kinds == nil:
		return fmt.Errorf("SES doesn't implement the key %s for mail over SMTP; use one of %s", c.Key,
			strings.Join(HonouredKeys(), ", "))
	case !known:
		return fmt.Errorf("IAM has no operator %q; for %s use one of %s", c.Operator, c.Key, operatorsFor(kinds))
	case parsed.base != null && !slices.Contains(kinds, parsed.kind()):
		return fmt.Errorf("%s compares %s, but the values of %s are %s; use one of %s", parsed, parsed.kind(),
			c.Key, kinds[0], operatorsFor(kinds))
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

// operatorsFor lists the operators for keys of these kinds.
func operatorsFor(kinds []kind) string {
	var names []string
	for _, k := range kinds {
		names = append(names, bases[k]...)
	}
	return strings.Join(append(names, null), ", ")
}

// checkSet refuses ForAllValues and ForAnyValue for a key with one value, and requires one of them
// for recipients ("Single-valued vs. multivalued context keys", IAM User Guide).
func (c comparison) checkSet(of Condition) error {
	several := asWritten(of.Key) == recipientsKey
	switch {
	case c.base == null:
		return nil
	case several && c.set == "":
		return fmt.Errorf("%s compares one value, but mail may have several recipients: write %s%s and add the "+
			"condition Null %s false, so that it must hold for each recipient", c, forAll, c, recipientsKey)
	case !several && c.set != "":
		return fmt.Errorf("%s has only one value, but %s is for keys with several: write %s", of.Key,
			strings.TrimSuffix(c.set, ":"), comparison{base: c.base, ifExists: c.ifExists})
	}
	return nil
}

// checkValue refuses what IAM would refuse, and what IAM reads differently from what people mean.
func (c comparison) checkValue(key, value string) error {
	if strings.ContainsFunc(value, isControl) {
		return fmt.Errorf("%q has a control character", value)
	}
	if strings.TrimSpace(value) != value || value == "" {
		return fmt.Errorf("%q is empty, or begins or ends with a space", value)
	}
	switch c.kind() {
	case ofText:
		return c.checkText(key, value)
	case ofDate:
		if !isDate(value) {
			return fmt.Errorf("%q isn't a time: write it like 2030-01-31T23:59:00Z, or as seconds since 1970", value)
		}
	case ofNumber:
		if !number.MatchString(value) {
			return fmt.Errorf("%q isn't a number", value)
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
		return fmt.Errorf("%q has a policy variable, which IAM replaces with a property of the caller: write the text "+
			"itself, and ${*}, ${?} and ${$} for the characters *, ? and $", value)
	}
	if !c.hasWildcards() && hasStar(text) {
		like := c
		like.base = strings.Replace(strings.TrimSuffix(c.base, "IgnoreCase"), "Equals", "Like", 1)
		return fmt.Errorf("in %q, %s takes * as the character itself, not as any text: write %s, or ${*} for the "+
			"character", value, c, like)
	}
	if c.hasWildcards() && hasStar(text) && strings.Trim(text, "*?@.") == "" {
		return fmt.Errorf("%q matches any text, so the condition allows everything or nothing: write a narrower "+
			"value, or Null %s false if the key only has to exist", value, key)
	}
	for name, id := range map[string]*shape{sourceVPCe: endpoint, sourceVPC: vpc} {
		if asWritten(key) == name && !id.MatchString(value) {
			return fmt.Errorf("%q isn't a complete ID (vpce-… for aws:SourceVpce, vpc-… for aws:SourceVpc): write "+
				"it in full, because other people's IDs may begin the same", value)
		}
	}
	return nil
}

// isDate reports whether IAM reads the text as a date.
func isDate(text string) bool {
	_, err := strconv.ParseInt(text, 10, 64)
	_, ok := timeOf(text)
	return err == nil || ok
}
