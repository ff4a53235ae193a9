package credential

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sessmtp"
)

// Content is a secret's content, for a program that rewrites the secret. The zero Content has
// nothing to keep.
type Content struct {
	// IAMUser is empty in a value made by hand.
	IAMUser string
	// Logins has the primary Region first, then the others by name. There is always one, but any of
	// its fields may be zero, if the value doesn't say.
	Logins []sessmtp.Login
	// Misfit says why there is no username: there is none in the value, or it isn't an access key
	// ID. The text quotes nothing from the value but names of members.
	Misfit error
	// Text is set if the value has the form of AWS's sample, AKIA…:B…, which isn't JSON.
	// Applications that expect that form can't read a value from Compose.
	Text bool
	// ImplicitTLS and StartTLS are what the value says, other than by the port, about how to
	// protect the connection.
	ImplicitTLS, StartTLS bool
	// Regions are all Regions that the value mentions, under any name.
	Regions []string
	// Strange names members that Compose would overwrite although they don't hold a part of the
	// credential: the value may be somebody else's as well.
	Strange []string
	// Unread is set if the value has no password where one is expected, and another member may hold
	// it.
	Unread bool

	members object
	names   Names
}

// Inspect reads a value that the rotator finds. It accepts incomplete values and any JSON object:
// the caller decides by IAMUser and Logins whether the value is its own.
//
// If the published key has no username, Inspect takes the login from the configured names, or from
// names that other programs use: SMTP_USERNAME, {"auth":{"user":…}}, a DSN and the like. The
// username is an access key ID, or empty. A Region may be in any case, and a port in quotes.
//
// It returns ErrNone if there is no credential yet. Any other error says why the value can't be a
// credential, and never quotes from it. The Content with an error has nothing to keep.
func Inspect(text string, names Names) (Content, error) {
	if l, ok := fromText(text); ok {
		return Content{Logins: []sessmtp.Login{l}, Text: true, names: names}, nil
	}
	members, err := recognise(text)
	if err != nil {
		return Content{names: names}, err
	}
	return members.content(names)
}

// content reads the members. The error lists every fault.
func (o object) content(names Names) (Content, error) {
	all := o.leaves()
	others := o.others(all, names)
	c := Content{members: o, names: names, ImplicitTLS: others.implicitTLS, StartTLS: others.startTLS,
		Regions: others.regions}
	var primary sessmtp.Login
	faults := []error{o.text("iam_user", &c.IAMUser, nil), o.primary(&primary, others.found)}
	c.fromDSNs(&primary, dsnsAmong(all))
	if c.Misfit = o.misfit(primary, others); c.Misfit != nil {
		primary.Username = ""
	}
	c.Logins = append(c.Logins, primary)
	regions, fault := o.regions()
	faults = append(faults, fault)
	for _, name := range slices.Sorted(maps.Keys(regions)) {
		l, fault := regions[name].login(nil)
		faults = append(faults, fault)
		l.Username, l.Region = primary.Username, name
		switch {
		case l.Password == "": // nobody can log in with it
		case name == primary.Region:
			c.Logins[0] = l
		default:
			c.Logins = append(c.Logins, l)
		}
	}
	if err := errors.Join(faults...); err != nil {
		return Content{names: names}, err
	}
	c.Strange = c.strange(all)
	c.Unread = len(c.Logins) == 1 && primary.Password == "" && slices.ContainsFunc(all, mayBePassword)
	return c, nil
}

// primary reads the value's own login. It never mixes published names with others' names.
func (o object) primary(l *sessmtp.Login, others object) error {
	if o.member("username") != nil {
		others = nil
	}
	var err error
	if *l, err = o.login(others); err != nil {
		return err
	}
	if others["username"] != nil { // then a published password is somebody else's
		var password string
		if json.Unmarshal(others["password"], &password) == nil {
			l.Password = sessmtp.Password(password)
		}
	}
	err = errors.Join(o.text("username", &l.Username, others), o.text("region", &l.Region, others))
	l.Region = strings.ToLower(l.Region)
	return err
}

// fromDSNs completes a login from the value's URLs.
func (c *Content) fromDSNs(l *sessmtp.Login, all []dsn) {
	if l.Username == "" && len(all) > 0 && !slices.ContainsFunc(all, func(d dsn) bool {
		return d.login.Username != all[0].login.Username || d.login.Password != all[0].login.Password
	}) {
		l.Username, l.Password = all[0].login.Username, all[0].login.Password
	}
	for _, d := range all {
		if d.login.Username != l.Username {
			continue
		}
		if l.Host == "" && l.Port == 0 {
			l.Host, l.Port = d.login.Host, d.login.Port
		}
		l.Region = cmp.Or(l.Region, d.login.Region)
		c.ImplicitTLS = c.ImplicitTLS || d.implicitTLS() && !d.repeats
	}
}

// misfit says why the value has no username, or nil if it has one.
func (o object) misfit(l sessmtp.Login, others elsewhere) error {
	const advice = "; if applications use these names, configure them"
	switch {
	case IsAccessKeyID(l.Username):
		return nil
	case l.Username != "" && IsAccessKeyID(string(l.Password)):
		return errors.New(`"username" and "password" are swapped: the username is the ID of an access key, AKIA…`)
	case l.Username != "":
		return errors.New(`"username" isn't the ID of an access key, AKIA…`)
	case others.unclear:
		return fmt.Errorf("several of its members could be the username and password: %s%s", o.listed(), advice)
	}
	return fmt.Errorf(`"username" is missing, and none of %s is clearly an SMTP username and password%s`,
		o.listed(), advice)
}

// listed names the members, for people.
func (o object) listed() string {
	var names []string
	for _, l := range o.leaves() {
		names = append(names, l.told())
	}
	if len(names) == 0 {
		return "its members"
	}
	if len(names) > 10 {
		names = append(names[:10], "…")
	}
	return strings.Join(names, ", ")
}

// recognise turns a secret's text into its members. It skips a byte order mark, which editors
// leave.
func recognise(text string) (object, error) {
	text = strings.TrimPrefix(text, "\ufeff")
	if strings.TrimSpace(text) == "" {
		return nil, ErrNone
	}
	var members object
	if err := json.Unmarshal([]byte(text), &members); err != nil || members == nil {
		return nil, errors.New("it isn't a JSON object")
	}
	if len(members) == 0 {
		return nil, ErrNone
	}
	return members, nil
}
