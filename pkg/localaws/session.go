package localaws

import (
	"fmt"
	"io"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// A session is one client's conversation with one SMTP server, in SES's words as far as go-smtp
// allows.
type session struct {
	world    *World
	conn     *smtp.Conn
	visit    *visit
	secure   bool
	username string // the access key that logged in
	from     string
	to       []string
}

func newSession(w *World, c *smtp.Conn) *session {
	_, secure := c.TLSConnectionState()
	return &session{world: w, conn: c, visit: visitOf(c.Conn()), secure: secure}
}

// say returns a reply without an enhanced status code, as SES writes them.
func say(code int, format string, args ...any) error {
	return &smtp.SMTPError{Code: code, EnhancedCode: smtp.NoEnhancedCode, Message: fmt.Sprintf(format, args...)}
}

var (
	errNoTLS    = say(530, "Must issue a STARTTLS command first")
	errNoLogin  = say(530, "Authentication required")
	errRejected = say(535, "Authentication Credentials Invalid")
)

// AuthMechanisms returns the mechanisms, which are offered before STARTTLS, too, as by SES. A
// client that logs in there is refused, but has sent its password in the clear.
func (s *session) AuthMechanisms() []string { return s.world.authMechanisms() }

func (s *session) Auth(mechanism string) (sasl.Server, error) {
	s.world.logins.Add(1)
	switch {
	case !s.secure:
		s.world.clearLogins.Add(1)
		return nil, errNoTLS
	case s.username != "":
		return nil, say(503, "Already authenticated")
	case !s.world.offers(mechanism):
		return nil, say(504, "Unrecognized authentication type")
	case mechanism == sasl.Login:
		return &loginServer{login: s.login}, nil
	}
	return sasl.NewPlainServer(func(_, username, password string) error {
		return s.login(username, password)
	}), nil
}

// login returns the reply to AUTH. It is an error to go-smtp even if it accepts the client, because
// only so can the text be SES's.
func (s *session) login(username, password string) error {
	if err := s.fault("auth", username); err != nil {
		return err
	}
	if !s.world.login(s.visit, username, password) {
		return errRejected
	}
	s.username = username
	return say(235, "Authentication successful.")
}

func (s *session) Mail(from string, _ *smtp.MailOptions) error {
	if err := s.allowed("mail"); err != nil {
		return err
	}
	s.from = from
	return nil
}

func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.to = append(s.to, to)
	return nil
}

func (s *session) Data(r io.Reader) error {
	data, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	if err := s.allowed("data"); err != nil {
		return err
	}
	mail := Mail{Region: s.visit.endpoint.region, AccessKeyID: s.username, From: s.from, To: s.to, Data: data}
	if text := s.world.deliver(mail, s.visit.address()); text != "" {
		return say(554, "%s", text)
	}
	return say(250, "Ok %016x-%s-000000", s.world.Now().UnixMilli(), newUUID())
}

// allowed returns nil if the client may go on: it has a secure connection, is logged in with a key
// that is still Active, and no fault prevents it.
func (s *session) allowed(stage string) error {
	switch {
	case !s.secure:
		return errNoTLS
	case s.username == "":
		return errNoLogin
	}
	if err := s.fault(stage, s.username); err != nil {
		return err
	}
	if !s.world.activeOn(s.visit.server, s.username) {
		return errRejected
	}
	return nil
}

// fault makes the fault for a stage happen, if there is one.
func (s *session) fault(stage, username string) error {
	reply := s.world.smtpReply(s.visit, stage, username)
	if reply == nil {
		return nil
	}
	if reply.Drop || reply.Hang {
		s.visit.suffer(reply)
	}
	return say(reply.code(), "%s", reply.text())
}

func (s *session) Reset() { s.from, s.to = "", nil }

// Logout ends the session, because the connection ends or changes to TLS.
func (s *session) Logout() error {
	s.visit.talksOver(s.conn.Conn())
	return nil
}

// A loginServer implements AUTH LOGIN, which asks for the username, then for the password.
type loginServer struct {
	login    func(username, password string) error
	asked    int
	username string
}

func (l *loginServer) Next(response []byte) (challenge []byte, done bool, err error) {
	if response == nil && l.asked == 0 {
		l.asked = 1
		return []byte("Username:"), false, nil
	}
	if l.asked < 2 {
		l.asked, l.username = 2, string(response)
		return []byte("Password:"), false, nil
	}
	return nil, true, l.login(l.username, string(response))
}
