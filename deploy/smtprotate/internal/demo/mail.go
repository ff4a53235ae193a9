package demo

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/smtp"
	"net/textproto"
	"strconv"
	"time"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/smtpsecret"
)

// sendTimeout ends a mail that hangs.
const sendTimeout = 20 * time.Second

// send sends one mail as any mail library does: STARTTLS, AUTH PLAIN, MAIL, RCPT, DATA.
func send(ctx context.Context, login smtpsecret.Value, roots *x509.CertPool, from string) (err error) {
	ctx, cancel := context.WithTimeout(ctx, sendTimeout)
	defer cancel()
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", net.JoinHostPort(login.Host, strconv.Itoa(login.Port)))
	if err != nil {
		return err
	}
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	client, err := smtp.NewClient(conn, login.Host)
	if err != nil {
		conn.Close()
		return err
	}
	defer client.Close()
	if err := client.StartTLS(&tls.Config{ServerName: login.Host, RootCAs: roots}); err != nil {
		return fmt.Errorf("STARTTLS: %w", err)
	}
	if err := client.Auth(smtp.PlainAuth("", login.Username, login.Password, login.Host)); err != nil {
		return fmt.Errorf("logging in: %w", err)
	}
	if err := client.Mail(from); err != nil {
		return err
	}
	if err := client.Rcpt("success@simulator.amazonses.com"); err != nil {
		return err
	}
	body, err := client.Data()
	if err != nil {
		return err
	}
	fmt.Fprintf(body, "From: %s\r\nSubject: hello\r\n\r\nHello.\r\n", from)
	if err := body.Close(); err != nil {
		return err
	}
	_ = client.Quit() // the mail was accepted
	return nil
}

// refused tells SES's judgement on a credential from everything else that can go wrong.
func refused(err error) bool {
	reply, ok := errors.AsType[*textproto.Error](err)
	return ok && reply.Code == 535
}
