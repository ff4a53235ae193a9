package localaws_test

import (
	"bufio"
	"crypto/tls"
	"io"
	"net"
	"net/smtp"
	"strings"
	"testing"
	"time"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/localaws"
)

const silenceReply = "451 4.4.2 Timeout waiting for data from client.\r\n"

// raw is a client that sends only the lines that the test gives it.
type raw struct {
	*testing.T
	conn  net.Conn
	lines *bufio.Reader
}

func dialRaw(t *testing.T, addr string) *raw {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	conn.SetDeadline(time.Now().Add(30 * time.Second))
	return &raw{t, conn, bufio.NewReader(conn)}
}

func (r *raw) encrypt(s sending) {
	r.conn = tls.Client(r.conn, &tls.Config{ServerName: "127.0.0.1", RootCAs: s.CertPool()})
	r.lines = bufio.NewReader(r.conn)
}

// ask sends a line, if there is one, and returns the reply.
func (r *raw) ask(line string) (reply string) {
	r.Helper()
	if line != "" {
		io.WriteString(r.conn, line+"\r\n")
	}
	for {
		text, err := r.lines.ReadString('\n')
		if err != nil {
			r.Fatalf("after %q: %q, %v", line, text, err)
		}
		reply += text
		if len(text) < 4 || text[3] != '-' {
			return reply
		}
	}
}

// Transcripts of SES from 2020 to 2026 end like this, before TLS and within it.
func TestASilentClientIsToldAndLeft(t *testing.T) {
	s := newSending(t, localaws.Config{})
	s.SetSMTPPatience(50 * time.Millisecond)
	for name, prepare := range map[string]func(*testing.T) *raw{
		"after the greeting": func(t *testing.T) *raw {
			r := dialRaw(t, s.SMTP(region))
			r.ask("")
			return r
		},
		"after EHLO": func(t *testing.T) *raw {
			r := dialRaw(t, s.SMTP(region))
			r.ask("")
			r.ask("EHLO localhost")
			return r
		},
		"after STARTTLS": func(t *testing.T) *raw {
			r := dialRaw(t, s.SMTP(region))
			r.ask("")
			r.ask("EHLO localhost")
			r.ask("STARTTLS")
			r.encrypt(s)
			if err := r.conn.(*tls.Conn).Handshake(); err != nil {
				t.Fatal(err)
			}
			return r
		},
		"in TLS from the start": func(t *testing.T) *raw {
			r := dialRaw(t, s.SMTPS(region))
			r.encrypt(s)
			r.ask("")
			r.ask("EHLO localhost")
			return r
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := prepare(t)
			if reply := r.ask(""); reply != silenceReply {
				t.Errorf("got %q", reply)
			}
			rest, err := io.ReadAll(r.lines)
			if len(rest) > 0 || err != nil && strings.Contains(err.Error(), "timeout") {
				t.Errorf("not closed: %q, %v", rest, err)
			}
		})
	}
}

func TestAClientThatTalksIsNotLeft(t *testing.T) {
	s := newSending(t, localaws.Config{})
	s.SetSMTPPatience(400 * time.Millisecond)
	r := dialRaw(t, s.SMTP(region))
	r.ask("")
	for range 8 {
		time.Sleep(100 * time.Millisecond)
		if reply := r.ask("NOOP"); !strings.HasPrefix(reply, "250") {
			t.Fatalf("got %q", reply)
		}
	}
}

// SES offers AUTH before STARTTLS and refuses it there, in transcripts from 2014 to 2026.
func TestALoginInTheClearIsOfferedRefusedAndCounted(t *testing.T) {
	s := newSending(t, localaws.Config{})
	r := dialRaw(t, s.SMTP(region))
	r.ask("")
	if offer := r.ask("EHLO localhost"); !strings.Contains(offer, "AUTH PLAIN LOGIN") ||
		!strings.Contains(offer, "STARTTLS") {
		t.Errorf("offered %q", offer)
	}
	for i, command := range []string{"AUTH LOGIN", "AUTH PLAIN AGEAYg=="} {
		if reply := r.ask(command); reply != "530 Must issue a STARTTLS command first\r\n" {
			t.Errorf("%s: %q", command, reply)
		}
		if n := s.ClearLogins(); n != i+1 {
			t.Errorf("%d logins in the clear after %s", n, command)
		}
	}
	if err := s.login(t); err != nil || s.ClearLogins() != 2 {
		t.Errorf("a login in TLS: %v, %d logins in the clear", err, s.ClearLogins())
	}
}

func TestSTARTTLSCanBeHidden(t *testing.T) {
	s := newSending(t, localaws.Config{})
	s.HideSTARTTLS(true)
	r := dialRaw(t, s.SMTP(region))
	r.ask("")
	if offer := r.ask("EHLO localhost"); strings.Contains(offer, "STARTTLS") || !strings.Contains(offer, "AUTH") {
		t.Errorf("offered %q", offer)
	}
	if reply := r.ask("STARTTLS"); strings.HasPrefix(reply, "2") {
		t.Errorf("STARTTLS: %q", reply)
	}
	if reply := r.ask("AUTH PLAIN AGEAYg=="); !strings.HasPrefix(reply, "530") {
		t.Errorf("AUTH: %q", reply)
	}
	client, err := tls.Dial("tcp", s.SMTPS(region), &tls.Config{ServerName: "127.0.0.1", RootCAs: s.CertPool()})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	c, err := smtp.NewClient(client, "127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Auth(smtp.PlainAuth("", s.id, s.password, "127.0.0.1")); err != nil {
		t.Errorf("TLS from the start is touched as well: %v", err)
	}
	s.HideSTARTTLS(false)
	if err := s.login(t); err != nil {
		t.Error(err)
	}
}
