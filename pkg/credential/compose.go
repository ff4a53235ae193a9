package credential

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

// Compose writes a credential of the user, with one login for each Region and the primary one
// first. It keeps those members of old that the schema doesn't define, in regions too: people have
// added them. Where these hold the old credential, they get the new one, so that applications that
// read them go on. A secret access key isn't kept.
func Compose(user string, logins []sessmtp.Login, old Content) (string, error) {
	if len(logins) == 0 {
		return "", errors.New("there is no login to write into the secret")
	}
	primary := logins[0]
	kept := old.renewed(logins)
	oldRegions, _ := kept.regions() // if it isn't a map of objects, it is replaced
	regions := map[string]json.RawMessage{}
	for _, l := range logins {
		entry := oldRegions[l.Region]
		regions[l.Region] = entry.rewritten(entry.written(l), regional)
	}
	values := kept.written(primary)
	values["username"], values["region"] = quoted(primary.Username), quoted(primary.Region)
	values["url"], values["iam_user"] = quoted(primary.URL()), quoted(user)
	values["regions"] = marshal(regions)
	for _, place := range old.places() {
		if err := kept.set(place.path, valueAt(place.raw, values[place.key])); err != nil {
			return "", err
		}
	}
	return string(kept.rewritten(values, published)), nil
}

// written is what a value and each of its Regions have in common. A port that was text stays text.
func (o object) written(l sessmtp.Login) object {
	port := json.RawMessage(strconv.Itoa(l.Port))
	return object{"host": quoted(l.Host), "port": valueAt(o.member("port"), port),
		"password": quoted(string(l.Password))}
}

// valueAt is the value in the form of what it takes the place of: a number becomes text there.
func valueAt(old, value json.RawMessage) json.RawMessage {
	if isText(old) && !isText(value) {
		return quoted(string(value))
	}
	return value
}

// rewritten is o as JSON, with the published values first, in their order. A member whose name
// differs from a published one only in case has the same value: some readers don't tell the two
// apart.
func (o object) rewritten(values object, order []string) json.RawMessage {
	var out bytes.Buffer
	separator := "{"
	write := func(name string, value json.RawMessage) {
		fmt.Fprintf(&out, "%s%s:%s", separator, quoted(name), value)
		separator = ","
	}
	for _, key := range order {
		if value, ok := values[key]; ok {
			write(key, value)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(o)) {
		value := o[name]
		for key := range values {
			if strings.EqualFold(name, key) {
				value = values[key]
			}
		}
		if _, done := values[name]; !done {
			write(name, value)
		}
	}
	out.WriteByte('}')
	return out.Bytes()
}

// place is where another program reads a published key.
type place struct {
	key string
	leaf
}

// places are where the configured names lead, and where the value has its endpoint under other
// names.
func (c Content) places() (all []place) {
	for _, key := range slices.Sorted(maps.Keys(c.names)) {
		l, ok := c.members.at(c.names[key])
		if !ok {
			l.path = strings.Split(c.names[key], ".")
		}
		all = append(all, place{key, l})
	}
	if len(c.Logins) == 0 {
		return all
	}
	was := c.Logins[0]
	for _, l := range c.members.leaves() {
		var text string
		_ = json.Unmarshal(l.raw, &text)
		port, _ := portOf(l.raw)
		key := meaning(l.path)
		switch {
		case isPublished(l.path[0]):
		case key == "host" && text != "" && text == was.Host,
			key == "region" && text != "" && strings.EqualFold(text, was.Region),
			key == "port" && port != 0 && port == was.Port:
			all = append(all, place{key, l})
		}
	}
	return all
}

// set writes a member, and the objects around it where they are missing.
func (o object) set(path []string, value json.RawMessage) error {
	if len(path) == 1 {
		o[path[0]] = value
		return nil
	}
	inner := object{}
	if raw := o[path[0]]; !isNothing(raw) && (json.Unmarshal(raw, &inner) != nil || inner == nil) {
		return fmt.Errorf("%q isn't an object, and %q is to be written into it", path[0], strings.Join(path[1:], "."))
	}
	if err := inner.set(path[1:], value); err != nil {
		return err
	}
	o[path[0]] = marshal(inner)
	return nil
}

func quoted(text string) json.RawMessage { return marshal(text) }

// marshal writes what can always be written: text, and objects whose members are JSON already.
func marshal(value any) json.RawMessage {
	text, err := json.Marshal(value)
	if err != nil {
		panic(err)
	}
	return text
}
