package sendpolicy

import (
	"net/netip"
	"strconv"
	"strings"
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
	case c.variables != nil && strings.Contains(value, "${"):
		return everyAddress(), addressSet{}
	case isText && c.hasWildcards() && strings.Trim(value, "*") == "" && value != "":
		return everyAddress(), everyAddress()
	case err == nil && (!isText || !strings.Contains(value, "/")):
		return addressesOf(network), surelyAddressesOf(network)
	case isText && hasWildcard(value) && c.hasWildcards():
		return beginning(value[:strings.IndexAny(value, "*?")]), addressSet{}
	}
	if err != nil && !isText { // IAM may read what this can't
		return everyAddress(), addressSet{}
	}
	return addressSet{}, addressSet{}
}

// beginning has the addresses whose text begins so, as far as whole numbers of it go, and so
// perhaps more.
func beginning(text string) addressSet {
	end := strings.LastIndexAny(text, ".:")
	if end < 0 || strings.Contains(text, "::") {
		return everyAddress()
	}
	dots, colons := strings.Count(text, "."), strings.Count(text, ":")
	network := text[:end] + "::/" + strconv.Itoa(16*colons)
	if colons == 0 {
		network = text[:end] + strings.Repeat(".0", 4-min(dots, 4)) + "/" + strconv.Itoa(8*dots)
	}
	n, err := netip.ParsePrefix(network)
	if err != nil {
		return addressSet{} // no address begins so
	}
	return addressesOf(n)
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
