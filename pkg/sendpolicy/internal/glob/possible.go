package glob

import (
	"fmt"
	"slices"
	"unicode"
)

// Demand is what a text must do: match one of the patterns, or none of them.
type Demand struct {
	Patterns []*Pattern
	Like     bool
}

// Meets reports whether a text meets the demand.
func (d Demand) Meets(text string) bool {
	return slices.ContainsFunc(d.Patterns, func(p *Pattern) bool { return p.Matches(text) }) == d.Like
}

// Known returns the demand without the patterns that have an unknown policy variable.
func (d Demand) Known() Demand {
	d.Patterns = slices.DeleteFunc(slices.Clone(d.Patterns), func(p *Pattern) bool { return p.unknown })
	return d
}

// These stand for all characters that no pattern names at this point of a text. A text with a fresh
// one is a text that nobody wrote down: only wildcards match it.
const (
	fresh rune = -1 - iota
	plain
)

// Kind is a kind of text, as a state machine. It has rejected a text if no positions are left.
type Kind interface {
	start() positions
	next(at positions, c rune) positions
	accepts(at positions) bool
	// letters adds the characters that make a difference to it at this point.
	letters(at positions, to []rune) []rune
}

// Is reports whether a text is of all the kinds.
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

// Effort is how much searching is still allowed, in positions of patterns.
type Effort int

// Possible reports whether there is a text that meets all demands and is of all kinds. It tries
// everything that the patterns can distinguish, so its answer is exact. If the effort runs out, the
// answer is true: a thief may find what this search doesn't.
func (left *Effort) Possible(demands []Demand, kinds ...Kind) bool {
	s := search{left: left, kinds: kinds, seen: map[string]bool{}}
	for _, d := range demands {
		known := d
		if !d.Like { // a pattern that isn't known excludes nothing
			known = d.Known()
		}
		s.demands = append(s.demands, known)
	}
	return s.from(s.start())
}

// Memory remembers answers, and has the effort that is left. Use it for patterns that are asked
// about repeatedly.
type Memory struct {
	Left  Effort
	known map[string]fact
}

// fact is a remembered answer. It keeps the demands, so that their addresses aren't reused by
// others.
type fact struct {
	demands  []Demand
	possible bool
}

// Possible is like Effort.Possible, but remembers the answer.
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

// Possible is like Effort.Possible, with an effort that suffices for all but the strangest
// patterns.
func Possible(demands []Demand, kinds ...Kind) bool {
	enough := Effort(1 << 20)
	return enough.Possible(demands, kinds...)
}

// letters adds the characters that the pattern names at its positions. With fold it adds both
// cases, because another pattern may distinguish them.
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

// search tries the texts that the demands can distinguish.
type search struct {
	left    *Effort
	demands []Demand
	kinds   []Kind
	seen    map[string]bool
}

// state is the positions of every pattern of every demand, and then those of every kind.
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

// letters returns the characters that make a difference next.
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

// judge reports whether the text so far is accepted and, if not, whether a longer one may be.
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

// size is the effort of one step from the state: each position of each pattern.
func (at state) size() (n Effort) {
	for _, p := range at {
		n += Effort(1 + len(p))
	}
	return n
}

// String returns a key that is different for different states.
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
