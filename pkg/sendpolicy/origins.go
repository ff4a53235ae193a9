package sendpolicy

import (
	"net/netip"
	"strconv"
	"strings"

	"go4.org/netipx"
)

// everyAddress are all of IPv4 and IPv6.
func everyAddress() addressSet {
	return addressesOf(netip.MustParsePrefix("0.0.0.0/0"), netip.MustParsePrefix("::/0"))
}

// addresses are those from which the requests can come, as the key has them.
func (r *requests) addresses(key string) addressSet {
	all := everyAddress()
	if key == sourceIP {
		all = publicAddresses()
	}
	for _, c := range r.clauses[key] {
		all = c.narrow(all)
	}
	return all
}

// narrow leaves those of the addresses that can meet the clause.
func (c clause) narrow(all addressSet) addressSet {
	isText := c.kind() == ofText // IAM compares the address's text then
	if c.kind() != ofNetwork && !isText {
		return all
	}
	var may, surely addressSet
	for _, value := range c.values {
		m, s := c.addressesOf(value, isText)
		may, surely = may.union(m), surely.union(s)
	}
	if c.like() {
		return all.intersect(may)
	}
	return all.minus(surely)
}

// addressesOf are the addresses that are like a value perhaps, and those that surely are.
func (c condition) addressesOf(value string, isText bool) (may, surely addressSet) {
	network, err := parseNetwork(value)
	switch {
	case c.variables != nil && isText && strings.EqualFold(value, "${"+c.key+"}"):
		return everyAddress(), everyAddress()
	case c.variables != nil && strings.Contains(value, "${"):
		return everyAddress(), addressSet{}
	case err == nil && (!isText || !strings.Contains(value, "/")):
		return addressesOf(network), surelyAddressesOf(network)
	case !isText: // IAM may read what this can't
		return everyAddress(), addressSet{}
	case c.hasWildcards() && hasWildcard(value):
		known, rest := cutAt(value, strings.IndexAny(value, "*?"))
		if may = beginning(known); rest == "*" {
			surely = may
		}
		return may, surely
	}
	return addressSet{}, addressSet{}
}

func cutAt(text string, i int) (before, behind string) { return text[:i], text[i:] }

// beginning has the addresses whose text begins so.
func beginning(text string) addressSet {
	if text == "" || strings.Contains(text, "::") {
		return everyAddress()
	}
	var b netipx.IPSetBuilder
	add := func(network string) {
		if n, err := netip.ParsePrefix(network); err == nil {
			b.AddPrefix(n)
		}
	}
	if !strings.Contains(text, ":") { // of IPv4, the last number may go on
		end := strings.LastIndex(text, ".") + 1
		whole, part := cutAt(text, end)
		count := strings.Count(whole, ".")
		for n := range 256 {
			if octet := strconv.Itoa(n); count < 4 && strings.HasPrefix(octet, part) {
				add(whole + octet + strings.Repeat(".0", 3-count) + "/" + strconv.Itoa(8*count+8))
			}
		}
	}
	if !strings.Contains(text, ".") { // of IPv6, likewise
		end := strings.LastIndex(text, ":") + 1
		whole, part := cutAt(text, end)
		count := strings.Count(whole, ":")
		if part == "" {
			add(strings.TrimSuffix(whole, ":") + "::/" + strconv.Itoa(16*count))
		}
		for more := 0; part != "" && len(part)+more <= 4; more++ {
			add(whole + part + strings.Repeat("0", more) + "::/" + strconv.Itoa(16*count+16-4*more))
		}
	}
	return built(&b)
}

// parseNetwork reads a network or an address.
func parseNetwork(text string) (netip.Prefix, error) {
	if strings.Contains(text, "/") {
		return netip.ParsePrefix(text)
	}
	a, err := netip.ParseAddr(text)
	if err != nil {
		return netip.Prefix{}, err
	}
	return a.Prefix(a.BitLen())
}

// isAll tells whether no public address is missing.
func (s addressSet) isAll() bool { return publicAddresses().minus(s).isEmpty() }

// isNearlyAll tells whether only few addresses of IPv4 are missing: those that some are kept out
// with.
func (s addressSet) isNearlyAll() bool {
	all := publicAddresses().intersect(addressesOf(netip.MustParsePrefix("0.0.0.0/0")))
	_, wide := all.minus(s).isWide()
	return !wide
}
