package sessmtp_test

import (
	"strings"
	"testing"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sessmtp"
)

func TestOneMailPerRegionGoesToTheMailboxSimulator(t *testing.T) {
	ca := newAuthority(t)
	s := (&server{TLS: ca.serve(host)}).start(t)
	v := proof(ca, s)
	v.From = from
	got := verify(t.Context(), v, credential(587))
	sent := s.sent()
	if got.Meaning != sessmtp.Accepted || got.SendErr != nil || got.Logins != 3 || len(sent) != 1 {
		t.Fatalf("got %+v, mails %q", got, sent)
	}
	if !strings.HasPrefix(sent[0], from+", "+to+": From: "+from+"\r\nTo: "+to+"\r\n") {
		t.Errorf("got %q", sent[0])
	}
}

func TestAMailThatIsNotSentIsAWarning(t *testing.T) {
	ca := newAuthority(t)
	for want, reply := range map[sessmtp.Meaning]error{
		sessmtp.SendDenied: says(554,
			"Access denied: User `arn:aws:iam::123456789012:user/smtp' is not authorized to perform `ses:SendRawEmail'"),
		sessmtp.IdentityRejected: says(554, "Message rejected: Email address is not verified."),
		sessmtp.Throttled:        says(454, "Throttling failure: Maximum sending rate exceeded."),
		sessmtp.Unknown:          says(451, "Temporary service failure"),
	} {
		s := (&server{TLS: ca.serve(host), Data: reply}).start(t)
		v := proof(ca, s)
		v.From = from
		got := verify(t.Context(), v, credential(587))
		if got.Meaning != sessmtp.Accepted || got.Err != nil || sessmtp.MeaningOf(got.SendErr) != want {
			t.Errorf("%s: %+v", want, got)
		}
	}
}

func TestAServerThatRefusesTheMailsLoginBreaksTheStreak(t *testing.T) {
	ca := newAuthority(t)
	s := (&server{TLS: ca.serve(host), Auth: func(n int) error {
		if n == 4 { // this login is the mail's
			return errRefused
		}
		return nil
	}}).start(t)
	v := proof(ca, s)
	v.From = from
	got := verify(t.Context(), v, credential(587))
	if got.Meaning != sessmtp.Accepted || got.SendErr != nil || got.Logins != 6 || len(s.sent()) != 1 {
		t.Errorf("got %+v", got)
	}
}
