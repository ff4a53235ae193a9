package rotation

import (
	"context"
	"math/rand/v2"
	"time"
)

// Clock is how a run reads the time and waits. Its zero value is the system's clock. Nothing else
// in this package reads a clock, but contexts still end by the system's.
type Clock struct {
	// Now returns the time, from which the ages of keys and versions are counted. Nil means
	// time.Now.
	Now func() time.Time
	// Left returns how long ctx still lasts, and false if it has no deadline. Nil means by the
	// system's clock, as for deadlines.
	Left func(ctx context.Context) (time.Duration, bool)
	// Pause waits for d, or until ctx ends. Nil means a real wait.
	Pause func(ctx context.Context, d time.Duration)
	// Jitter returns a number in [0, 1), which makes the pauses of competing invocations differ.
	// Nil means a random number.
	Jitter func() float64
}

func (c Clock) now() time.Time {
	if c.Now == nil {
		return time.Now()
	}
	return c.Now()
}

func (c Clock) left(ctx context.Context) (time.Duration, bool) {
	if c.Left != nil {
		return c.Left(ctx)
	}
	deadline, ok := ctx.Deadline()
	return time.Until(deadline), ok
}

func (c Clock) pause(ctx context.Context, d time.Duration) {
	if c.Pause != nil {
		c.Pause(ctx, d)
		return
	}
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

func (c Clock) jitter() float64 {
	if c.Jitter == nil {
		return rand.Float64()
	}
	return c.Jitter()
}

// giveWay pauses so that another invocation can proceed, longer with each try.
func (c Clock) giveWay(ctx context.Context, try int) {
	once := 100*time.Millisecond + time.Duration(c.jitter()*float64(200*time.Millisecond))
	c.pause(ctx, time.Duration(try)*once)
}
