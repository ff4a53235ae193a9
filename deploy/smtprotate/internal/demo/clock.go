package demo

import (
	"sync"
	"time"
)

// rate is how fast simulated time flows while the function works, so that nobody waits for the
// delays of the real AWS.
const rate = 30

// clock is the simulated time. It stands still unless it is told to run.
type clock struct {
	mu      sync.Mutex
	at      time.Time
	started time.Time // real time; zero: it stands still
}

// Now is the simulated time.
func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.started.IsZero() {
		return c.at
	}
	return c.at.Add(rate * time.Since(c.started))
}

// run lets time flow, or stop, and tells what it did before.
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
