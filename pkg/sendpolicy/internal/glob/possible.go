package glob

import (
	"fmt"
	"slices"
	"unicode"
)

// Demand is what a text has to be: like one of the patterns, or like none of them.
type Demand struct {
	Patterns []*Pattern
	Like     bool
}

// Meets tells whether a text meets the demand.
func (d Demand) Meets(text string) bool {
	return slices.ContainsFunc(d.Patterns, func(p *Pattern) bool { return p.Matches(text) }) == d.Like
}

// Known is the demand without the patterns whose text isn't known, because of a policy variable.
func (d Demand) Known() Demand {
	d.Patterns = slices.DeleteFunc(slices.Clone(d.Patterns), func(p *Pattern) bool { return p.unknown })
	return d
}

// Characters that stand for all those that no pattern has where a text has got to. A text with a
// fresh one is one that nobody wrote down: only wildcards let it in.
const (
	fresh rune = -1 - iota
	plain
)

// Kind reads a text and says whether it is of a kind. A state without positions never accepts.
type Kind interface {
	start() positions
	next(at positions, c rune) positions
	accepts(at positions) bool
	// letters adds the characters that it tells apart from others where it is.
	letters(at positions, to []rune) []rune
}

// Is tells whether a text is of all kinds.
func Is(text string, kinds ...Kind) bool {
	for _, k := range kinds {
		at := k.start()
		for _, c := range text {
			if at = k.next(at, c); len(at) == 0 {
				return false
			}
		}
		if !k.accepts(at) {
			return false
		}
	}
	return true
}

// Effort is how much may still be looked through, in positions of patterns.
type Effort int

// Possible tells whether there is a text that meets all demands and is of all kinds. It looks
// through everything that the patterns can tell apart, so its answer is exact. If that is more than
// what is left of the effort, the answer is yes: a thief may find what this doesn't.
func (left *Effort) Possible(demands []Demand, kinds ...Kind) bool {
	s := search{left: left, kinds: kinds, seen: map[string]bool{}}
	for _, d := range demands {
		known := d
		if !d.Like { // what can't be known isn't kept out
			known = d.Known()
		}
		s.demands = append(s.demands, known)
	}
	return s.from(s.start())
}

// Memory is what has been found out, with what is left of the effort. It is for demands whose
// patterns are asked about again and again.
type Memory struct {
	Left  Effort
	known map[string]fact
}

// fact keeps the demands, so that no others get their addresses.
type fact struct {
	demands  []Demand
	possible bool
}

// Possible is that of Effort.
func (m *Memory) Possible(demands []Demand, kinds ...Kind) bool {
	name := fmt.Sprintf("%T%v", kinds, kinds)
	for _, d := range demands {
		name += fmt.Sprintf(" %p %d %t", d.Patterns, len(d.Patterns), d.Like)
	}
	if is, ok := m.known[name]; ok {
		return is.possible
	}
	if m.known == nil {
		m.known = map[string]fact{}
	}
	is := m.Left.Possible(demands, kinds...)
	m.known[name] = fact{slices.Clone(demands), is}
	return is
}

// Possible is that of an effort which is enough for all but the strangest patterns.
func Possible(demands []Demand, kinds ...Kind) bool {
	enough := Effort(1 << 20)
	return enough.Possible(demands, kinds...)
}

// letters are those that the pattern has where it is. Another pattern may tell capitals apart.
func (p *Pattern) letters(at positions, to []rune) []rune {
	for _, i := range at {
		if int(i) == len(p.tokens) {
			continue
		}
		switch t := p.tokens[i]; {
		case t.kind == exactly && p.fold:
			to = append(to, t.char, unicode.ToUpper(t.char))
		case t.kind == exactly:
			to = append(to, t.char)
		case t.kind == oneOf || t.kind == manyOf:
			to = append(to, ':')
		}
	}
	return to
}

// search goes through the texts that the demands can tell apart.
type search struct {
	left    *Effort
	demands []Demand
	kinds   []Kind
	seen    map[string]bool
}

// state has the positions of every pattern of every demand, and then of every kind.
type state []positions

func (s *search) start() (at state) {
	for _, d := range s.demands {
		for _, p := range d.Patterns {
			at = append(at, p.start())
		}
	}
	for _, k := range s.kinds {
		at = append(at, k.start())
	}
	return at
}

func (s *search) from(at state) bool {
	accepted, alive := s.judge(at)
	if accepted || !alive {
		return accepted
	}
	name := at.String()
	if s.seen[name] {
		return false
	}
	s.seen[name] = true
	for _, c := range s.letters(at) {
		if *s.left -= at.size(); *s.left < 0 {
			return true
		}
		if s.from(s.next(at, c)) {
			return true
		}
	}
	return false
}

// letters are the characters that make a difference next.
func (s *search) letters(at state) []rune {
	all, i := []rune{fresh, plain}, 0
	for _, d := range s.demands {
		for _, p := range d.Patterns {
			all = p.letters(at[i], all)
			i++
		}
	}
	for _, k := range s.kinds {
		all = k.letters(at[i], all)
		i++
	}
	slices.Sort(all)
	return slices.Compact(all)
}

func (s *search) next(at state, c rune) state {
	behind := make(state, 0, len(at))
	for _, d := range s.demands {
		for _, p := range d.Patterns {
			behind = append(behind, p.next(at[len(behind)], c))
		}
	}
	for _, k := range s.kinds {
		behind = append(behind, k.next(at[len(behind)], c))
	}
	return behind
}

// judge tells whether the text so far is one, and else whether a longer one can be.
func (s *search) judge(at state) (accepted, alive bool) {
	i := 0
	accepted = true
	for _, d := range s.demands {
		like, settled, dead := false, false, true
		for _, p := range d.Patterns {
			like = like || p.accepts(at[i])
			settled = settled || p.settled(at[i])
			dead = dead && len(at[i]) == 0
			i++
		}
		if d.Like && dead || !d.Like && settled {
			return false, false
		}
		accepted = accepted && like == d.Like
	}
	for _, k := range s.kinds {
		if len(at[i]) == 0 {
			return false, false
		}
		accepted = accepted && k.accepts(at[i])
		i++
	}
	return accepted, true
}

// size is what one step from the state takes: each position of each pattern is looked at.
func (at state) size() (n Effort) {
	for _, p := range at {
		n += Effort(1 + len(p))
	}
	return n
}

// String tells states apart.
func (at state) String() string {
	var out []byte
	for _, p := range at {
		for _, i := range p {
			out = append(out, byte(i>>8), byte(i))
		}
		out = append(out, 0xff, 0xff)
	}
	return string(out)
}
