package timeline

import (
	"fmt"
	"slices"
	"strings"

	"github.com/seed-486a873a/ses-smtp-rotator/deploy/smtprotate/internal/layout"
)

// end renders the summary as a table, and below it the promises.
func (t *text) end(e Event) string {
	s := e.Summary
	out := "\n" + t.heading("In the end") + "\n"
	row := func(name string, n int, colour, note string) {
		out += indent(timeColumn) + layout.Pad(name, whatColumn-timeColumn) + t.number(n, colour) + "   " + note + "\n"
	}
	failed := bold + ";" + green
	if s.Mail.Failed > 0 {
		failed = bold + ";" + red
	}
	row("mails sent", s.Mail.Sent, bold, "by the applications")
	row("failed", s.Mail.Failed, failed, "except those that the emergency had to cut off:")
	row("cut off", s.Mail.CutOff, bold, "each sent again with the new password")
	row("attacker's", s.Attacker.Sent, bold, fmt.Sprintf("sent before the key was revoked, %s refused since",
		thousands(s.Attacker.CutOff)))
	row("access keys", len(e.Keys), bold, t.lanes.list(e.Keys, e.Versions))
	row("versions", s.Versions, bold, labels(e.Versions))
	row("invocations", s.Invocations, bold, fmt.Sprintf("in %s, played in %.0f seconds", count(s.Days, "day"),
		s.Seconds))
	out += "\n"
	for _, p := range s.Promises {
		mark := t.paint(green, "✓")
		if !p.Kept {
			mark = t.paint(bold+";"+red, "✕ broken:")
		}
		out += indent(timeColumn) + mark + " " + p.Text + "\n"
	}
	return out + "\n"
}

// number renders a count, right-aligned in its column.
func (t *text) number(n int, colour string) string {
	digits := thousands(n)
	return layout.Pad("", textColumn-whatColumn-3-layout.Length(digits)) + t.paint(colour, digits)
}

// telling lists the labels, the one that says most about a key first.
var telling = []string{"AWSCURRENT", "AWSPENDING", "AWSPREVIOUS"}

// labels lists each label with its version. It leaves AWSPENDING out if it is on AWSCURRENT's own
// version, because then nothing is pending.
func labels(versions []Version) string {
	var parts []string
	for _, label := range telling {
		for _, v := range versions {
			if slices.Contains(v.Labels, label) && (label != "AWSPENDING" || !slices.Contains(v.Labels, "AWSCURRENT")) {
				parts = append(parts, fmt.Sprintf("%s v%d", label, v.Number))
			}
		}
	}
	return strings.Join(parts, ", ")
}
