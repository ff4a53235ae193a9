package sendpolicy

import (
	"net/netip"
	"strconv"
	"strings"

	"go4.org/netipx"
)

// everyAddress returns all IPv4 and IPv6 addresses.
func everyAddress() addressSet {
	return addressesOf(netip.MustParsePrefix("0.0.0.0/0"), netip.MustParsePrefix("::/0"))
}

// addresses returns the values that an address key can have in the requests.
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

// narrow returns those of the addresses that can meet the clause.
func (c clause) narrow(all addressSet) addressSet {
	isText := c.kind() == ofText // then IAM compares the address as text
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

// addressesOf returns the addresses that may match a value, and those that surely do.
func (c condition) addressesOf(value string, isText bool) (may, surely addressSet) {
	network, err := parseNetwork(value)
	switch {
	case c.variables != nil && isText && strings.EqualFold(value, "${"+c.key+"}"):
		return everyAddress(), everyAddress()
	case c.variables != nil && strings.Contains(value, "${"):
		return everyAddress(), addressSet{}
	case err == nil && (!isText || !strings.Contains(value, "/")):
		return addressesOf(network), surelyAddressesOf(network)
	case !isText: // IAM may be able to read it
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

// beginning returns the addresses whose text begins with the given text.
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
	if !strings.Contains(text, ":") { // in IPv4, the last number may continue
		end := strings.LastIndex(text, ".") + 1
		whole, part := cutAt(text, end)
		count := strings.Count(whole, ".")
		for n := range 256 {
			if octet := strconv.Itoa(n); count < 4 && strings.HasPrefix(octet, part) {
				add(whole + octet + strings.Repeat(".0", 3-count) + "/" + strconv.Itoa(8*count+8))
			}
		}
	}
	if !strings.Contains(text, ".") { // likewise in IPv6
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

// isAll reports whether the set contains all public addresses.
func (s addressSet) isAll() bool { return publicAddresses().minus(s).isEmpty() }

// isNearlyAll reports whether the set lacks only a few public IPv4 addresses, as it does when a
// condition excludes a network.
func (s addressSet) isNearlyAll() bool {
	all := publicAddresses().intersect(addressesOf(netip.MustParsePrefix("0.0.0.0/0")))
	_, wide := all.minus(s).isWide()
	return !wide
}
