package timeline

import (
	"strings"
	"unicode/utf8"
)

// wrap breaks text into lines of at most that many characters, at spaces. A longer word is broken itself.
func wrap(text string, width int) (lines []string) {
	line := ""
	for word := range strings.FieldsSeq(text) {
		if line != "" && length(line)+1+length(word) <= width {
			line += " " + word
			continue
		}
		if line != "" {
			lines = append(lines, line)
		}
		for line = word; length(line) > width; {
			runes := []rune(line)
			lines, line = append(lines, string(runes[:width])), string(runes[width:])
		}
	}
	return append(lines, line)
}

func length(s string) int { return utf8.RuneCountInString(s) }

// pad fills text up with spaces. It goes before paint, whose codes have no width.
func pad(text string, width int) string {
	return text + strings.Repeat(" ", max(0, width-length(text)))
}
