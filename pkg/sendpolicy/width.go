package sendpolicy

import "slices"

// Width says how much a user's policies allow to anyone who has its credential.
type Width string

// Widths, the narrowest first.
const (
	NoMail     Width = "none"        // no mail over SMTP
	Narrow     Width = "narrow"      // mail from named identities and limited sources
	Anywhere   Width = "anywhere"    // mail from named identities, from anywhere
	AnySender  Width = "any-sender"  // mail from identities that the policies don't name
	BeyondMail Width = "beyond-mail" // more than mail, with the secret access key
)

// Widths returns all widths, the narrowest first.
func Widths() []Width { return []Width{NoMail, Narrow, Anywhere, AnySender, BeyondMail} }

// AtLeast reports whether w is as wide as other, or wider.
func (w Width) AtLeast(other Width) bool {
	return slices.Index(Widths(), w) >= slices.Index(Widths(), other)
}

// MaySend reports whether the user may send mail over SMTP from some identity. It assumes that a
// policy that can't be read allows it.
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

// WidthOf returns a user's width, from MaySend's answer and Audit's findings.
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

// width is the smallest width that the user of a finding can have.
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
