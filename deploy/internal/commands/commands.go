// Package commands finds the commands that a document tells people to type, so that tests can run
// them.
package commands

import (
	"regexp"
	"strings"
)

// Of returns the commands of a text in Markdown, in its order and without duplicates: the lines of
// its indented and fenced blocks, and text between backticks that begins with a program's name. A
// line that ends with a backslash is joined with the next. Drawings and blocks in languages other
// than the shell's are skipped.
func Of(markdown string) []string {
	var all []string
	var text strings.Builder
	seen := map[string]bool{}
	add := func(command string) {
		if command != "" && !seen[command] {
			seen[command] = true
			all = append(all, command)
		}
	}
	flush := func() {
		for _, match := range inline.FindAllStringSubmatch(text.String(), -1) {
			if command := strings.Join(strings.Fields(match[1]), " "); begins.MatchString(command) {
				add(command)
			}
		}
		text.Reset()
	}
	for _, part := range split(markdown) {
		if !part.block {
			text.WriteString(part.text)
			continue
		}
		flush()
		if drawing.MatchString(part.text) {
			continue
		}
		for line := range strings.Lines(strings.ReplaceAll(part.text, "\\\n", " ")) {
			add(strings.Join(strings.Fields(line), " "))
		}
	}
	flush()
	return all
}

var (
	inline  = regexp.MustCompile("`([^`]+)`")
	drawing = regexp.MustCompile(`[\x{2500}-\x{25FF}]`)
	// begins matches a program that people run here, followed by an argument.
	begins = regexp.MustCompile(`^([A-Z_]+=\S+ )*(apt-get|aws|bash|cdk|curl|dnf|docker|gh|git|go|mkdir|npm|npx|pip|` +
		`sam|sha256sum|smtprotate|source|sudo|terraform|tofu|unzip) \S`)
	fence = regexp.MustCompile("^\\s*```\\s*(\\w*)\\s*$")
)

// part is a block of commands, or the text around one.
type part struct {
	text  string
	block bool
}

// split separates the blocks of commands from the text around them. It drops blocks in other
// languages.
func split(markdown string) []part {
	var parts []part
	var fenced, language string
	var indented, afterBlank bool
	afterBlank = true
	for line := range strings.Lines(markdown) {
		mark := fence.FindStringSubmatch(strings.TrimRight(line, "\n"))
		switch {
		case fenced != "" && mark != nil:
			fenced = ""
		case mark != nil:
			fenced, language = "fenced", mark[1]
			parts = append(parts, part{block: true})
		case fenced != "":
			if language == "" || language == "sh" || language == "bash" {
				parts[len(parts)-1].text += line
			}
		case strings.TrimSpace(line) == "":
			afterBlank = true
		case strings.HasPrefix(line, "    ") && (afterBlank || indented):
			if !indented {
				parts = append(parts, part{block: true})
			}
			parts[len(parts)-1].text += line
			indented, afterBlank = true, false
			continue
		default:
			parts = append(parts, part{text: line})
			indented, afterBlank = false, false
			continue
		}
		if strings.TrimSpace(line) != "" {
			indented = false
		}
	}
	return parts
}
