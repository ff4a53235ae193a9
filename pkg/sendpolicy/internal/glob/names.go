package glob

import "slices"

// NewName is a Kind: names of identities, or mail addresses, whose own domain has the fresh
// character. Those are names of people whom the policies don't name. The own domain is what one can
// register: the last two labels, or the last three below a suffix such as co.uk.
//
// With *example.com in a policy, badexample.com is a NewName. With *.example.com, mail.example.com
// isn't.
type NewName struct{}

// Positions of a NewName. Those from inSuffix on are within a suffix.
const (
	inSub      = iota // before the own domain
	atLabel           // at the start of a label, or in it
	inNewLabel        // in a label with the fresh character
	atTop             // after the label's dot
	inTop
	atNewTop // after the dot of a new label
	inNewTop
	atCountry // after a suffix's first label
	inCountry
	countryEnd
	inSuffix
)

// suffixes are the first labels of registries' two-label suffixes, such as ac.jp, com.au and co.uk.
// They are the ones that most people register under ("Public Suffix List"), and are assumed to
// exist everywhere: no list is complete, and this one need not be updated every month.
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

// step returns the positions after one character from one position.
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

// suffixWidth is the number of positions per suffix.
const suffixWidth = 8

func suffixStarts() (at positions) {
	for i := range suffixes {
		at = append(at, uint16(inSuffix+i*suffixWidth))
	}
	return at
}

// suffixLetter returns the next letter of a suffix.
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
