// Package printable keeps text from others from acting on the terminal that it is shown on. What
// comes from AWS, a secret, an event or a file may have control characters in it, which set a
// terminal's title, move its cursor, or turn the order of what is read around.
package printable

import (
	"bytes"
	"fmt"
	"io"
	"unicode/utf8"
)

// To returns a writer that passes text on to w, with escapes such as \u001b in place of what a
// terminal acts on. JSON stays JSON, and means the same. Each Write has to be of whole characters,
// as those of package fmt, log and log/slog are.
func To(w io.Writer) io.Writer { return writer{w: w} }

// Coloured is To, but for colours ("ECMA-48", SGR), which it leaves.
func Coloured(w io.Writer) io.Writer { return writer{w, true} }

type writer struct {
	w       io.Writer
	colours bool
}

// Write writes all of text, or says that it has written nothing.
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

// escape is the text itself, if there is nothing to escape.
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

// colour is how long the escape sequence is that text begins with, if it is one for colours.
func colour(text []byte) int {
	rest, is := bytes.CutPrefix(text, []byte("\x1b["))
	rest = bytes.TrimLeft(rest, "0123456789;")
	if !is || len(rest) == 0 || rest[0] != 'm' {
		return 0
	}
	return len(text) - len(rest) + 1
}

// acts tells whether a terminal acts on a character: a control character but for tabs and ends of
// lines, one that turns the order of letters around ("Unicode Bidirectional Algorithm", UAX #9), or
// another end of a line or paragraph. All of them have four hexadecimal digits.
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
