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

// object is a JSON object whose members aren't decoded.
type object map[string]json.RawMessage

// member returns the value of a published key, by its own name or else by that name in another
// case. A member that is null or "" counts as missing.
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

// login reads the members that a value and each of its Regions both have. If a published key is
// missing, it takes the value from others.
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

// text reads a member that must be text if it exists.
func (o object) text(key string, into *string, others object) error {
	if raw := o.either(key, others); raw != nil && json.Unmarshal(raw, into) != nil {
		return fmt.Errorf("%q isn't text", key)
	}
	return nil
}

// portOf reads a port, which may be in quotes: people and programs write it in many ways.
func portOf(raw json.RawMessage) (int, error) {
	text := string(raw)
	_ = json.Unmarshal(raw, &text) // without quotes, this fails and text stays
	if text = strings.TrimSpace(text); text == "" {
		return 0, nil
	}
	n, err := strconv.ParseFloat(text, 64)
	if err != nil || n != math.Trunc(n) || n < 1 || n > 65535 {
		return 0, errors.New(`"port" isn't a port number`)
	}
	return int(n), nil
}

// isText reports whether the member is in quotes.
func isText(raw json.RawMessage) bool { return strings.HasPrefix(string(raw), `"`) }

// regions reads the entry of each Region, by the Region's name in lower case.
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
