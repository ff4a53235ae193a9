package sendpolicy

import (
	"fmt"
	"math/big"
	"net/netip"
	"strings"
	"sync"

	"go4.org/netipx"
)

// addressSet is a set of IP addresses. Its methods return new sets; the zero value has no address.
type addressSet struct{ ranges *netipx.IPSet }

// mapped is where IPv6 has the addresses of IPv4 (RFC 4291, 2.5.5.2).
var mapped = netip.MustParsePrefix("::ffff:0:0/96")

var everyIPv4 = netip.MustParsePrefix("0.0.0.0/0")

// global has all addresses of IPv6 that are public ("IPv6 Global Unicast Address Assignments",
// IANA).
var global = netip.MustParsePrefix("2000::/3")

// addressesOf are all addresses that networks may mean: IPv4's where they are written as
// IPv4-mapped ones, and where a network of IPv6 has all of those but none that are public. An
// invalid network has none.
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

// surelyAddressesOf are those that networks mean however IAM reads them: what is written as IPv4 is
// of IPv4, and what is written as IPv6 of IPv6. Use it where the networks are denied.
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

// plain is the network as IPv4 has it, if it is written as an IPv4-mapped one.
func plain(n netip.Prefix) netip.Prefix {
	if a := n.Addr(); a.Is4In6() && n.Bits() >= mapped.Bits() {
		n = netip.PrefixFrom(a.Unmap(), n.Bits()-mapped.Bits())
	}
	return n.Masked()
}

// unseen are networks from which SES never sees mail come: those that IANA's "IPv4 Special-Purpose
// Address Registry" says aren't globally reachable, and multicast. IPv6 has only its global unicast
// ones (publicAddresses), without those that the IPv6 registry excepts. Networks for documentation
// count as public, as those in whose place they stand are.
var unseen = []string{
	"0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
	"192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "224.0.0.0/4", "240.0.0.0/4",
	"2001:2::/48", "2001:10::/28",
}

// publicAddresses are all that SES can see mail come from.
var publicAddresses = sync.OnceValue(func() addressSet {
	var b netipx.IPSetBuilder
	b.AddPrefix(everyIPv4)
	b.AddPrefix(global)
	for _, text := range unseen {
		b.RemovePrefix(netip.MustParsePrefix(text))
	}
	return built(&b)
})

// built is what the builder has. It only fails for networks that are invalid.
func built(b *netipx.IPSetBuilder) addressSet {
	set, err := b.IPSet()
	if err != nil {
		panic(err)
	}
	return addressSet{set}
}

// change is the set with what f does to it.
func (s addressSet) change(f func(*netipx.IPSetBuilder)) addressSet {
	var b netipx.IPSetBuilder
	if s.ranges != nil {
		b.AddSet(s.ranges)
	}
	f(&b)
	return built(&b)
}

// union has the addresses of both.
func (s addressSet) union(other addressSet) addressSet {
	return s.change(func(b *netipx.IPSetBuilder) {
		if other.ranges != nil {
			b.AddSet(other.ranges)
		}
	})
}

// minus has those that the other lacks.
func (s addressSet) minus(other addressSet) addressSet {
	return s.change(func(b *netipx.IPSetBuilder) {
		if other.ranges != nil {
			b.RemoveSet(other.ranges)
		}
	})
}

// intersect has those that both have.
func (s addressSet) intersect(other addressSet) addressSet { return s.minus(s.minus(other)) }

// isEmpty tells whether there is none.
func (s addressSet) isEmpty() bool { return s.ranges == nil || len(s.ranges.Ranges()) == 0 }

// networks are as few as can be that have just the addresses, in order.
func (s addressSet) networks() []netip.Prefix {
	if s.ranges == nil {
		return nil
	}
	return s.ranges.Prefixes()
}

// shown is how many networks a person is told of.
const shown = 4

// String names the networks, or the first of many.
func (s addressSet) String() string {
	networks := s.networks()
	more := len(networks) - shown
	if more < 2 { // a single one more is as short as the words for it
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

// widest is how long the prefix of the widest network is that one organisation has: of IPv4 as of
// IPv6. A source with more addresses is wide; there is no other measure.
const (
	widest4 = 16
	widest6 = 32
)

// isWide tells whether the public addresses of the set are more than those of one organisation's
// network, and how many they are, in words that go on from "it has".
func (s addressSet) isWide() (words string, wide bool) {
	public := s.intersect(publicAddresses())
	four, six := public.count()
	if four.Cmp(power(32-widest4)) > 0 {
		return fmt.Sprintf("%s IPv4 addresses, and one organisation's network has no more than %s (a /%d)",
			grouped(four), grouped(power(32-widest4)), widest4), true
	}
	if six.Cmp(power(128-widest6)) > 0 {
		return fmt.Sprintf("%s times as many IPv6 addresses as one organisation's network (a /%d)",
			times(six, power(128-widest6)), widest6), true
	}
	return "", false
}

// count is how many addresses the set has of IPv4 and of IPv6.
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

// power is 2 to the power of n.
func power(n int) *big.Int { return new(big.Int).Lsh(big.NewInt(1), uint(n)) }

// times is how many times as many they are, rounded up and with one decimal where they are few.
func times(many, one *big.Int) string {
	tenths := new(big.Int).Mul(many, big.NewInt(10))
	tenths.Add(tenths, new(big.Int).Sub(one, big.NewInt(1))).Div(tenths, one)
	whole, tenth := new(big.Int).DivMod(tenths, big.NewInt(10), new(big.Int))
	if whole.Cmp(big.NewInt(10)) >= 0 || tenth.Sign() == 0 {
		return grouped(whole)
	}
	return fmt.Sprintf("%s.%s", whole, tenth)
}

// grouped is a number with commas.
func grouped(n *big.Int) string {
	digits := n.String()
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}
