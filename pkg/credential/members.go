package credential

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sessmtp"
)

// object is a JSON object whose members are still as they were written.
type object map[string]json.RawMessage

// member is the value of a published key, by its own name or else by that name in another case. One
// that is null or "" isn't there.
func (o object) member(key string) json.RawMessage {
	if raw := o[key]; !isNothing(raw) {
		return raw
	}
	for _, name := range slices.Sorted(maps.Keys(o)) {
		if strings.EqualFold(name, key) && !isNothing(o[name]) {
			return o[name]
		}
	}
	return nil
}

func isNothing(raw json.RawMessage) bool {
	text := string(raw)
	return text == "" || text == "null" || text == `""`
}

// login reads what a value and each of its Regions have in common. What others call it serves where
// the published key is missing.
func (o object) login(others object) (l sessmtp.Login, err error) {
	var password string
	var fault error
	l.Port, fault = portOf(o.either("port", others))
	err = errors.Join(o.text("password", &password, others), o.text("host", &l.Host, others), fault)
	l.Password = sessmtp.Password(password)
	return l, err
}

func (o object) either(key string, others object) json.RawMessage {
	if raw := o.member(key); raw != nil {
		return raw
	}
	return others[key]
}

// text reads a member that must be text if it is there.
func (o object) text(key string, into *string, others object) error {
	if raw := o.either(key, others); raw != nil && json.Unmarshal(raw, into) != nil {
		return fmt.Errorf("%q isn't text", key)
	}
	return nil
}

// portOf reads a number that may be in quotes: people and programs write it in many ways.
func portOf(raw json.RawMessage) (int, error) {
	text := string(raw)
	_ = json.Unmarshal(raw, &text) // if it isn't in quotes, it stays as it is
	if text = strings.TrimSpace(text); text == "" {
		return 0, nil
	}
	n, err := strconv.ParseFloat(text, 64)
	if err != nil || n != math.Trunc(n) || n < 1 || n > 65535 {
		return 0, errors.New(`"port" isn't a port number`)
	}
	return int(n), nil
}

// isText tells whether the member is in quotes.
func isText(raw json.RawMessage) bool { return strings.HasPrefix(string(raw), `"`) }

// regions reads the entry of each Region, by the Region's name in small letters.
func (o object) regions() (map[string]object, error) {
	var regions map[string]object
	if raw := o.member("regions"); raw != nil && json.Unmarshal(raw, &regions) != nil {
		return nil, errors.New(`"regions" isn't an object of objects`)
	}
	lower := make(map[string]object, len(regions))
	for _, name := range slices.Sorted(maps.Keys(regions)) {
		lower[strings.ToLower(name)] = regions[name]
	}
	return lower, nil
}
