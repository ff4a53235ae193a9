package localaws_test

import (
	"crypto/tls"
	"net/smtp"
	"net/textproto"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	client "github.com/emersion/go-smtp"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/localaws"
)

// sending is a World with one user, one access key, and the password to send with.
type sending struct {
	*localaws.World
	id, password string
}

func newSending(t *testing.T, cfg localaws.Config) sending {
	t.Helper()
	w := start(t, cfg)
	w.CreateUser("sender")
	id, secret, err := w.CreateAccessKey("sender")
	if err != nil {
		t.Fatal(err)
	}
	return sending{w, id, localaws.SMTPPassword(secret, region)}
}

// dial opens a connection with STARTTLS.
func (s sending) dial(t *testing.T) *smtp.Client {
	t.Helper()
	c, err := smtp.Dial(s.SMTP(region))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	if err := c.StartTLS(&tls.Config{ServerName: "127.0.0.1", RootCAs: s.CertPool()}); err != nil {
		t.Fatal(err)
	}
	return c
}

// login returns the answer of a fresh connection to the password.
func (s sending) login(t *testing.T) error {
	t.Helper()
	return s.dial(t).Auth(smtp.PlainAuth("", s.id, s.password, "127.0.0.1"))
}

func (s sending) send(t *testing.T, c *smtp.Client) error {
	t.Helper()
	if err := c.Mail("from@example.com"); err != nil {
		return err
	}
	if err := c.Rcpt("to@example.com"); err != nil {
		return err
	}
	body, err := c.Data()
	if err != nil {
		return err
	}
	body.Write([]byte("Subject: hello\r\n\r\nworld\r\n"))
	return body.Close()
}

// wantReply checks for an SMTP error with this code and text.
func wantReply(t *testing.T, err error, code int, text string) {
	t.Helper()
	reply, ok := err.(*textproto.Error)
	if !ok || reply.Code != code || reply.Msg != text {
		t.Errorf("got %v, want %d %s", err, code, text)
	}
}

func TestThePasswordIsTheOneThatSESDocuments(t *testing.T) {
	for _, vector := range [][3]string{
		{"some+secret+key", "eu-central-1", "BMXhUYlu5Z3gSXVQORxlVa7XPaz91aGWdfHxvkOZdWZ2"},
		{"some+secret+key", "us-west-1", "BH+jbMzper5WwlwUar9E1ySBqHa9whi0GPo+sJ0mVYJj"},
		{"another+secret+key", "eu-central-1", "BBbphbrQmrKMx42d1N6+C7VINYEBGI5v9VsZeTxwskfh"},
		{"SECRET_KEY", "eu-west-1", "BIhFZ/Ylx0jPVY7JeKUnHT4rO9jfB1VuZu4qglc/3gj9"},
	} {
		if got := localaws.SMTPPassword(vector[0], vector[1]); got != vector[2] {
			t.Errorf("%s in %s gives %s, want %s", vector[0], vector[1], got, vector[2])
		}
	}
}

func TestMailIsSentOverSTARTTLS(t *testing.T) {
	s := newSending(t, localaws.Config{})
	c := s.dial(t)
	if err := c.Auth(smtp.PlainAuth("", s.id, s.password, "127.0.0.1")); err != nil {
		t.Fatal(err)
	}
	if err := s.send(t, c); err != nil {
		t.Fatal(err)
	}
	mails := s.Mail()
	if len(mails) != 1 {
		t.Fatalf("%d mails", len(mails))
	}
	m := mails[0]
	if m.Region != region || m.AccessKeyID != s.id || m.From != "from@example.com" || m.To[0] != "to@example.com" {
		t.Errorf("mail is %+v", m)
	}
	if !strings.Contains(string(m.Data), "hello") || !m.At.Equal(epoch) {
		t.Errorf("mail is %+v", m)
	}
	if keys := s.Keys("sender"); !keys[0].LastUsed.Equal(epoch) {
		t.Errorf("last used %v", keys[0].LastUsed)
	}
}

func TestMailIsSentOverTLSWithLOGIN(t *testing.T) {
	s := newSending(t, localaws.Config{})
	s.SetAuthMechanisms("LOGIN")
	trust := &tls.Config{RootCAs: s.CertPool(), ServerName: "email-smtp.eu-west-1.amazonaws.com"}
	c, err := client.DialTLS(s.SMTPS(region), trust)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if !c.SupportsAuth("LOGIN") || c.SupportsAuth("PLAIN") {
		t.Error("LOGIN isn't the only mechanism")
	}
	if err := c.Auth(sasl.NewLoginClient(s.id, s.password)); err != nil {
		t.Fatal(err)
	}
	if err := c.SendMail("from@example.com", []string{"to@example.com"}, strings.NewReader("hello\r\n")); err != nil {
		t.Fatal(err)
	}
	if len(s.Mail()) != 1 {
		t.Errorf("%d mails", len(s.Mail()))
	}
}

