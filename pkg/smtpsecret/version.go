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
// else on purpose: then it isn't settled, and an endpoint of SES's that it names counts.
func (s *Secret) version(id string, created time.Time, text string, labels ...rotation.Label) rotation.Version {
	// Held as a password, the content can't be printed.
	v := rotation.Version{ID: id, Created: created, Labels: labels, Content: sessmtp.Password(text)}
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
	v.User = found.IAMUser
	v.Outdated = found.IAMUser != s.User
	primary := s.primaryRegion()
	if found.Logins[0].Region == "" {
		found.Logins[0].Region = cmp.Or(sessmtp.RegionOf(found.Logins[0].Host), primary)
		v.Outdated = true
	}
	if found.IAMUser != s.User {
		v.Differs, v.Unsettled = s.differs(found)
	}
	if !v.Unsettled {
		v.Logins = s.configuredLogins(found.Logins)
	}
	if v.Logins == nil {
		v.Logins = s.ownLogins(found.Logins)
	} else if !slices.EqualFunc(v.Logins, found.Logins, sameEndpoint) {
		v.Outdated = true
	}
	if slices.Contains(labels, rotation.Current) {
		judgeCurrent(&v, found)
	}
	return v
}

// judgeCurrent notes what only matters of AWSCURRENT.
func judgeCurrent(v *rotation.Version, found credential.Content) {
	v.SecretKeys = found.SecretKeys(found.Logins[0].Region)
	if blocked := found.Blocked(); blocked != nil {
		v.Unsettled = true
		v.Differs = also(v.Differs, "something else stands where the credential is to be written as well, at %s",
			strings.Join(blocked, ", "))
	}
}

// wanted is what a value has to look like, for people.
const wanted = `{"username":"AKIA…","password":"B…"} with the SMTP username and password of the user, ` +
	`and host, port and region if they differ from what is configured`

func (s *Secret) primaryRegion() string {
	if len(s.Endpoints) == 0 {
		return ""
	}
	return s.Endpoints[0].Region
}

// also adds to a list of differences.
func also(text, format string, args ...any) string {
	if text != "" {
		text += "; "
	}
	return text + fmt.Sprintf(format, args...)
}

// differs says what a value that people wrote names and the configuration doesn't, and whether that
// is still to be settled: a rotation would take it from the applications. Endpoints that were
// chosen on purpose settle which host and port is right, and nothing else.
func (s *Secret) differs(found credential.Content) (text string, unsettled bool) {
	if found.Text {
		return "it is text, username:password, which applications read, and the rotator writes JSON: once they can " +
			"read JSON, write " + wanted, true
	}
	if len(found.Strange) > 0 {
		text = also(text, "what stands under %s is no part of the credential, and would be overwritten: it needs "+
			"another name, or another secret", strings.Join(found.Strange, ", "))
	}
	if found.Unread {
		text = also(text, `it has no "password", and the member that holds the password would keep the old one`)
	}
	for _, name := range append([]string{found.Logins[0].Region}, found.Regions...) {
		if primary := s.primaryRegion(); primary != "" && name != primary && !strings.Contains(text, region(name)) {
			text = also(text, "it is for SES in %s, and the first Region that is configured is %s", region(name),
				primary)
		}
	}
	for _, l := range found.Logins {
		if _, ok := s.endpointIn(l.Region); !ok && !strings.Contains(text, region(l.Region)) {
			text = also(text, "it is for SES in %s as well, which isn't configured", region(l.Region))
		}
	}
	endpoints := s.endpointsDiffer(found)
	return strings.TrimPrefix(text+endpoints, "; "), text != "" || endpoints != "" && !s.Deliberate
}

// endpointsDiffer says where hosts, ports and encryption differ, behind a semicolon.
func (s *Secret) endpointsDiffer(found credential.Content) (text string) {
	for _, l := range found.Logins {
		e, ok := s.endpointIn(l.Region)
		if ok && l.Host != "" && !strings.EqualFold(strings.TrimSuffix(l.Host, "."), e.Host) {
			text += fmt.Sprintf("; its host is %s, and %s is configured", host(l.Host), e.Host)
		}
		if ok && l.Port != 0 && l.Port != e.Port {
			text += fmt.Sprintf("; its port is %d, and %d is configured", l.Port, e.Port)
		}
	}
	if len(s.Endpoints) == 0 {
		return text
	}
	first := s.Endpoints[0].ImplicitTLS()
	if found.ImplicitTLS && !first || found.StartTLS && first {
		text += fmt.Sprintf("; it asks for another encryption than port %d has, which is configured",
			s.Endpoints[0].Port)
	}
	return text
}

func (s *Secret) endpointIn(region string) (sessmtp.Endpoint, bool) {
	for _, e := range s.Endpoints {
		if e.Region == region {
			return e, true
		}
	}
	return sessmtp.Endpoint{}, false
}

// region is a Region for a text, unless it could be something else: people mistake one member for
// another.
func region(name string) string {
	if !isRegion(name) {
		return "a Region that doesn't exist"
	}
	return name
}

func isRegion(name string) bool {
	regions, err := sessmtp.ParseRegions(name)
	return err == nil && len(regions) == 1
}

// host is a host for a text, unless it could be a password.
func host(name string) string {
	if _, err := sessmtp.ParseEndpoints(name+":1", []string{"x"}); err != nil || len(name) >= 40 &&
		!strings.Contains(name, ".") {
		return "no name of a host"
	}
	return name
}

func sameEndpoint(a, b sessmtp.Login) bool { return a.Endpoint == b.Endpoint }

// configuredLogins returns the logins for the configured Regions, in their order and with their
// endpoints.
func (s *Secret) configuredLogins(logins []sessmtp.Login) (found []sessmtp.Login) {
	for _, e := range s.Endpoints {
		i := slices.IndexFunc(logins, func(l sessmtp.Login) bool { return l.Region == e.Region })
		if i >= 0 {
			l := logins[i]
			l.Endpoint = e
			found = append(found, l)
		}
	}
	return found
}

// ownLogins returns the logins that the value has, for none of the configured Regions or not
// settled yet: they may open something. Nobody is ever connected to a host that isn't SES's or
// configured, whatever the value says.
func (s *Secret) ownLogins(logins []sessmtp.Login) (found []sessmtp.Login) {
	for i, l := range logins {
		switch {
		case !isRegion(l.Region) && i > 0:
			continue
		case !isRegion(l.Region):
			l.Region = s.primaryRegion()
		}
		if sessmtp.RegionOf(l.Host) == "" {
			l.Host, l.Port = "", 0
		}
		l.Endpoint = s.standard(l.Endpoint)
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
	if configured, ok := s.endpointIn(e.Region); ok {
		full = configured
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
