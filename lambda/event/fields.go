package event

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/credential"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/rotation"
)

// fields holds the top level of an event. The values are decoded later, when their type is known.
type fields map[string]json.RawMessage

// object reads a JSON object; what is its name in errors. It refuses an object that has the same
// field twice, at any depth: one of the two was meant, and nobody can say which.
func object(raw []byte, what string) (f fields, err error) {
	if json.Unmarshal(raw, &f) != nil {
		return nil, invalid("%s isn't a JSON object", what)
	}
	if name, ok := repeatedField(raw); ok {
		return nil, invalid("%s: %s has this field twice in the same object; leave one", name, what)
	}
	return f, nil
}

// repeatedField finds a field that an object has twice. The JSON is known to be valid.
func repeatedField(raw []byte) (name string, found bool) {
	type level struct {
		seen    map[string]bool // nil in an array
		isValue bool            // what follows is a field's value
	}
	var open []level
	tokens := json.NewDecoder(bytes.NewReader(raw))
	tokens.UseNumber() // or a number that is too large would be an error
	for {
		token, err := tokens.Token()
		if err != nil {
			return "", false // the end
		}
		if token == json.Delim('}') || token == json.Delim(']') {
			open = open[:len(open)-1]
			continue
		}
		if n := len(open); n > 0 && open[n-1].seen != nil {
			if name, ok := token.(string); ok && !open[n-1].isValue {
				if open[n-1].seen[name] {
					return name, true
				}
				open[n-1].seen[name], open[n-1].isValue = true, true
				continue
			}
			open[n-1].isValue = false
		}
		switch token {
		case json.Delim('{'):
			open = append(open, level{seen: map[string]bool{}})
		case json.Delim('['):
			open = append(open, level{})
		}
	}
}

// lenient is a text, or a number or boolean as written. It is empty for anything else.
type lenient string

// UnmarshalJSON implements json.Unmarshaler.
func (l *lenient) UnmarshalJSON(raw []byte) error {
	var text string
	if json.Unmarshal(raw, &text) != nil && !bytes.ContainsAny(raw[:1], "{[") {
		text = string(raw)
	}
	*l = lenient(text)
	return nil
}

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

// isFrom reports whether source is the event's source, as EventBridge names it.
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

// invalid returns the error for an event that can't be understood.
func invalid(format string, args ...any) error {
	return rotation.Errorf(rotation.RequestError, "%s", withoutSecrets(fmt.Sprintf(format, args...)))
}

// shortestSecret is the length of a secret access key. SMTP passwords and session tokens are
// longer.
const shortestSecret = 40

// withoutSecrets removes what may be a secret: people paste the wrong thing, and errors are logged.
// It removes a URL's password first, because that may be made of any characters.
func withoutSecrets(text string) string { return withoutRuns(withoutURLPasswords(text)) }

// withoutRuns removes long runs of base64. A percent-encoded character is part of a run: a password
// in a URL has "%2F" for "/".
func withoutRuns(text string) string {
	var out strings.Builder
	for i := 0; i < len(text); {
		n := runLength(text[i:])
		switch {
		case n == 0:
			n = 1
			out.WriteByte(text[i])
		case n < shortestSecret:
			out.WriteString(text[i : i+n])
		default:
			fmt.Fprintf(&out, "(%d characters, withheld: they may be a secret)", n)
		}
		i += n
	}
	return out.String()
}

// runLength returns the length of the run that text begins with.
func runLength(text string) (n int) {
	for n < len(text) {
		switch {
		case inBase64(text[n]):
			n++
		case text[n] == '%' && n+2 < len(text) && isHex(text[n+1]) && isHex(text[n+2]):
			n += 3
		default:
			return n
		}
	}
	return n
}

// withoutURLPasswords removes what is between ":" and "@" in any word, as in
// smtp://username:password@host. It looks for the word's last "@", because a password may have one.
func withoutURLPasswords(text string) string {
	var out strings.Builder
	for len(text) > 0 {
		word := text
		if end := strings.IndexFunc(text, endsWord); end >= 0 {
			word = text[:end]
		}
		if from, to := passwordIn(word); from < to {
			fmt.Fprintf(&out, "%s(%d characters, withheld: they may be a secret)", word[:from], to-from)
			word, text = word[to:], text[to:]
		}
		out.WriteString(word)
		text = text[len(word):]
		if _, size := utf8.DecodeRuneInString(text); size > 0 {
			out.WriteString(text[:size])
			text = text[size:]
		}
	}
	return out.String()
}

func endsWord(r rune) bool { return unicode.IsSpace(r) || strings.ContainsRune("\"'`<>", r) }

// passwordIn returns where the password in a word begins and ends.
func passwordIn(word string) (from, to int) {
	to = strings.LastIndexByte(word, '@')
	if to < 0 {
		return 0, 0
	}
	if scheme := strings.Index(word[:to], "://"); scheme >= 0 {
		from = scheme + len("://")
	}
	colon := strings.IndexByte(word[from:to], ':')
	if colon < 0 {
		return 0, 0
	}
	return from + colon + 1, to
}

func inBase64(c byte) bool { return isAlphanumeric(rune(c)) || c == '+' || c == '/' }

func isHex(c byte) bool { return strings.IndexByte("0123456789abcdefABCDEF", c) >= 0 }

func isAlphanumeric(r rune) bool {
	return '0' <= r && r <= '9' || 'A' <= r && r <= 'Z' || 'a' <= r && r <= 'z'
}

// isAccessKeyID reports whether text looks like an access key ID that IAM makes, and has a length
// that IAM allows ("AccessKey", IAM API reference). Such a text may be logged and sent to IAM: it
// can't be a secret.
func isAccessKeyID(text string) bool { return len(text) >= 16 && credential.IsAccessKeyID(text) }

func isTemporary(accessKeyID string) bool { return strings.HasPrefix(accessKeyID, "ASIA") }

// isVersionID reports whether text has the form of a version's ID ("SecretVersionsListEntry",
// Secrets Manager API reference).
func isVersionID(text string) bool {
	return isMadeOf(text, 32, 64, func(r rune) bool { return !strings.ContainsRune("\t\n\f\r ", r) })
}

// isMadeOf checks the length and the characters of a text. A regular expression with counts would
// take a millisecond to compile, a sixth of the function's start.
func isMadeOf(text string, least, most int, allowed func(rune) bool) bool {
	length := utf8.RuneCountInString(text)
	return least <= length && length <= most && !strings.ContainsFunc(text, func(r rune) bool { return !allowed(r) })
}
