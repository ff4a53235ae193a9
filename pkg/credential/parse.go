package credential

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sessmtp"
)

// Parse reads a value for an application. It insists on everything that a login takes: username,
// password, host and port. A value made by hand may lack region, url and regions, and may have
// other programs' names for the rest: see [Inspect].
//
// An error names each key that is wrong and never quotes from the value. Parse returns ErrNone if
// there is no credential yet.
func Parse(text string) (Value, error) {
	c, err := Inspect(text, nil)
	if err != nil {
		return Value{}, err
	}
	if c.Misfit != nil {
		return Value{}, c.Misfit
	}
	primary := c.Logins[0]
	v := Value{
		Username: primary.Username, Password: string(primary.Password), Host: primary.Host, Port: primary.Port,
		Region: primary.Region, IAMUser: c.IAMUser, Regions: map[string]Region{},
	}
	faults := []error{
		needed("username", v.Username), needed("password", v.Password), needed("host", v.Host), complete(v.Port),
		oneWord("region", v.Region), oneWord("iam_user", v.IAMUser),
	}
	for _, l := range c.Logins {
		if l.Region == "" {
			continue
		}
		one := Region{Host: l.Host, Port: l.Port, Password: string(l.Password)}
		name := leaf{path: []string{"regions", l.Region}}.told()
		faults = append(faults, oneWord(name+".host", one.Host), oneWord(name+".password", one.Password),
			oneWord("a Region's name", l.Region))
		v.Regions[l.Region] = one
	}
	if err := errors.Join(faults...); err != nil {
		return Value{}, err
	}
	v.URL = primary.URL()
	return v, nil
}

// Members returns every member of a value that Parse accepts: the published ones that it gives, and
// those that people have added, as they are. A number is a json.Number, printed as it was written.
// A member that holds a line break or another control character isn't among them: readers put
// members into files of lines.
func Members(text string) (map[string]any, error) {
	value, err := Parse(text)
	if err != nil {
		return nil, err
	}
	found, err := recognise(text)
	if err != nil {
		return nil, err
	}
	members := map[string]any{}
	for name, raw := range found {
		if hasControls(raw) {
			continue
		}
		decoder := json.NewDecoder(strings.NewReader(string(raw)))
		decoder.UseNumber()
		var member any
		if err := decoder.Decode(&member); err != nil {
			return nil, fmt.Errorf("reading %q: %w", name, err)
		}
		members[name] = member
	}
	members["username"], members["password"] = value.Username, value.Password
	members["host"], members["port"], members["url"] = value.Host, value.Port, value.URL
	if value.Region != "" {
		members["region"] = value.Region
	}
	return members, nil
}

// hasControls tells whether a text in the member holds a control character.
func hasControls(raw json.RawMessage) (has bool) {
	eachText(raw, mostNested, func(text string) string {
		has = has || strings.ContainsFunc(text, unicode.IsControl)
		return text
	})
	return has
}

// Content is what a secret holds, read for a program that rewrites it. The zero Content has nothing
// to keep.
type Content struct {
	// IAMUser is empty in a value made by hand.
	IAMUser string
	// Logins has the primary Region first, then the others by name. There is always one, but it may
	// lack anything: whatever the value doesn't say is left zero.
	Logins []sessmtp.Login
	// Misfit says why there is no username: what stands there isn't the ID of an access key, or
	// nothing does. It never quotes from the value, except for names of members.
	Misfit error
	// Text: the value is AWS's sample's AKIA…:B…, which is no JSON. Applications that read that
	// can't read what Compose writes.
	Text bool
	// ImplicitTLS and StartTLS tell what the value says, in other words than by the port, about how
	// the connection is to be protected.
	ImplicitTLS, StartTLS bool
	// Regions are all that the value mentions, under whatever name.
	Regions []string
	// Strange names members that Compose overwrites although what they hold is no part of the
	// credential: the value may be somebody else's, too.
	Strange []string
	// Unread: the value has no password where one is looked for, and another member may hold it.
	Unread bool

	members object
	names   Names
}

// Inspect reads a value as the rotator finds it. It accepts one that is incomplete, and any JSON
// object: the caller judges by IAMUser and Logins whether the value is its own.
//
// Without a username under its published key, Inspect takes the login that the configured names
// lead to, or one that other programs' names do: SMTP_USERNAME, {"auth":{"user":…}}, a DSN and
// their like. The username is the ID of an access key, or there is none. A Region may be in any
// case, a port in quotes.
//
// It returns ErrNone if there is no credential yet. Any other error says why the value can't be a
// credential, and never quotes from it. The Content that comes with an error has nothing to keep.
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

