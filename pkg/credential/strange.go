package credential

import (
	"slices"
	"strings"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sessmtp"
)

// This file finds what isn't part of the credential, but would be replaced by Compose.

// strange names members that would be overwritten although they aren't the credential's.
func (c Content) strange(all []leaf) (names []string) {
	l := c.Logins[0]
	fromOthers := c.members.member("username") == nil
	for _, m := range all {
		key := strings.ToLower(m.path[0])
		if len(m.path) > 1 || isNothing(m.raw) || !isPublished(key) {
			continue
		}
		text := m.text()
		d, isDSN := fromURL(text)
		switch {
		case (key == "url" || key == smtpsURL) && (!isDSN || d.login.Username != l.Username),
			key == "password" && fromOthers && text != string(l.Password),
			key == "host" && fromOthers && text != "" && sessmtp.RegionOf(text) == "",
			key == "username" && text != l.Username:
			names = append(names, m.told())
		}
	}
	if fromOthers && slices.ContainsFunc(names, func(name string) bool { return strings.EqualFold(name, "host") }) &&
		c.members.member("port") != nil {
		names = append(names, "port")
	}
	return names
}

// mayBePassword reports whether a member may be a password, by its name or its form.
func mayBePassword(l leaf) bool {
	name := foldedName(l.path)
	called := func(word string) bool { return strings.Contains(name, word) }
	return !isPublished(l.path[0]) && l.text() != "" &&
		(isSMTPPassword(l.text()) || slices.ContainsFunc([]string{"pass", "pwd", "secret"}, called))
}

// Blocked names the configured names under which the credential can't be written, because something
// else is there or in the way. Compose leaves them out.
func (c Content) Blocked() (names []string) {
	for _, p := range c.configured() {
		if free := isNothing(p.raw) && c.members.canHold(p.path); !free && !c.isOwn(p) {
			names = append(names, c.names[p.key])
		}
	}
	return names
}

// isOwn reports whether a place holds the credential's own value.
func (c Content) isOwn(p place) bool {
	current, text := c.current(p.key), p.text()
	switch p.key {
	case "port":
		port, err := portOf(p.raw)
		return err == nil && port != 0 && len(c.Logins) > 0 && port == c.Logins[0].Port
	case "host", "region":
		return current != "" && strings.EqualFold(text, current)
	}
	return current != "" && text == current
}

// current returns the credential's value for a published key.
func (c Content) current(key string) string {
	if len(c.Logins) == 0 {
		return ""
	}
	l := c.Logins[0]
	switch key {
	case "username":
		return l.Username
	case "password":
		return string(l.Password)
	case "host":
		return l.Host
	case "region":
		return l.Region
	case "iam_user":
		return c.IAMUser
	case "url":
		return l.URL()
	case smtpsURL:
		return l.SMTPSURL()
	}
	return ""
}
