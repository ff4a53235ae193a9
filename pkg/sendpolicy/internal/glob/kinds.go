package glob

import (
	"slices"
	"sync"
)

// NewText is any text with the fresh character: a text that only a wildcard matches.
type NewText struct{}

func (NewText) start() positions { return positions{0} }

func (NewText) next(at positions, c rune) positions {
	if c == fresh {
		return positions{1}
	}
	return at
}

func (NewText) letters(_ positions, to []rune) []rune { return to }

func (NewText) accepts(at positions) bool { return at[0] == 1 }

// AnyName is any name of a resource: a mail address, or a text without @.
type AnyName struct{}

// Address is any mail address.
type Address struct{}

// Positions of a name.
const (
	atName = iota
	inName // a text without @, or the local part of an address
	atHost
	inHost
)

func (AnyName) start() positions { return positions{atName} }

func (AnyName) next(at positions, c rune) positions {
	switch p := at[0]; {
	case c == ':' || c == '/' && p >= atHost:
		return nil
	case p <= inName && c != '@':
		return positions{inName}
	case p == inName:
		return positions{atHost}
	case p == atHost && c == '.' || p >= atHost && (c == '@' || c == '*' || c == '?'):
		return nil
	case p >= atHost:
		return positions{inHost}
	}
	return nil
}

func (AnyName) letters(_ positions, to []rune) []rune {
	return append(to, ':', '/', '@', '.', '*', '?')
}

func (AnyName) accepts(at positions) bool { return at[0] == inName || at[0] == inHost }

func (Address) start() positions { return positions{atName} }

func (Address) next(at positions, c rune) positions {
	if c == ':' && at[0] <= inName { // in quotes
		return positions{inName}
	}
	return AnyName{}.next(at, c)
}

func (Address) letters(at positions, to []rune) []rune { return AnyName{}.letters(at, to) }

func (Address) accepts(at positions) bool { return at[0] == inHost }

// Resource is any resource: an ARN, or * for actions without resources. Only SES's ARNs are known
// to have at most six fields.
type Resource struct{}

// A position of a Resource encodes the number of colons so far, and how much of "ses" was read.
const (
	afterColon = 8
	isSES      = 3
	isOther    = 4
	service    = 2 // the field that names the service
	lastField  = 5
	noResource = 7 // *
)

func (Resource) start() positions { return positions{0} }

func (Resource) next(at positions, c rune) positions {
	colons, read := at[0]/afterColon, at[0]%afterColon
	switch {
	case at[0] == 0 && c == '*':
		return positions{noResource}
	case at[0] == noResource, c == ':' && colons == lastField && read == isSES:
		return nil
	case c == ':':
		colons = min(colons+1, lastField)
	case colons == 0:
		read = isOther // begun
	case colons == service && read < isSES && c == rune("ses"[read]):
		read++
	case colons == service:
		read = isOther
	}
	if colons == service && at[0]/afterColon < service {
		read = 0
	}
	return positions{colons*afterColon + read}
}

func (Resource) letters(_ positions, to []rune) []rune { return append(to, ':', 's', 'e', '*') }

func (Resource) accepts(at positions) bool {
	return at[0] == noResource || at[0] >= lastField*afterColon
}

// arn is the ARN of an SES resource whose name is of a kind.
type arn struct {
	resource string
	prefix   func() *Pattern // and one more character, which stands for the name
	name     Kind
}

// Identity is the ARN of an SES identity whose name is of a kind.
func Identity(name Kind) Kind { return arnOf("identity", name) }

// ConfigurationSet is the ARN of an SES configuration set whose name is of a kind.
func ConfigurationSet(name Kind) Kind { return arnOf("configuration-set", name) }

// VerificationTemplate is the ARN of a template for custom verification mail whose name is of a
// kind.
func VerificationTemplate(name Kind) Kind { return arnOf("custom-verification-email-template", name) }

// arnOf compiles the prefix when it is first needed, because most invocations of the function don't
// need it.
func arnOf(resource string, name Kind) arn {
	return arn{resource, sync.OnceValue(func() *Pattern {
		p := Wildcards{Segments: true}.Read("arn:aws*:ses:*:*:" + resource + "/x")
		for i := range p.tokens {
			if p.tokens[i].kind == many { // each * stays in its segment, because SES's ARNs have six
				p.tokens[i].kind = manyOf
			}
		}
		return p
	}), name}
}

// behindPrefix is added to the name's positions, to tell them from the prefix's.
const behindPrefix = 256

func (a arn) start() positions { return a.prefix().start() }

func (a arn) letters(at positions, to []rune) []rune {
	if at[0] >= behindPrefix {
		return a.name.letters(lowered(at), to)
	}
	return a.prefix().letters(at, to)
}

func (a arn) next(at positions, c rune) positions {
	if at[0] >= behindPrefix {
		return raised(a.name.next(lowered(at), c))
	}
	at = a.prefix().next(at, c)
	if slices.Contains(at, uint16(len(a.prefix().tokens)-1)) {
		return raised(a.name.start())
	}
	return at
}

func (a arn) accepts(at positions) bool {
	return at[0] >= behindPrefix && a.name.accepts(lowered(at))
}

func raised(at positions) (behind positions) {
	for _, p := range at {
		behind = append(behind, p+behindPrefix)
	}
	return behind
}

func lowered(at positions) (name positions) {
	for _, p := range at {
		name = append(name, p-behindPrefix)
	}
	return name
}

// Elsewhere is an ARN whose Region or account has the fresh character: one that only a wildcard
// matches.
type Elsewhere struct{}

// A position of an ARN is the number of colons so far, and the mark for a fresh character.
const (
	regionField  = 3
	accountField = 4
	marked       = 64
)

func (Elsewhere) start() positions { return positions{0} }

func (Elsewhere) next(at positions, c rune) positions {
	p := at[0]
	switch field := p % marked; {
	case c == ':' && field <= accountField:
		p++
	case c == fresh && p < marked && (field == regionField || field == accountField):
		p += marked
	}
	return positions{p}
}

func (Elsewhere) letters(_ positions, to []rune) []rune { return append(to, ':') }

func (Elsewhere) accepts(at positions) bool { return at[0] >= marked }
