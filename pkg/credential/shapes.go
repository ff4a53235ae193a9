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
// file reads those as the published keys. It takes for a credential only what plainly is one, an
// access key's ID beside a password of SES's: what is somebody else's is never overwritten.

// words are what other programs call the published keys, behind what says whose they are.
var words = []struct{ word, key string }{
	{"username", "username"}, {"hostuser", "username"}, {"user", "username"}, {"login", "username"},
	{"hostpassword", "password"}, {"password", "password"}, {"passwd", "password"}, {"pass", "password"},
	{"hostname", "host"}, {"host", "host"}, {"server", "host"}, {"endpoint", "host"},
	{"port", "port"}, {"region", "region"},
}

// aboutMail are words in front of those that only say that it's about mail.
var aboutMail = []string{"spring", "aws", "amazon", "ses", "smtp", "mailer", "mail", "email", "auth", "credentials",
	"credential", "config", "settings", "transport"}

// meaning is the published key that another program's name stands for, and what stands before it:
// SMTP_USERNAME is the username of "smtp". It is empty for all other names. Where the login stands
// in an object of its own, as in Nodemailer's auth.user, the host is beside that object.
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

// elsewhere is what a value's other members say of the published keys.
type elsewhere struct {
	found   object
	unclear bool // several members could be the login: to guess would be worse
	// implicitTLS and startTLS tell how the value wants the connection to be protected.
	implicitTLS, startTLS bool
	regions               []string // that any member mentions
}

// others reads a value's other members. Where the configured names lead to something, nothing else
// counts.
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

// choose takes the group that has a whole login. If several have, they must be the same one.
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

// fits tells whether another program's member can be what its name promises.
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

// mention notes what a member says beside the login: a Region, and the encryption that mail
// libraries are told, by a word or by yes to one of the two ways. "tls" means either of them, so it
// says nothing.
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
	repeats bool // it is the value's smtps_url, which says nothing of how the others connect
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
	if u.Hostname() != "default" { // Symfony's name for SES's own
		d.login.Host = u.Hostname()
	}
	d.login.Port, _ = strconv.Atoi(u.Port())
	schemes := []string{"smtp", "smtps", "submission", "submissions", "ses+smtp", "ses+smtps", "ses"}
	return d, slices.Contains(schemes, u.Scheme) && isSMTPPassword(password)
}

// implicitTLS: the scheme has TLS come first.
func (d dsn) implicitTLS() bool {
	return strings.HasSuffix(d.url.Scheme, "smtps") || d.url.Scheme == "submissions"
}

// fromText reads AWS's own sample's form, AKIA…:B…, which is no JSON.
func fromText(text string) (l sessmtp.Login, ok bool) {
	username, password, _ := strings.Cut(strings.TrimSpace(strings.TrimPrefix(text, "\ufeff")), ":")
	l.Username, l.Password = username, sessmtp.Password(password)
	return l, IsAccessKeyID(username) && password != "" && oneWord("password", password) == nil
}

// dsnsAmong are the URLs with logins, the published ones and others'. The one that only repeats the
// login with TLS from the start is last: its port isn't the value's if anything else names one.
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
