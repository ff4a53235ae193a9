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
	if err == nil {
		if t.text != "" {
			out.Printf("all is well again, after %s", now.Sub(t.since).Round(time.Second))
		}
		*t = trouble{}
		return
	}
	text := strings.ReplaceAll(err.Error(), "\n", "; ")
	switch {
	case t.text == "":
		out.Printf("%s. Everything stays as it is, and this is tried again.", text)
		t.since = now
	case kind(t.text) != kind(text) || now.Sub(t.told) >= remind:
		out.Printf("%s. Still trying, since %s.", text, t.since.UTC().Format(time.RFC3339))
	default:
		return
	}
	t.text, t.told = text, now
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
