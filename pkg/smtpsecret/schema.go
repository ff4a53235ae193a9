package smtpsecret

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sessmtp"
)

// Value is the published form of the secret: what an application reads. Keys are added to it, never renamed.
type Value struct {
	Username string `json:"username"`
	Password string `json:"password"`
	Host     string `json:"host"`
	Port     int    `json:"port"`
	Region   string `json:"region"`
	// URL is all of the above, percent-encoded; smtps where TLS comes first.
	URL     string `json:"url"`
	IAMUser string `json:"iam_user"`
	// Regions hold the same username's password and endpoint for each SES Region.
	Regions map[string]RegionValue `json:"regions"`
}

// RegionValue is how to log in to SES in one Region.
type RegionValue struct {
	Host     string `json:"host"`
	Port     int    `json:"port"`
	Password string `json:"password"`
}

// object is a JSON object with its members as they were written.
type object map[string]json.RawMessage

// compose writes the logins (the primary Region first) over what is in old, and keeps what else people put there.
func compose(user string, logins []sessmtp.Login, old object) (string, error) {
	primary := logins[0]
	v := Value{
		Username: primary.Username, Password: string(primary.Password),
		Host: primary.Host, Port: primary.Port, Region: primary.Region,
		URL: primary.URL(), IAMUser: user,
	}
	var oldRegions map[string]object
	_ = json.Unmarshal(old["regions"], &oldRegions) // what isn't a map of objects is written anew
	regions := object{}
	for _, l := range logins {
		one, err := merge(RegionValue{l.Host, l.Port, string(l.Password)}, oldRegions[l.Region])
		if err != nil {
			return "", err
		}
		regions[l.Region] = one
	}
	known := struct {
		Value
		Regions object `json:"regions"`
	}{v, regions}
	text, err := merge(known, old)
	return string(text), err
}

// merge writes known as JSON, followed by those members of old that it doesn't have.
func merge(known any, old object) (json.RawMessage, error) {
	text, err := json.Marshal(known)
	if err != nil {
		return nil, err
	}
	var mine object
	if err := json.Unmarshal(text, &mine); err != nil {
		return nil, err
	}
	out := bytes.NewBuffer(bytes.TrimSuffix(text, []byte("}")))
	for _, name := range slices.Sorted(maps.Keys(old)) {
		if _, ok := mine[name]; ok {
			continue
		}
		quoted, err := json.Marshal(name)
		if err != nil {
			return nil, err
		}
		fmt.Fprintf(out, ",%s:%s", quoted, old[name])
	}
	out.WriteByte('}')
	return out.Bytes(), nil
}

// parsed is a value as it was found: one of ours, or made by hand with at least a username and a password.
type parsed struct {
	object object
	user   string
	logins []sessmtp.Login
}

var errBlank = errors.New("no credential yet")

// parse reads a value. Its logins have the endpoints that the value names, where it names any. errBlank is a value
// that holds nothing yet; any other error says why the value can't be a credential, without quoting from it.
func parse(text string) (parsed, error) {
	if strings.TrimSpace(text) == "" {
		return parsed{}, errBlank
	}
	var p parsed
	if err := json.Unmarshal([]byte(text), &p.object); err != nil || p.object == nil {
		return parsed{}, errors.New("it isn't a JSON object")
	}
	if len(p.object) == 0 {
		return parsed{}, errBlank
	}
	primary := sessmtp.Login{}
	var password string
	faults := errors.Join(
		p.object.text("iam_user", &p.user),
		p.object.text("username", &primary.Username),
		p.object.text("password", &password),
		p.object.text("region", &primary.Region),
		p.object.text("host", &primary.Host),
		p.object.port(&primary.Port),
	)
	var regions map[string]object
	if raw, ok := p.object["regions"]; ok && json.Unmarshal(raw, &regions) != nil {
		faults = errors.Join(faults, errors.New(`"regions" isn't an object of objects`))
	}
	primary.Password = sessmtp.Password(password)
	p.logins = append(p.logins, primary)
	for _, name := range slices.Sorted(maps.Keys(regions)) {
		l := sessmtp.Login{Username: primary.Username}
		l.Region = name
		faults = errors.Join(faults,
			regions[name].text("host", &l.Host), regions[name].port(&l.Port), regions[name].text("password", &password))
		l.Password = sessmtp.Password(password)
		switch {
		case password == "": // it serves no one
		case name == primary.Region:
			p.logins[0] = l
		default:
			p.logins = append(p.logins, l)
		}
	}
	return p, faults
}

// text reads a member that is text where it is there at all.
func (o object) text(name string, into *string) error {
	*into = ""
	raw, ok := o[name]
	if ok && json.Unmarshal(raw, into) != nil {
		return fmt.Errorf("%q isn't text", name)
	}
	return nil
}

// port reads a number, or a number in quotes, as people write it.
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
