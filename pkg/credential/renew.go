package credential

import (
	"cmp"
	"encoding/json"
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sessmtp"
)

// renewed is a copy of the members in which the new credential has taken the place of the old one,
// whatever the members are called. For the same credential, nothing changes.
func (c Content) renewed(logins []sessmtp.Login) object {
	kept := maps.Clone(c.members)
	if kept == nil {
		kept = object{}
	}
	if len(c.Logins) == 0 || c.Logins[0].Username == logins[0].Username {
		return kept
	}
	for _, l := range c.secretKeys(logins[0].Region) {
		kept.remove(l.path)
	}
	for name, raw := range kept {
		kept[name] = eachText(raw, mostNested, c.renewal(logins))
	}
	return kept
}

// shortestPassword is the length from which on a password is looked for inside of other text. SES's
// have 44 characters ("Obtaining Amazon SES SMTP credentials", SES guide).
const shortestPassword = 20

// renewal puts the new credential into a text that is the old one's username, or that holds its
// password, as it is or percent-encoded: a DSN, say.
func (c Content) renewal(logins []sessmtp.Login) func(string) string {
	was, now := c.Logins[0], logins[0]
	var passwords, pairs []string
	for _, old := range c.Logins {
		i := slices.IndexFunc(logins, func(l sessmtp.Login) bool { return l.Region == old.Region || old.Region == "" })
		if i < 0 || len(old.Password) < shortestPassword {
			continue
		}
		for _, encode := range []func(string) string{plain, url.QueryEscape, url.PathEscape, inUserinfo} {
			passwords = append(passwords, encode(string(old.Password)))
			pairs = append(pairs, encode(string(old.Password)), encode(string(logins[i].Password)))
		}
	}
	if was.Host != "" && was.Port != 0 {
		pairs = append(pairs, "@"+was.Addr(), "@"+now.Addr())
	}
	replace := strings.NewReplacer(append(pairs, was.Username, now.Username)...)
	return func(text string) string {
		switch {
		case was.Username != "" && text == was.Username:
			return now.Username
		case slices.ContainsFunc(passwords, func(password string) bool { return strings.Contains(text, password) }):
			return replace.Replace(text)
		}
		return text
	}
}

func plain(text string) string { return text }

// inUserinfo encodes only what has to be encoded in front of a URL's host.
func inUserinfo(password string) string {
	return strings.TrimPrefix(url.UserPassword("", password).String(), ":")
}

// mostNested is how many arrays and objects deep texts are looked for. Each level reads what is in
// it once more, so a value that is nothing but brackets would take long.
const mostNested = 16

// eachText changes every text in a JSON value, and leaves the rest as it is written.
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

// secretKeyLength is the length of a secret access key.
const secretKeyLength = 40

// SecretKeys names the members that hold a secret access key: they are called so, or an SMTP
// password of the value derives from them. From such a key everything can be derived, and it opens
// more than mail. Compose leaves them out of a new credential. The Region is that of a password for
// which the value names none.
func (c Content) SecretKeys(region string) (names []string) {
	for _, l := range c.secretKeys(region) {
		names = append(names, l.told())
	}
	return names
}

func (c Content) secretKeys(region string) (keys []leaf) {
	for _, l := range c.members.leaves() {
		found := bare(l.path) == "secretaccesskey" && !isNothing(l.raw)
		eachText(l.raw, mostNested, func(text string) string {
			found = found || len(text) == secretKeyLength && c.derivesFrom(text, region)
			return text
		})
		if found {
			keys = append(keys, l)
		}
	}
	return keys
}

func (c Content) derivesFrom(secret, region string) bool {
	return slices.ContainsFunc(c.Logins, func(l sessmtp.Login) bool {
		derived := sessmtp.DerivePassword(sessmtp.SecretAccessKey(secret), cmp.Or(l.Region, region))
		return l.Password != "" && l.Password == derived
	})
}

// remove takes a member out, wherever it is.
func (o object) remove(path []string) {
	if len(path) == 1 {
		delete(o, path[0])
		return
	}
	var inner object
	if json.Unmarshal(o[path[0]], &inner) == nil && inner != nil {
		inner.remove(path[1:])
		o[path[0]] = marshal(inner)
	}
}
