package sessmtp

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/textproto"
	"strings"
	"time"
)

// goodbye is how long to wait for the answer to QUIT, which doesn't matter.
const goodbye = time.Second

// session is one authenticated connection.
type session struct {
	ctx        context.Context // limits the whole session; when it ends, the connection is closed
	end        func()          // releases ctx and the connection
	login      Login
	addr       string
	conn       net.Conn
	text       *textproto.Conn
	extensions map[string]string // EHLO's list: parameters by keyword, in capitals
}

// open connects to addr, sets up TLS and logs in.
func (c *Client) open(ctx context.Context, l Login, addr string) (*session, error) {
	ctx, cancel := c.bounded(ctx)
	s := &session{ctx: ctx, end: cancel, login: l, addr: addr}
	conn, err := c.dial(ctx, addr)
	if err != nil {
		defer cancel()
		e := s.failed(opConnect, err)
		e.Unreachable = true
		return nil, e
	}
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	s.end = func() { stop(); cancel(); conn.Close() }
	s.use(&limitedConn{Conn: conn, left: replyLimit})
	if err := s.start(c.localName(), c.tlsConfig(l.Host)); err != nil {
		s.close(err)
		return nil, err
	}
	return s, nil
}

// start does everything that comes before mail can be sent.
func (s *session) start(localName string, config *tls.Config) error {
	if s.login.ImplicitTLS() {
		if err := s.encrypt(opConnect, config); err != nil {
			return err
		}
	}
	if _, err := s.reply(opConnect, 220); err != nil {
		return err
	}
	if err := s.hello(opConnect, localName); err != nil {
		return err
	}
	if !s.login.ImplicitTLS() {
		if err := s.startTLS(localName, config); err != nil {
			return err
		}
	}
	return s.authenticate()
}

// startTLS upgrades the connection to TLS (RFC 3207).
func (s *session) startTLS(localName string, config *tls.Config) error {
	if _, offered := s.extensions["STARTTLS"]; !offered {
		return s.failed(opStartTLS,
			errors.New("not offered, perhaps because of a man in the middle; the password wasn't sent"))
	}
	if _, err := s.ask(opStartTLS, 220, "STARTTLS"); err != nil {
		return err
	}
	if err := s.encrypt(opStartTLS, config); err != nil {
		return err
	}
	return s.hello(opStartTLS, localName)
}

// use switches to another connection. It drops what was read ahead from the old one, so that a
// reply injected before the handshake isn't taken for the server's (RFC 3207, section 6).
func (s *session) use(conn net.Conn) {
	s.conn, s.text = conn, textproto.NewConn(conn)
}

// encrypt does the TLS handshake and checks the certificate.
func (s *session) encrypt(op string, config *tls.Config) error {
	conn := tls.Client(s.conn, config)
	if err := conn.HandshakeContext(s.ctx); err != nil {
		return s.failed(op, err)
	}
	s.use(conn)
	return nil
}

// hello sends EHLO and notes the extensions that the server offers.
func (s *session) hello(op, localName string) error {
	text, err := s.ask(op, 250, "EHLO "+localName)
	if err != nil {
		return err
	}
	s.extensions = make(map[string]string)
	_, list, _ := strings.Cut(strings.ToUpper(text), "\n") // the first line is a greeting
	for line := range strings.Lines(list) {
		keyword, params, _ := strings.Cut(strings.TrimSpace(line), " ")
		s.extensions[keyword] = params
	}
	return nil
}

// close ends the session after err. Unless err broke the conversation off, it says QUIT first.
func (s *session) close(err error) {
	defer s.end()
	if reply, ok := errors.AsType[*ReplyError](err); err == nil || ok && reply.Code != 0 {
		s.conn.SetDeadline(time.Now().Add(goodbye))
		s.ask("quit", 221, "QUIT")
	}
}
