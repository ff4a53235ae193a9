package picture

import (
	"fmt"
	"math"
	"time"

	"github.com/seed-486a873a/ses-smtp-rotator/deploy/smtprotate/internal/timeline"
)

// Widths and distances along the axis.
const (
	stepWidth   = 12.0
	senderWidth = 7.0 // of an event that appears only in a lane of mail
	margin      = 4.0 // at the sides of a scene
	perLetter   = 5.6 // in the widest of the usual fonts
)

// axis places the events from left to right. Weeks or a second may pass between two of them, so
// each gets the room that a reader needs, and a gap says how much time was left out.
type axis struct {
	x      []float64 // of each event
	scenes []column
	gaps   []gap
	days   []day
	free   float64 // from here on there is room for the next date
	end    float64
}

type column struct {
	number   int
	title    string
	from, to float64
}

// gap is a stretch of the axis that stands for hours or days left out.
type gap struct {
	from, to float64
	hours    int
}

// day is a date on the axis, at the first event of that day for which there is room.
type day struct {
	x    float64
	at   time.Time
	text string
}

func layOut(events []timeline.Event) axis {
	a := axis{end: left}
	var last time.Time
	for _, e := range events {
		hour := e.At.Truncate(time.Hour)
		switch e.Kind {
		case timeline.Start:
			a.x = append(a.x, a.end)
			continue
		case timeline.Scene:
			a.begin(e)
			a.x = append(a.x, a.end)
			continue
		case timeline.Calm:
			a.pass(e.Ticks)
			last = hour
			a.x = append(a.x, a.end)
			continue
		}
		if !last.IsZero() && hour.After(last) {
			a.pass(int(hour.Sub(last).Hours()))
		}
		last = hour
		a.add(e)
	}
	a.close()
	return a
}

// begin opens a scene's column.
func (a *axis) begin(e timeline.Event) {
	a.close()
	a.scenes = append(a.scenes, column{number: e.Scene, title: e.What, from: a.end, to: a.end})
	a.end += margin
}

// close ends the open column. It makes it wide enough for its title on two lines.
func (a *axis) close() {
	if len(a.scenes) == 0 {
		return
	}
	s := &a.scenes[len(a.scenes)-1]
	a.end = max(a.end+margin, s.from+titleWidth(s.title))
	s.to = a.end
}

// add places an event.
func (a *axis) add(e timeline.Event) {
	room := stepWidth
	if isSender(e) && e.What != timeline.Attacker || e.Kind == timeline.End {
		room = senderWidth
	}
	x := a.end + room/2
	a.x = append(a.x, x)
	a.end += room
	a.date(x, e.At.UTC().Truncate(24*time.Hour))
}

// date adds a day, unless the axis has it already or it is too close to the previous one.
func (a *axis) date(x float64, at time.Time) {
	k := len(a.days)
	if k > 0 && a.days[k-1].at.Equal(at) || x < a.free {
		return
	}
	form := "2 Jan"
	if k == 0 || a.days[k-1].at.Year() != at.Year() {
		form = "2 Jan 2006"
	}
	text := at.Format(form)
	a.days = append(a.days, day{x, at, text})
	a.free = x + 5*float64(len(text)) + 8
}

// pass adds a gap of some hours. It rounds to days, as the texts do.
func (a *axis) pass(hours int) {
	to := a.end + 7
	if days := (hours + 12) / 24; days > 0 {
		to = a.end + 6 + 4.2*math.Log2(1+3*float64(days))
	}
	a.gaps = append(a.gaps, gap{a.end, to, hours})
	a.end = to
}

func (g gap) String() string {
	if days := (g.hours + 12) / 24; days > 0 {
		return fmt.Sprintf("%d d", days)
	}
	return fmt.Sprintf("%d h", g.hours)
}

// isSender reports whether an event is about somebody who sends mail.
func isSender(e timeline.Event) bool {
	for _, s := range e.Senders {
		if e.Kind == timeline.People && s.Name == e.What {
			return true
		}
	}
	return false
}

// time draws the axis.
func (c *chart) time() {
	from := float64(left)
	for _, g := range c.axis.gaps {
		c.put(`<path class="axis" d="M%s %dH%s"/>`+"\n", n(from), axisY, n(g.from))
		c.put(`<path class="gap" d="M%s %dH%s"/>`+"\n", n(g.from+2), axisY, n(g.to-1))
		if g.hours >= 3 {
			c.put(`<text class="hours" x="%s" y="%d">%s</text>`+"\n", n((g.from+g.to)/2), axisY-5, g)
		}
		from = g.to
	}
	c.put(`<path class="axis" d="M%s %dH%s"/>`+"\n", n(from), axisY, n(c.axis.end))
	for _, d := range c.axis.days {
		c.put(`<path class="axis" d="M%s %dv4"/>`+"\n", n(d.x), axisY)
		c.text("day", d.x-3, axisY+14, d.text)
	}
}
