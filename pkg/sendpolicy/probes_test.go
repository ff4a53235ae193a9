package sendpolicy_test

import (
	"encoding/binary"
	"math/bits"
	"net/netip"
	"slices"
	"strings"

	"go4.org/netipx"
)

// A judge that tries examples is only as good as its examples. These are derived from the
// generator's texts, so that nothing is left out. A policy distinguishes texts only by which of the
// generator's patterns they match. For every combination of matches that is possible, there is one
// text. So whatever one of the generator's policies does with any text, it does with one of these.

// telling distinguishes texts by whether they match the pattern.
type telling struct {
	pattern []symbol
	fold    bool // ignore case
}

func patterns(texts ...string) (all []telling) {
	for _, t := range texts {
		all = append(all, telling{pattern: wildcards(t)})
	}
	return all
}

// literals distinguishes texts as StringEquals does.
func literals(texts ...string) (all []telling) {
	for _, t := range texts {
		if strings.ContainsAny(t, "*?") && !strings.Contains(t, "${") {
			all = append(all, telling{pattern: literally(t)})
		}
	}
	return all
}

func folded(texts ...string) (all []telling) {
	for _, t := range texts {
		all = append(all, telling{wildcards(strings.ToLower(t)), true})
	}
	return all
}

// grammar defines which texts exist: the next state for each state and character, and the states in
// which a text may end. State 0 is the beginning; -1 means that there is no such text.
type grammar struct {
	next func(state int, c rune) int
	ends func(state int) bool
}

// texts returns the shortest text for every combination. It tries texts by length, with all
// patterns at once. It continues only texts that leave the patterns in positions that no other text
// has: two texts with the same positions continue alike.
func texts(g grammar, tellings []telling) (found []string) {
	type position struct {
		text   string
		state  int
		marked []uint64 // for each pattern, the lengths of its beginnings that match the text
	}
	skip := func(m uint64, p []symbol) uint64 {
		for i, s := range p {
			if s == anyText && m&(1<<i) != 0 {
				m |= 1 << (i + 1)
			}
		}
		return m
	}
	start := position{marked: make([]uint64, len(tellings))}
	for i, t := range tellings {
		start.marked[i] = skip(1, t.pattern)
	}
	key := func(p position) string {
		b := []byte{byte(p.state)}
		for _, m := range p.marked {
			b = binary.LittleEndian.AppendUint64(b, m)
		}
		return string(b)
	}
	alphabet := characters(tellings)
	seen, combinations := map[string]bool{key(start): true}, map[string]bool{}
	for queue := []position{start}; len(queue) > 0; queue = queue[1:] {
		at := queue[0]
		if g.ends(at.state) {
			matches := make([]byte, len(tellings))
			for i, t := range tellings {
				matches[i] = byte(at.marked[i] >> len(t.pattern) & 1)
			}
			if !combinations[string(matches)] {
				combinations[string(matches)] = true
				found = append(found, at.text)
			}
		}
		for _, c := range alphabet {
			next := position{at.text + string(c), g.next(at.state, c), make([]uint64, len(tellings))}
			if next.state < 0 {
				continue
			}
			for i, t := range tellings {
				next.marked[i] = skip(step(at.marked[i], t, c), t.pattern)
			}
			if k := key(next); !seen[k] {
				seen[k] = true
				queue = append(queue, next)
			}
		}
	}
	return found
}

// step moves the marks of a pattern past a character.
func step(marks uint64, t telling, c rune) (moved uint64) {
	if t.fold && 'A' <= c && c <= 'Z' {
		c += 'a' - 'A'
	}
	for i, s := range t.pattern {
		switch {
		case marks&(1<<i) == 0:
		case s == anyText:
			moved |= 1 << i
		case s == anyOne || s == symbol(c):
			moved |= 1 << (i + 1)
		}
	}
	return moved
}

func (g grammar) has(text string) bool {
	state := 0
	for _, c := range text {
		if state = g.next(state, c); state < 0 {
			return false
		}
	}
	return g.ends(state)
}

// characters returns the patterns' characters, one that no pattern has (patterns treat all those
// alike) and, for patterns that ignore case, a few upper-case letters before and after an @.
func characters(tellings []telling) (all []rune) {
	fold := false
	for _, t := range tellings {
		fold = fold || t.fold
		for _, s := range t.pattern {
			if s >= 0 && !slices.Contains(all, rune(s)) {
				all = append(all, rune(s))
			}
		}
	}
	slices.Sort(all)
	all = append([]rune{'z'}, slices.DeleteFunc(all, func(c rune) bool { return c == 'z' })...)
	if fold {
		all = append(all, 'A', 'E')
	}
	return all
}

// anything is the grammar of all texts but the empty one, which may be taken for a missing one.
var anything = grammar{func(int, rune) int { return 1 }, func(state int) bool { return state == 1 }}

