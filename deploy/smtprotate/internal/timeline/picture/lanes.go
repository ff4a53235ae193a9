package picture

import (
	"fmt"
	"slices"

	"github.com/seed-486a873a/ses-smtp-rotator/deploy/smtprotate/internal/timeline"
)

// colours is how many keys can be told apart by colour.
const colours = 4

// state is what a lane shows at one time: a key and its status.
type state struct {
	key    string // its ID
	status timeline.Status
	empty  bool // a version without a key
}

// span is a stretch of the axis with the same state.
type span struct {
	state
	from, to float64
}

// lane is a row of spans, one after the other.
type lane []span

// set changes a lane's state from x on.
func (l *lane) set(x float64, s state) {
	if k := len(*l); k > 0 {
		if (*l)[k-1].state == s {
			return
		}
		(*l)[k-1].to = x
	}
	*l = append(*l, span{state: s, from: x})
}

// until ends a lane at x.
func (l lane) until(x float64) lane {
	if len(l) > 0 {
		l[len(l)-1].to = x
	}
	return l
}

// colour returns the number of a key's colour.
func (c *chart) colour(id string) int { return (c.keys[id]-1)%colours + 1 }

// name returns a key's name in the picture.
func (c *chart) name(id string) string { return fmt.Sprintf("key %d", c.keys[id]) }

// accessKeys draws a lane for each of the two access keys that IAM allows.
func (c *chart) accessKeys() {
	const thick, pitch = 19, 24
	var slots timeline.Slots
	lanes := [2]lane{}
	for i, e := range c.events {
		if e.Keys == nil {
			continue
		}
		slots.Assign(e.Keys)
		for n, id := range slots {
			s := state{}
			if k := slices.IndexFunc(e.Keys, func(k timeline.Key) bool { return k.ID == id }); k >= 0 {
				s = state{key: id, status: e.Keys[k].Status}
			}
			if s.status == timeline.Deleted {
				s = state{}
			}
			lanes[n].set(c.axis.x[i], s)
		}
	}
	c.text("lane", left-10, keysY+18, "access keys")
	c.text("lane small", left-10, keysY+32, "(IAM allows two)")
	for n, l := range lanes {
		y := keysY + pitch*float64(n)
		c.bed(y, thick)
		for _, s := range l.until(c.axis.end) {
			c.bar(s, y, thick)
		}
	}
}

// labels draws a lane for each of the secret's labels. AWSPENDING on AWSCURRENT's own version isn't
// shown, because then nothing is pending.
func (c *chart) labels() {
	c.label("AWSPENDING", "lane", labelsY, 14)
	c.label("AWSCURRENT", "lane strong", labelsY+19, 19)
	c.label("AWSPREVIOUS", "lane", labelsY+43, 14)
}

func (c *chart) label(label, class string, y, thick float64) {
	var l lane
	alive := map[string]timeline.Status{}
	for i, e := range c.events {
		for _, k := range e.Keys {
			alive[k.ID] = k.Status
		}
		if e.Versions == nil {
			continue
		}
		s := state{}
		for _, v := range e.Versions {
			if slices.Contains(v.Labels, label) && (label != "AWSPENDING" || !slices.Contains(v.Labels, "AWSCURRENT")) {
				s = state{key: v.AccessKeyID, status: alive[v.AccessKeyID], empty: v.AccessKeyID == ""}
			}
		}
		l.set(c.axis.x[i], s)
	}
	c.text(class, left-10, y+thick/2+4, label)
	c.bed(y, thick)
	for _, s := range l.until(c.axis.end) {
		c.bar(s, y, thick)
	}
}

// bed draws the background of a lane.
func (c *chart) bed(y, thick float64) {
	c.put(`<rect class="bed" x="%d" y="%s" width="%s" height="%s"/>`+"\n", left, n(y), n(c.axis.end-left), n(thick))
}

// bar draws a span, with the key's name if there is room.
func (c *chart) bar(s span, y, thick float64) {
	class := ""
	switch {
	case s.empty:
		class = "none"
	case s.key == "" || s.to <= s.from:
		return
	case s.status == timeline.Inactive:
		class = fmt.Sprintf("off f%d", c.colour(s.key))
	case s.status == timeline.Deleted:
		class = fmt.Sprintf("dead s%d", c.colour(s.key))
	default:
		class = fmt.Sprintf("k%d", c.colour(s.key))
	}
	c.put(`<rect class="%s" x="%s" y="%s" width="%s" height="%s" rx="2"/>`+"\n", class, n(s.from+.5), n(y), n(s.to-s.from-1),
		n(thick))
	word, over := c.name(s.key), "on"
	if s.empty {
		word, over = "{}", "beside"
	}
	if s.status == timeline.Deleted || s.status == timeline.Inactive {
		return
	}
	if s.to-s.from > 6*float64(len(word))+8 {
		c.text(over, s.from+6, y+thick/2+4, word)
	}
}
