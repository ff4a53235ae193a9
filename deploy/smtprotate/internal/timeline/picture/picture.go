// Package picture draws what happened to an SMTP credential: the access keys, the labels of the
// secret's versions and everybody's mail as lanes, from left to right in time.
//
// A picture is a function of its events alone. It shows nothing that differs from one run of the
// demo to the next: keys are numbered, mail isn't counted, and an invocation has no duration. Later
// events never move what is already drawn, so people can watch a picture as it grows.
package picture

import (
	_ "embed"
	"fmt"
	"strings"

	"github.com/seed-486a873a/ses-smtp-rotator/deploy/smtprotate/internal/layout"
	"github.com/seed-486a873a/ses-smtp-rotator/deploy/smtprotate/internal/timeline"
)

// Style is the picture's style sheet, which is part of every picture.
//
//go:embed style.css
var Style string

// Where things are, from top to bottom.
const (
	width    = 870 // of the demo's picture; another may be wider
	height   = 444
	left     = 98 // where the lanes begin; their names are to the left
	right    = 12
	titleY   = 30
	outcomeY = 50
	scenesY  = 78
	stepsY   = 200 // the line on which the names of steps begin
	keysY    = 210
	labelsY  = 266
	mailY    = 344
	axisY    = 396
	legendY  = 430
)

// chart is a picture that is being drawn.
type chart struct {
	strings.Builder
	events []timeline.Event
	axis   axis
	keys   map[string]int // numbered from 1, in the order in which they were created
}

// SVG draws the events so far. It needs no scripts, no fonts and no network.
func SVG(events []timeline.Event) string {
	c := chart{events: events, axis: layOut(events), keys: map[string]int{}}
	for _, e := range events {
		for _, k := range e.Keys {
			if c.keys[k.ID] == 0 {
				c.keys[k.ID] = len(c.keys) + 1
			}
		}
	}
	c.begin()
	c.scenes()
	c.time()
	c.steps()
	c.accessKeys()
	c.labels()
	c.mail()
	c.now()
	c.legend()
	c.put("</svg>\n")
	return c.String()
}

func (c *chart) begin() {
	w := max(width, c.axis.end+right)
	c.put(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %s %d" role="img" aria-labelledby="t d">`+"\n", n(w), height)
	title := "A timeline"
	for _, e := range c.events {
		if e.Kind == timeline.Start {
			title = e.What
		}
	}
	c.put("<title id=\"t\">%s</title>\n<desc id=\"d\">%s</desc>\n", escape(title), escape(c.inWords()))
	c.put("<style>%s</style>\n<defs>\n", Style)
	for i := range colours + 1 {
		c.put(`<pattern id="h%d" width="4" height="4" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">`+
			`<rect class="k%d" width="1.6" height="4"/></pattern>`+"\n", i, i)
	}
	c.put("</defs>\n<rect class=\"paper\" width=\"%s\" height=\"%d\" rx=\"8\"/>\n", n(w), height)
	c.text("title", left, titleY, title)
	c.text("outcome", left, outcomeY, c.outcome())
}

// scenes draws the columns and their titles.
func (c *chart) scenes() {
	for i, s := range c.axis.scenes {
		if i > 0 {
			c.put(`<path class="edge" d="M%s %dV%d"/>`+"\n", n(s.from), scenesY-10, axisY-15)
		}
		c.text("number", s.from+5, scenesY, fmt.Sprint(s.number))
		for l, line := range layout.Wrap(s.title, int((s.to-s.from-8)/perLetter)) {
			c.text("scene", s.from+5, scenesY+15+14*float64(l), line)
		}
	}
}

// steps writes what the function, people and the crash did.
func (c *chart) steps() {
	c.text("lane", left-10, stepsY-20, "what happens")
	leaked := false
	for i, e := range c.events {
		x := c.axis.x[i]
		switch {
		case e.Kind == timeline.Step && e.Refused > 0:
			c.upright("step", x, e.What+" (535)")
		case e.Kind == timeline.Step:
			c.upright("step", x, e.What)
		case e.Kind == timeline.Crash:
			c.trouble(x, e.What)
		case e.Kind == timeline.Warning:
			c.upright("person", x, "warning")
		case isSender(e) && e.What == timeline.Attacker && !leaked:
			leaked = true
			c.trouble(x, "leak")
		case e.Kind == timeline.People && !isSender(e):
			does, _, _ := strings.Cut(e.Text, " ")
			c.upright("person", x, e.What+" "+does)
		}
	}
}

// trouble marks a crash or a leak with a line through all lanes.
func (c *chart) trouble(x float64, word string) {
	c.put(`<path class="mark" d="M%s %dV%d"/>`+"\n", n(x), stepsY+4, axisY)
	c.upright("trouble", x, word)
}

// upright writes a word upwards.
func (c *chart) upright(class string, x float64, word string) {
	c.put(`<text class="%s" transform="translate(%s %d) rotate(-90)">%s</text>`+"\n", class, n(x+3.5), stepsY, escape(word))
}

// now draws a line at the latest event of a story that isn't over.
func (c *chart) now() {
	if k := len(c.events); k == 0 || c.events[k-1].Kind == timeline.End {
		return
	}
	c.put(`<path class="now" d="M%s %dV%d"/>`+"\n", n(c.axis.end), scenesY-10, axisY)
}
