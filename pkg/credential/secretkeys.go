package credential

import (
	"cmp"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sessmtp"
)

const (
	// secretKeyLength is the length of a secret access key.
	secretKeyLength = 40
	// mostDerived and mostPasswords limit how many texts are tried for how many passwords: anybody
	// who may write the value could make the function derive passwords for minutes.
	mostDerived, mostPasswords = 64, 4
)

// SecretKeys names the members that hold a secret access key: one of the value's SMTP passwords
// derives from them, or they are called that and no other key's ID is next to them. Every password
// can be derived from such a key, and it opens more than mail. Compose leaves them out of a new
// credential. region is the Region of a password for which the value names none.
func (c Content) SecretKeys(region string) (names []string) {
	for _, l := range c.secretKeys(region) {
		names = append(names, l.told())
	}
	return names
}

func (c Content) secretKeys(region string) []leaf {
	s := search{Content: c, region: region}
	s.within(c.members, nil, 0)
	return s.found
}

// search looks for secret access keys.
type search struct {
	Content
	region  string
	derived int // how often
	found   []leaf
}

func (s *search) within(o object, path []string, depth int) {
	for _, name := range slices.Sorted(maps.Keys(o)) {
		here := append(slices.Clone(path), name)
		switch inner := asObject(o[name]); {
		case depth < mostNested && inner != nil:
			s.within(inner, here, depth+1)
		case s.calledSo(o, name) || isPasted(here, o[name]) || s.holdsOne(o[name]):
			s.found = append(s.found, leaf{here, o[name]})
		}
	}
}

// calledSo reports whether a member is called a secret access key, and no other key's ID is next to
// it.
func (s *search) calledSo(o object, name string) bool {
	if isNothing(o[name]) || !strings.HasSuffix(foldedName([]string{name}), "secretaccesskey") {
		return false
	}
	for beside, raw := range o {
		id := leaf{raw: raw}.text()
		if strings.HasSuffix(foldedName([]string{beside}), "accesskeyid") && id != "" && id != s.Logins[0].Username {
			return false
		}
	}
	return true
}

// isPasted reports whether a secret access key is where the SMTP password belongs, the commonest
// mistake. SES's passwords are longer.
func isPasted(path []string, raw json.RawMessage) bool {
	ours := len(path) == 1 || strings.EqualFold(path[0], "regions")
	text := leaf{raw: raw}.text()
	return ours && strings.EqualFold(path[len(path)-1], "password") && len(text) == secretKeyLength &&
		!strings.ContainsFunc(text, notInKey)
}

// holdsOne reports whether a text, or a text in an array, has a run with the length of a secret
// access key from which a password derives.
func (s *search) holdsOne(raw json.RawMessage) (holds bool) {
	eachText(raw, mostNested, func(text string) string {
		for run := range strings.FieldsFuncSeq(text, notInKey) {
			holds = holds || len(run) == secretKeyLength && s.derivesFrom(run)
		}
		return text
	})
	return holds
}

// notInKey separates runs. "=" does so too: it may precede a key in a file, and is never in one.
func notInKey(r rune) bool {
	return !('0' <= r && r <= '9' || 'A' <= r && r <= 'Z' || 'a' <= r && r <= 'z' || r == '+' || r == '/')
}

func (s *search) derivesFrom(secret string) bool {
	if s.derived++; s.derived > mostDerived {
		return false
	}
	logins := s.Logins[:min(len(s.Logins), mostPasswords)]
	return slices.ContainsFunc(logins, func(l sessmtp.Login) bool {
		derived := sessmtp.DerivePassword(sessmtp.SecretAccessKey(secret), cmp.Or(l.Region, s.region))
		return l.Password != "" && l.Password == derived
	})
}

// remove removes a member at any depth.
func (o object) remove(path []string) {
	if len(path) == 1 {
		delete(o, path[0])
		return
	}
	if inner := asObject(o[path[0]]); inner != nil {
		inner.remove(path[1:])
		o[path[0]] = marshal(inner)
	}
}
