package sessmtp

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
)

// Meaning is what SES's answer says about a credential.
type Meaning string

// The meanings. SES's replies are listed under "SMTP response codes returned by Amazon SES" in the
// SES guide's "Amazon SES SMTP issues".
const (
	// Accepted: the password is right (235), or the mail was taken (250).
	Accepted Meaning = "accepted"

	// Refused: 535. The password, key or Region is wrong, the key is Inactive, or this server
	// doesn't know the key yet. In the last case the same login works later.
	Refused Meaning = "refused"

	// Unknown: nothing was learned about the credential, so try again. The causes are 454 Temporary
	// authentication failure, 421, 451, a broken connection, a timeout or a TLS failure.
	Unknown Meaning = "unknown"

	// SendDenied: 554 Access denied, not authorized to perform ses:SendRawEmail. The password is
	// right, but the user's policy or the identity's policy doesn't allow the mail.
	SendDenied Meaning = "send_denied"

	// IdentityRejected: 554 Message rejected, such as "Email address is not verified". The password
	// is right, but an identity isn't set up for this mail.
	IdentityRejected Meaning = "identity_rejected"

	// AccountPaused: 554 Message rejected: Sending paused for this account, or suspended. The
	// password is right, but SES accepts no mail from the account until its owner has resolved this
	// with AWS ("Account is paused" in the SES guide's "Amazon SES email sending errors").
	AccountPaused Meaning = "account_paused"

	// Throttled: 454 Throttling failure, while sending. The password is right, but a sending quota
	// is used up.
	Throttled Meaning = "throttled"

	// Misused: 530 and other replies that blame the client's commands. Trying again won't help.
	Misused Meaning = "misused"
)

// Waits reports whether to keep a mail that got this answer and send it again later. If true, the
// answer is about the credential, the account or the server, so it affects other mails too. If
// false, the mail was accepted, or the answer is about this one mail, which should be returned to
// its sender.
func (m Meaning) Waits() bool {
	switch m {
	case Accepted, IdentityRejected, Misused:
		return false
	}
	return true
}

// Operations, as ReplyError.Op names them.
const (
	opConnect  = "connect"  // connecting, TLS if it comes first, the greeting, EHLO
	opStartTLS = "starttls" // STARTTLS, the TLS handshake, the second EHLO
	opAuth     = "auth"
	opMail     = "mail"
	opRcpt     = "rcpt"
	opData     = "data"
)

// doing describes each operation, for errors; the server's address follows.
var doing = map[string]string{
	opConnect:  "connecting to",
	opStartTLS: "starting TLS with",
	opAuth:     "logging in at",
	opMail:     "naming the sender to",
	opRcpt:     "naming the recipient to",
	opData:     "sending the message to",
}

// ReplyError says that one operation of an SMTP session failed, and what that means for the
// credential. If the server answered, Code and Text are its reply; otherwise Err says why there was
// no answer. None of them contains the password, even if the server repeats it.
type ReplyError struct {
	Op      string // "connect", "starttls", "auth", "mail", "rcpt" or "data"
	Addr    string // the server, as "ip:port" or "host:port"
	Code    int    // the reply code; 0 if there was no reply
	Text    string // the reply's text on one line, including an enhanced status code (RFC 3463)
	Meaning Meaning
	Err     error // nil if there was a reply
	// Unreachable means that no connection could be made.
	Unreachable bool
}

// Error names the operation, the server and what happened, such as "logging in at 192.0.2.1:587:
// 535 Authentication Credentials Invalid".
func (e *ReplyError) Error() string {
	what := fmt.Sprintf("%d %s", e.Code, e.Text)
	if e.Err != nil {
		what = plain(e.Err)
	}
	return fmt.Sprintf("%s %s: %s", cmp.Or(doing[e.Op], e.Op), e.Addr, strings.TrimSpace(what))
}

// Unwrap returns Err.
func (e *ReplyError) Unwrap() error { return e.Err }

// plain returns an error's text without the operation and address, which ReplyError's text already
// has.
func plain(err error) string {
	if lookup, ok := errors.AsType[*net.DNSError](err); ok {
		return lookup.Err
	}
	if op, ok := errors.AsType[*net.OpError](err); ok && (op.Op == "dial" || op.Op == "read" || op.Op == "write") {
		return op.Err.Error()
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return "the server closed the connection"
	}
	return err.Error()
}

// MeaningOf returns what an error of this package says about the credential: Accepted for nil, the
// Meaning of a [*ReplyError], and Unknown for any other error.
func MeaningOf(err error) Meaning {
	if err == nil {
		return Accepted
	}
	if reply, ok := errors.AsType[*ReplyError](err); ok {
		return reply.Meaning
	}
	return Unknown
}

// unreachable reports whether an error means that no connection could be made.
func unreachable(err error) bool {
	reply, ok := errors.AsType[*ReplyError](err)
	return ok && reply.Unreachable
}
