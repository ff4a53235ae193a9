// Package glob answers questions about texts and IAM's wildcards: whether a text matches a pattern,
// and whether any text matches some patterns but not others.
package glob

import (
	"cmp"
	"slices"
	"strings"
	"unicode"
)

// Pattern is a policy's text with IAM's wildcards.
type Pattern struct {
	tokens []token
	fold   bool // ignore case
	// unknown says that the text has a policy variable whose value isn't known. In its place, the
	// pattern matches any text.
	unknown bool
}

// token is what one position of a pattern matches.
type token struct {
	kind tokenKind
	char rune // for exactly
}

type tokenKind uint8

const (
	exactly tokenKind = iota
	one               // any character
	many              // any text
	oneOf             // any character of a segment of an ARN
	manyOf            // any text within a segment of an ARN
)

// Wildcards says how to read a pattern's text. With the zero value, * is any text and ? is any
// character.
type Wildcards struct {
	None     bool // * and ? are themselves, as in StringEquals
	Segments bool // the pattern is an ARN
	Fold     bool // ignore case
	// Variables are the known values of policy variables, by name in lower case. Any other variable
	// may have any value. If Variables is nil, ${…} is taken literally.
	Variables Variables
}

// Variables are values by name.
type Variables map[string]string

// Read reads a policy's text. In an ARN, a * at the end of a segment may also match what follows
// the segment; any other * stays within its segment ("IAM JSON policy elements: Resource", IAM User
// Guide).
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

// exactly adds a literal text.
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

// variable returns the name in ${name} at the start of a text, and the length of the whole; 0 if
// there is none.
func variable(text []rune) (name string, length int) {
	if len(text) < 3 || text[0] != '$' || text[1] != '{' {
		return "", 0
	}
	end := slices.Index(text, '}')
	if end < 0 {
		return "", 0
	}
	name, _, _ = strings.Cut(string(text[2:end]), ",") // a default follows the comma
	return strings.TrimSpace(name), end + 1
}

// Matches reports whether the pattern matches a text.
func (p *Pattern) Matches(text string) bool {
	at := p.start()
	for _, c := range text {
		at = p.next(at, c)
	}
	return p.accepts(at)
}

// positions are indexes of a pattern's tokens, in order: which tokens the next character may match.
// The index after the last token is the end.
type positions []uint16

func (p *Pattern) start() positions { return p.reach(nil, 0) }

// next returns the positions after one more character. Positions before a * that matches anything
// are dropped, because the * has everything that they have.
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

// reach adds a position and, because * may match no text, those after its wildcards.
func (p *Pattern) reach(at positions, i uint16) positions {
	for ; ; i++ {
		if int(i) < len(p.tokens) && p.tokens[i].kind == many {
			at = at[:0]
		}
		if len(at) == 0 || at[len(at)-1] < i { // they are in order
			at = append(at, i)
		}
		if int(i) == len(p.tokens) || p.tokens[i].kind != many && p.tokens[i].kind != manyOf {
			return at
		}
	}
}

func (p *Pattern) accepts(at positions) bool { return slices.Contains(at, uint16(len(p.tokens))) }

// settled reports whether the pattern accepts whatever follows.
func (p *Pattern) settled(at positions) bool {
	last := len(p.tokens) - 1
	return last >= 0 && p.tokens[last].kind == many && slices.Contains(at, uint16(last))
}
