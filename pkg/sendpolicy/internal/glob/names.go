package glob

import "slices"

// NewName reads names of identities, or mail addresses, and accepts those whose own domain has the
// fresh character: names that are nobody's whom the policies name. The own domain is what one can
// register: the last two labels, or the last three below a suffix such as co.uk.
//
// badexample.com is one if a policy has *example.com; mail.example.com isn't if it has
// *.example.com.
type NewName struct{}

// Positions of a NewName. Behind these are those within a suffix.
const (
	inSub      = iota // before the own domain
	atLabel           // at the start of a label, or in it
	inNewLabel        // in one with the fresh character
	atTop             // behind the label's dot
	inTop
	atNewTop // behind a new label's
	inNewTop
	atCountry // behind a suffix's first label
	inCountry
	countryEnd
	inSuffix
)

// suffixes are first labels of registries' own suffixes of two: ac.jp, com.au, co.uk. They are
// those that most people register under ("Public Suffix List"), and are taken to be everywhere: a
// list can't be complete, and this one need not be replaced every month.
var suffixes = [...]string{"ac", "asn", "co", "com", "edu", "gen", "go", "gob", "gouv", "gov", "govt", "id", "idv",
	"ind", "ltd", "me", "mil", "ne", "net", "nhs", "nom", "or", "org", "plc", "police", "sch"}

func (NewName) start() positions { return positions{inSub, atLabel} }

func (NewName) accepts(at positions) bool {
	return slices.Contains(at, inNewTop) || slices.Contains(at, countryEnd)
}

func (NewName) letters(at positions, to []rune) []rune {
	to = append(to, '.', '@', ':', '/')
	for _, p := range at {
		if c, ok := suffixLetter(p); ok {
			to = append(to, c)
		}
	}
	return to
}

func (NewName) next(at positions, c rune) (behind positions) {
	add := func(more ...uint16) {
		for _, p := range more {
			if !slices.Contains(behind, p) {
				behind = append(behind, p)
			}
		}
	}
	for _, p := range at {
		add(NewName{}.step(p, c)...)
	}
	slices.Sort(behind)
	return behind
}

// step is one character from one position.
func (NewName) step(p uint16, c rune) positions {
	dot, is := c == '.', func(p uint16) positions { return positions{p} }
	switch {
	case p == inSub && (dot || c == '@'):
		return positions{inSub, atLabel}
	case p == inSub:
		return is(inSub)
	case c == '@' || c == ':' || c == '/': // not in a domain, but before it
		return nil
	case p == atLabel && dot:
		return is(atTop)
	case p == atLabel && c == fresh, p == inNewLabel && !dot:
		return is(inNewLabel)
	case p == atLabel:
		return is(atLabel)
	case p == inNewLabel:
		return append(is(atNewTop), suffixStarts()...)
	case dot && p >= inSuffix && suffixEnds(p):
		return is(atCountry)
	case dot:
		return nil
	case (p == atTop || p == inTop) && c != fresh:
		return is(inTop)
	case p <= inNewTop:
		return is(inNewTop)
	case p == atCountry && c != fresh:
		return is(inCountry)
	case p == inCountry && c != fresh:
		return is(countryEnd)
	case p >= inSuffix:
		return suffixNext(p, c)
	}
	return nil
}

// suffixWidth is how many positions each suffix has.
const suffixWidth = 8

func suffixStarts() (at positions) {
	for i := range suffixes {
		at = append(at, uint16(inSuffix+i*suffixWidth))
	}
	return at
}

// suffixLetter is the next one of a suffix.
func suffixLetter(p uint16) (c rune, ok bool) {
	if p < inSuffix {
		return 0, false
	}
	i, n := int(p-inSuffix)/suffixWidth, int(p-inSuffix)%suffixWidth
	if n == len(suffixes[i]) {
		return 0, false
	}
	return rune(suffixes[i][n]), true
}

func suffixNext(p uint16, c rune) positions {
	if is, ok := suffixLetter(p); ok && is == c {
		return positions{p + 1}
	}
	return nil
}

func suffixEnds(p uint16) bool {
	i, n := int(p-inSuffix)/suffixWidth, int(p-inSuffix)%suffixWidth
	return n == len(suffixes[i])
}
