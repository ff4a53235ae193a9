package follow

import (
	"log"
	"strings"
	"time"
	"unicode"
)

// trouble is what went wrong last, so that it is told once and not every round.
type trouble struct {
	text  string
	since time.Time
	told  time.Time
}

// remind is how long the same trouble goes untold.
const remind = 10 * time.Minute

func (t *trouble) report(out *log.Logger, err error) {
	now := time.Now()
	switch {
	case err == nil && t.text != "":
		out.Printf("all is well again, after %s", now.Sub(t.since).Round(time.Second))
		*t = trouble{}
	case err == nil:
	case t.text == "":
		out.Printf("%v. Everything stays as it is, and this is tried again.", err)
		*t = trouble{err.Error(), now, now}
	case kind(t.text) != kind(err.Error()):
		out.Printf("%v. Still trying, since %s.", err, t.since.UTC().Format(time.RFC3339))
		t.text, t.told = err.Error(), now
	case now.Sub(t.told) >= remind:
		out.Printf("%v. Still trying, since %s.", err, t.since.UTC().Format(time.RFC3339))
		t.told = now
	}
}

// kind is a message without its numbers: ports and request IDs are other ones each time.
func kind(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsDigit(r) {
			return -1
		}
		return r
	}, text)
}
