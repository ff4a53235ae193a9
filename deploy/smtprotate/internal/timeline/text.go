package timeline

import (
	"fmt"
	"io"
	"regexp"
	"strings"

	"github.com/seed-486a873a/ses-smtp-rotator/deploy/smtprotate/internal/layout"
)

// Width is that of the narrowest terminal in use. No line is wider.
const Width = 80

// The columns of an event: its time, what it is, and the text beside that.
const (
	timeColumn = 2
	whatColumn = 16
	textColumn = 28
)

// Text shows events to people, with colours if they are wanted.
func Text(w io.Writer, colours bool) func(Event) error {
	t := text{style: style(colours)}
	t.lanes.style = t.style
	return func(e Event) error {
		_, err := io.WriteString(w, t.event(e))
		return err
	}
}

// text renders events. It remembers the lanes of the keys, and nothing else.
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

// start is the title of it all, what it is, and what the symbols mean.
func (t *text) start(e Event) string {
	out := "\n" + indent(timeColumn) + t.paint(bold, e.What) + "\n"
	out += t.paragraph(e.Text, timeColumn)
	legend := []string{t.symbol(Active) + " Active", t.symbol(Inactive) + " Inactive", t.symbol(Deleted) + " deleted"}
	return out + "\n" + indent(timeColumn) + "An access key is  " + strings.Join(legend, "   ") + "\n"
}

// scene is a title over a sentence or two.
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

// entry is the time, what it is, and the text beside.
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

// calm is one line for many runs.
func (t *text) calm(e Event) string {
	return indent(whatColumn) + t.paint(dim, "⋮  "+e.Passed()) + "\n"
}

// Passed says what a calm came to.
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

// hang puts further lines under the first one.
func hang(lines []string) string { return strings.Join(lines, "\n"+indent(textColumn)) }

func indent(n int) string { return strings.Repeat(" ", n) }

var longKeyID = regexp.MustCompile(`\bAKIA[A-Z0-9]{12}([A-Z0-9]{4})\b`)

// abbreviate leaves the end of each access key ID, by which people tell them apart.
func abbreviate(text string) string { return longKeyID.ReplaceAllString(text, "AKIA…$1") }

// count is a number with its noun, and commas between thousands.
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
