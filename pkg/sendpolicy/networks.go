package sendpolicy

import (
	"fmt"
	"math/big"
	"net/netip"
	"strings"
	"sync"

	"go4.org/netipx"
)

// addressSet is a set of IP addresses. Its methods return new sets. The zero value is empty.
type addressSet struct{ ranges *netipx.IPSet }

// mapped is the IPv6 network that contains IPv4's addresses (RFC 4291, 2.5.5.2).
var mapped = netip.MustParsePrefix("::ffff:0:0/96")

var everyIPv4 = netip.MustParsePrefix("0.0.0.0/0")

// global contains all public IPv6 addresses ("IPv6 Global Unicast Address Assignments", IANA).
var global = netip.MustParsePrefix("2000::/3")

// addressesOf returns all addresses that networks may mean. A network written as IPv4-mapped means
// IPv4 addresses. An IPv6 network that contains all mapped addresses but no public ones may mean
// all of IPv4 as well. An invalid network has no addresses.
func addressesOf(networks ...netip.Prefix) addressSet {
	var b netipx.IPSetBuilder
	for _, n := range networks {
		if !n.IsValid() {
			continue
		}
		b.AddPrefix(plain(n))
		if global.Bits() <= n.Bits() && n.Bits() < mapped.Bits() && n.Contains(mapped.Addr()) {
			b.AddPrefix(everyIPv4)
		}
	}
	return built(&b)
}

// surelyAddressesOf returns the addresses that networks mean however IAM reads them: what is
// written as IPv4 is IPv4, and what is written as IPv6 is IPv6. Use it for networks that are
// denied.
func surelyAddressesOf(networks ...netip.Prefix) addressSet {
	var b netipx.IPSetBuilder
	for _, n := range networks {
		if n.IsValid() {
			b.AddPrefix(n)
		}
	}
	b.RemovePrefix(mapped)
	return built(&b)
}

// plain returns an IPv4-mapped network as an IPv4 network, and any other as it is, without host
// bits.
func plain(n netip.Prefix) netip.Prefix {
	if a := n.Addr(); a.Is4In6() && n.Bits() >= mapped.Bits() {
		n = netip.PrefixFrom(a.Unmap(), n.Bits()-mapped.Bits())
	}
	return n.Masked()
}

// unseen are networks that SES never sees mail come from: those that IANA's "IPv4 Special-Purpose
// Address Registry" says aren't globally reachable, and multicast. For IPv6, publicAddresses has
// only global unicast addresses, so only the IPv6 registry's exceptions are listed. Networks for
// documentation count as public, because they stand for public ones.
var unseen = []string{
	"0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
	"192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "224.0.0.0/4", "240.0.0.0/4",
	"2001:2::/48", "2001:10::/28",
}

// publicAddresses returns all addresses that SES can see mail come from.
var publicAddresses = sync.OnceValue(func() addressSet {
	var b netipx.IPSetBuilder
	b.AddPrefix(everyIPv4)
	b.AddPrefix(global)
	for _, text := range unseen {
		b.RemovePrefix(netip.MustParsePrefix(text))
	}
	return built(&b)
})

// built returns the builder's set. It fails only for invalid networks, which are never added.
func built(b *netipx.IPSetBuilder) addressSet {
	set, err := b.IPSet()
	if err != nil {
		panic(err)
	}
	return addressSet{set}
}

// change returns the set after f has changed it.
func (s addressSet) change(f func(*netipx.IPSetBuilder)) addressSet {
	var b netipx.IPSetBuilder
	if s.ranges != nil {
		b.AddSet(s.ranges)
	}
	f(&b)
	return built(&b)
}

// union returns the addresses that are in either set.
func (s addressSet) union(other addressSet) addressSet {
	return s.change(func(b *netipx.IPSetBuilder) {
		if other.ranges != nil {
			b.AddSet(other.ranges)
		}
	})
}

// minus returns the addresses that the other set lacks.
func (s addressSet) minus(other addressSet) addressSet {
	return s.change(func(b *netipx.IPSetBuilder) {
		if other.ranges != nil {
			b.RemoveSet(other.ranges)
		}
	})
}

// intersect returns the addresses that are in both sets.
func (s addressSet) intersect(other addressSet) addressSet { return s.minus(s.minus(other)) }

// isEmpty reports whether the set has no address.
func (s addressSet) isEmpty() bool { return s.ranges == nil || len(s.ranges.Ranges()) == 0 }

// networks returns the fewest networks that contain exactly these addresses, in order.
func (s addressSet) networks() []netip.Prefix {
	if s.ranges == nil {
		return nil
	}
	return s.ranges.Prefixes()
}

// shown is how many networks or names a message lists.
const shown = 4

// String lists the networks, or the first few if there are many.
func (s addressSet) String() string {
	networks := s.networks()
	more := len(networks) - shown
	if more < 2 { // naming a single one more is as short as counting it
		more = 0
	}
	var names []string
	for _, n := range networks[:len(networks)-more] {
		names = append(names, n.String())
	}
	text := strings.Join(names, ", ")
	if more > 0 {
		text = fmt.Sprintf("%s and %d more networks", text, more)
	}
	return text
}

// widest4 and widest6 are the prefix lengths of the widest IPv4 and IPv6 networks that one
// organisation has. A source with more addresses is wide; there is no other measure.
const (
	widest4 = 16
	widest6 = 32
)

// isWide reports whether the set has more public addresses than one organisation's network, and
// says how many, in words that follow "it has".
func (s addressSet) isWide() (words string, wide bool) {
	public := s.intersect(publicAddresses())
	four, six := public.count()
	if four.Cmp(power(32-widest4)) > 0 {
		return fmt.Sprintf("%s IPv4 addresses, more than any one organisation's network (%s, a /%d)",
			grouped(four), grouped(power(32-widest4)), widest4), true
	}
	if six.Cmp(power(128-widest6)) > 0 {
		return fmt.Sprintf("%s times as many IPv6 addresses as one organisation's network (a /%d)",
			times(six, power(128-widest6)), widest6), true
	}
	return "", false
}

// count returns how many IPv4 and IPv6 addresses the set has.
func (s addressSet) count() (four, six *big.Int) {
	four, six = new(big.Int), new(big.Int)
	for _, n := range s.networks() {
		all := power(n.Addr().BitLen() - n.Bits())
		if n.Addr().Is4() {
			four.Add(four, all)
		} else {
			six.Add(six, all)
		}
	}
	return four, six
}

// power returns 2 to the power of n.
func power(n int) *big.Int { return new(big.Int).Lsh(big.NewInt(1), uint(n)) }

// times returns many divided by one, rounded up, with one decimal if it is below 10.
func times(many, one *big.Int) string {
	tenths := new(big.Int).Mul(many, big.NewInt(10))
	tenths.Add(tenths, new(big.Int).Sub(one, big.NewInt(1))).Div(tenths, one)
	whole, tenth := new(big.Int).DivMod(tenths, big.NewInt(10), new(big.Int))
	if whole.Cmp(big.NewInt(10)) >= 0 || tenth.Sign() == 0 {
		return grouped(whole)
	}
	return fmt.Sprintf("%s.%s", whole, tenth)
}

// grouped returns a number with commas.
func grouped(n *big.Int) string {
	digits := n.String()
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}
