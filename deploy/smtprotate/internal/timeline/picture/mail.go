package picture

import (
	"fmt"
	"slices"

	"github.com/seed-486a873a/ses-smtp-rotator/deploy/smtprotate/internal/timeline"
)

// mail draws a lane for each sender, in the colours of the keys it sends with.
func (c *chart) mail() {
	const pitch = 16
	var names []string
	for _, e := range c.events {
		for _, s := range e.Senders {
			if !slices.Contains(names, s.Name) {
				names = append(names, s.Name)
			}
		}
	}
	for row, name := range names {
		y := mailY + pitch*float64(row)
		c.text("lane", left-10, y+4, name+" sends")
		for _, p := range c.passages(name) {
			c.passage(p, y, name == timeline.Attacker)
		}
	}
}

// passage is a stretch in which a sender uses the same key in the same status.
type passage struct {
	span
	came timeline.Mail
}

// passages returns a sender's passages. It reads the counts only at events about the sender and
// after a calm. At other events they depend on chance: an invocation may be running, and the sender
// may or may not have noticed a change.
func (c *chart) passages(name string) (all []passage) {
	var before *timeline.Sender
	var since lane // before
	working := map[string]timeline.Status{}
	for i, e := range c.events {
		x := c.axis.x[i]
		if e.Kind == timeline.End {
			x = c.axis.end
		}
		for _, k := range e.Keys {
			working[k.ID] = ""
			if k.Status == timeline.Active {
				working[k.ID] = timeline.Active
			}
		}
		at := slices.IndexFunc(e.Senders, func(s timeline.Sender) bool { return s.Name == name })
		if at >= 0 && (e.What == name || e.Kind == timeline.Calm || e.Kind == timeline.End) {
			if now := e.Senders[at]; before != nil {
				all = join(all, since.until(x), before.Mail, now.Mail)
			}
			before, since = &e.Senders[at], nil
		}
		if before != nil {
			since.set(x, state{key: before.AccessKeyID, status: working[before.AccessKeyID]})
		}
	}
	if before != nil {
		all = join(all, since.until(c.axis.end), before.Mail, before.Mail)
	}
	return all
}

// join adds the mails that a sender sent between two readings of its counts. Mail that was cut off
// was refused while the key didn't work.
func join(all []passage, l lane, before, after timeline.Mail) []passage {
	failed, refused := after.Failed-before.Failed, after.CutOff-before.CutOff
	for _, s := range l {
		if k := len(all); k == 0 || all[k-1].state != s.state || failed > 0 {
			all = append(all, passage{span: s, came: timeline.Mail{Failed: failed}})
		}
		p := &all[len(all)-1]
		p.to = s.to
		if s.status != timeline.Active {
			p.came.CutOff += refused
			refused = 0
		}
	}
	return all
}

// passage draws mail: ticks for mail that SES accepted, crosses for mail that it refused. An
// attacker's crosses fill the room, because it doesn't matter how often an attacker tries.
func (c *chart) passage(p passage, y float64, attack bool) {
	class, crosses := fmt.Sprintf("mail s%d", c.colour(p.key)), p.came.CutOff
	if attack {
		class, crosses = "mail bad", min(crosses, 1)*width
	}
	switch {
	case p.to <= p.from:
	case p.came.Failed > 0:
		c.cross("failed", (p.from+p.to)/2, y, 5)
	case p.status == timeline.Active:
		c.put(`<path class="%s" d="M%s %sH%s"/>`+"\n", class, n(p.from), n(y), n(p.to))
	default:
		for x := p.from + 4; x < p.to-1 && crosses > 0; x += 8 {
			c.cross("refused", x, y, 2.2)
			crosses--
		}
	}
}
