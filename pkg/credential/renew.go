package credential

import (
	"encoding/json"
	"maps"
	"net/url"
	"strconv"
	"strings"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sessmtp"
)

// renewed returns a copy of the members in which the new logins replace the old ones, whatever the
// members are called. For the same logins, nothing changes.
func (c Content) renewed(logins []sessmtp.Login) object {
	kept := maps.Clone(c.members)
	if kept == nil {
		kept = object{}
	}
	if len(c.Logins) == 0 {
		return kept
	}
	if c.Logins[0].Username != logins[0].Username {
		for _, l := range c.secretKeys(logins[0].Region) {
			kept.remove(l.path)
		}
	}
	if c.Logins[0].Username == "" {
		return kept
	}
	r := renewal{c.Logins, logins}
	r.places(kept)
	replace := r.replacer()
	for name, raw := range kept {
		kept[name] = eachText(raw, mostNested, func(text string) string { return r.text(text, replace) })
	}
	return kept
}

// renewal has old logins and those that replace them.
type renewal struct{ old, now []sessmtp.Login }

// of returns the login that replaces an old one: the new login for the same Region, or else the
// primary one. So username, password, host and Region change together.
func (r renewal) of(old sessmtp.Login) sessmtp.Login {
	for _, l := range r.now {
		if l.Region == old.Region {
			return l
		}
	}
	return r.now[0]
}

// places renews the Region and the port under other programs' names. Their values alone don't show
// what they are.
func (r renewal) places(kept object) {
	was := r.old[0]
	now := r.of(was)
	for _, l := range kept.leaves() {
		key, _ := meaning(l.path)
		port, _ := portOf(l.raw)
		switch {
		case isPublished(l.path[0]):
		case key == "region" && was.Region != "" && strings.EqualFold(l.text(), was.Region):
			kept.set(l.path, quoted(now.Region))
		case key == "port" && was.Port != 0 && port == was.Port:
			kept.set(l.path, valueAt(l.raw, json.RawMessage(strconv.Itoa(now.Port))))
		}
	}
}

// shortestPassword is the length at which a password is searched for inside other text.
const shortestPassword = 20

// replacer replaces the old username and passwords in any text, as they are or percent-encoded.
func (r renewal) replacer() *strings.Replacer {
	pairs := []string{r.old[0].Username, r.now[0].Username}
	for _, old := range r.old {
		if len(old.Password) < shortestPassword {
			continue
		}
		was, now := string(old.Password), string(r.of(old).Password)
		for _, encode := range []func(string) string{plain, url.QueryEscape, url.PathEscape, inUserinfo} {
			pairs = append(pairs, encode(was), encode(now), lowEscapes(encode(was)), encode(now))
		}
	}
	return strings.NewReplacer(pairs...)
}

func plain(text string) string { return text }

// inUserinfo encodes only what must be encoded before a URL's host.
func inUserinfo(password string) string {
	return strings.TrimPrefix(url.UserPassword("", password).String(), ":")
}

// lowEscapes writes percent-encoding in lower case, as .NET does.
func lowEscapes(text string) string { return low.Replace(text) }

var low = strings.NewReplacer("%2B", "%2b", "%2F", "%2f", "%3D", "%3d")

// text renews one text. A URL with the old login is rewritten as a whole, and an old host becomes
// the new one; in all other text, the username and the passwords are replaced.
func (r renewal) text(text string, replace *strings.Replacer) string {
	if d, ok := fromURL(text); ok && d.login.Username == r.old[0].Username {
		return r.dsn(d)
	}
	for _, old := range r.old {
		if old.Host != "" && strings.EqualFold(text, old.Host) {
			return r.of(old).Host
		}
	}
	return replace.Replace(text)
}

// dsn rewrites a URL with the login that replaces its own. A host that is neither SES's nor the old
// login's is a relay's and stays. A URL that started with TLS still does, if the new endpoint can.
func (r renewal) dsn(d dsn) string {
	was := r.old[0]
	for _, old := range r.old {
		if old.Password == d.login.Password {
			was = old
		}
	}
	now := r.of(was)
	if there, known := now.FromTheStart(); known && d.implicitTLS() {
		now.Endpoint = there
	}
	u := *d.url
	if query := u.Query(); was.Region != "" && d.login.Region == was.Region && now.Region != was.Region {
		query.Set("region", now.Region)
		u.RawQuery = query.Encode()
	}
	if strings.EqualFold(d.login.Host, was.Host) && was.Host != "" || sessmtp.RegionOf(d.login.Host) != "" {
		u.Host = now.Host
		if strings.Contains(now.Host, ":") {
			u.Host = "[" + now.Host + "]"
		}
		if d.url.Port() != "" || now.ImplicitTLS() != d.implicitTLS() {
			u.Host = now.Addr()
		}
		if u.Scheme == "smtp" || u.Scheme == "smtps" {
			u.Scheme = now.Scheme()
		}
	}
	u.User = nil
	own, _, _ := strings.Cut(strings.TrimPrefix(now.URL(), now.Scheme()+"://"), "@")
	return strings.Replace(u.String(), "://", "://"+own+"@", 1)
}

// mostNested is how many arrays and objects deep texts are searched. Each level parses its content
// again, so a value of nothing but brackets would take long.
const mostNested = 16

// eachText changes every text in a JSON value and leaves the rest as written.
func eachText(raw json.RawMessage, depth int, change func(string) string) json.RawMessage {
	var text string
	if isText(raw) && json.Unmarshal(raw, &text) == nil {
		if changed := change(text); changed != text {
			return quoted(changed)
		}
		return raw
	}
	if depth == 0 {
		return raw
	}
	var list []json.RawMessage
	var inner object
	same := true
	changed := func(member json.RawMessage) json.RawMessage {
		now := eachText(member, depth-1, change)
		same = same && string(now) == string(member)
		return now
	}
	if json.Unmarshal(raw, &list) == nil {
		for i := range list {
			list[i] = changed(list[i])
		}
	} else if json.Unmarshal(raw, &inner) == nil {
		for name := range inner {
			inner[name] = changed(inner[name])
		}
	}
	switch {
	case same:
		return raw
	case list != nil:
		return marshal(list)
	}
	return marshal(inner)
}
