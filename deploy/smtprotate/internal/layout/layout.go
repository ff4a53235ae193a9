// Package layout lays out what is printed for people.
package layout

import (
	"strings"
	"unicode/utf8"
)

// Wrap breaks text into lines of at most that many characters, at spaces. A longer word is broken
// itself.
func Wrap(text string, width int) (lines []string) {
	line := ""
	for word := range strings.FieldsSeq(text) {
		if line != "" && Length(line)+1+Length(word) <= width {
			line += " " + word
			continue
		}
		if line != "" {
			lines = append(lines, line)
		}
		for line = word; Length(line) > width; {
			runes := []rune(line)
			lines, line = append(lines, string(runes[:width])), string(runes[width:])
		}
	}
	return append(lines, line)
}

// Length is how many characters text has.
func Length(s string) int { return utf8.RuneCountInString(s) }

// Pad fills text up with spaces. It goes before colours, whose codes have no width.
func Pad(text string, width int) string {
	return text + strings.Repeat(" ", max(0, width-Length(text)))
}
