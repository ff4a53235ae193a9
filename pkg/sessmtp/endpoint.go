package sessmtp

import (
	"net"
	"net/url"
	"strconv"
	"strings"
)

// Endpoint is a Region's SMTP endpoint: a public one, a FIPS one or one in a VPC.
type Endpoint struct {
	Region string
	Host   string // a name or an IP address, IPv6 without brackets
	Port   int
}

// Addr returns the endpoint as "host:port", with IPv6 addresses in brackets.
func (e Endpoint) Addr() string { return net.JoinHostPort(e.Host, strconv.Itoa(e.Port)) }

// ImplicitTLS reports whether the endpoint speaks TLS from the start (AWS's "TLS Wrapper"): it does
// on ports 465 and 2465. On all other ports the connection starts in the clear and switches to TLS
// with STARTTLS. See "Connecting to an Amazon SES SMTP endpoint" in the SES guide.
func (e Endpoint) ImplicitTLS() bool { return e.Port == 465 || e.Port == 2465 }

// Scheme returns the endpoint's URL scheme: "smtps" if it speaks TLS from the start, otherwise
// "smtp".
func (e Endpoint) Scheme() string {
	if e.ImplicitTLS() {
		return "smtps"
	}
	return "smtp"
}

// FromTheStart returns the same endpoint on a port that speaks TLS from the start. It is for
// clients that would go on in the clear if a man in the middle removed STARTTLS. SES listens on 465
// wherever it listens on 587, and on 2465 wherever it listens on 2587 ("Connecting to an Amazon SES
// SMTP endpoint"), also in a VPC ("Setting up VPC endpoints with Amazon SES"). For a host that
// isn't SES's own, no such port is known, unless the endpoint already has one.
func (e Endpoint) FromTheStart() (there Endpoint, known bool) {
	there = e
	switch {
	case e.ImplicitTLS():
		return e, true
	case RegionOf(e.Host) == "":
		return Endpoint{}, false
	case e.Port == 587 || e.Port == 25:
		there.Port = 465
	case e.Port == 2587:
		there.Port = 2465
	default:
		return Endpoint{}, false
	}
	return there, true
}

// Login is a credential with its endpoint. They belong together because SES's passwords differ by
// Region.
type Login struct {
	Endpoint
	Username string // the access key's ID
	Password Password
}

// URL returns the login in the form that many mail libraries take:
// smtp://username:password@host:port, or smtps if the endpoint speaks TLS from the start. It
// contains the password in the clear. All characters except RFC 3986's unreserved ones are
// percent-encoded: passwords contain "/", "+" and "=", which lenient parsers treat differently.
func (l Login) URL() string {
	return l.Scheme() + "://" + escape(l.Username) + ":" + escape(string(l.Password)) + "@" + l.Addr()
}

// SMTPSURL returns the URL of the login on a port that speaks TLS from the start, or "" if no such
// port is known. Many programs that get an smtp URL log in in the clear if STARTTLS isn't offered.
// With smtps a man in the middle has nothing to remove.
func (l Login) SMTPSURL() string {
	there, known := l.FromTheStart()
	if !known {
		return ""
	}
	l.Endpoint = there
	return l.URL()
}

// escape percent-encodes all but the unreserved characters of RFC 3986, section 2.3. QueryEscape
// does the same, except that it turns a space into "+".
func escape(s string) string { return strings.ReplaceAll(url.QueryEscape(s), "+", "%20") }
