package recording

import (
	"context"
	"crypto/tls"
	"encoding/base64"
	"fmt"
	"net"
	"net/textproto"
	"slices"
	"strings"
	"time"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sessmtp"
)

// reply is an SMTP server's reply.
type reply struct {
	code int
	text string
}

func (r reply) String() string { return fmt.Sprintf("%d %s", r.code, r.text) }

// talkTimeout bounds one command and its reply.
const talkTimeout = 20 * time.Second

// talk is a conversation with one SMTP server, line by line. A mail library would hide what the
// server said, or couldn't send the commands that the questions need.
type talk struct {
	*textproto.Conn
	conn   net.Conn
	offers []string // in reply to the last EHLO
}

// connects is how often to try to connect.
const connects = 3

// open connects, and switches to TLS. It retries if a connection breaks, because that answers no
// question.
func (s Stage) open(ctx context.Context, addr string) (t *talk, err error) {
	for range connects {
		if t, err = s.openOnce(ctx, addr); err == nil || ctx.Err() != nil {
			break
		}
	}
	return t, err
}

func (s Stage) openOnce(ctx context.Context, addr string) (*talk, error) {
	t, err := s.connect(ctx, addr)
	if err != nil {
		return nil, err
	}
	if !s.Endpoint.ImplicitTLS() {
		r, err := t.say("STARTTLS")
		if err := unless(220, r, err); err != nil {
			_ = t.Close()
			return nil, fmt.Errorf("STARTTLS at %s: %w", addr, err)
		}
		t.secure(s.tls())
	}
	return t.greeted()
}

// connect opens a connection, up to and including EHLO.
func (s Stage) connect(ctx context.Context, addr string) (*talk, error) {
	dialer := net.Dialer{Timeout: talkTimeout}
	conn, err := dialer.DialContext(ctx, "tcp", addr)
	if err != nil {
		return nil, err
	}
	t := &talk{Conn: textproto.NewConn(conn), conn: conn}
	if s.Endpoint.ImplicitTLS() {
		t.secure(s.tls())
	}
	r, err := t.hear()
	if err := unless(220, r, err); err != nil {
		_ = t.Close()
		return nil, fmt.Errorf("the greeting of %s: %w", addr, err)
	}
	return t.greeted()
}

// greeted sends EHLO, and closes the connection if that fails.
func (t *talk) greeted() (*talk, error) {
	if err := t.hello(); err != nil {
		_ = t.Close()
		return nil, err
	}
	return t, nil
}

func (s Stage) tls() *tls.Config {
	return &tls.Config{ServerName: s.Endpoint.Host, RootCAs: s.RootCAs, MinVersion: tls.VersionTLS12}
}

func (t *talk) secure(cfg *tls.Config) {
	t.conn = tls.Client(t.conn, cfg)
	t.Conn = textproto.NewConn(t.conn)
}

// hello sends EHLO, and keeps what the server offers.
func (t *talk) hello() error {
	r, err := t.say("EHLO localhost")
	if lines := strings.Split(r.text, "\n"); len(lines) > 1 {
		t.offers = slices.Sorted(slices.Values(lines[1:]))
	}
	if err := unless(250, r, err); err != nil {
		return fmt.Errorf("EHLO: %w", err)
	}
	return nil
}

// unless returns an error unless the reply has the code.
func unless(code int, r reply, err error) error {
	if err == nil && r.code != code {
		return fmt.Errorf("the reply was %v", r)
	}
	return err
}

// say sends a line, and reads the reply.
func (t *talk) say(format string, args ...any) (reply, error) {
	_ = t.conn.SetDeadline(time.Now().Add(talkTimeout))
	if err := t.PrintfLine(format, args...); err != nil {
		return reply{}, err
	}
	return t.hear()
}

// hear reads a reply.
func (t *talk) hear() (reply, error) {
	_ = t.conn.SetDeadline(time.Now().Add(talkTimeout))
	code, text, err := t.ReadResponse(0)
	return reply{code, text}, err
}

// auth logs in.
func (t *talk) auth(username string, password sessmtp.Password) (reply, error) {
	plain := "\x00" + username + "\x00" + string(password) // RFC 4616
	return t.say("AUTH PLAIN %s", base64.StdEncoding.EncodeToString([]byte(plain)))
}

// send sends a mail. It returns the reply that decided, and the command that it replied to.
func (t *talk) send(m mail) (command string, r reply, err error) {
	if r, err = t.say("MAIL FROM:<%s>", m.envelopeFrom); err != nil || r.code != 250 {
		return "MAIL", r, err
	}
	for _, to := range m.envelopeTo {
		if r, err = t.say("RCPT TO:<%s>", to); err != nil || r.code != 250 {
			return "RCPT", r, err
		}
	}
	if r, err = t.say("DATA"); err != nil || r.code != 354 {
		return "DATA", r, err
	}
	_ = t.conn.SetDeadline(time.Now().Add(talkTimeout))
	w := t.DotWriter()
	if _, err = w.Write([]byte(m.text())); err == nil {
		err = w.Close()
	}
	if err != nil {
		return "the mail", reply{}, err
	}
	r, err = t.hear()
	return "the mail", r, err
}

// quit ends the session and closes the connection.
func (t *talk) quit() {
	_, _ = t.say("QUIT")
	_ = t.Close()
}

// login logs in at one server on a fresh connection.
func (s Stage) login(ctx context.Context, addr, username string, password sessmtp.Password) (reply, error) {
	t, err := s.open(ctx, addr)
	if err != nil {
		return reply{}, err
	}
	defer t.quit()
	return t.auth(username, password)
}
