package sendpolicy

import (
	"net/netip"
	"testing"
)

func prefixes(texts ...string) (networks []netip.Prefix) {
	for _, text := range texts {
		networks = append(networks, netip.MustParsePrefix(text))
	}
	return networks
}

func TestASourceIsWideByAllItsPublicAddressesTogether(t *testing.T) {
	for what, test := range map[string]struct {
		networks []string
		wide     bool
	}{
		"nothing":                          {nil, false},
		"one /16":                          {[]string{"198.51.0.0/16"}, false},
		"one /15":                          {[]string{"198.50.0.0/15"}, true},
		"two /16 apart":                    {[]string{"198.51.0.0/16", "203.0.0.0/16"}, true},
		"the same /16 twice":               {[]string{"198.51.0.0/16", "198.51.0.0/16"}, false},
		"a /16 and a network inside":       {[]string{"198.51.0.0/16", "198.51.100.0/24"}, false},
		"a /16 and one address more":       {[]string{"198.51.0.0/16", "203.0.113.1/32"}, true},
		"256 times a /24":                  {slash24s(256), false},
		"257 times a /24":                  {slash24s(257), true},
		"two /1":                           {[]string{"0.0.0.0/1", "128.0.0.0/1"}, true},
		"one /1":                           {[]string{"128.0.0.0/1"}, true},
		"Amazon's /8":                      {[]string{"3.0.0.0/8"}, true},
		"all of IPv4":                      {[]string{"0.0.0.0/0"}, true},
		"all of IPv4, mapped":              {[]string{"::ffff:0:0/96"}, true},
		"all of IPv4, mapped, as an IPv4":  {[]string{"::ffff:0.0.0.0/96"}, true},
		"a /15, mapped":                    {[]string{"::ffff:198.50.0.0/111"}, true},
		"a /16, mapped":                    {[]string{"::ffff:198.51.0.0/112"}, false},
		"an IPv6 network with all mapped":  {[]string{"::/80"}, true},
		"the same, written inside":         {[]string{"::ffff:198.51.100.7/90"}, true},
		"all of IPv6":                      {[]string{"::/0"}, true},
		"one /32 of IPv6":                  {[]string{"2001:db8::/32"}, false},
		"one /31 of IPv6":                  {[]string{"2001:db8::/31"}, true},
		"two /32 of IPv6":                  {[]string{"2001:db8::/32", "2600::/32"}, true},
		"a /32 of IPv6 and one address":    {[]string{"2001:db8::/32", "2600::1/128"}, true},
		"a /16 and a /32 of IPv6":          {[]string{"198.51.0.0/16", "2001:db8::/32"}, false},
		"the private networks":             {[]string{"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"}, false},
		"the carriers' shared one":         {[]string{"100.64.0.0/10"}, false},
		"multicast and what is reserved":   {[]string{"224.0.0.0/3"}, false},
		"a /7 of which half is private":    {[]string{"10.0.0.0/7"}, true},
		"unique local and link-local":      {[]string{"fc00::/7", "fe80::/10"}, false},
		"IPv6 that isn't assigned":         {[]string{"4000::/2"}, false},
		"a private /8 beside a public /24": {[]string{"10.0.0.0/8", "198.51.100.0/24"}, false},
	} {
		words, wide := addressesOf(prefixes(test.networks...)...).isWide()
		if wide != test.wide || (words != "") != test.wide {
			t.Errorf("%s: wide %t (%q)", what, wide, words)
		}
	}
}

// slash24s returns n networks of /24, no two of which are neighbours.
func slash24s(n int) (texts []string) {
	for i := range n {
		second, third := byte(i/100), byte(i%100*2)
		texts = append(texts, netip.PrefixFrom(netip.AddrFrom4([4]byte{198, 100 + second, third, 0}), 24).String())
	}
	return texts
}

func TestHowWideASourceIsIsSaidInWords(t *testing.T) {
	for network, want := range map[string]string{
		"198.50.0.0/15": "131,072 IPv4 addresses, more than any one organisation's network (65,536, a /16)",
		"2001:db8::/31": "2 times as many IPv6 addresses as one organisation's network (a /32)",
		"2600::/16":     "65,536 times as many IPv6 addresses as one organisation's network (a /32)",
	} {
		if got, _ := addressesOf(prefixes(network)...).isWide(); got != want {
			t.Errorf("%s: %q", network, got)
		}
	}
	more := addressesOf(prefixes("2001:db8::/32", "2600::1/128")...)
	if got, _ := more.isWide(); got != "1.1 times as many IPv6 addresses as one organisation's network (a /32)" {
		t.Errorf("%s: %q", more, got)
	}
}

