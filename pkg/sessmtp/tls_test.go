package sessmtp_test

import (
	"crypto/tls"
	"strings"
	"testing"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sessmtp"
)

func TestOnlyAServerThatProvesItsNameGetsThePassword(t *testing.T) {
	ca, stranger := newAuthority(t), newAuthority(t)
	old := func(config *tls.Config) *tls.Config {
		config.MinVersion, config.MaxVersion = tls.VersionTLS10, tls.VersionTLS11
		return config
	}
	for _, c := range []struct {
		name   string
		config *tls.Config
		want   string
	}{
		{"wrong name", ca.serve("email-smtp.us-east-1.amazonaws.com"), "certificate"},
		{"wrong address", ca.serve("127.0.0.1"), "certificate"},
		{"unknown authority", stranger.serve(host), "certificate"},
		{"TLS 1.1", old(ca.serve(host)), "protocol version"},
	} {
		for _, port := range []int{587, 465} {
			lenient := ca.trust()
			lenient.InsecureSkipVerify = true
			lenient.MinVersion = tls.VersionTLS10
			lenient.ServerName = "email-smtp.us-east-1.amazonaws.com"
			for _, config := range []*tls.Config{ca.trust(), lenient} {
				s := (&server{TLS: c.config, Implicit: port == 465}).start(t)
				l := credential(port)
				client := sessmtp.Client{TLS: config, DialContext: network{l.Addr(): s.addr}.dial}
				err := client.Login(t.Context(), l, "")
				if sessmtp.MeaningOf(err) != sessmtp.Unknown || !strings.Contains(err.Error(), c.want) {
					t.Errorf("%s, port %d: %v", c.name, port, err)
				}
				if s.count() != 0 {
					t.Errorf("%s, port %d: the server got the password", c.name, port)
				}
			}
		}
	}
}

func TestTheZeroClientTrustsTheSystemsAuthoritiesOnly(t *testing.T) {
	s := (&server{TLS: newAuthority(t).serve(host)}).start(t)
	l := credential(587)
	client := sessmtp.Client{DialContext: network{l.Addr(): s.addr}.dial}
	if err := client.Login(t.Context(), l, ""); sessmtp.MeaningOf(err) != sessmtp.Unknown || s.count() != 0 {
		t.Error(err)
	}
}

func TestTheCallersTLSConfigurationIsLeftAlone(t *testing.T) {
	ca := newAuthority(t)
	s := (&server{TLS: ca.serve(host)}).start(t)
	l := credential(587)
	client := reach(ca, s, l)
	client.TLS.InsecureSkipVerify = true
	if err := client.Login(t.Context(), l, ""); err != nil {
		t.Error(err)
	}
	if !client.TLS.InsecureSkipVerify || client.TLS.ServerName != "" || client.TLS.MinVersion != 0 {
		t.Errorf("changed to %+v", client.TLS)
	}
}

func TestThePasswordIsNeverSentWithoutTLS(t *testing.T) {
	ca := newAuthority(t)
	s := (&server{Insecure: true}).start(t) // offers AUTH but not STARTTLS, like a man in the middle
	l := credential(587)
	err := reach(ca, s, l).Login(t.Context(), l, "")
	if sessmtp.MeaningOf(err) != sessmtp.Unknown || !strings.Contains(err.Error(), "man in the middle") ||
		s.count() != 0 {
		t.Errorf("%v, logins %d", err, s.count())
	}
}
