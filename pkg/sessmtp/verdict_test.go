package sessmtp_test

import (
	"context"
	"strings"
	"testing"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sessmtp"
)

func TestACredentialThatIsRefusedToTheEndIsRefused(t *testing.T) {
	ca := newAuthority(t)
	s := (&server{TLS: ca.serve(host)}).start(t)
	l := credential(587)
	l.Password = "BH+jbMzper5WwlwUar9E1ySBqHa9whi0GPo+sJ0mVYJj"
	v := proof(ca, s)
	got := verify(giveUp(t, v, 3), v, l)
	if got.Meaning != sessmtp.Refused || sessmtp.MeaningOf(got.Err) != sessmtp.Refused || got.Logins != 3 {
		t.Errorf("got %+v", got)
	}
	want := []string{username, "eu-west-1", "192.0.2.1:587", "tries: 3", "535 Authentication Credentials Invalid"}
	if !mentions(got.Err, want) || strings.Contains(got.Err.Error(), string(l.Password)) {
		t.Error(got.Err)
	}
}

func TestTheLastVerdictDecides(t *testing.T) {
	ca := newAuthority(t)
	temporary := says(454, "Temporary authentication failure")
	for _, c := range []struct {
		name    string
		replies []error // the last one stays
		want    sessmtp.Meaning
		text    []string
	}{
		{"only temporary failures", []error{temporary}, sessmtp.Unknown, []string{"454"}},
		{"refused, then temporary failures", []error{errRefused, temporary},
			sessmtp.Refused, []string{"535", "since then", "454"}},
		{"accepted, then temporary failures", []error{errRefused, nil, temporary}, sessmtp.Unknown, []string{"454"}},
		{"accepted, then refused", []error{nil, nil, errRefused}, sessmtp.Refused, []string{"535"}},
	} {
		s := (&server{TLS: ca.serve(host), Auth: func(n int) error {
			return c.replies[min(n,
				len(c.replies))-1]
		}}).start(t)
		v := proof(ca, s)
		got := verify(giveUp(t, v, 3), v, credential(587))
		if got.Meaning != c.want || sessmtp.MeaningOf(got.Err) != c.want || !mentions(got.Err, c.text) {
			t.Errorf("%s: %+v", c.name, got)
		}
	}
}

func TestALoginThatIsCutOffHidesNoVerdict(t *testing.T) {
	ca := newAuthority(t)
	ctx, cancel := context.WithCancel(t.Context())
	s := (&server{TLS: ca.serve(host), Auth: func(n int) error {
		if n == 3 {
			cancel()
		}
		return errRefused
	}}).start(t)
	got := verify(ctx, proof(ca, s), credential(587))
	if got.Meaning != sessmtp.Refused || got.Logins != 3 || mentions(got.Err, []string{"since then"}) {
		t.Errorf("got %+v", got)
	}
}

func TestWhatIsMisusedIsNotTriedAgain(t *testing.T) {
	ca := newAuthority(t)
	s := (&server{TLS: ca.serve(host), Auth: func(int) error {
		return says(530,
			"Must issue a STARTTLS command first")
	}}).start(t)
	got := verify(t.Context(), proof(ca, s), credential(587))
	if got.Meaning != sessmtp.Misused || got.Logins != 1 || !mentions(got.Err, []string{"530"}) {
		t.Errorf("got %+v", got)
	}
}
