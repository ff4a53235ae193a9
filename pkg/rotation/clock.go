package rotation

import (
	"context"
	"math/rand/v2"
	"time"
)

// Clock is what a run knows of time. Its zero value is the system's clock; nothing else in this
// package reads one. Contexts end by the system's clock all the same.
type Clock struct {
	// Now is the date, by which keys and versions age. Nil is time.Now.
	Now func() time.Time
	// Left is how long ctx lasts, and false if it has no deadline. Nil goes by the system's clock,
	// as deadlines do.
	Left func(ctx context.Context) (time.Duration, bool)
	// Pause waits for d, or until ctx ends. Nil really waits.
	Pause func(ctx context.Context, d time.Duration)
	// Jitter is a number in [0, 1) that spreads the pauses of invocations that are in each other's
	// way. Nil is random.
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

// giveWay lets another invocation get on: longer with each try.
func (c Clock) giveWay(ctx context.Context, try int) {
	once := 100*time.Millisecond + time.Duration(c.jitter()*float64(200*time.Millisecond))
	c.pause(ctx, time.Duration(try)*once)
}
