package picture

import (
	"fmt"
	"html"
	"slices"
	"strconv"
	"strings"

	"github.com/seed-486a873a/ses-smtp-rotator/deploy/smtprotate/internal/timeline"
)

// put writes a piece of SVG.
func (c *chart) put(format string, args ...any) { fmt.Fprintf(c, format, args...) }

// text writes words at a place.
func (c *chart) text(class string, x, y float64, words string) {
	c.put(`<text class="%s" x="%s" y="%s">%s</text>`+"\n", class, n(x), n(y), escape(words))
}

// cross draws a cross.
func (c *chart) cross(class string, x, y, r float64) {
	c.put(`<path class="%s" d="M%s %sl%s %sm0 %sl%s %s"/>`+"\n", class, n(x-r), n(y-r), n(2*r), n(2*r), n(-2*r), n(-2*r), n(2*r))
}

// n formats a coordinate, to a tenth of a pixel.
func n(v float64) string {
	s := strconv.FormatFloat(v, 'f', 1, 64)
	return strings.TrimSuffix(s, ".0")
}

func escape(s string) string { return html.EscapeString(s) }

// outcome sums the picture up in a sentence or two.
func (c *chart) outcome() string {
	if len(c.events) == 0 || c.events[len(c.events)-1].Summary == nil {
		return ""
	}
	s := c.events[len(c.events)-1].Summary
	failed := "no mail failed"
	if s.Mail.Failed > 0 {
		failed = fmt.Sprintf("%d mails failed", s.Mail.Failed)
	}
	text := fmt.Sprintf("%d days%s: %s.", s.Days, c.troubles(), failed)
	if s.Mail.CutOff > 0 {
		text += fmt.Sprintf(" Revoking the leaked key cut off %d, which were sent again.", s.Mail.CutOff)
	}
	return text
}

// troubles lists the crash and the leak, if the events have them.
func (c *chart) troubles() (text string) {
	for _, e := range c.events {
		if e.Kind == timeline.Crash {
			text += ", a crash"
		}
	}
	last := c.events[len(c.events)-1]
	if slices.ContainsFunc(last.Senders, func(s timeline.Sender) bool { return s.Name == timeline.Attacker }) {
		text += ", a leak"
	}
	return text
}

// inWords describes the picture for people who can't see it.
func (c *chart) inWords() string {
	text := "A timeline with lanes for the two access keys that IAM allows, for the labels AWSPENDING, " +
		"AWSCURRENT and AWSPREVIOUS, and for the mail of each sender"
	comma := ""
	for _, e := range c.events {
		word := e.What
		switch e.Kind {
		case timeline.Scene:
			text += fmt.Sprintf(". Scene %d, %s", e.Scene, e.What)
			comma = ": "
			continue
		case timeline.Step:
			word += " " + c.name(e.AccessKeyID)
		case timeline.Crash:
		default:
			continue
		}
		text += comma + word
		comma = ", "
	}
	return text + ". " + c.outcome()
}

// titleWidth returns the width that a scene's title needs on two lines.
func titleWidth(title string) float64 {
	longest := len(title)
	for i, r := range title {
		if r == ' ' {
			longest = min(longest, max(i, len(title)-i-1))
		}
	}
	return perLetter*float64(longest) + 10
}
