package credential

import (
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sessmtp"
)

// A value can come from another program, under other names: SMTP_USERNAME, auth.user, a DSN. This
// file reads those as the published keys. It accepts only what clearly is a credential, an access
// key ID with one of SES's passwords, so that somebody else's value is never overwritten.

// words maps the ends of other programs' names to the published keys.
var words = []struct{ word, key string }{
	{"username", "username"}, {"hostuser", "username"}, {"user", "username"}, {"login", "username"},
	{"hostpassword", "password"}, {"password", "password"}, {"passwd", "password"}, {"pass", "password"},
	{"hostname", "host"}, {"host", "host"}, {"server", "host"}, {"endpoint", "host"},
	{"port", "port"}, {"region", "region"},
}

// aboutMail lists the words that may precede those: they only say that the name is about mail.
var aboutMail = []string{"spring", "aws", "amazon", "ses", "smtp", "mailer", "mail", "email", "auth", "credentials",
	"credential", "config", "settings", "transport"}

// meaning returns the published key that another program's name stands for, and what precedes it:
// SMTP_USERNAME is the username of "smtp". It returns "" for all other names. If the login is in an
// object of its own, as in Nodemailer's auth.user, the host is next to that object.
func meaning(path []string) (key, group string) {
	name := foldedName(path)
	for _, w := range words {
		if before, ok := strings.CutSuffix(name, w.word); ok && isAboutMail(before) {
			for _, own := range []string{"auth", "credentials", "credential"} {
				before = strings.TrimSuffix(before, own)
			}
			return w.key, before
		}
	}
	return "", ""
}

func isAboutMail(text string) bool {
	for text != "" {
		i := slices.IndexFunc(aboutMail, func(word string) bool { return strings.HasPrefix(text, word) })
		if i < 0 {
			return false
		}
		text = text[len(aboutMail[i]):]
	}
	return true
}

// elsewhere has what a value's other members say about the published keys.
type elsewhere struct {
	found   object
	unclear bool // several members could be the login, and guessing could destroy one
	// implicitTLS and startTLS say how the value wants the connection protected.
	implicitTLS, startTLS bool
	regions               []string // that any member mentions
}

// others reads a value's other members. What the configured names lead to takes precedence.
func (o object) others(all []leaf, names Names) elsewhere {
	e := elsewhere{found: object{}}
	groups := map[string]object{}
	for _, l := range all {
		if isPublished(l.path[0]) {
			continue
		}
		e.mention(l)
		if key, group := meaning(l.path); key != "" && fits(key, l) {
			if groups[group] == nil {
				groups[group] = object{}
			}
			groups[group][key] = l.raw
		}
	}
	e.choose(groups)
	for key, name := range names {
		if l, ok := o.at(name); ok && !isNothing(l.raw) {
			e.found[key] = l.raw
			e.unclear = false
		}
	}
	return e
}

// choose takes the group that has a whole login. If several do, the logins must be the same.
func (e *elsewhere) choose(groups map[string]object) {
	for _, name := range slices.Sorted(maps.Keys(groups)) {
		group := groups[name]
		if group["username"] == nil || group["password"] == nil {
			continue
		}
		same := e.found["username"] == nil || string(e.found["username"]) == string(group["username"]) &&
			string(e.found["password"]) == string(group["password"])
		if !same {
			e.found, e.unclear = object{}, true
			return
		}
		maps.Copy(e.found, group)
	}
}

// fits reports whether another program's member can be what its name says.
func fits(key string, l leaf) bool {
	text := l.text()
	switch key {
	case "username":
		return IsAccessKeyID(text)
	case "password":
		return isSMTPPassword(text)
	case "port":
		port, err := portOf(l.raw)
		return err == nil && port != 0
	}
	return text != ""
}

// mention notes what a member says besides the login: a Region, or the encryption that mail
// libraries are configured with, by a word or by "yes" to one of the two kinds. "tls" can mean
// either, so it says nothing.
func (e *elsewhere) mention(l leaf) {
	word := strings.ToLower(strings.Trim(string(l.raw), `"`))
	name := foldedName(l.path[len(l.path)-1:])
	ends := func(words ...string) bool {
		return slices.ContainsFunc(words, func(word string) bool {
			before, ok := strings.CutSuffix(name, word)
			return ok && isAboutMail(before)
		})
	}
	yes := word == "true" || word == "1" || word == "yes" || word == "on"
	switch {
	case ends("region"):
		if regions, err := sessmtp.ParseRegions(word); err == nil && len(regions) == 1 {
			e.regions = append(e.regions, word)
		}
	case ends("encryption", "security", "scheme") && (word == "ssl" || word == "smtps"),
		yes && ends("secure", "usessl", "ssl"):
		e.implicitTLS = true
	case ends("encryption", "security") && word == "starttls", yes && ends("starttls"):
		e.startTLS = true
	}
}

// dsn is a URL that holds an SMTP login.
type dsn struct {
	url     *url.URL
	login   sessmtp.Login
	repeats bool // it is the value's smtps_url, which doesn't say how the other URLs connect
}

// fromURL reads a URL or DSN that holds a login.
func fromURL(text string) (d dsn, ok bool) {
	if !strings.Contains(text, "://") {
		return d, false
	}
	u, err := url.Parse(text)
	if err != nil || u.User == nil || !IsAccessKeyID(u.User.Username()) {
		return d, false
	}
	d.url = u
	password, _ := u.User.Password()
	d.login.Username, d.login.Password = u.User.Username(), sessmtp.Password(password)
	d.login.Region = strings.ToLower(u.Query().Get("region"))
	if u.Hostname() != "default" { // Symfony's name for SES's own host
		d.login.Host = u.Hostname()
	}
	d.login.Port, _ = strconv.Atoi(u.Port())
	schemes := []string{"smtp", "smtps", "submission", "submissions", "ses+smtp", "ses+smtps", "ses"}
	return d, slices.Contains(schemes, u.Scheme) && isSMTPPassword(password)
}

// implicitTLS reports whether the URL's scheme starts with TLS.
func (d dsn) implicitTLS() bool {
	return strings.HasSuffix(d.url.Scheme, "smtps") || d.url.Scheme == "submissions"
}

// fromText reads the form of AWS's own sample, AKIA…:B…, which isn't JSON.
func fromText(text string) (l sessmtp.Login, ok bool) {
	username, password, _ := strings.Cut(strings.TrimSpace(strings.TrimPrefix(text, "\ufeff")), ":")
	l.Username, l.Password = username, sessmtp.Password(password)
	return l, IsAccessKeyID(username) && password != "" && oneWord("password", password) == nil
}

// dsnsAmong returns the URLs with logins, published or not. smtps_url comes last, because it only
// repeats the login with TLS from the start: its port counts only if nothing else names one.
func dsnsAmong(leaves []leaf) (all []dsn) {
	var repeated []dsn
	for _, l := range leaves {
		d, ok := fromURL(l.text())
		switch d.repeats = len(l.path) == 1 && strings.EqualFold(l.path[0], smtpsURL); {
		case ok && d.repeats:
			repeated = append(repeated, d)
		case ok:
			all = append(all, d)
		}
	}
	return append(all, repeated...)
}
