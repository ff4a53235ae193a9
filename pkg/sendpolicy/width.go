package sendpolicy

import "slices"

// Width is how much a user's policies give to whoever has its credential.
type Width string

// Widths, the narrowest first.
const (
	NoMail     Width = "none"        // no mail over SMTP
	Narrow     Width = "narrow"      // mail from identities that are named, from where it has to come
	Anywhere   Width = "anywhere"    // mail from identities that are named, from anywhere
	AnySender  Width = "any-sender"  // mail from identities that nobody has named
	BeyondMail Width = "beyond-mail" // with the secret access key, more than mail
)

// Widths are all of them, the narrowest first.
func Widths() []Width { return []Width{NoMail, Narrow, Anywhere, AnySender, BeyondMail} }

// AtLeast compares widths.
func (w Width) AtLeast(other Width) bool {
	return slices.Index(Widths(), w) >= slices.Index(Widths(), other)
}

// MaySend tells whether mail over SMTP is allowed on some identity. A policy that can't be read may
// allow it.
func MaySend(a Access) bool {
	policies, boundary, faults := a.read()
	for _, f := range faults {
		if f.Code == Unreadable {
			return true
		}
	}
	policies = slices.DeleteFunc(policies, func(p readPolicy) bool {
		return !slices.ContainsFunc(p.Statements, func(s Statement) bool { return s.Effect == deny || s.sends() })
	})
	for _, g := range a.grants(policies, boundary) {
		for _, r := range g.reaches {
			if r.covers(sendRaw) && r.allows(sendRaw, someIdentity) {
				return true
			}
		}
	}
	return false
}

// WidthOf is the width of a user that may send or not, by what Audit has found.
func WidthOf(maySend bool, findings []Finding) Width {
	width := Narrow
	if !maySend {
		width = NoMail
	}
	for _, f := range findings {
		if w := f.width(maySend); w.AtLeast(width) {
			width = w
		}
	}
	return width
}

// width is the least that a finding says of its user's.
func (f Finding) width(maySend bool) Width {
	switch f.Code {
	case IAMRights, WideAction, HasNotAction, OtherRights:
		if f.Severity == High {
			return BeyondMail
		}
	case Unreadable:
		return BeyondMail
	case WideResource, NotResource:
		if maySend && f.Severity.AtLeast(Medium) {
			return AnySender
		}
	case NoSource, WideSource:
		if maySend {
			return Anywhere
		}
	}
	return NoMail
}
