package sessmtp_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sessmtp"
)

const from, to = "sender@example.com", "success@simulator.amazonses.com"

func TestAMailArrivesAsItWasSent(t *testing.T) {
	ca := newAuthority(t)
	s := (&server{TLS: ca.serve(host)}).start(t)
	client := sessmtp.Client{
		TLS:         ca.trust(),
		LookupHost:  names("192.0.2.1", "192.0.2.2"), // the first one can't be reached
		DialContext: network{"192.0.2.2:587": s.addr}.dial,
	}
	if err := client.Send(t.Context(), credential(587), from, to, []byte("Subject: test\n\n.dot\nü\n")); err != nil {
		t.Fatal(err)
	}
	want := []string{from + ", " + to + ": Subject: test\r\n\r\n.dot\r\nü\r\n"}
	if got := s.sent(); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestWhatGoesWrongAtSendingHasItsOwnMeaning(t *testing.T) {
	for _, c := range []struct {
		stage, reply, op string
		want             sessmtp.Meaning
	}{
		{"AUTH", "535 Authentication Credentials Invalid", "auth", sessmtp.Refused},
		{"MAIL", "530 Authentication required", "mail", sessmtp.Misused},
		{"MAIL", "454 Throttling failure: Daily message quota exceeded.", "mail", sessmtp.Throttled},
		{"RCPT", "501 Invalid RCPT TO address provided", "rcpt", sessmtp.Misused},
		{"DATA", "451 Temporary service failure", "data", sessmtp.Unknown},
		{"DATA", "250 Ok", "data", sessmtp.Unknown},
		{"message", "454 Throttling failure: Maximum sending rate exceeded.", "data", sessmtp.Throttled},
		{"message", "554 Access denied: User `arn:aws:iam::123456789012:user/smtp' is not authorized to perform `ses:SendRawEmail'", "data", sessmtp.SendDenied},
		{"message", "554 Message rejected: Email address is not verified.", "data", sessmtp.IdentityRejected},
		{"message", "554 Transaction failed: Empty message", "data", sessmtp.Misused},
		{"message", cut, "data", sessmtp.Unknown},
	} {
		client, l := against(t, script{c.stage: c.reply}, 0)
		var got *sessmtp.ReplyError
		err := client.Send(t.Context(), l, from, to, []byte("test"))
		if !errors.As(err, &got) || got.Op != c.op || got.Meaning != c.want {
			t.Errorf("%s at %s: %v, which means %s", c.reply, c.stage, err, sessmtp.MeaningOf(err))
		}
	}
}

func TestAMailThatHangsIsUnknown(t *testing.T) {
	for _, stage := range []string{"MAIL", "RCPT", "DATA", "message"} {
		client, l := against(t, script{stage: hang}, 100*time.Millisecond)
		err := client.Send(t.Context(), l, from, to, []byte("test"))
		if sessmtp.MeaningOf(err) != sessmtp.Unknown || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%s: %v", stage, err)
		}
	}
}

func TestAnAddressCannotSmuggleCommands(t *testing.T) {
	client, l := against(t, script{}, 0)
	for _, bad := range []string{"a@example.com>\r\nRCPT TO:<b@example.com", "a@example.com\n"} {
		if err := client.Send(t.Context(), l, bad, to, nil); sessmtp.MeaningOf(err) != sessmtp.Misused {
			t.Errorf("sender %q: %v", bad, err)
		}
		if err := client.Send(t.Context(), l, from, bad, nil); sessmtp.MeaningOf(err) != sessmtp.Misused {
			t.Errorf("recipient %q: %v", bad, err)
		}
	}
}
