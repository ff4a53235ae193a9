package timeline

import (
	"context"
	"strings"
	"time"
)

// Pause returns how long a reader needs for an event before the next one.
func Pause(e Event) time.Duration {
	words := time.Duration(len(strings.Fields(e.Text)))
	switch e.Kind {
	case Start, Scene:
		return 700*time.Millisecond + words*40*time.Millisecond
	case Calm:
		return 350 * time.Millisecond
	}
	return 280*time.Millisecond + words*18*time.Millisecond
}

// Paced calls show slowly enough to read along. Time that passes between two events counts as
// reading time. When ctx ends, it shows no more.
func Paced(ctx context.Context, show func(Event) error) func(Event) error {
	var due time.Time
	return func(e Event) error {
		timer := time.NewTimer(time.Until(due))
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-ctx.Done():
			return ctx.Err()
		}
		due = time.Now().Add(Pause(e))
		return show(e)
	}
}
