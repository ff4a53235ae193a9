package follow

import (
	"cmp"
	"fmt"
	"regexp"
	"strings"
	"time"
	"unicode"
)

// trouble is the last thing that went wrong. It is remembered so that it is reported once and not
// every round.
type trouble struct {
	meanwhile string // what to say about the meantime; empty for the default
	over      string // what to say when it is over; empty for the default
	text      string
	since     time.Time
	told      time.Time
}

// remind is how long the same trouble isn't reported again.
const remind = 10 * time.Minute

func (t *trouble) report(say func(Event), err error) {
	now := time.Now()
	if err == nil {
		if t.text != "" {
			over := cmp.Or(t.over, "everything works again")
			say(Event{Kind: Recovered, At: &t.since,
				Message: fmt.Sprintf("%s, after %s", over, now.Sub(t.since).Round(time.Second))})
		}
		t.text = ""
		return
	}
	text := strings.ReplaceAll(err.Error(), "\n", "; ")
	switch {
	case t.text == "":
		t.since = now.UTC()
		say(Event{Kind: Trouble, At: &t.since, Message: text + ". " +
			cmp.Or(t.meanwhile, "Everything stays as it is, and this is tried again") + "."})
	case kind(t.text) != kind(text) || now.Sub(t.told) >= remind:
		since := t.since.Format(time.RFC3339)
		say(Event{Kind: Trouble, At: &t.since, Message: fmt.Sprintf("%s. Still trying, since %s.", text, since)})
	default:
		return
	}
	t.text, t.told = text, now
}

var requestID = regexp.MustCompile(`RequestID: [\w-]*`)

// kind returns a message without its digits and request ID, because ports and request IDs are
// different each time.
func kind(text string) string {
	text = requestID.ReplaceAllString(text, "")
	return strings.Map(func(r rune) rune {
		if unicode.IsDigit(r) {
			return -1
		}
		return r
	}, text)
}
