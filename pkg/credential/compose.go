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

// Compose writes a credential of the user, with one login for each Region, the primary one first.
// It keeps the members of old that the schema doesn't define, also in regions, because people added
// them. If these hold the old credential, they get the new one, so that applications that read them
// keep working. A secret access key isn't kept.
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
	if url := primary.SMTPSURL(); url != "" {
		values[smtpsURL] = quoted(url)
	} else {
		kept.dropClearURL()
	}
	blocked := old.Blocked()
	for _, p := range old.configured() {
		if values[p.key] != nil && !slices.Contains(blocked, old.names[p.key]) {
			kept.set(p.path, valueAt(p.raw, values[p.key]))
		}
	}
	return string(kept.rewritten(values, published)), nil
}

// dropClearURL removes the old login's own smtps_url if the new login has none. If people put the
// URL of their own relay there, it has the scheme smtps and stays.
func (o object) dropClearURL() {
	for name, raw := range o {
		if d, ok := fromURL(leaf{raw: raw}.text()); ok && strings.EqualFold(name, smtpsURL) && !d.implicitTLS() {
			delete(o, name)
		}
	}
}

// written returns the members that a value and each of its Regions both have. A port that was text
// stays text.
func (o object) written(l sessmtp.Login) object {
	port := json.RawMessage(strconv.Itoa(l.Port))
	return object{"host": quoted(l.Host), "port": valueAt(o.member("port"), port),
		"password": quoted(string(l.Password))}
}

// valueAt returns the value in the form of the old one: if that was text, a number becomes text.
func valueAt(old, value json.RawMessage) json.RawMessage {
	if isText(old) && !isText(value) {
		return quoted(string(value))
	}
	return value
}

// rewritten returns o as JSON, with the published values first, in their order. A member whose name
// differs from a published one only in case gets the same value, because some readers ignore case.
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

// configured returns the places that the configured names lead to.
func (c Content) configured() (all []place) {
	for _, key := range slices.Sorted(maps.Keys(c.names)) {
		l, ok := c.members.at(c.names[key])
		if !ok {
			l.path = strings.Split(c.names[key], ".")
		}
		all = append(all, place{key, l})
	}
	return all
}

// canHold reports whether a member can be written at path without replacing another one: there is
// nothing at its end, and only objects on the way to it.
func (o object) canHold(path []string) bool {
	raw := o[path[0]]
	if len(path) == 1 || isNothing(raw) {
		return isNothing(raw)
	}
	inner := asObject(raw)
	return inner != nil && inner.canHold(path[1:])
}

// set writes a member, and the objects around it if they are missing. It leaves anything alone that
// is in the way and isn't an object.
func (o object) set(path []string, value json.RawMessage) {
	if len(path) == 1 {
		o[path[0]] = value
		return
	}
	inner := object{}
	if raw := o[path[0]]; !isNothing(raw) && (json.Unmarshal(raw, &inner) != nil || inner == nil) {
		return
	}
	inner.set(path[1:], value)
	o[path[0]] = marshal(inner)
}

func quoted(text string) json.RawMessage { return marshal(text) }

// marshal writes a value that always can be written: text, or objects whose members are JSON
// already.
func marshal(value any) json.RawMessage {
	text, err := json.Marshal(value)
	if err != nil {
		panic(err)
	}
	return text
}
