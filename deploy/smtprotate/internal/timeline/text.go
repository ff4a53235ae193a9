package timeline

import (
	"fmt"
	"io"
	"regexp"
	"strings"

	"github.com/seed-486a873a/ses-smtp-rotator/deploy/smtprotate/internal/layout"
)

// Width is the most columns a line has: that of the narrowest terminal in use.
const Width = 80

// The columns at which an event's time, name and text begin.
const (
	timeColumn = 2
	whatColumn = 16
	textColumn = 28
)

// Text returns a function that shows events to people, with colours if they are wanted.
func Text(w io.Writer, colours bool) func(Event) error {
	t := text{style: style(colours)}
	t.lanes.style = t.style
	return func(e Event) error {
		_, err := io.WriteString(w, t.event(e))
		return err
	}
}

// text renders events. It remembers only the lanes of the keys.
type text struct {
	style
	lanes lanes
}

func (t *text) event(e Event) string {
	switch e.Kind {
	case Start:
		return t.start(e)
	case Scene:
		return t.scene(e)
	case Calm:
		return t.calm(e)
	case End:
		return t.end(e)
	}
	out := t.entry(e)
	if e.Keys != nil {
		if line := t.lanes.line(e.Keys, e.Versions); line != "" {
			out += indent(whatColumn) + line + "\n"
		}
	}
	return out
}

// start renders the title, the introduction, and what the symbols mean.
func (t *text) start(e Event) string {
	out := "\n" + indent(timeColumn) + t.paint(bold, e.What) + "\n"
	out += t.paragraph(e.Text, timeColumn)
	legend := []string{t.symbol(Active) + " Active", t.symbol(Inactive) + " Inactive", t.symbol(Deleted) + " deleted"}
	return out + "\n" + indent(timeColumn) + "An access key is  " + strings.Join(legend, "   ") + "\n"
}

// scene renders a scene's title, and below it a sentence or two.
func (t *text) scene(e Event) string {
	out := "\n" + t.heading(fmt.Sprintf("%d  %s", e.Scene, e.What))
	return out + t.paragraph(e.Text, timeColumn+3) + "\n"
}

func (t *text) heading(title string) string {
	rule := strings.Repeat("─", max(0, Width-2*timeColumn-layout.Length(title)-1))
	return indent(timeColumn) + t.paint(bold+";"+cyan, title) + " " + t.paint(dim, rule) + "\n"
}

func (t *text) paragraph(text string, column int) (out string) {
	for _, line := range layout.Wrap(text, Width-timeColumn-column) {
		out += indent(column) + line + "\n"
	}
	return out
}

// entry renders an event's time, name and text.
func (t *text) entry(e Event) string {
	colour := map[Kind]string{Step: cyan, People: magenta, Warning: yellow, Crash: red}[e.Kind]
	what := layout.Pad(e.What, textColumn-whatColumn)
	if e.Kind == Warning {
		what, e.Text = layout.Pad("warning", textColumn-whatColumn), e.What+": "+e.Text
	}
	stamp := layout.Pad(e.At.UTC().Format("_2 Jan 15:04"), whatColumn-timeColumn)
	out := indent(timeColumn) + t.paint(dim, stamp) + t.paint(colour, what)
	return out + hang(layout.Wrap(abbreviate(e.Text), Width-textColumn-2)) + "\n"
}

// calm renders many runs as one line.
func (t *text) calm(e Event) string {
	return indent(whatColumn) + t.paint(dim, "⋮  "+e.Passed()) + "\n"
}

// Passed says how much time a calm took, and how many ticks and mails it had.
func (e Event) Passed() string {
	passed := count(e.Ticks, "hour")
	if days := (e.Ticks + 12) / 24; days > 0 {
		passed = count(days, "day")
	}
	line := fmt.Sprintf("%s: %s with nothing to do", passed, count(e.Ticks, "tick"))
	if e.Mails > 0 {
		line += fmt.Sprintf(", %s sent", count(e.Mails, "mail"))
	}
	return line
}

// hang joins lines, and indents all but the first to the text's column.
func hang(lines []string) string { return strings.Join(lines, "\n"+indent(textColumn)) }

func indent(n int) string { return strings.Repeat(" ", n) }

var longKeyID = regexp.MustCompile(`\bAKIA[A-Z0-9]{12}([A-Z0-9]{4})\b`)

// abbreviate shortens each access key ID to its end, by which people tell keys apart.
func abbreviate(text string) string { return longKeyID.ReplaceAllString(text, "AKIA…$1") }

// count renders a number with its noun, and with commas between thousands.
func count(n int, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return thousands(n) + " " + noun
}

func thousands(n int) string {
	if n < 1000 {
		return fmt.Sprint(n)
	}
	return fmt.Sprintf("%s,%03d", thousands(n/1000), n%1000)
}
