package sessmtp_test

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"slices"
	"sync"
	"testing"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sessmtp"
)

const (
	host     = "email-smtp.eu-west-1.amazonaws.com"
	username = "AKIAIOSFODNN7EXAMPLE"
	password = "BMXhUYlu5Z3gSXVQORxlVa7XPaz91aGWdfHxvkOZdWZ2"
)

// credential is the one that server accepts.
func credential(port int) sessmtp.Login {
	return sessmtp.Login{
		Endpoint: sessmtp.Endpoint{Region: "eu-west-1", Host: host, Port: port},
		Username: username,
		Password: password,
	}
}

// says returns a reply in SES's words, without an enhanced status code.
func says(code int, text string) error {
	return &smtp.SMTPError{Code: code, EnhancedCode: smtp.NoEnhancedCode, Message: text}
}

var errRefused = says(535, "Authentication Credentials Invalid")

// server is an SMTP server on loopback that behaves like one of SES's.
type server struct {
	TLS        *tls.Config       // nil: none offered
	Implicit   bool              // TLS from the start
	Insecure   bool              // offers AUTH without TLS
	Mechanisms []string          // default PLAIN and LOGIN
	Auth       func(n int) error // the reply to the n-th login with the right password, from 1
	Data       error             // the reply to a mail

	addr   string
	mutex  sync.Mutex
	logins []string // the mechanism of each login
	mails  []string // "from, to: text"
}

// start runs the server until the test ends.
func (s *server) start(t *testing.T) *server {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.addr = listener.Addr().String()
	srv := smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return &visit{server: s}, nil }))
	srv.Domain, srv.TLSConfig, srv.AllowInsecureAuth = host, s.TLS, s.Insecure
	srv.ErrorLog = silence{}
	if s.Implicit {
		listener, srv.TLSConfig = tls.NewListener(listener, s.TLS), nil
		srv.AllowInsecureAuth = false
	}
	var group sync.WaitGroup
	group.Go(func() { srv.Serve(listener) })
	t.Cleanup(func() {
		srv.Close()
		listener.Close() // Close misses a listener if Serve hasn't registered it yet
		group.Wait()
	})
	return s
}

// count returns how many logins were tried.
func (s *server) count() int { return len(s.tried()) }

// tried returns the mechanism of each login that was tried.
func (s *server) tried() []string {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return slices.Clone(s.logins)
}

// sent returns the mails that were accepted.
func (s *server) sent() []string {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return slices.Clone(s.mails)
}

// visit is one connection to a server.
type visit struct {
	*server
	in       bool
	from, to string
}

func (v *visit) AuthMechanisms() []string {
	if v.Mechanisms == nil {
		return []string{"PLAIN", "LOGIN"}
	}
	return v.Mechanisms
}

func (v *visit) Auth(mechanism string) (sasl.Server, error) {
	check := func(user, pass string) error {
		v.mutex.Lock()
		defer v.mutex.Unlock()
		v.logins = append(v.logins, mechanism)
		if user != username || pass != password {
			return errRefused
		}
		if v.server.Auth != nil {
			if err := v.server.Auth(len(v.logins)); err != nil {
				return err
			}
		}
		v.in = true
		return nil
	}
	if mechanism == "LOGIN" {
		return &loginServer{check: check}, nil
	}
	return sasl.NewPlainServer(func(_, user, pass string) error { return check(user, pass) }), nil
}

func (v *visit) Mail(from string, _ *smtp.MailOptions) error {
	if !v.in {
		return says(530, "Authentication required")
	}
	v.from = from
	return nil
}

func (v *visit) Rcpt(to string, _ *smtp.RcptOptions) error { v.to = to; return nil }

func (v *visit) Data(r io.Reader) error {
	text, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	if v.server.Data != nil {
		return v.server.Data
	}
	v.mutex.Lock()
	defer v.mutex.Unlock()
	v.mails = append(v.mails, v.from+", "+v.to+": "+string(text))
	return nil
}

func (v *visit) Reset()        {}
func (v *visit) Logout() error { return nil }

// loginServer is the server's side of AUTH LOGIN.
type loginServer struct {
	check func(user, pass string) error
	step  int
	user  string
}

func (l *loginServer) Next(response []byte) (challenge []byte, done bool, err error) {
	l.step++
	switch l.step {
	case 1:
		return []byte("Username:"), false, nil
	case 2:
		l.user = string(response)
		return []byte("Password:"), false, nil
	}
	return nil, true, l.check(l.user, string(response))
}

// silence is a log that discards everything.
type silence struct{}

func (silence) Printf(string, ...any) {}
func (silence) Println(...any)        {}

// network maps the addresses that clients dial, "ip:port" or "host:port", to real ones on loopback.
// Any other address can't be reached. The tests use RFC 5737's addresses for documentation.
type network map[string]string

func (n network) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	real, ok := n[addr]
	if !ok {
		return nil, &net.OpError{Op: "dial", Net: network, Err: errors.New("network is unreachable")}
	}
	return new(net.Dialer).DialContext(ctx, network, real)
}

// names returns a resolver that knows one name.
func names(addrs ...string) func(context.Context, string) ([]string, error) {
	return func(_ context.Context, name string) ([]string, error) {
		if name != host {
			return nil, &net.DNSError{Err: "no such host", Name: name, IsNotFound: true}
		}
		return addrs, nil
	}
}
