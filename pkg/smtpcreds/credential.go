package smtpcreds

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/smtp"
	"net/textproto"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sessmtp"
)

// Credential is what a program needs to log in to SES in one Region: Username, Password, Host and
// Port. The password can't be printed; string(c.Password) reveals it. Compare credentials with ==.
type Credential struct{ sessmtp.Login }

// Auth logs in with AUTH PLAIN (RFC 4616). Like net/smtp's PlainAuth, it refuses to log in without
// TLS or to another host. Unlike PlainAuth, it makes no exception for localhost: SES offers AUTH
// before STARTTLS, so through a tunnel that ends on localhost the password would go in the clear.
func (c Credential) Auth() smtp.Auth {
	return overTLS{smtp.PlainAuth("", c.Username, string(c.Password), c.Host)}
}

type overTLS struct{ smtp.Auth }

// Start refuses without TLS.
func (a overTLS) Start(server *smtp.ServerInfo) (string, []byte, error) {
	if !server.TLS {
		return "", nil, fmt.Errorf("%s: the connection has no TLS; the password wasn't sent", server.Name)
	}
	return a.Auth.Start(server)
}

// Dial connects, starts TLS and logs in. The port decides how TLS starts, as SES defines it: ports
// 465 and 2465 speak TLS from the start (smtp.SendMail hangs on those), all others use STARTTLS. If
// config is nil, the system's root certificates are trusted. Cancelling ctx interrupts Dial, but
// has no effect on the connection that Dial has returned.
func (c Credential) Dial(ctx context.Context, config *tls.Config) (*smtp.Client, error) {
	if config == nil {
		config = &tls.Config{}
	}
	config = config.Clone()
	config.ServerName, config.MinVersion = c.Host, max(config.MinVersion, tls.VersionTLS12)
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", c.Addr())
	if err != nil {
		return nil, err
	}
	cutOff := context.AfterFunc(ctx, func() { conn.Close() })
	client, err := c.login(conn, config)
	if !cutOff() && err == nil {
		client.Close()
		err = ctx.Err()
	}
	if err != nil {
		conn.Close()
		return nil, fmt.Errorf("logging in at %s: %w", c.Addr(), errors.Join(err, context.Cause(ctx)))
	}
	return client, nil
}

// SendMail sends one mail on a new connection. Unlike smtp.SendMail, it works on all of SES's ports
// and never sends without TLS. The message must be complete, with lines that end in CRLF. If config
// is nil, the system's root certificates are trusted. Cancelling ctx interrupts SendMail; after
// that, or after a broken connection, the mail may have been sent.
func (c Credential) SendMail(ctx context.Context, config *tls.Config, from string, to []string, msg []byte) error {
	client, err := c.Dial(ctx, config)
	if err != nil {
		return err
	}
	defer client.Close()
	cutOff := context.AfterFunc(ctx, func() { client.Close() })
	defer cutOff()
	if err := transmit(client, from, to, msg); err != nil {
		return fmt.Errorf("sending a mail at %s: %w", c.Addr(), errors.Join(err, context.Cause(ctx)))
	}
	_ = client.Quit() // the server has accepted the mail already
	return nil
}

func transmit(client *smtp.Client, from string, to []string, msg []byte) error {
	if err := client.Mail(from); err != nil {
		return err
	}
	for _, one := range to {
		if err := client.Rcpt(one); err != nil {
			return err
		}
	}
	body, err := client.Data()
	if err != nil {
		return err
	}
	if _, err := body.Write(msg); err != nil {
		return err
	}
	return body.Close()
}

func (c Credential) login(conn net.Conn, config *tls.Config) (*smtp.Client, error) {
	if c.ImplicitTLS() {
		conn = tls.Client(conn, config)
	}
	client, err := smtp.NewClient(conn, c.Host)
	if err != nil {
		return nil, err
	}
	if !c.ImplicitTLS() {
		if err := client.StartTLS(config); err != nil {
			return nil, err
		}
	}
	return client, client.Auth(c.Auth())
}

// Refused reports whether err says that SES refused the credential: reply 535, either to the login
// or to a mail on a connection that was logged in earlier. It recognises the errors of net/smtp,
// github.com/wneessen/go-mail and this module.
func Refused(err error) bool {
	if reply, ok := errors.AsType[*textproto.Error](err); ok {
		return reply.Code == 535
	}
	if reply, ok := errors.AsType[*sessmtp.ReplyError](err); ok {
		return reply.Code == 535
	}
	reply, ok := errors.AsType[interface { // go-mail's SendError
		error
		ErrorCode() int
	}](err)
	return ok && reply.ErrorCode() == 535
}
