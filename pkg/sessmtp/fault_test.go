package sessmtp_test

import (
	"context"
	"encoding/base64"
	"errors"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sessmtp"
)

// against returns a client that connects to a script instead of the endpoint.
func against(t *testing.T, s script, timeout time.Duration) (*sessmtp.Client, sessmtp.Login) {
	t.Helper()
	ca, l := newAuthority(t), credential(587)
	addr := s.start(t, ca.serve(host))
	return &sessmtp.Client{
		TLS:         ca.trust(),
		Timeout:     timeout,
		LookupHost:  names("192.0.2.1"),
		DialContext: network{l.Addr(): addr, "192.0.2.1:587": addr}.dial,
	}, l
}

func TestTheUsualScriptIsAccepted(t *testing.T) {
	client, l := against(t, script{}, 0)
	if err := client.Login(t.Context(), l, ""); err != nil {
		t.Error(err)
	}
	if err := client.Send(t.Context(), l, "a@example.com", "b@example.com",
		[]byte("Subject: test\n\ntest\n")); err != nil {
		t.Error(err)
	}
}

func TestWhatFailsBeforeTheVerdictIsUnknown(t *testing.T) {
	for _, stage := range []string{"greeting", "EHLO", "STARTTLS", "handshake", "EHLO again", "AUTH"} {
		for _, fault := range []string{
			"421 Too many concurrent SMTP connections",
			"451 Temporary service failure",
			"454 Temporary authentication failure",
			"421-4.7.0 Too many\r\n421 4.7.0 connections",
			"HTTP/1.1 400 Bad Request",
			"",
			"2",
			"999999999999999999999 What?",
			cut,
			flood,
		} {
			if stage == "handshake" && fault == "" {
				continue // a handshake as usual
			}
			client, l := against(t, script{stage: fault}, 0)
			err := client.Login(t.Context(), l, "")
			if sessmtp.MeaningOf(err) != sessmtp.Unknown {
				t.Errorf("%s at %s: %v", fault, stage, err)
			}
			if strings.ContainsAny(err.Error(), "\r\n\x00") {
				t.Errorf("%s at %s: not one printable line: %q", fault, stage, err)
			}
		}
	}
}

func TestAServerThatHangsIsUnknownAfterTheTimeout(t *testing.T) {
	for _, stage := range []string{"greeting", "EHLO", "STARTTLS", "handshake", "EHLO again", "AUTH"} {
		for _, fault := range []string{hang, "220-a reply\r\n220-without an end"} {
			if stage == "handshake" && fault != hang {
				continue
			}
			client, l := against(t, script{stage: fault}, 100*time.Millisecond)
			err := client.Login(t.Context(), l, "")
			if sessmtp.MeaningOf(err) != sessmtp.Unknown || !errors.Is(err, context.DeadlineExceeded) ||
				!strings.Contains(err.Error(), "within 100ms") {
				t.Errorf("%s at %s: %v", fault, stage, err)
			}
		}
	}
}

func TestTheEndOfTheContextCutsALoginOff(t *testing.T) {
	for _, stage := range []string{"greeting", "handshake", "AUTH"} {
		client, l := against(t, script{stage: hang}, time.Hour)
		ctx, cancel := context.WithCancelCause(t.Context())
		stop := errors.New("no more time")
		time.AfterFunc(50*time.Millisecond, func() { cancel(stop) })
		if err := client.Login(ctx, l, ""); sessmtp.MeaningOf(err) != sessmtp.Unknown || !errors.Is(err, stop) {
			t.Errorf("%s: %v", stage, err)
		}
	}
}

func TestALoginIsAcceptedWhateverComesAfterIt(t *testing.T) {
	for _, fault := range []string{cut, "421 Timeout", "HTTP/1.1 400 Bad Request"} {
		client, l := against(t, script{"QUIT": fault}, 0)
		if err := client.Login(t.Context(), l, ""); err != nil {
			t.Errorf("%s: %v", fault, err)
		}
	}
}

func TestRefusalsComeWithAndWithoutEnhancedStatusCodesAndOverSeveralLines(t *testing.T) {
	for reply, text := range map[string]string{
		"535 Authentication Credentials Invalid":       "Authentication Credentials Invalid",
		"535 5.7.8 Authentication Credentials Invalid": "5.7.8 Authentication Credentials Invalid",
		"535-5.7.8 Authentication\r\n535-5.7.8 \r\n535 5.7.8 not successful": "5.7.8 Authentication 5.7.8 5.7.8 " +
			"not successful",
	} {
		client, l := against(t, script{"AUTH": reply}, 0)
		var got *sessmtp.ReplyError
		err := client.Login(t.Context(), l, "")
		if !errors.As(err, &got) || got.Meaning != sessmtp.Refused || got.Op != "auth" || got.Code != 535 ||
			got.Text != text {
			t.Errorf("%q: %#v", reply, got)
		}
	}
}

func TestAnErrorHoldsNoPasswordEvenIfTheServerRepeatsIt(t *testing.T) {
	message := base64.StdEncoding.EncodeToString([]byte("\x00" + username + "\x00" + password))
	for _, reply := range []string{echo, "535 bad password " + password, "garbage " + message, "535 " +
		base64.StdEncoding.EncodeToString([]byte(password))} {
		client, l := against(t, script{"AUTH": reply}, 0)
		err := client.Login(t.Context(), l, "")
		if !strings.Contains(err.Error(), "[redacted]") || strings.Contains(err.Error(), password) ||
			strings.Contains(err.Error(), message) {
			t.Errorf("%s: %v", reply, err)
		}
	}
}

func TestALongReplyIsShortened(t *testing.T) {
	client, l := against(t, script{"AUTH": "535 " + strings.Repeat("é\x1b[31m", 5000)}, 0)
	err := client.Login(t.Context(), l, "")
	if len(err.Error()) > 400 || strings.Contains(err.Error(), "\x1b") || sessmtp.MeaningOf(err) != sessmtp.Refused {
		t.Errorf("%d bytes: %q", len(err.Error()), err)
	}
}

// An attacker who can write to the connection, but not break TLS, adds replies to the one to
// STARTTLS.
func TestRepliesInjectedBeforeTLSAreDropped(t *testing.T) {
	client, l := against(t, script{
		"STARTTLS": "220 Ready\r\n250-evil\r\n250 AUTH PLAIN\r\n235 Authentication successful.",
		"AUTH":     "535 Authentication Credentials Invalid",
	}, 0)
	if err := client.Login(t.Context(), l, ""); err == nil {
		t.Error("an injected reply was believed")
	}
}

// A dialer's timer may fire a moment before the context's own.
func TestADialersTimeoutIsTheEndOfTheContext(t *testing.T) {
	client := sessmtp.Client{Timeout: 50 * time.Millisecond,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			deadline, _ := ctx.Deadline()
			time.Sleep(time.Until(deadline))
			return nil, os.ErrDeadlineExceeded
		}}
	err := client.Login(t.Context(), credential(587), "192.0.2.1:587")
	if want := "connecting to 192.0.2.1:587: no answer within 50ms: context deadline exceeded"; err == nil ||
		err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}
