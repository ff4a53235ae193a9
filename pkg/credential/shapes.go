package credential

import (
	"encoding/json"
	"net/url"
	"strconv"
	"strings"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sessmtp"
)

// A value can come from another program, under other names: SMTP_USERNAME, auth.user, a DSN. This
// file reads those as the published keys.

// elsewhere is what a value's other members say of the published keys.
type elsewhere struct {
	found   object
	unclear map[string][]string // the members that differ about one key: to guess would be worse
	// implicitTLS and startTLS tell how the value wants the connection to be protected.
	implicitTLS, startTLS bool
}

// others reads a value's other members. Where the configured names lead to something, nothing else
// counts.
func (o object) others(names Names) elsewhere {
	e := elsewhere{found: object{}, unclear: map[string][]string{}}
	places := map[string][]string{}
	for _, l := range o.leaves() {
		e.encryption(l)
		key := meaning(l.path)
		if key == "" || isPublished(l.path[0]) || !fits(key, l.raw) {
			continue
		}
		places[key] = append(places[key], l.told())
		if known, ok := e.found[key]; ok && string(known) != string(l.raw) {
			e.unclear[key] = nil
		}
		e.found[key] = l.raw
	}
	for key := range e.unclear {
		e.unclear[key] = places[key]
		delete(e.found, key)
	}
	for key, name := range names {
		if l, ok := o.at(name); ok && !isNothing(l.raw) {
			e.found[key] = l.raw
			delete(e.unclear, key)
		}
	}
	return e
}

// at is the member that a name with dots leads to.
func (o object) at(name string) (leaf, bool) {
	for _, l := range o.leaves() {
		if l.name() == name {
			return l, true
		}
	}
	return leaf{}, false
}

// fits tells whether another program's member can be what its name promises.
func fits(key string, raw json.RawMessage) bool {
	var text string
	isText := json.Unmarshal(raw, &text) == nil && text != ""
	switch key {
	case "username":
		return isText && IsAccessKeyID(text)
	case "port":
		port, err := portOf(raw)
		return err == nil && port != 0
	case "url":
		_, ok := fromURL(raw)
		return ok
	}
	return isText
}

// encryption understands what mail libraries are told: a word, or yes to one of the two ways. "tls"
// means either of them, so it says nothing.
func (e *elsewhere) encryption(l leaf) {
	word := strings.ToLower(strings.Trim(string(l.raw), `"`))
	yes := word == "true" || word == "1" || word == "yes" || word == "on"
	switch name := bare(l.path[len(l.path)-1:]); {
	case (name == "encryption" || name == "security" || name == "scheme") && (word == "ssl" || word == "smtps"),
		yes && (name == "secure" || name == "ssl" || name == "usessl"):
		e.implicitTLS = true
	case (name == "encryption" || name == "security") && word == "starttls", yes && name == "starttls":
		e.startTLS = true
	}
}

// fromURL reads a URL or DSN that holds a login.
func fromURL(raw json.RawMessage) (l sessmtp.Login, ok bool) {
	var text string
	if json.Unmarshal(raw, &text) != nil {
		return l, false
	}
	u, err := url.Parse(text)
	if err != nil || u.User == nil || u.Hostname() == "" || !IsAccessKeyID(u.User.Username()) {
		return l, false
	}
	password, _ := u.User.Password()
	l.Username, l.Password, l.Host = u.User.Username(), sessmtp.Password(password), u.Hostname()
	l.Port, err = strconv.Atoi(u.Port())
	return l, password != "" && (err == nil || u.Port() == "")
}

// fromText reads AWS's own sample's form, AKIA…:B…, which is no JSON.
func fromText(text string) (l sessmtp.Login, ok bool) {
	username, password, _ := strings.Cut(strings.TrimSpace(text), ":")
	l.Username, l.Password = username, sessmtp.Password(password)
	return l, IsAccessKeyID(username) && password != "" && oneWord("password", password) == nil
}
