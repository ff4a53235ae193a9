// Package layout arranges text for people to read on a terminal.
package layout

import (
	"strings"
	"unicode/utf8"
)

// Wrap breaks text at spaces into lines of at most width characters. It also breaks words that are
// longer than that.
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

// Length returns the number of characters of a text.
func Length(s string) int { return utf8.RuneCountInString(s) }

// Pad appends spaces up to a width. Pad before you colour a text: colour codes would count as
// characters.
func Pad(text string, width int) string {
	return text + strings.Repeat(" ", max(0, width-Length(text)))
}
