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

// The meanings. The replies that they stand for are listed under "SMTP response codes returned by
// Amazon SES" in the SES guide's "Amazon SES SMTP issues".
const (
	// Accepted: the password is right (235), or the mail was taken (250).
	Accepted Meaning = "accepted"

	// Refused: 535. The password, key or Region is wrong, or the key is Inactive or not yet known
	// to this server; in the last case the same login works some time later.
	Refused Meaning = "refused"

	// Unknown: nothing was learned about the credential. 454 Temporary authentication failure, 421,
	// 451, a broken connection, no answer in time, a TLS failure. Try again.
	Unknown Meaning = "unknown"

	// SendDenied: 554 Access denied, not authorized to perform ses:SendRawEmail. The password is
	// right; the user's policy, or the identity's, denies the mail.
	SendDenied Meaning = "send_denied"

	// IdentityRejected: 554 Message rejected, such as "Email address is not verified". The password
	// is right; an identity isn't set up to send this mail.
	IdentityRejected Meaning = "identity_rejected"

	// AccountPaused: 554 Message rejected: Sending paused for this account, or suspended. The
	// password is right; SES takes no mail of the account's until somebody has settled that with
	// AWS ("Account is paused" in the SES guide's "Amazon SES email sending errors").
	AccountPaused Meaning = "account_paused"

	// Throttled: 454 Throttling failure, at sending. The password is right; a sending quota is used
	// up.
	Throttled Meaning = "throttled"

	// Misused: 530 and other replies to something that no client should have said. Trying again
	// won't help.
	Misused Meaning = "misused"
)

// Waits tells whether a mail that was answered so is to be kept and sent again later. The reply is
// about the credential, the account or the server then, so others meet it as well. After the rest,
// it is about this one mail, and goes back to whoever wrote it.
func (m Meaning) Waits() bool {
	switch m {
	case Accepted, IdentityRejected, Misused:
		return false
	}
	return true
}

// Operations, as ReplyError.Op names them.
const (
	opConnect  = "connect"  // the connection, the greeting, EHLO, and TLS where it comes first
	opStartTLS = "starttls" // STARTTLS, the handshake, the second EHLO
	opAuth     = "auth"
	opMail     = "mail"
	opRcpt     = "rcpt"
	opData     = "data"
)

// doing says what was going on when an operation failed; the server's address follows.
var doing = map[string]string{
	opConnect:  "connecting to",
	opStartTLS: "starting TLS with",
	opAuth:     "logging in at",
	opMail:     "naming the sender to",
	opRcpt:     "naming the recipient to",
	opData:     "sending the message to",
}

// ReplyError says that one operation of an SMTP session failed, and what that means for the
// credential. Either the server answered, and Code and Text are its reply, or Err says why there
// was no answer. Neither holds the password, even if the server repeats it.
type ReplyError struct {
	Op      string // "connect", "starttls", "auth", "mail", "rcpt" or "data"
	Addr    string // the server, as "ip:port" or "host:port"
	Code    int    // the reply code; 0 without a reply
	Text    string // the reply's text in one line, an enhanced status code (RFC 3463) included
	Meaning Meaning
	Err     error // nil with a reply
	// Unreachable: no connection was made at all.
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

// plain is an error's text without the operation and the address that the sentence around it names
// already.
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

// MeaningOf is what an error of this package says about the credential: Accepted for nil, the
// Meaning of a [*ReplyError], and Unknown for every other error.
func MeaningOf(err error) Meaning {
	if err == nil {
		return Accepted
	}
	if reply, ok := errors.AsType[*ReplyError](err); ok {
		return reply.Meaning
	}
	return Unknown
}

// unreachable says whether an error is that no connection could be made.
func unreachable(err error) bool {
	reply, ok := errors.AsType[*ReplyError](err)
	return ok && reply.Unreachable
}
