package sessmtp_test

import (
	"errors"
	"fmt"
	"io"
	"testing"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sessmtp"
)

func TestRepliesMeanWhatSESMeans(t *testing.T) {
	for _, reply := range []struct {
		op   string
		code int
		text string
		want sessmtp.Meaning
	}{
		{"auth", 235, "Authentication successful.", sessmtp.Accepted},
		{"data", 250, "Ok 0102018c-0000", sessmtp.Accepted},
		{"data", 354, "End data with <CR><LF>.<CR><LF>", sessmtp.Accepted},

		{"auth", 535, "Authentication Credentials Invalid", sessmtp.Refused},
		{"auth", 535, "5.7.8 Authentication Credentials Invalid", sessmtp.Refused},
		{"auth", 535, "Account not subscribed to SES", sessmtp.Refused},
		{"mail", 535, "Authentication Credentials Invalid", sessmtp.Refused},

		{"auth", 454, "Temporary authentication failure", sessmtp.Unknown},
		{"auth", 454, "4.7.0 Temporary authentication failure", sessmtp.Unknown},
		{"auth", 454, "Throttling failure: Maximum sending rate exceeded.", sessmtp.Unknown},
		{"connect", 421, "Too many concurrent SMTP connections", sessmtp.Unknown},
		{"auth", 421, "Too many concurrent SMTP connections", sessmtp.Unknown},
		{"data", 451, "Temporary service failure", sessmtp.Unknown},
		{"starttls", 454, "TLS not available due to temporary reason", sessmtp.Unknown},
		{"connect", 554, "No SMTP service here", sessmtp.Unknown},
		{"connect", 220, "email-smtp.amazonaws.com ESMTP SimpleEmailService", sessmtp.Unknown},
		{"auth", 334, "", sessmtp.Unknown},
		{"auth", 250, "Ok", sessmtp.Unknown},

		{"data", 454, "Throttling failure: Maximum sending rate exceeded.", sessmtp.Throttled},
		{"mail", 454, "4.3.0 Throttling failure: Daily message quota exceeded.", sessmtp.Throttled},

		{"data", 554, "Access denied: User `arn:aws:iam::123456789012:user/smtp' is not authorized to perform\n" +
			"`ses:SendRawEmail' on resource `arn:aws:ses:eu-west-1:123456789012:identity/example.com'", sessmtp.SendDenied},
		{"data", 554, "5.7.1 Access\ndenied", sessmtp.SendDenied},

		{"data", 554, "Message rejected: Email address is not verified. The following identities failed the check " +
			"in region\n" +
			"EU-WEST-1: sender@example.com", sessmtp.IdentityRejected},
		{"data", 554, "Message rejected: Email address is not verified. The following identities failed the check in " +
			"region EU-WEST-1: sending paused@example.com, sending.suspended@example.com", sessmtp.IdentityRejected},

		{"data", 554, "Message rejected: Sending suspended for this account. For more information, please check the " +
			"inbox of the email address associated with your AWS account.", sessmtp.AccountPaused},
		{"data", 554, "Message rejected: Sending paused for this account. For more information, please check the " +
			"inbox of the email address associated with your AWS account.", sessmtp.AccountPaused},
		{"data", 554, "5.7.1 Message rejected:\nSending paused for this account.", sessmtp.AccountPaused},
		{"mail", 554, "Transaction failed: Sending paused", sessmtp.AccountPaused},
		{"data", 554, "Message rejected: Account is paused", sessmtp.AccountPaused},
		{"data", 554, "Message rejected: Email sending is disabled for your account", sessmtp.AccountPaused},
		{"data", 554, "Message rejected: Sending paused for configuration set marketing", sessmtp.AccountPaused},

		{"mail", 530, "Authentication required", sessmtp.Misused},
		{"auth", 530, "Must issue a STARTTLS command first", sessmtp.Misused},
		{"auth", 504, "Unrecognized authentication type", sessmtp.Misused},
		{"auth", 538, "Encryption required for requested authentication mechanism", sessmtp.Misused},
		{"connect", 501, "Invalid domain name", sessmtp.Misused},
		{"mail", 501, "Invalid MAIL FROM address provided", sessmtp.Misused},
		{"data", 554, "Transaction failed: Missing final '@domain'", sessmtp.Misused},
	} {
		if got := sessmtp.Classify(reply.op, reply.code, reply.text); got != reply.want {
			t.Errorf("%s: %d %s: got %s, want %s", reply.op, reply.code, reply.text, got, reply.want)
		}
	}
}

