package credential

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unicode"
)

// Parse reads a value for an application. It insists on everything that a login needs: username,
// password, host and port. A value made by hand may lack region, url and regions, and may use other
// programs' names: see [Inspect].
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
	v.URL, v.SMTPSURL = primary.URL(), primary.SMTPSURL()
	return v, nil
}

// Members returns every member of a value that Parse accepts: the published ones that the value
// has, and those that people added, unchanged. A number is a json.Number, which prints as it was
// written. Members with a line break or another control character are left out, because readers
// write members into files of lines.
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
	if value.SMTPSURL != "" { // otherwise, what people put there stays
		members[smtpsURL] = value.SMTPSURL
	}
	if value.Region != "" {
		members["region"] = value.Region
	}
	return members, nil
}

// hasControls reports whether a text in the member has a control character.
func hasControls(raw json.RawMessage) (has bool) {
	eachText(raw, mostNested, func(text string) string {
		has = has || strings.ContainsFunc(text, unicode.IsControl)
		return text
	})
	return has
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

// oneWord refuses text with spaces, line breaks or control characters, because readers put it into
// configuration files and protocols of lines.
func oneWord(name, text string) error {
	if strings.ContainsFunc(text, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }) {
		return fmt.Errorf("%q has spaces or control characters", name)
	}
	return nil
}
