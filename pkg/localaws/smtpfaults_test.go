package localaws_test

import (
	"crypto/tls"
	"net"
	"net/smtp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/localaws"
)

func TestMailServersFailWhereTheyAreTold(t *testing.T) {
	s := newSending(t, localaws.Config{})
	failAt := func(at string, reply localaws.SMTPReply) {
		s.SetSMTPFault(func(_ string, _ int, stage, username string) *localaws.SMTPReply {
			if (stage == "connect") != (username == "") {
				t.Errorf("at %s the username is %q", stage, username)
			}
			if stage == at {
				return &reply
			}
			return nil
		})
	}
	failAt("connect", localaws.SMTPReply{Code: 421, Text: "Too many connections"})
	_, err := smtp.Dial(s.SMTP(region))
	wantReply(t, err, 421, "Too many connections")
	failAt("connect", localaws.SMTPReply{Drop: true})
	if _, err := smtp.Dial(s.SMTP(region)); err == nil {
		t.Error("greeted though it was to be dropped")
	}
	failAt("auth", localaws.SMTPReply{Code: 454, Enhanced: "4.7.0", Text: "Temporary authentication failure"})
	wantReply(t, s.login(t), 454, "4.7.0 Temporary authentication failure")
	failAt("auth", localaws.SMTPReply{Drop: true})
	if err := s.login(t); err == nil {
		t.Error("logged in though it was to be dropped")
	}
	for _, stage := range []string{"mail", "data"} {
		failAt(stage, localaws.SMTPReply{Code: 454, Text: "Throttling failure: Maximum sending rate exceeded."})
		c := s.dial(t)
		if err := c.Auth(smtp.PlainAuth("", s.id, s.password, "127.0.0.1")); err != nil {
			t.Fatal(err)
		}
		wantReply(t, s.send(t, c), 454, "Throttling failure: Maximum sending rate exceeded.")
	}
}

func TestAHangingServerSaysNothingUntilTheWorldEnds(t *testing.T) {
	s := newSending(t, localaws.Config{})
	s.SetSMTPFault(func(string, int, string, string) *localaws.SMTPReply { return &localaws.SMTPReply{Hang: true} })
	conn, err := net.Dial("tcp", s.SMTP(region))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.SetReadDeadline(time.Now().Add(50 * time.Millisecond))
	if n, err := conn.Read(make([]byte, 1)); n != 0 || !err.(net.Error).Timeout() {
		t.Errorf("read %d bytes, %v", n, err)
	}
	s.Close()
	conn.SetReadDeadline(time.Now().Add(10 * time.Second))
	if _, err := conn.Read(make([]byte, 1)); err == nil {
		t.Error("the connection outlives the World")
	}
}

func TestSomebodyInTheMiddleHasAnotherCertificate(t *testing.T) {
	s := newSending(t, localaws.Config{})
	for certificate, want := range map[localaws.Certificate]string{
		localaws.OfNobody: "unknown authority", localaws.OfAnother: "for 127.0.0.1", localaws.TheirOwn: "",
	} {
		if err := s.ShowCertificate(certificate); err != nil {
			t.Fatal(err)
		}
		c, err := smtp.Dial(s.SMTP(region))
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		err = c.StartTLS(&tls.Config{ServerName: "127.0.0.1", RootCAs: s.CertPool()})
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("certificate %d: %v, want %q", certificate, err, want)
		}
	}
}

func TestSTARTTLSIsOfferedAndRefused(t *testing.T) {
	s := newSending(t, localaws.Config{})
	s.RefuseSTARTTLS(true)
	c, err := smtp.Dial(s.SMTP(region))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if offered, _ := c.Extension("STARTTLS"); !offered {
		t.Error("it isn't offered")
	}
	wantReply(t, c.StartTLS(&tls.Config{ServerName: "127.0.0.1", RootCAs: s.CertPool()}), 454,
		"TLS not available due to temporary reason")
	s.RefuseSTARTTLS(false)
	if err := s.login(t); err != nil {
		t.Error(err)
	}
}

func TestATapHearsWhatIsOnTheWire(t *testing.T) {
	s := newSending(t, localaws.Config{})
	var mu sync.Mutex
	var heard []byte
	s.Tap(func(_ int, sent []byte) {
		mu.Lock()
		defer mu.Unlock()
		heard = append(heard, sent...)
	})
	if err := s.login(t); err != nil {
		t.Fatal(err)
	}
	s.Tap(nil)
	mu.Lock()
	defer mu.Unlock()
	clear, _, _ := strings.Cut(string(heard), "\x16") // where a handshake begins
	if clear != "EHLO localhost\r\nSTARTTLS\r\n" || strings.Contains(string(heard), "AUTH") || s.Logins() != 1 ||
		s.ClearLogins() != 0 {
		t.Errorf("heard %q, and %d logins", clear, s.Logins())
	}
}
