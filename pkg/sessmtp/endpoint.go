package sessmtp

import (
	"net"
	"net/url"
	"strconv"
	"strings"
)

// Endpoint is a Region's SMTP endpoint, a public one, a FIPS one or a VPC's.
type Endpoint struct {
	Region string
	Host   string // a name or an IP address, IPv6 without brackets
	Port   int
}

// Addr is the endpoint as "host:port", with IPv6 addresses in brackets.
func (e Endpoint) Addr() string { return net.JoinHostPort(e.Host, strconv.Itoa(e.Port)) }

// ImplicitTLS says whether the endpoint speaks TLS from the start: AWS's "TLS Wrapper", on ports
// 465 and 2465. All others start in the clear and change over with STARTTLS. The source is
// "Connecting to an Amazon SES SMTP endpoint" in the SES guide.
func (e Endpoint) ImplicitTLS() bool { return e.Port == 465 || e.Port == 2465 }

// Scheme is the URL scheme of the endpoint: "smtps" where TLS comes first, else "smtp".
func (e Endpoint) Scheme() string {
	if e.ImplicitTLS() {
		return "smtps"
	}
	return "smtp"
}

// FromTheStart is the endpoint on a port that speaks TLS from the start, for clients that would go
// on in the clear if somebody in the middle took STARTTLS away. SES listens on 465 wherever it
// listens on 587, and on 2465 wherever on 2587 ("Connecting to an Amazon SES SMTP endpoint"), in a
// VPC too ("Setting up VPC endpoints with Amazon SES"). It isn't known for a host that isn't SES's
// own, unless the endpoint is on such a port already.
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

// Login is a credential and the endpoint that it is for. SES's passwords differ from Region to
// Region, so the two belong together.
type Login struct {
	Endpoint
	Username string // the access key's ID
	Password Password
}

// URL is the login in the form that many mail libraries take: smtp://username:password@host:port,
// or smtps where TLS comes first. It holds the password in the clear. All but RFC 3986's unreserved
// characters are percent-encoded: passwords contain "/", "+" and "=", on which lenient parsers
// disagree.
func (l Login) URL() string {
	return l.Scheme() + "://" + escape(l.Username) + ":" + escape(string(l.Password)) + "@" + l.Addr()
}

// SMTPSURL is the URL of the login with TLS from the start, or empty if the endpoint has no port
// for that as far as is known. Many programs that are given a URL with smtp log in in the clear
// where STARTTLS isn't offered. With smtps there is nothing that could be taken away.
func (l Login) SMTPSURL() string {
	there, known := l.FromTheStart()
	if !known {
		return ""
	}
	l.Endpoint = there
	return l.URL()
}

// escape percent-encodes all but the unreserved characters of RFC 3986, section 2.3. QueryEscape
// does that except for the space, which it turns into "+".
func escape(s string) string { return strings.ReplaceAll(url.QueryEscape(s), "+", "%20") }
