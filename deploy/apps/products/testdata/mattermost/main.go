// Sends one mail as Mattermost does (server/platform/shared/mail/mail.go): with Go's net/smtp, a
// STARTTLS that may fail, and logins that ask for TLS themselves: mattermost CONFIG SUBJECT
package main

import (
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"net"
	"net/smtp"
	"os"
	"slices"
)

// settings are those of EmailSettings that the page has mmctl write.
type settings struct {
	SMTPServer, SMTPPort, ConnectionSecurity string
	SkipServerCertificateVerification        bool
	EnableSMTPAuth                           bool
	SMTPUsername, SMTPPassword               string
}

func main() {
	text, err := os.ReadFile(os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	var config struct{ EmailSettings settings }
	if err := json.Unmarshal(text, &config); err != nil {
		log.Fatal(err)
	}
	if err := send(config.EmailSettings, os.Args[2]); err != nil {
		log.Fatal(err)
	}
}

func send(s settings, subject string) error {
	conn, err := s.dial()
	if err != nil {
		return err
	}
	defer conn.Close()
	c, err := smtp.NewClient(conn, s.address())
	if err != nil {
		return err
	}
	if s.ConnectionSecurity == "STARTTLS" {
		_ = c.StartTLS(s.tls()) // Mattermost goes on, too
	}
	if s.EnableSMTPAuth {
		if err := c.Auth(&auth{settings: s}); err != nil {
			return err
		}
	}
	if err := errors.Join(c.Mail("app@example.com"), c.Rcpt("you@example.net")); err != nil {
		return err
	}
	w, err := c.Data()
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, "From: app@example.com\r\nTo: you@example.net\r\nSubject: %s\r\n\r\nHello.\r\n", subject)
	return errors.Join(err, w.Close())
}

func (s settings) address() string { return s.SMTPServer + ":" + s.SMTPPort }

func (s settings) tls() *tls.Config {
	return &tls.Config{ServerName: s.SMTPServer, InsecureSkipVerify: s.SkipServerCertificateVerification}
}

func (s settings) dial() (net.Conn, error) {
	if s.ConnectionSecurity == "TLS" {
		return tls.Dial("tcp", s.address(), s.tls())
	}
	return net.Dial("tcp", s.address())
}

// auth is PLAIN if the server offers it, and LOGIN else.
type auth struct {
	smtp.Auth
	settings settings
}

func (a *auth) Start(server *smtp.ServerInfo) (proto string, toServer []byte, err error) {
	a.Auth = login{a.settings}
	if slices.Contains(server.Auth, "PLAIN") {
		a.Auth = smtp.PlainAuth("", a.settings.SMTPUsername, a.settings.SMTPPassword, a.settings.address())
	}
	return a.Auth.Start(server)
}

type login struct{ settings settings }

func (l login) Start(server *smtp.ServerInfo) (proto string, toServer []byte, err error) {
	if !server.TLS {
		return "", nil, errors.New("unencrypted connection")
	}
	return "LOGIN", nil, nil
}

func (l login) Next(fromServer []byte, more bool) ([]byte, error) {
	switch {
	case !more:
		return nil, nil
	case string(fromServer) == "Username:":
		return []byte(l.settings.SMTPUsername), nil
	default:
		return []byte(l.settings.SMTPPassword), nil
	}
}
