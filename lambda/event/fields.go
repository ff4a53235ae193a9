package event

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/rotation"
)

// fields are the top level of an event. Their values are decoded later, by those who know the type.
type fields map[string]json.RawMessage

func (f fields) has(names ...string) bool {
	for _, name := range names {
		if _, ok := f[name]; !ok {
			return false
		}
	}
	return true
}

func (f fields) hasAny(names ...string) bool {
	return slices.ContainsFunc(names, func(name string) bool { return f.has(name) })
}

// isFrom tells whether EventBridge names that source of the event.
func (f fields) isFrom(source string) bool {
	var text string
	return f.read(map[string]any{"source": &text}) && text == source
}

// read decodes fields into variables. It leaves a variable alone if its field is missing or null,
// and returns false if a field has another type.
func (f fields) read(into map[string]any) bool {
	for name, variable := range into {
		if raw, ok := f[name]; ok && json.Unmarshal(raw, variable) != nil {
			return false
		}
	}
	return true
}

// invalid is the error of an event that can't be understood.
func invalid(format string, args ...any) error {
	return rotation.Errorf(rotation.RequestError, "%s", withoutSecrets(fmt.Sprintf(format, args...)))
}

// shortestSecret is the length of a secret access key. SMTP passwords and session tokens are
// longer.
const shortestSecret = 40

// withoutSecrets withholds what may be a secret: people paste the wrong thing, and errors are
// logged.
func withoutSecrets(text string) string {
	var out strings.Builder
	start := 0
	for i := 0; i <= len(text); i++ {
		if i < len(text) && inBase64(text[i]) {
			continue
		}
		if run := text[start:i]; len(run) < shortestSecret {
			out.WriteString(run)
		} else {
			fmt.Fprintf(&out, "(%d characters, withheld: they may be a secret)", len(run))
		}
		if i < len(text) {
			out.WriteByte(text[i])
		}
		start = i + 1
	}
	return out.String()
}

func inBase64(c byte) bool { return isAlphanumeric(rune(c)) || c == '+' || c == '/' }

func isAlphanumeric(r rune) bool {
	return '0' <= r && r <= '9' || 'A' <= r && r <= 'Z' || 'a' <= r && r <= 'z'
}

// isAccessKeyID knows what IAM makes: AKIA for a user's own, ASIA for temporary ones ("IAM
// identifiers", IAM User Guide). What passes may be logged: it can't be a secret.
func isAccessKeyID(text string) bool {
	return (strings.HasPrefix(text, "AKIA") || isTemporary(text)) && isMadeOf(text, 20, 128,
		func(r rune) bool { return '0' <= r && r <= '9' || 'A' <= r && r <= 'Z' })
}

func isTemporary(accessKeyID string) bool { return strings.HasPrefix(accessKeyID, "ASIA") }

// isAnyKeyID knows all that the API allows ("AccessKey", IAM API reference). GuardDuty's sample
// findings have such a one.
func isAnyKeyID(text string) bool {
	return isMadeOf(text, 16, 128, func(r rune) bool { return r == '_' || isAlphanumeric(r) })
}

// isUserName knows what IAM allows ("IAM and AWS STS quotas": name requirements).
func isUserName(text string) bool {
	return isMadeOf(text, 1, 64, func(r rune) bool { return isAlphanumeric(r) || strings.ContainsRune("_+=,.@-", r) })
}

// isVersionID knows Secrets Manager's form of one ("SecretVersionsListEntry", Secrets Manager API
// reference).
func isVersionID(text string) bool {
	return isMadeOf(text, 32, 64, func(r rune) bool { return !strings.ContainsRune("\t\n\f\r ", r) })
}

// isMadeOf checks the length and the characters of a text. A regular expression that counts takes a
// millisecond to compile, a sixth of the function's start.
func isMadeOf(text string, least, most int, allowed func(rune) bool) bool {
	length := utf8.RuneCountInString(text)
	return least <= length && length <= most && !strings.ContainsFunc(text, func(r rune) bool { return !allowed(r) })
}
