package credential

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sessmtp"
)

// Compose writes a credential of the user, with one login for each Region and the primary one
// first. It keeps those members of old that the schema doesn't define, in regions too: people have
// added them.
func Compose(user string, logins []sessmtp.Login, old Content) (string, error) {
	if len(logins) == 0 {
		return "", errors.New("there is no login to write into the secret")
	}
	var oldRegions map[string]object
	_ = json.Unmarshal(old.members["regions"], &oldRegions) // if it isn't a map of objects, it is replaced
	regions := object{}
	for _, l := range logins {
		one, err := merge(Region{Host: l.Host, Port: l.Port, Password: string(l.Password)}, oldRegions[l.Region])
		if err != nil {
			return "", err
		}
		regions[l.Region] = one
	}
	primary := logins[0]
	known := struct {
		Value
		Regions object `json:"regions"` // takes the place of Value's
	}{Value: Value{
		Username: primary.Username, Password: string(primary.Password), Host: primary.Host, Port: primary.Port,
		Region: primary.Region, URL: primary.URL(), IAMUser: user,
	}, Regions: regions}
	text, err := merge(known, old.members)
	return string(text), err
}

// merge writes known as JSON, followed by those members of old that known doesn't have.
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