func TestSetsOfAddressesAreReckonedWith(t *testing.T) {
	of := func(texts ...string) addressSet { return addressesOf(prefixes(texts...)...) }
	var none addressSet
	for what, test := range map[string]struct {
		got  addressSet
		want string
	}{
		"nothing":                        {none, ""},
		"nothing together":               {none.union(none), ""},
		"nothing in common with nothing": {of("198.51.100.0/24").intersect(none), ""},
		"nothing taken away":             {of("198.51.100.0/24").minus(none), "198.51.100.0/24"},
		"two halves together":            {of("198.51.100.0/25").union(of("198.51.100.128/25")), "198.51.100.0/24"},
		"without its half":               {of("198.51.100.0/24").minus(of("198.51.100.0/25")), "198.51.100.128/25"},
		"without all":                    {of("198.51.100.0/24").minus(of("0.0.0.0/0")), ""},
		"in common": {of("198.51.100.0/24", "203.0.113.0/24").intersect(of("203.0.0.0/16", "10.0.0.0/8")),
			"203.0.113.0/24"},
		"a network that isn't masked": {of("198.51.100.7/24"), "198.51.100.0/24"},
		"none that is valid":          {addressesOf(netip.Prefix{}), ""},
		"public ones of a /7":         {of("10.0.0.0/7").intersect(publicAddresses()), "11.0.0.0/8"},
		"both kinds":                  {of("2001:db8::/48", "198.51.100.0/24"), "198.51.100.0/24, 2001:db8::/48"},
		"a mapped network":            {of("::ffff:198.51.100.0/120"), "198.51.100.0/24"},
		"one more than are shown": {of(slash24s(5)...), "198.100.0.0/24, 198.100.2.0/24, 198.100.4.0/24, " +
			"198.100.6.0/24, 198.100.8.0/24"},
		"many more than are shown": {of(slash24s(9)...), "198.100.0.0/24, 198.100.2.0/24, 198.100.4.0/24, " +
			"198.100.6.0/24 and 5 more networks"},
		"what surely is of IPv4":        {surelyAddressesOf(prefixes("198.51.100.0/24")...), "198.51.100.0/24"},
		"a mapped network isn't surely": {surelyAddressesOf(prefixes("::ffff:198.51.100.0/120")...), ""},
		"all of IPv6 isn't surely IPv4": {surelyAddressesOf(prefixes("::/0")...).intersect(of("0.0.0.0/0")), ""},
		"all of IPv6 isn't IPv4":        {of("::/0").intersect(of("0.0.0.0/0")), ""},
		"the mapped ones may be IPv4":   {of("::/64").intersect(of("0.0.0.0/0")), "0.0.0.0/0"},
	} {
		if test.got.String() != test.want || test.got.isEmpty() != (test.want == "") {
			t.Errorf("%s: %q, empty %t", what, test.got, test.got.isEmpty())
		}
	}
}

func TestWhatSESNeverSeesIsNotPublic(t *testing.T) {
	for _, network := range []string{
		"0.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16",
		"224.0.0.0/4", "240.0.0.0/4", "255.255.255.255/32", "198.18.0.0/15", "::/128", "::1/128", "fc00::/7",
		"fe80::/10", "ff00::/8", "64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "5f00::/16", "2001:2::/48",
		"::ffff:10.0.0.0/104",
	} {
		if public := addressesOf(prefixes(network)...).intersect(publicAddresses()); !public.isEmpty() {
			t.Errorf("%s: %s", network, public)
		}
		if !isPrivate(netip.MustParsePrefix(network)) {
			t.Errorf("%s isn't private", network)
		}
	}
	for _, network := range []string{
		"192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32", "3fff::/20", "1.0.0.0/8",
		"9.255.255.255/32",
		"11.0.0.0/32", "172.32.0.0/16", "100.128.0.0/9", "223.255.255.255/32", "2600::/12", "::ffff:203.0.113.0/120",
	} {
		all := addressesOf(prefixes(network)...)
		if rest := all.minus(publicAddresses()); !rest.isEmpty() || isPrivate(netip.MustParsePrefix(network)) {
			t.Errorf("%s: not all of it is public: %s isn't", network, rest)
		}
	}
}
