package sessmtp

import (
	"context"
	"errors"
)

// Send sends one mail. It logs in at the first of the endpoint's addresses that it can connect to.
// The message must be complete (RFC 5322); lines may end in LF or CRLF. Send doesn't retry: a mail
// that was interrupted may have been sent. Errors are [*ReplyError] values.
func (c *Client) Send(ctx context.Context, l Login, from, to string, msg []byte) error {
	addrs, err := c.Addresses(ctx, l.Endpoint)
	if err != nil {
		return err
	}
	for _, addr := range addrs {
		var s *session
		s, err = c.open(ctx, l, addr)
		if err == nil {
			err = s.send(from, to, msg)
			s.close(err)
			return err
		}
		if !unreachable(err) {
			break
		}
	}
	return err
}

// send sends one mail (RFC 5321, section 3.3).
func (s *session) send(from, to string, msg []byte) error {
	sender := "MAIL FROM:<" + from + ">"
	if _, offered := s.extensions["8BITMIME"]; offered {
		sender += " BODY=8BITMIME"
	}
	if _, err := s.ask(opMail, 250, sender); err != nil {
		return err
	}
	if _, err := s.ask(opRcpt, 25, "RCPT TO:<"+to+">"); err != nil {
		return err
	}
	if _, err := s.ask(opData, 354, "DATA"); err != nil {
		return err
	}
	w := s.text.DotWriter()
	_, err := w.Write(msg)
	if err := errors.Join(err, w.Close()); err != nil {
		return s.failed(opData, err)
	}
	_, err = s.reply(opData, 250)
	return err
}

// simulator is an address that accepts all mail and delivers none: "Using the mailbox simulator
// manually" in the SES guide.
const simulator = "success@simulator.amazonses.com"

// mail returns the mail for the mailbox simulator. SES adds the date and the message's ID.
func mail(from string) []byte {
	return []byte("From: " + from + "\r\nTo: " + simulator + "\r\nSubject: Verification of a new SMTP credential\r\n" +
		"\r\nThis mail proves that a new SMTP credential may send. It is delivered to nobody.\r\n")
}
