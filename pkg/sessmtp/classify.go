package sessmtp

import "strings"

// Classify says what a reply means for the credential. op is "connect", "starttls", "auth", "mail",
// "rcpt" or "data". Classify understands SES's replies, also if an enhanced status code (RFC 3463)
// precedes the text or the text is spread over lines. It returns Unknown for any other reply.
func Classify(op string, code int, text string) Meaning {
	says := func(phrase string) bool { return strings.Contains(oneLine(strings.ToLower(text)), phrase) }
	sending := op == opMail || op == opRcpt || op == opData
	switch {
	case op == opAuth && code == 235:
		return Accepted
	case sending && code >= 200 && code < 400: // so the login was accepted
		return Accepted
	case (sending || op == opAuth) && code == 535:
		return Refused
	case sending && code == 454 && says("throttling"):
		return Throttled
	case sending && code == 554 && (says("access denied") || says("not authorized")):
		return SendDenied
	case sending && code == 554 && ofAccount(oneLine(strings.ToLower(text))):
		return AccountPaused
	case sending && code == 554 && (says("message rejected") || says("not verified")):
		return IdentityRejected
	case sending && code >= 500 && code < 600, faulty(code):
		return Misused
	}
	return Unknown // also 421, 451, and 454 at login: they say nothing about the credential, so try again
}

// ofAccount recognises the replies that SES gives to every mail while an account or configuration
// set may not send. It looks only at how a reply begins, because the rest may quote an address,
// which may contain "paused". (Enhanced status codes are digits and dots.)
func ofAccount(text string) bool {
	text = strings.TrimLeft(text, "0123456789. ")
	for _, opening := range []string{"message rejected: ", "transaction failed: ", "your ", "email "} {
		text = strings.TrimPrefix(text, opening)
	}
	subject, rest, _ := strings.Cut(text, " ")
	if subject != "sending" && subject != "account" {
		return false
	}
	for _, state := range []string{"paused", "suspended", "disabled"} {
		between, _, found := strings.Cut(rest, state)
		if found && strings.Trim(between, "abcdefghijklmnopqrstuvwxyz ") == "" {
			return true
		}
	}
	return false
}

// faulty reports whether a reply code blames the client's command: RFC 5321, section 4.2.2 (syntax,
// sequence, parameters), and RFC 4954, section 6 (authentication required, mechanism too weak,
// encryption required).
func faulty(code int) bool {
	return code >= 500 && code <= 504 || code == 530 || code == 534 || code == 538
}

// oneLine folds line breaks and other white space into single spaces.
func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }
