// Package printable keeps other people's text from controlling the terminal that shows it. Text
// from AWS, a secret, an event or a file may have control characters that set a terminal's title,
// move its cursor or reverse the reading order.
package printable

import (
	"bytes"
	"fmt"
	"io"
	"unicode/utf8"
)

// To returns a writer that passes text on to w, with escapes such as \u001b for characters that a
// terminal acts on. JSON stays JSON with the same meaning. Each Write must consist of whole
// characters, as it does from the packages fmt, log and log/slog.
func To(w io.Writer) io.Writer { return writer{w: w} }

// Coloured is To, but lets colours through ("ECMA-48", SGR).
func Coloured(w io.Writer) io.Writer { return writer{w, true} }

type writer struct {
	w       io.Writer
	colours bool
}

// Write writes all of text, or reports that it wrote nothing.
func (w writer) Write(text []byte) (int, error) {
	escaped := escape(text, w.colours)
	if n, err := w.w.Write(escaped); err != nil {
		if len(escaped) != len(text) {
			n = 0
		}
		return n, err
	}
	return len(text), nil
}

// escape returns text itself if there is nothing to escape.
func escape(text []byte, colours bool) []byte {
	var out []byte
	done := 0 // how much of text is in out
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRune(text[i:])
		switch {
		case colours && colour(text[i:]) > 0:
			size = colour(text[i:])
		case acts(r) || r == utf8.RuneError && size == 1:
			out = append(out, text[done:i]...)
			out = fmt.Appendf(out, `\u%04x`, r)
			done = i + size
		}
		i += size
	}
	if done == 0 {
		return text
	}
	return append(out, text[done:]...)
}

// colour returns the length of the escape sequence for colours that text begins with, or 0.
func colour(text []byte) int {
	rest, is := bytes.CutPrefix(text, []byte("\x1b["))
	rest = bytes.TrimLeft(rest, "0123456789;")
	if !is || len(rest) == 0 || rest[0] != 'm' {
		return 0
	}
	return len(text) - len(rest) + 1
}

// acts reports whether a terminal acts on a character: a control character other than tab and
// newline, one that changes the direction of text ("Unicode Bidirectional Algorithm", UAX #9), or
// another line or paragraph separator. All of them have four hexadecimal digits.
func acts(r rune) bool {
	switch {
	case r == '\n' || r == '\t':
		return false
	case r < 0x20 || r >= 0x7f && r <= 0x9f:
		return true
	case r == 0x061c || r == 0x200e || r == 0x200f || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069:
		return true
	}
	return r == 0x2028 || r == 0x2029
}