// Answers about the credential, the account or the server wait; answers about one mail don't.
func TestAMailWaitsUnlessItIsAtFaultItself(t *testing.T) {
	for _, reply := range []struct {
		op, text string
		code     int
		waits    bool
	}{
		{"connect", "Too many concurrent SMTP connections", 421, true},
		{"mail", "4.4.2 Timeout waiting for data from client.", 451, true},
		{"data", "Temporary service failure", 451, true},
		{"data", "Throttling failure: Daily message quota exceeded.", 454, true},
		{"data", "Throttling failure: Maximum SigV2 SMTP sending rate exceeded.", 454, true},
		{"data", "Temporary service failure", 454, true},
		{"auth", "Authentication Credentials Invalid", 535, true},
		{"auth", "Account not subscribed to SES", 535, true},
		{"data", "Access denied: User `arn' is not authorized to perform `ses:SendRawEmail'", 554, true},
		{"data", "Message rejected: Sending paused for this account.", 554, true},
		{"data", "Message rejected: Email address is not verified.", 554, false},
		{"data", "Transaction failed: Duplicate header 'DKIM-Signature'.", 554, false},
		{"data", "Message is too long.", 552, false},
		{"mail", "<a b@example.com> Invalid email address", 553, false},
		{"rcpt", "<c d> address unknown", 553, false},
		{"data", "Ok 0102", 250, false},
	} {
		if got := sessmtp.Classify(reply.op, reply.code, reply.text); got.Waits() != reply.waits {
			t.Errorf("%s: %d %s: %s waits %t", reply.op, reply.code, reply.text, got, got.Waits())
		}
	}
}

func TestEveryErrorHasAMeaning(t *testing.T) {
	refused := &sessmtp.ReplyError{Meaning: sessmtp.Refused}
	for _, c := range []struct {
		err  error
		want sessmtp.Meaning
	}{
		{nil, sessmtp.Accepted},
		{refused, sessmtp.Refused},
		{fmt.Errorf("verifying: %w", refused), sessmtp.Refused},
		{errors.New("something else"), sessmtp.Unknown},
	} {
		if got := sessmtp.MeaningOf(c.err); got != c.want {
			t.Errorf("%v: got %s, want %s", c.err, got, c.want)
		}
	}
}

func TestAnErrorNamesOperationServerAndReplyOnce(t *testing.T) {
	for want, err := range map[string]*sessmtp.ReplyError{
		"logging in at 192.0.2.1:587: 535 Authentication Credentials Invalid": {
			Op: "auth", Addr: "192.0.2.1:587", Code: 535, Text: "Authentication Credentials Invalid"},
		"sending the message to 192.0.2.1:587: 451":                        {Op: "data", Addr: "192.0.2.1:587", Code: 451},
		"connecting to 192.0.2.1:587: the server closed the connection":    {Op: "connect", Addr: "192.0.2.1:587", Err: io.EOF},
		"starting TLS with 192.0.2.1:587: tls: first record is not a TLS…": {Op: "starttls", Addr: "192.0.2.1:587", Err: errors.New("tls: first record is not a TLS…")},
	} {
		if err.Error() != want {
			t.Errorf("got %q, want %q", err, want)
		}
	}
}

func FuzzClassify(f *testing.F) {
	f.Add("auth", 535, "Authentication Credentials Invalid")
	f.Add("data", 454, "Throttling failure")
	f.Add("data", 554, "Access denied")
	f.Add("", -1, "\xff\r\n")
	f.Fuzz(func(t *testing.T, op string, code int, text string) {
		meaning := sessmtp.Classify(op, code, text)
		switch meaning {
		case sessmtp.Accepted, sessmtp.Throttled:
			if code >= 500 {
				t.Errorf("%s %d %q: %s", op, code, text, meaning)
			}
		case sessmtp.Refused, sessmtp.SendDenied, sessmtp.IdentityRejected, sessmtp.AccountPaused, sessmtp.Misused:
			if code < 500 || code > 599 {
				t.Errorf("%s %d %q: %s", op, code, text, meaning)
			}
		case sessmtp.Unknown:
		default:
			t.Errorf("%s %d %q: %q isn't a meaning", op, code, text, meaning)
		}
	})
}
