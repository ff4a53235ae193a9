package sessmtp

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
)

// redacted is printed in place of a secret.
const redacted = "[redacted]"

// SecretAccessKey is an IAM user's secret access key. It can't be printed, logged or marshalled by
// accident: fmt (every verb), log/slog, encoding/json and users of encoding.TextMarshaler get
// "[redacted]". The conversion string(k) reveals it.
//
// Keep it only in local variables and exported fields, and never use it as a map's key: fmt doesn't
// call the methods of unexported fields, and encoding/json doesn't call those of string keys.
type SecretAccessKey string

// Password is an SMTP password. Like a [SecretAccessKey], it can't be printed; the conversion
// string(p) reveals it.
type Password string

var _, _ interface {
	fmt.Formatter
	fmt.Stringer
	fmt.GoStringer
	slog.LogValuer
	json.Marshaler
} = SecretAccessKey(""), Password("")

// Format prints "[redacted]", whatever the verb.
func (SecretAccessKey) Format(f fmt.State, _ rune) { io.WriteString(f, redacted) }

// String returns "[redacted]".
func (SecretAccessKey) String() string { return redacted }

// GoString returns "[redacted]".
func (SecretAccessKey) GoString() string { return redacted }

// LogValue logs "[redacted]".
func (SecretAccessKey) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalJSON returns the JSON string "[redacted]".
func (SecretAccessKey) MarshalJSON() ([]byte, error) { return json.Marshal(redacted) }

// MarshalText returns "[redacted]".
func (SecretAccessKey) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// Format prints "[redacted]", whatever the verb.
func (Password) Format(f fmt.State, _ rune) { io.WriteString(f, redacted) }

// String returns "[redacted]".
func (Password) String() string { return redacted }

// GoString returns "[redacted]".
func (Password) GoString() string { return redacted }

// LogValue logs "[redacted]".
func (Password) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalJSON returns the JSON string "[redacted]".
func (Password) MarshalJSON() ([]byte, error) { return json.Marshal(redacted) }

// MarshalText returns "[redacted]".
func (Password) MarshalText() ([]byte, error) { return []byte(redacted), nil }
