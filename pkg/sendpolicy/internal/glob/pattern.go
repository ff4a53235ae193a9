// Package glob answers questions about texts with IAM's wildcards: whether a text is like a
// pattern, and whether any text is like some patterns and unlike others.
package glob

import (
	"cmp"
	"slices"
	"strings"
	"unicode"
)

// Pattern is a text of a policy, with IAM's wildcards.
type Pattern struct {
	tokens []token
	fold   bool // capitals are the same as small letters
	// unknown says that it has a policy variable, whose value depends on who asks. It matches
	// whatever the variable could be: any text.
	unknown bool
}

// token is what one position of a pattern matches.
type token struct {
	kind tokenKind
	char rune // of exactly
}

type tokenKind uint8

const (
	exactly tokenKind = iota
	one               // any character
	many              // any text
	oneOf             // any character of a segment of an ARN
	manyOf            // any text within a segment of an ARN
)

// Wildcards says how the text of a pattern is to be read. The zero value has * for any text and ?
// for one character.
type Wildcards struct {
	None     bool // * and ? are themselves, as in StringEquals
	Segments bool // the pattern is an ARN
	Fold     bool // capitals don't matter
	// Variables are the policy variables whose values are known, by names in small letters; of any
	// other, the value may be any text. If it is nil, ${…} is a text.
	Variables Variables
}

// Variables are values by name.
type Variables map[string]string

// Read reads a text of a policy. In an ARN, a * that ends a segment may go on into the next, and
// any other stays within its own ("IAM JSON policy elements: Resource", IAM User Guide).
func (w Wildcards) Read(text string) *Pattern {
	p := &Pattern{fold: w.Fold}
	runes := []rune(text)
	for i := 0; i < len(runes); i++ {
		c := runes[i]
		inner := w.Segments && i+1 < len(runes) && runes[i+1] != ':'
		name, length := variable(runes[i:])
		value, known := w.Variables[strings.ToLower(name)]
		switch {
		case w.Variables != nil && length > 0 && (known || slices.Contains([]string{"*", "?", "$"}, name)):
			p.exactly(cmp.Or(value, name))
			i += length - 1
		case w.Variables != nil && length > 0:
			p.unknown = true
			p.add(token{kind: many})
			i += length - 1
		case w.None || c != '*' && c != '?':
			p.add(token{exactly, c})
		case c == '?' && w.Segments:
			p.add(token{kind: oneOf})
		case c == '?':
			p.add(token{kind: one})
		case inner:
			p.add(token{kind: manyOf})
		default:
			p.add(token{kind: many})
		}
	}
	return p
}

// All reads several texts.
func (w Wildcards) All(texts []string) (patterns []*Pattern) {
	for _, text := range texts {
		patterns = append(patterns, w.Read(text))
	}
	return patterns
}

// exactly adds a text as it is.
func (p *Pattern) exactly(text string) {
	for _, c := range text {
		p.add(token{exactly, c})
	}
}

func (p *Pattern) add(t token) {
	if p.fold {
		t.char = unicode.ToLower(t.char)
	}
	if last := len(p.tokens) - 1; t.kind == many && last >= 0 && p.tokens[last].kind == many {
		return
	}
	p.tokens = append(p.tokens, t)
}

// variable is the name in a text's ${name}, and how long that is; 0 where there is none.
func variable(text []rune) (name string, length int) {
	if len(text) < 3 || text[0] != '$' || text[1] != '{' {
		return "", 0
	}
	end := slices.Index(text, '}')
	if end < 0 {
		return "", 0
	}
	name, _, _ = strings.Cut(string(text[2:end]), ",") // behind a comma is what a missing one is replaced by
	return strings.TrimSpace(name), end + 1
}

// Matches tells whether a text is what the pattern describes.
func (p *Pattern) Matches(text string) bool {
	at := p.start()
	for _, c := range text {
		at = p.next(at, c)
	}
	return p.accepts(at)
}

// positions of a pattern are what its next character may be: indexes of tokens, in order, or its
// end.
type positions []uint16

func (p *Pattern) start() positions { return p.reach(nil, 0) }

// next are the positions behind one more character. A * that goes beyond all has whatever the
// positions before it have, so those are left out.
func (p *Pattern) next(at positions, c rune) positions {
	if p.fold {
		c = unicode.ToLower(c)
	}
	var behind positions
	for _, i := range at {
		if int(i) == len(p.tokens) {
			continue
		}
		switch t := p.tokens[i]; t.kind {
		case exactly:
			if t.char == c {
				behind = p.reach(behind, i+1)
			}
		case one:
			behind = p.reach(behind, i+1)
		case oneOf:
			if c != ':' {
				behind = p.reach(behind, i+1)
			}
		case many:
			behind = p.reach(behind, i)
		case manyOf:
			if c != ':' {
				behind = p.reach(behind, i)
			}
		}
	}
	return behind
}

// reach adds a position, and those behind its wildcards for any text, which may be no text.
func (p *Pattern) reach(at positions, i uint16) positions {
	for ; ; i++ {
		if int(i) < len(p.tokens) && p.tokens[i].kind == many {
			at = at[:0]
		}
		if len(at) == 0 || at[len(at)-1] < i { // they stand in order
			at = append(at, i)
		}
		if int(i) == len(p.tokens) || p.tokens[i].kind != many && p.tokens[i].kind != manyOf {
			return at
		}
	}
}

func (p *Pattern) accepts(at positions) bool { return slices.Contains(at, uint16(len(p.tokens))) }

// settled tells whether the pattern accepts whatever comes.
func (p *Pattern) settled(at positions) bool {
	last := len(p.tokens) - 1
	return last >= 0 && p.tokens[last].kind == many && slices.Contains(at, uint16(last))
}