func TestEveryStepIsRefusedInSESsWords(t *testing.T) {
	s := newSending(t, localaws.Config{})
	conn, err := textproto.Dial("tcp", s.SMTP(region))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	expect := func(send string, code int, want string) {
		t.Helper()
		if send != "" {
			conn.PrintfLine("%s", send)
		}
		got, text, _ := conn.ReadResponse(0)
		if got != code || !strings.Contains(text, want) {
			t.Errorf("%s: got %d %s, want %d %s", send, got, text, code, want)
		}
	}
	expect("", 220, "email-smtp.amazonaws.com")
	expect("EHLO localhost", 250, "STARTTLS")
	expect("AUTH PLAIN", 530, "Must issue a STARTTLS command first")
	expect("MAIL FROM:<from@example.com>", 530, "Must issue a STARTTLS command first")

	c := s.dial(t)
	wantReply(t, c.Mail("from@example.com"), 530, "Authentication required")
	wantReply(t, c.Auth(smtp.PlainAuth("", s.id, "wrong", "127.0.0.1")), 535, "Authentication Credentials Invalid")
	if err := s.SetKeyStatus(s.id, "Inactive"); err != nil {
		t.Fatal(err)
	}
	wantReply(t, s.login(t), 535, "Authentication Credentials Invalid")
}

func TestARegionAcceptsItsOwnPasswordOnly(t *testing.T) {
	s := newSending(t, localaws.Config{Regions: []string{"eu-west-1", "us-east-1"}})
	if !s.Accepts("eu-west-1", s.id, s.password) || s.Accepts("us-east-1", s.id, s.password) {
		t.Error("the password isn't bound to its Region")
	}
	if s.Accepts("eu-north-1", s.id, s.password) || s.SMTP("eu-north-1") != "" {
		t.Error("a Region answers that isn't served")
	}
	for _, secret := range s.Secrets() {
		if secret == s.password {
			return
		}
	}
	t.Error("the password isn't among the secrets")
}

func TestAKeyReachesOneServerAfterTheOther(t *testing.T) {
	s := newSending(t, localaws.Config{Servers: 2})
	s.SetPropagation(0, time.Minute)
	s.SetKeyStatus(s.id, "Inactive")
	wantReply(t, s.login(t), 535, "Authentication Credentials Invalid")
	if err := s.login(t); err != nil {
		t.Errorf("the second server knows already: %v", err)
	}
	s.Advance(time.Minute)
	s.SetKeyStatus(s.id, "Active")
	if err := s.login(t); err != nil {
		t.Errorf("the first server doesn't know yet: %v", err)
	}
	wantReply(t, s.login(t), 535, "Authentication Credentials Invalid")
	if s.Accepts(region, s.id, s.password) {
		t.Error("accepted before every server does")
	}
	s.Advance(time.Minute)
	if !s.Accepts(region, s.id, s.password) {
		t.Error("not accepted though every server does")
	}
	s.DeleteAccessKey(s.id)
	wantReply(t, s.login(t), 535, "Authentication Credentials Invalid")
	if err := s.login(t); err != nil {
		t.Errorf("the second server already refuses the deleted key: %v", err)
	}
}

func TestAnOpenSessionEndsWithItsKey(t *testing.T) {
	s := newSending(t, localaws.Config{})
	c := s.dial(t)
	if err := c.Auth(smtp.PlainAuth("", s.id, s.password, "127.0.0.1")); err != nil {
		t.Fatal(err)
	}
	if err := s.DeleteAccessKey(s.id); err != nil {
		t.Fatal(err)
	}
	wantReply(t, s.send(t, c), 535, "Authentication Credentials Invalid")
}

func TestAPolicyDeniesAtDATA(t *testing.T) {
	s := newSending(t, localaws.Config{})
	const text = "Access denied: User `arn:aws:iam::123456789012:user/sender' is not authorized to perform " +
		"`ses:SendRawEmail' on resource `arn:aws:ses:eu-west-1:123456789012:identity/example.com'"
	s.DenySending(s.id, text)
	c := s.dial(t)
	if err := c.Auth(smtp.PlainAuth("", s.id, s.password, "127.0.0.1")); err != nil {
		t.Fatal(err)
	}
	wantReply(t, s.send(t, c), 554, text)
	s.DenySending(s.id, "")
	if err := s.send(t, c); err != nil {
		t.Error(err)
	}
	if len(s.Mail()) != 1 {
		t.Errorf("%d mails", len(s.Mail()))
	}
}
