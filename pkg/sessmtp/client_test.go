package sessmtp_test

import (
	"context"
	"errors"
	"net"
	"slices"
	"strings"
	"testing"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sessmtp"
)

// reach returns a client that trusts the authority and resolves the endpoint's name to the server.
func reach(ca *authority, s *server, l sessmtp.Login) *sessmtp.Client {
	return &sessmtp.Client{TLS: ca.trust(), DialContext: network{l.Addr(): s.addr}.dial}
}

func TestARightPasswordIsAccepted(t *testing.T) {
	ca := newAuthority(t)
	for port, implicit := range map[int]bool{25: false, 587: false, 2587: false, 465: true, 2465: true} {
		s := (&server{TLS: ca.serve(host), Implicit: implicit}).start(t)
		l := credential(port)
		if err := reach(ca, s, l).Login(t.Context(), l, ""); err != nil {
			t.Errorf("port %d: %v", port, err)
		}
		if got := s.tried(); !slices.Equal(got, []string{"PLAIN"}) {
			t.Errorf("port %d: logins %v", port, got)
		}
	}
}

func TestAWrongPasswordIsRefused(t *testing.T) {
	ca := newAuthority(t)
	s := (&server{TLS: ca.serve(host)}).start(t)
	l := credential(587)
	l.Password = "wrong"
	err := reach(ca, s, l).Login(t.Context(), l, "")
	if sessmtp.MeaningOf(err) != sessmtp.Refused {
		t.Error(err)
	}
	if want := "logging in at " + l.Addr() + ": 535 Authentication Credentials Invalid"; err.Error() != want {
		t.Errorf("got %q, want %q", err, want)
	}
}

func TestLOGINIsUsedOnlyWherePLAINIsNotOffered(t *testing.T) {
	ca := newAuthority(t)
	for _, c := range []struct {
		offered []string
		used    string
	}{
		{[]string{"LOGIN", "PLAIN"}, "PLAIN"},
		{[]string{"XOAUTH2", "LOGIN"}, "LOGIN"},
	} {
		s := (&server{TLS: ca.serve(host), Mechanisms: c.offered}).start(t)
		l := credential(587)
		client := reach(ca, s, l)
		if err := client.Login(t.Context(), l, ""); err != nil {
			t.Errorf("%v: %v", c.offered, err)
		}
		l.Password = "wrong"
		if err := client.Login(t.Context(), l, ""); sessmtp.MeaningOf(err) != sessmtp.Refused {
			t.Errorf("%v: %v", c.offered, err)
		}
		if got := s.tried(); !slices.Equal(got, []string{c.used, c.used}) {
			t.Errorf("%v: logins %v", c.offered, got)
		}
	}
}

func TestAServerWithoutAMechanismOfOursIsMisused(t *testing.T) {
	ca := newAuthority(t)
	for _, offered := range [][]string{{"CRAM-MD5"}, {}} {
		s := (&server{TLS: ca.serve(host), Mechanisms: offered}).start(t)
		l := credential(587)
		err := reach(ca, s, l).Login(t.Context(), l, "")
		if sessmtp.MeaningOf(err) != sessmtp.Misused ||
			!strings.Contains(err.Error(), "neither AUTH PLAIN nor AUTH LOGIN") {
			t.Errorf("%v: %v", offered, err)
		}
	}
}

func TestALoginGoesToTheAddressThatIsAskedFor(t *testing.T) {
	ca := newAuthority(t)
	one, two := (&server{TLS: ca.serve(host)}).start(t), (&server{TLS: ca.serve(host)}).start(t)
	client := sessmtp.Client{TLS: ca.trust(), DialContext: network{"192.0.2.1:587": one.addr,
		"192.0.2.2:587": two.addr}.dial}
	if err := client.Login(t.Context(), credential(587), "192.0.2.2:587"); err != nil {
		t.Error(err)
	}
	if one.count() != 0 || two.count() != 1 {
		t.Errorf("logins %d and %d", one.count(), two.count())
	}
}

func TestTheZeroClientConnectsToIPAddresses(t *testing.T) {
	ca := newAuthority(t)
	s := (&server{TLS: ca.serve("127.0.0.1")}).start(t)
	endpoints, err := sessmtp.ParseEndpoints(s.addr, []string{"eu-west-1"})
	if err != nil {
		t.Fatal(err)
	}
	l := sessmtp.Login{Endpoint: endpoints[0], Username: username, Password: password}
	client := sessmtp.Client{TLS: ca.trust()}
	if err := client.Login(t.Context(), l, ""); err != nil {
		t.Error(err)
	}
}

func TestAddressesAreAllThatTheNameHas(t *testing.T) {
	client := sessmtp.Client{LookupHost: names("192.0.2.1", "2001:db8::1", "192.0.2.1")}
	for name, want := range map[string][]string{
		host:          {"192.0.2.1:587", "[2001:db8::1]:587"},
		"192.0.2.9":   {"192.0.2.9:587"},
		"2001:db8::9": {"[2001:db8::9]:587"},
	} {
		got, err := client.Addresses(t.Context(), sessmtp.Endpoint{Host: name, Port: 587})
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: got %v, %v", name, got, err)
		}
	}
}

func TestANameWithoutAddressesIsUnknown(t *testing.T) {
	for want, lookup := range map[string]func(context.Context, string) ([]string, error){
		"connecting to nowhere.example:587: no such host": names(),
		"connecting to nowhere.example:587: the name has no addresses": func(context.Context, string) ([]string,
			error) {
			return nil, nil
		},
	} {
		client := sessmtp.Client{LookupHost: lookup}
		_, err := client.Addresses(t.Context(), sessmtp.Endpoint{Host: "nowhere.example", Port: 587})
		if sessmtp.MeaningOf(err) != sessmtp.Unknown || err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

func TestAConnectionThatCannotBeMadeIsUnknown(t *testing.T) {
	refused := errors.New("connection refused")
	client := sessmtp.Client{DialContext: func(context.Context, string, string) (net.Conn, error) {
		return nil,
			refused
	}}
	err := client.Login(t.Context(), credential(587), "192.0.2.1:587")
	if sessmtp.MeaningOf(err) != sessmtp.Unknown || !errors.Is(err, refused) {
		t.Error(err)
	}
	if want := "connecting to 192.0.2.1:587: connection refused"; err.Error() != want {
		t.Errorf("got %q, want %q", err, want)
	}
}
