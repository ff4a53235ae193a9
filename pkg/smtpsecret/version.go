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

// version reads what a version holds. If the rotator wrote the value, the endpoints configured now
// replace the value's own, except in Regions that aren't configured any more. So people can correct
// a wrong endpoint by configuring the right one. A value that people wrote may differ on purpose:
// then it is unsettled, and an SES endpoint that it names counts.
func (s *Secret) version(id string, created time.Time, text string, labels ...rotation.Label) rotation.Version {
	// As a password, the content can't be printed.
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
		v.Foreign = err.Error() + "; it must be " + wanted
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

// judgeCurrent notes what only matters for AWSCURRENT.
func judgeCurrent(v *rotation.Version, found credential.Content) {
	v.SecretKeys = found.SecretKeys(found.Logins[0].Region)
	if blocked := found.Blocked(); blocked != nil {
		v.Unsettled = true
		v.Differs = also(v.Differs, "the credential can't be written at %s as well, because something else is there",
			strings.Join(blocked, ", "))
	}
}

// wanted says what a value must look like, for people.
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

// differs says where a hand-written value and the configuration disagree, and whether people must
// settle that first, because a rotation would take something away from the applications. Endpoints
// that were chosen on purpose settle which host and port is right, but nothing else.
func (s *Secret) differs(found credential.Content) (text string, unsettled bool) {
	if found.Text {
		return "it is text, username:password, but the rotator writes JSON: once the applications can " +
			"read JSON, write " + wanted, true
	}
	if len(found.Strange) > 0 {
		text = also(text, "%s isn't part of the credential and would be overwritten: it needs "+
			"another name, or another secret", strings.Join(found.Strange, ", "))
	}
	if found.Unread {
		text = also(text, `it has no "password", and the member that holds the password would keep the old one`)
	}
	for _, name := range append([]string{found.Logins[0].Region}, found.Regions...) {
		if primary := s.primaryRegion(); primary != "" && name != primary && !strings.Contains(text, region(name)) {
			text = also(text, "it is for SES in %s, but the first configured Region is %s", region(name),
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

// endpointsDiffer says where hosts, ports and encryption differ, each after a semicolon.
func (s *Secret) endpointsDiffer(found credential.Content) (text string) {
	for _, l := range found.Logins {
		e, ok := s.endpointIn(l.Region)
		if ok && l.Host != "" && !strings.EqualFold(strings.TrimSuffix(l.Host, "."), e.Host) {
			text += fmt.Sprintf("; its host is %s, but %s is configured", host(l.Host), e.Host)
		}
		if ok && l.Port != 0 && l.Port != e.Port {
			text += fmt.Sprintf("; its port is %d, but %d is configured", l.Port, e.Port)
		}
	}
	if len(s.Endpoints) == 0 {
		return text
	}
	first := s.Endpoints[0].ImplicitTLS()
	if found.ImplicitTLS && !first || found.StartTLS && first {
		text += fmt.Sprintf("; it asks for another encryption than the configured port, %d, has",
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

// region returns a Region's name for a text, unless it could be something else: people confuse
// members.
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

// host returns a host's name for a text, unless it could be a password.
func host(name string) string {
	if _, err := sessmtp.ParseEndpoints(name+":1", []string{"x"}); err != nil || len(name) >= 40 &&
		!strings.Contains(name, ".") {
		return "not a host name"
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

// ownLogins returns the logins that the value itself names, if none is for a configured Region or
// the value is unsettled: they may work. The function never connects to a host that is neither
// SES's nor configured, whatever the value says.
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

// standard completes an endpoint that the value names only in part: from the one configured for its
// Region, or else from SES's own.
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

// contentOf returns the version's content, so that what people added to it is kept. If it isn't a
// credential, there is nothing to keep.
func (s *Secret) contentOf(v rotation.Version) credential.Content {
	text, _ := v.Content.(sessmtp.Password)
	content, _ := credential.Inspect(string(text), s.Names)
	return content
}
