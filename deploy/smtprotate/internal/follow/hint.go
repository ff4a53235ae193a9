package follow

import (
	"context"
	"time"
)

// hint is a version that the queue said was current, until the follower has seen it. Secrets
// Manager may still return the one before: it is looked for some more times, ever less often.
type hint struct {
	version string
	looks   int // for that version, so far
}

// mostLooks is half a minute, after 1, 2, 4, 8 and 16 s. Then it was an old event, told late.
const mostLooks = 5

// sooner shortens the wait for the next look, which isn't put off for a version that was seen.
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

// listen has the queue listened to until end is called.
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

// hear takes a hint. What is known already isn't looked for again.
func (f *Follower) hear(version string) {
	if version == f.seen.version {
		return
	}
	f.hint = hint{version: version}
	f.say(Event{Kind: Heard, Message: "the queue says that the secret has another version: looking now"})
}