// content reads the members. The error has every fault.
func (o object) content(names Names) (Content, error) {
	others := o.others(names)
	c := Content{members: o, names: names, ImplicitTLS: others.implicitTLS, StartTLS: others.startTLS,
		Regions: others.regions}
	var primary sessmtp.Login
	faults := []error{o.text("iam_user", &c.IAMUser, nil), o.primary(&primary, others.found)}
	c.fromDSNs(&primary)
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
	c.Strange = c.strange()
	c.Unread = len(c.Logins) == 1 && primary.Password == "" && slices.ContainsFunc(o.leaves(), mayBePassword)
	return c, nil
}

// primary reads the login of the value itself. Published and others' names of a login don't mix.
func (o object) primary(l *sessmtp.Login, others object) error {
	if o.member("username") != nil {
		others = nil
	}
	var err error
	if *l, err = o.login(others); err != nil {
		return err
	}
	if others["username"] != nil { // a published password beside it is somebody else's
		var password string
		if json.Unmarshal(others["password"], &password) == nil {
			l.Password = sessmtp.Password(password)
		}
	}
	err = errors.Join(o.text("username", &l.Username, others), o.text("region", &l.Region, others))
	l.Region = strings.ToLower(l.Region)
	return err
}

// fromDSNs completes a login with what the value's URLs say.
func (c *Content) fromDSNs(l *sessmtp.Login) {
	all := c.members.dsns()
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
		c.ImplicitTLS = c.ImplicitTLS || d.implicitTLS()
	}
}

// misfit says why the value has no username, or nil if it has one.
func (o object) misfit(l sessmtp.Login, others elsewhere) error {
	const advice = "; if applications read them so, configure the names"
	switch {
	case IsAccessKeyID(l.Username):
		return nil
	case l.Username != "" && IsAccessKeyID(string(l.Password)):
		return errors.New(`"username" and "password" are each other's: the username is the ID of an access key, AKIA…`)
	case l.Username != "":
		return errors.New(`"username" isn't the ID of an access key, AKIA…`)
	case others.unclear:
		return fmt.Errorf("several of its members could be the username and password: %s%s", o.listed(), advice)
	}
	return fmt.Errorf(`"username" is missing, and nothing among %s is plainly an SMTP username and password%s`,
		o.listed(), advice)
}

// strange finds what would be overwritten and isn't the credential's.
func (c Content) strange() (names []string) {
	l := c.Logins[0]
	fromOthers := c.members.member("username") == nil
	for _, m := range c.members.leaves() {
		key := strings.ToLower(m.path[0])
		if len(m.path) > 1 || isNothing(m.raw) || !isPublished(key) {
			continue
		}
		text := m.text()
		d, isDSN := fromURL(text)
		switch {
		case key == "url" && (!isDSN || d.login.Username != l.Username),
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

func mayBePassword(l leaf) bool {
	name := foldedName(l.path)
	called := func(word string) bool { return strings.Contains(name, word) }
	return !isPublished(l.path[0]) && l.text() != "" &&
		(isSMTPPassword(l.text()) || slices.ContainsFunc([]string{"pass", "pwd", "secret"}, called))
}

// Blocked names the configured names under which the credential can't be written, because something
// else stands there, or in the way. Compose leaves them out.
func (c Content) Blocked() (names []string) {
	for _, p := range c.configured() {
		current := c.current(p.key)
		if isNothing(p.raw) && c.members.canHold(p.path) || p.raw != nil && current != "" && p.text() == current {
			continue
		}
		if port, _ := portOf(p.raw); p.key == "port" && p.raw != nil && port == c.Logins[0].Port {
			continue
		}
		names = append(names, c.names[p.key])
	}
	return names
}

// current is what the value's credential has for a published key.
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
	}
	return ""
}

// listed names the members for a person.
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

// recognise turns a secret's text into its members. A byte order mark, which editors leave, is none
// of it.
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

func needed(name, text string) error {
	if text == "" {
		return fmt.Errorf("%q is missing", name)
	}
	return oneWord(name, text)
}

func complete(port int) error {
	if port == 0 {
		return errors.New(`"port" is missing`)
	}
	return nil
}

// oneWord refuses text that could be more than one word of a configuration file, or more than one
// line of a protocol: readers put it into both.
func oneWord(name, text string) error {
	if strings.ContainsFunc(text, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }) {
		return fmt.Errorf("%q has spaces or control characters", name)
	}
	return nil
}
