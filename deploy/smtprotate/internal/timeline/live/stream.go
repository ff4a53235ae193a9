package live

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"

	"github.com/seed-486a873a/ses-smtp-rotator/deploy/smtprotate/internal/timeline"
	"github.com/seed-486a873a/ses-smtp-rotator/deploy/smtprotate/internal/timeline/picture"
)

// message is what the page receives for an event.
type message struct {
	timeline.Event
	// Calm is the text of a calm.
	Calm string `json:"calm,omitempty"`
	// Picture draws the events so far. Of events sent together, only the last has one.
	Picture string `json:"picture,omitempty"`
}

// stream sends events until the last one has been sent or the browser has gone. A browser that
// reconnects says which one it received last.
func (p *Page) stream(w http.ResponseWriter, r *http.Request) {
	next := 0
	if last, err := strconv.Atoi(r.Header.Get("Last-Event-ID")); err == nil && last >= 0 {
		next = last + 1
	}
	w.Header().Set("Content-Type", "text/event-stream")
	if _, err := fmt.Fprint(w, "retry: 1000\n\n"); err != nil {
		return
	}
	for flush := http.NewResponseController(w).Flush; ; {
		events, changed := p.soFar()
		for ; next < len(events); next++ {
			if err := send(w, events, next); err != nil {
				return
			}
		}
		if flush() != nil {
			return
		}
		p.firstWatch.Do(func() { close(p.watched) })
		if len(events) > 0 && events[len(events)-1].Kind == timeline.End {
			p.firstComplete.Do(func() { close(p.complete) })
			return
		}
		select {
		case <-changed:
		case <-r.Context().Done():
			return
		case <-p.closed:
			return
		}
	}
}

// send sends event number i.
func send(w http.ResponseWriter, events []timeline.Event, i int) error {
	m := message{Event: events[i]}
	if m.Kind == timeline.Calm {
		m.Calm = m.Passed()
	}
	if i == len(events)-1 {
		m.Picture = picture.SVG(events)
	}
	data, err := json.Marshal(m)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, "id: %d\ndata: %s\n\n", i, data)
	return err
}
