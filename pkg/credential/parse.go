package credential

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unicode"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sessmtp"
)

// Parse reads a value for an application. It insists on everything that a login takes: username,
// password, host and port. A value made by hand may lack region, url and regions, and its port may
// be in quotes.
//
// An error names each key that is wrong and never quotes from the value. Parse returns ErrNone if
// there is no credential yet.
func Parse(text string) (Value, error) {
	c, err := Inspect(text)
	if err != nil {
		return Value{}, err
	}
	primary := c.Logins[0]
	v := Value{
		Username: primary.Username, Password: string(primary.Password), Host: primary.Host, Port: primary.Port,
		Region: primary.Region, IAMUser: c.IAMUser, Regions: map[string]Region{},
	}
	faults := []error{
		present("username", v.Username), present("password", v.Password), present("host", v.Host), complete(v.Port),
	}
	for _, l := range c.Logins {
		if l.Region == "" {
			continue
		}
		one := Region{Host: l.Host, Port: l.Port, Password: string(l.Password)}
		name := "regions." + l.Region
		faults = append(faults, oneWord(name+".host", one.Host), oneWord(name+".password", one.Password))
		v.Regions[l.Region] = one
	}
	if err := errors.Join(faults...); err != nil {
		return Value{}, err
	}
	v.URL = primary.URL()
	return v, nil
}

// Members returns every member of a value that Parse accepts, with the ones that people have added.
// A number is a json.Number, printed as it was written. If the value lacks a url or has its port in
// quotes, Members puts that right.
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
		decoder := json.NewDecoder(strings.NewReader(string(raw)))
		decoder.UseNumber()
		var member any
		if err := decoder.Decode(&member); err != nil {
			return nil, fmt.Errorf("reading %q: %w", name, err)
		}
		members[name] = member
	}
	members["port"], members["url"] = value.Port, value.URL
	return members, nil
}

// Content is what a secret holds, read for a program that rewrites it. The zero Content has nothing
// to keep.
type Content struct {
	// IAMUser is empty in a value made by hand.
	IAMUser string
	// Logins has the primary Region first, then the others by name. There is always one, but it may
	// lack anything: whatever the value doesn't say is left zero.
	Logins []sessmtp.Login

	members object
}

// Inspect reads a value as the rotator finds it. It accepts one that is incomplete, and any JSON
// object: the caller judges by IAMUser and Logins whether the value is its own.
//
// It returns ErrNone if there is no credential yet. Any other error says why the value can't be a
// credential, and never quotes from it.
func Inspect(text string) (Content, error) {
	members, err := recognise(text)
	if err != nil {
		return Content{}, err
	}
	return members.content()
}

// recognise turns a secret's text into the members of a value with the published keys. It is the
// only place that knows what a value may look like: all the others rely on the published keys.
func recognise(text string) (object, error) {
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

func present(name, text string) error {
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
