package sendpolicy

import (
	"net/netip"
	"slices"
)

// holdsFor reports whether the condition holds for a request whose key has the values. Without
// values, the request lacks the key.
func (c condition) holdsFor(values []string) bool {
	is := clause{c, true}
	switch {
	case c.base == "": // IAM refuses policies with an operator that it doesn't have
		return false
	case len(values) == 0:
		return is.without()
	case c.base == null:
		return is.with()
	case c.set == forAll:
		return !slices.ContainsFunc(values, func(v string) bool { return !is.holdsForOne(v) })
	case c.set == forAny:
		return slices.ContainsFunc(values, is.holdsForOne)
	}
	return len(values) == 1 && is.holdsForOne(values[0]) // IAM doesn't document the answer for several
}

// holdsForOne reports whether a single value meets the clause.
func (c clause) holdsForOne(value string) bool {
	if d, ok := c.demand(); ok {
		return d.Known().Meets(value)
	}
	if c.kind() == ofNetwork {
		address, err := netip.ParseAddr(value)
		return err == nil && slices.ContainsFunc(c.values, func(text string) bool {
			network, err := parseNetwork(text)
			return err == nil && network.Contains(address)
		}) == c.like()
	}
	n, ok := numberOf(value)
	return ok && c.met(n)
}