func letter(c rune) bool { return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' }

// table is a grammar in which letters, digits and each of the marks lead to other states.
func table(marks string, rows [][]int, ends ...int) grammar {
	return grammar{
		func(state int, c rune) int {
			if letter(c) {
				return rows[state][0]
			}
			if i := strings.IndexRune(marks, c); i >= 0 {
				return rows[state][i+1]
			}
			return -1
		},
		func(state int) bool { return slices.Contains(ends, state) },
	}
}

var domainRows = [][]int{
	{1, -1, -1, -1}, // 0: nothing yet
	{1, 2, 3, 6},    // 1: a label, of a domain or before an @
	{1, 2, -1, -1},  // 2: a hyphen in it
	{4, -1, -1, -1}, // 3: a point
	{4, 5, 3, 6},    // 4: a label after a point
	{4, 5, -1, -1},  // 5: a hyphen in it
	{7, -1, -1, -1}, // 6: an @
	{7, 8, 9, -1},   // 7: the domain's first label
	{7, 8, -1, -1},  // 8: a hyphen in it
	{10, -1, -1, -1},
	{10, 11, 9, -1}, // 10: a label after a point
	{10, 11, -1, -1},
}

var (
	ofNames = table("-.@", domainRows, 4, 10) // domains and addresses
	// ofAddresses also has * and ? before an @, which addresses may have (RFC 5322, "atext").
	ofAddresses = grammar{
		func(state int, c rune) int {
			switch {
			case c != '*' && c != '?':
				return ofNames.next(state, c)
			case state < 6:
				return domainRows[state][0]
			}
			return -1
		},
		func(state int) bool { return state == 10 },
	}
	ofActions = table(":", [][]int{{1, -1}, {1, 2}, {3, -1}, {3, -1}}, 3)
)

// ofIDs is the grammar of AWS's IDs: hexadecimal digits after a prefix.
func ofIDs(prefix string) grammar {
	return grammar{
		func(state int, c rune) int {
			switch {
			case state < len(prefix) && c == rune(prefix[state]):
				return state + 1
			case state >= len(prefix) && ('0' <= c && c <= '9' || 'a' <= c && c <= 'f'):
				return len(prefix) + 1
			}
			return -1
		},
		func(state int) bool { return state > len(prefix) },
	}
}

// stretch is a set of addresses that none of the generator's policies distinguishes, and one of
// them.
type stretch struct {
	one    netip.Addr
	v4, v6 count // how many of each version
	is     visibility
}

// count is a number up to 2¹²⁸−1, as the halves of its 128 bits.
type count struct{ high, low uint64 }

func (c count) plus(d count) count {
	low, carry := bits.Add64(c.low, d.low, 0)
	high, _ := bits.Add64(c.high, d.high, carry)
	return count{high, low}
}

func (c count) over(d count) bool { return c.high > d.high || c.high == d.high && c.low > d.low }

// addresses returns how many addresses a network has.
func addresses(p netip.Prefix) count {
	host := p.Addr().BitLen() - p.Bits()
	if host < 64 {
		return count{0, 1 << host}
	}
	return count{1 << (host - 64), 0}
}

// visibility says whether SES can see an address.
type visibility int

const (
	public  visibility = iota
	special            // not for hosts: it is debatable whether SES sees it
	private            // SES never sees it
)

// stretches divides all addresses along the borders of the sets.
func stretches(sets []*netipx.IPSet) (all []stretch) {
	parts := []*netipx.IPSet{setOf("0.0.0.0/0"), setOf("::/0")}
	aside := setOf(specialNetworks...)
	inside := setOf(privateNetworks...)
	for _, s := range append(slices.Clone(sets), aside, inside) {
		var cut []*netipx.IPSet
		for _, p := range parts {
			for _, part := range []*netipx.IPSet{both(p, s), without(p, s)} {
				if len(part.Ranges()) > 0 {
					cut = append(cut, part)
				}
			}
		}
		parts = cut
	}
	for _, p := range parts {
		s := stretch{one: p.Ranges()[0].From()}
		switch {
		case inside.Contains(s.one):
			s.is = private
		case aside.Contains(s.one):
			s.is = special
		}
		for _, prefix := range p.Prefixes() {
			if prefix.Addr().Is4() {
				s.v4 = s.v4.plus(addresses(prefix))
			} else {
				s.v6 = s.v6.plus(addresses(prefix))
			}
		}
		all = append(all, s)
	}
	return all
}

// privateNetworks are networks that SES never sees mail from.
var privateNetworks = []string{"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"}

// specialNetworks are other networks from which no mail comes. They don't include the networks for
// documentation, because all examples here are in those.
var specialNetworks = []string{"0.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/3",
	"::/3", "4000::/2", "8000::/1"}

func setOf(networks ...string) *netipx.IPSet {
	var b netipx.IPSetBuilder
	for _, n := range networks {
		b.AddPrefix(network(n))
	}
	return built(b)
}

func both(a, b *netipx.IPSet) *netipx.IPSet {
	var s netipx.IPSetBuilder
	s.AddSet(a)
	s.Intersect(b)
	return built(s)
}

func without(a, b *netipx.IPSet) *netipx.IPSet {
	var s netipx.IPSetBuilder
	s.AddSet(a)
	s.RemoveSet(b)
	return built(s)
}

func built(b netipx.IPSetBuilder) *netipx.IPSet {
	s, err := b.IPSet()
	if err != nil {
		panic(err)
	}
	return s
}
