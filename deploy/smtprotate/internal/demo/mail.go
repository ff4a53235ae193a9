package demo

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"time"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/smtpcreds"
)

// sendTimeout is how long sending one mail may take.
const sendTimeout = 20 * time.Second

// deliver sends one mail to SES's mailbox simulator.
func deliver(ctx context.Context, c smtpcreds.Credential, roots *x509.CertPool, from string) error {
	ctx, cancel := context.WithTimeout(ctx, sendTimeout)
	defer cancel()
	client, err := c.Dial(ctx, &tls.Config{RootCAs: roots})
	if err != nil {
		return err
	}
	defer client.Close()
	defer context.AfterFunc(ctx, func() { client.Close() })()
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
