package follow

import (
	"context"
	"time"
)

// hint is a version that the queue said was current and that the follower hasn't seen yet. Secrets
// Manager may still return the version before it, so the follower looks for it several times, less
// and less often.
type hint struct {
	version string
	looks   int // times that the follower looked for it
}

// mostLooks ends the search after half a minute: 1, 2, 4, 8 and 16 s. By then the event must have
// been an old one that arrived late.
const mostLooks = 5

// sooner shortens the wait for the next round while the hinted version hasn't been seen.
func (h *hint) sooner(wait time.Duration, seen string) time.Duration {
	if h.version == "" {
		return wait
	}
	if h.version == seen || h.looks == mostLooks {
		*h = hint{}
		return wait
	}
	h.looks++
	return min(wait, jitter(firstRetry<<(h.looks-1)))
}

// listen listens to the queue until end is called.
func (f *Follower) listen(ctx context.Context) (heard <-chan string, end func()) {
	if f.Queue == nil {
		return nil, func() {}
	}
	ctx, cancel := context.WithCancel(ctx)
	versions, ended := make(chan string, 1), make(chan struct{})
	go func() {
		defer close(ended)
		f.Queue.listen(ctx, f.Every, f.say, versions)
	}()
	return versions, func() {
		cancel()
		<-ended
	}
}

// hear takes a hint, unless the follower already has that version.
func (f *Follower) hear(version string) {
	if version == f.seen.version {
		return
	}
	f.hint = hint{version: version}
	f.say(Event{Kind: Heard, Message: "the queue says that the secret has another version: reading it now"})
}
