package credential

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sessmtp"
)

// object is a JSON object whose members are still as they were written.
type object map[string]json.RawMessage

// content reads the published keys. The error has every fault.
func (o object) content() (Content, error) {
	c := Content{members: o}
	primary, fault := o.login()
	faults := []error{o.text("iam_user", &c.IAMUser), o.text("username", &primary.Username),
		o.text("region", &primary.Region), fault}
	var regions map[string]object
	if raw, ok := o["regions"]; ok && json.Unmarshal(raw, &regions) != nil {
		faults = append(faults, errors.New(`"regions" isn't an object of objects`))
	}
	c.Logins = append(c.Logins, primary)
	for _, name := range slices.Sorted(maps.Keys(regions)) {
		l, fault := regions[name].login()
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
		return Content{}, err
	}
	return c, nil
}

// login reads the keys that a value and each of its Regions have in common.
func (o object) login() (l sessmtp.Login, err error) {
	var password string
	err = errors.Join(o.text("password", &password), o.text("host", &l.Host), o.port(&l.Port))
	l.Password = sessmtp.Password(password)
	return l, err
}

// text reads a member that must be text if it is there.
func (o object) text(name string, into *string) error {
	raw, ok := o[name]
	if ok && json.Unmarshal(raw, into) != nil {
		return fmt.Errorf("%q isn't text", name)
	}
	return nil
}

// port reads a number that may be in quotes: people write it both ways.
func (o object) port(into *int) error {
	raw, ok := o["port"]
	if !ok {
		return nil
	}
	n, err := strconv.Atoi(strings.Trim(string(raw), `"`))
	if err != nil || n < 1 || n > 65535 {
		return errors.New(`"port" isn't a port number`)
	}
	*into = n
	return nil
}
