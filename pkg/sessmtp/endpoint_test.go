package sessmtp_test

import (
	"net/url"
	"strconv"
	"strings"
	"testing"
	"testing/quick"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sessmtp"
)

func TestTLSComesFirstOnTwoPorts(t *testing.T) {
	for port, scheme := range map[int]string{25: "smtp", 587: "smtp", 2587: "smtp", 465: "smtps", 2465: "smtps"} {
		e := sessmtp.Endpoint{Host: "localhost", Port: port}
		if e.Scheme() != scheme || e.ImplicitTLS() != (scheme == "smtps") {
			t.Errorf("port %d: %s, implicit TLS %t", port, e.Scheme(), e.ImplicitTLS())
		}
	}
}

func TestAnIPv6AddressGetsBrackets(t *testing.T) {
	e := sessmtp.Endpoint{Host: "2001:db8::1", Port: 587}
	if e.Addr() != "[2001:db8::1]:587" {
		t.Error(e.Addr())
	}
}

func TestAURLIsPercentEncoded(t *testing.T) {
	l := sessmtp.Login{
		Endpoint: sessmtp.Endpoint{Host: "email-smtp.eu-west-1.amazonaws.com", Port: 465},
		Username: "AKIAEXAMPLE",
		Password: "BH+j/Mz=",
	}
	if got, want := l.URL(), "smtps://AKIAEXAMPLE:BH%2Bj%2FMz%3D@email-smtp.eu-west-1.amazonaws.com:465"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestAURLWithTLSFromTheStartIsOnThePortThatGoesWithItsOwn(t *testing.T) {
	for addr, want := range map[string]string{
		"email-smtp.eu-west-1.amazonaws.com:587":  "email-smtp.eu-west-1.amazonaws.com:465",
		"email-smtp.eu-west-1.amazonaws.com:2587": "email-smtp.eu-west-1.amazonaws.com:2465",
		"email-smtp-fips.ca-central-1.api.aws:25": "email-smtp-fips.ca-central-1.api.aws:465",
		"relay.example.com:2465":                  "relay.example.com:2465",
		// no such port is known
		"relay.example.com:587":                            "",
		"email-smtp.eu-west-1.api.aws.example.com:587":     "",
		"email-smtp.eusc-de-east-1.api.aws:587":            "",
		"email-smtp.eu-west-1.amazonaws.com.example.com:1": "",
	} {
		host, port, _ := strings.Cut(addr, ":")
		n, _ := strconv.Atoi(port)
		l := sessmtp.Login{Endpoint: sessmtp.Endpoint{Host: host, Port: n}, Username: "A", Password: "B"}
		if want != "" {
			want = "smtps://A:B@" + want
		}
		if got := l.SMTPSURL(); got != want {
			t.Errorf("%s: got %q, want %q", addr, got, want)
		}
	}
}

func TestEveryPasswordSurvivesAURL(t *testing.T) {
	err := quick.Check(func(username, password string) bool {
		l := sessmtp.Login{
			Endpoint: sessmtp.Endpoint{Host: "::1", Port: 587},
			Username: username,
			Password: sessmtp.Password(password),
		}
		u, err := url.Parse(l.URL())
		if err != nil {
			return false
		}
		got, _ := u.User.Password()
		return u.User.Username() == username && got == password && u.Host == l.Addr()
	}, nil)
	if err != nil {
		t.Error(err)
	}
}
