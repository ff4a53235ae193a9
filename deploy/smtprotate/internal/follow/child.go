package follow

import (
	"errors"
	"os"
	"os/exec"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// child is a program that was started. It has ended once all of it has: its first process, and what
// that has started. Its code is there once ended is closed.
type child struct {
	cmd         *exec.Cmd
	group       int // of its processes; 0 if it has none of its own
	terminal    *terminal
	alone       bool
	patience    time.Duration
	environment []string
	ended       chan struct{}
	code        Exit

	stopped atomic.Bool // it was asked to end, and so its end is no surprise

	mu     sync.Mutex
	asked  map[int]time.Time // what was asked to end, as rest names it, and when
	killed bool
}

// stop asks a child to end, and insists where it doesn't.
func (c *child) stop() (gracefully bool) {
	c.stopped.Store(true)
	c.ask()
	select {
	case <-c.ended:
		return !c.wasKilled()
	case <-time.After(c.patience):
	}
	c.kill()
	<-c.ended
	return false
}

// ask has a child end: all of its group, or its first process.
func (c *child) ask() {
	c.mu.Lock()
	for _, r := range c.rest() {
		if r.grouped && !c.alone {
			c.asked[r.id] = time.Now()
		}
	}
	c.mu.Unlock()
	if err := c.signal(syscall.SIGTERM); err != nil && !isGone(err) {
		c.kill() // there is no SIGTERM on Windows
	}
	c.wake()
}

// isGone tells whether a signal had nobody to reach any more.
func isGone(err error) bool {
	return errors.Is(err, os.ErrProcessDone) || errors.Is(err, syscall.ESRCH)
}

// endRest ends what has outlived the first process: it has the old credential. Each gets SIGTERM
// once, and SIGKILL where it doesn't end.
func (c *child) endRest(say func(Event)) {
	const never = 5 * time.Second // a process that can't even be killed keeps nobody waiting
	for wait, began := 5*time.Millisecond, time.Now(); ; wait = min(2*wait, 100*time.Millisecond) {
		rest := c.rest()
		if len(rest) == 0 || time.Since(began) > 2*c.patience+never {
			return
		}
		if c.askRest(rest) && !c.stopped.Load() {
			say(Event{Kind: Leftover, Program: c.cmd.Args[0], Message: c.cmd.Args[0] + " has ended, and what it has " +
				"left running is ended too: what follow is to run has to stay in the foreground"})
			c.stopped.Store(true)
		}
		time.Sleep(wait)
	}
}

// askRest asks what hasn't been asked, and kills what was asked too long ago.
func (c *child) askRest(rest []remaining) (first bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, r := range rest {
		switch at, asked := c.asked[r.id]; {
		case !asked:
			first = true
			c.asked[r.id] = time.Now()
			r.end(syscall.SIGTERM)
		case time.Since(at) >= c.patience:
			c.killed = true
			r.end(syscall.SIGKILL)
		}
	}
	return first
}

func (c *child) wasKilled() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.killed
}

func (c *child) over() bool {
	select {
	case <-c.ended:
		return true
	default:
		return false
	}
}

func exitOf(state *os.ProcessState) Exit {
	if status, ok := state.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return exitBy(status.Signal())
	}
	return Exit(state.ExitCode())
}

func exitBy(s syscall.Signal) Exit { return 128 + Exit(s) }
