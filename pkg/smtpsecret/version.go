package smtpsecret

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/credential"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/rotation"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sessmtp"
)

// version reads what a version holds. For a value that the rotator wrote, the endpoints are those
// configured now; the value's own matter only for Regions that aren't configured any more. So a
// mistaken endpoint is mended by configuring the right one. One that people wrote may say something
// else on purpose: then it isn't settled, and its own endpoints count.
func (s *Secret) version(id string, created time.Time, text string) rotation.Version {
	// Held as a password, the content can't be printed.
	v := rotation.Version{ID: id, Created: created, Content: sessmtp.Password(text)}
	found, err := credential.Inspect(text, s.Names)
	switch {
	case errors.Is(err, credential.ErrNone):
		v.Blank = true
		return v
	case err == nil && found.IAMUser != s.User:
		err = found.Misfit
	}
	if err != nil {
		v.Foreign = err.Error() + "; wanted is " + wanted
		return v
	}
	v.User = s.userOf(found)
	v.Outdated = found.IAMUser != s.User
	primary := s.primaryRegion()
	v.SecretKeys = found.SecretKeys(primary)
	if found.Logins[0].Region == "" {
		found.Logins[0].Region = cmp.Or(sessmtp.RegionOf(found.Logins[0].Host), primary)
		v.Outdated = true
	}
	if found.IAMUser != s.User {
		v.Differs, v.Unsettled = s.differs(found)
	}
	v.Logins = s.withEndpoints(found.Logins, !v.Unsettled)
	sameEndpoint := func(a, b sessmtp.Login) bool { return a.Endpoint == b.Endpoint }
	v.Outdated = v.Outdated || !slices.EqualFunc(v.Logins, found.Logins, sameEndpoint)
	return v
}

// wanted is what a value has to look like, for people.
const wanted = `{"username":"AKIA…","password":"B…"} with the SMTP username and password of the user, ` +
	`and host, port and region if they differ from the configuration's`

// userOf is the user that a value names. Another one than the secret's is withheld if it could be a
// password: people mistake one member for another.
func (s *Secret) userOf(found credential.Content) string {
	if len(found.IAMUser) >= 40 && found.IAMUser != s.User {
		return "(a name that isn't told)"
	}
	return found.IAMUser
}

func (s *Secret) primaryRegion() string {
	if len(s.Endpoints) == 0 {
		return ""
	}
	return s.Endpoints[0].Region
}

// differs says what a value that people wrote names and the configuration doesn't, and whether that
// is still to be settled: a rotation would take it from the applications.
func (s *Secret) differs(found credential.Content) (text string, unsettled bool) {
	if found.Text {
		return "it is text, username:password, which applications read, and the rotator writes JSON", true
	}
	var all []string
	for _, l := range found.Logins {
		i := slices.IndexFunc(s.Endpoints, func(e sessmtp.Endpoint) bool { return e.Region == l.Region })
		if i < 0 {
			unsettled = true // a Region isn't an endpoint: the password would go
			all = append(all, fmt.Sprintf("it is for SES in %s, and the configuration for %s", region(l.Region),
				s.regions()))
			continue
		}
		e := s.Endpoints[i]
		if l.Host != "" && !strings.EqualFold(strings.TrimSuffix(l.Host, "."), e.Host) {
			all = append(all, fmt.Sprintf("its host is %s, and the configuration's %s", host(l.Host), e.Host))
		}
		if l.Port != 0 && l.Port != e.Port {
			all = append(all, fmt.Sprintf("its port is %d, and the configuration's %d", l.Port, e.Port))
		}
	}
	if len(s.Endpoints) > 0 && (found.ImplicitTLS && !s.Endpoints[0].ImplicitTLS() ||
		found.StartTLS && s.Endpoints[0].ImplicitTLS()) {
		all = append(all, fmt.Sprintf("it asks for another encryption than port %d has, which is the configuration's",
			s.Endpoints[0].Port))
	}
	return strings.Join(all, "; "), unsettled || len(all) > 0 && !s.Deliberate
}

// region is a Region for a text, unless it could be something else: people mistake one member for
// another.
func region(name string) string {
	if _, err := sessmtp.ParseRegions(name); err != nil {
		return "a Region that there isn't"
	}
	return name
}

// host is a host for a text, unless it could be a password.
func host(name string) string {
	if _, err := sessmtp.ParseEndpoints(name+":1", []string{"x"}); err != nil || len(name) >= 40 &&
		!strings.Contains(name, ".") {
		return "none that there could be"
	}
	return name
}

func (s *Secret) regions() string {
	var names []string
	for _, e := range s.Endpoints {
		names = append(names, e.Region)
	}
	return strings.Join(names, ", ")
}

// withEndpoints returns the logins for the configured Regions, in their order and with their
// endpoints. If there are none, or the value isn't settled, it returns the value's own: they may
// open something.
func (s *Secret) withEndpoints(logins []sessmtp.Login, settled bool) []sessmtp.Login {
	var found []sessmtp.Login
	for _, e := range s.Endpoints {
		for _, l := range logins {
			if l.Region == e.Region && settled {
				l.Endpoint = e
				found = append(found, l)
				break
			}
		}
	}
	if found != nil {
		return found
	}
	for _, l := range logins {
		if l.Host == "" || l.Port == 0 {
			l.Endpoint = s.standard(l.Endpoint)
		}
		found = append(found, l)
	}
	return found
}

// standard completes an endpoint of which the value says only a part: with the configured one for
// its Region, or with SES's own.
func (s *Secret) standard(e sessmtp.Endpoint) sessmtp.Endpoint {
	var full sessmtp.Endpoint
	if endpoints, err := sessmtp.ParseEndpoints(sessmtp.DefaultEndpoint, []string{e.Region}); err == nil {
		full = endpoints[0]
	}
	for _, configured := range s.Endpoints {
		if configured.Region == e.Region {
			full = configured
		}
	}
	return sessmtp.Endpoint{Region: e.Region, Host: cmp.Or(e.Host, full.Host), Port: cmp.Or(e.Port, full.Port)}
}

// contentOf returns what the version holds, for what people have added to it; if it isn't a
// credential, there is nothing to keep.
func (s *Secret) contentOf(v rotation.Version) credential.Content {
	text, _ := v.Content.(sessmtp.Password)
	content, _ := credential.Inspect(string(text), s.Names)
	return content
}
