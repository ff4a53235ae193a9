package demo

import (
	"sync"
	"time"
)

// rate is how many times faster than real time the clock runs while the function works, so that
// nobody has to wait for AWS's delays.
const rate = 30

// clock keeps the simulated time. It stands still until run starts it.
type clock struct {
	mu      sync.Mutex
	at      time.Time
	started time.Time // in real time; zero while it stands still
}

// Now returns the simulated time.
func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.started.IsZero() {
		return c.at
	}
	return c.at.Add(rate * time.Since(c.started))
}

// run starts or stops the clock, and returns whether it was running before.
func (c *clock) run(flow bool) (before bool) {
	now := c.Now()
	c.mu.Lock()
	defer c.mu.Unlock()
	before = !c.started.IsZero()
	c.at, c.started = now, time.Time{}
	if flow {
		c.started = time.Now()
	}
	return before
}
