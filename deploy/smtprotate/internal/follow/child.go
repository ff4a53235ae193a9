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

// child is a program that was started. It has ended once its first process and everything that this
// started have ended. code is valid once ended is closed.
type child struct {
	cmd         *exec.Cmd
	group       int // its process group; 0 if it has none of its own
	terminal    *terminal
	alone       bool
	patience    time.Duration
	environment []string
	ended       chan struct{}
	code        Exit

	stopped atomic.Bool // it was asked to end, so its end is no surprise

	mu     sync.Mutex
	asked  map[int]time.Time // when each process was asked to end, by remaining.id
	killed bool
}

// stop asks a child to end, and kills it if it doesn't. It reports whether the child ended without
// being killed.
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

// ask sends SIGTERM to the child's group, or only to its first process.
func (c *child) ask() {
	c.mu.Lock()
	for _, r := range c.rest() {
		if r.grouped && !c.alone {
			c.asked[r.id] = time.Now()
		}
	}
	c.mu.Unlock()
	if err := c.signal(syscall.SIGTERM); err != nil && !isGone(err) {
		c.kill() // Windows has no SIGTERM
	}
	c.wake()
}

// isGone reports whether a signal failed because the process had already ended.
func isGone(err error) bool {
	return errors.Is(err, os.ErrProcessDone) || errors.Is(err, syscall.ESRCH)
}

// endRest ends everything that outlived the first process, because it has the old credential. Each
// process gets SIGTERM once, and SIGKILL if it doesn't end in time.
func (c *child) endRest(say func(Event)) {
	const never = 5 * time.Second // then give up on processes that can't even be killed
	for wait, began := 5*time.Millisecond, time.Now(); ; wait = min(2*wait, 100*time.Millisecond) {
		rest := c.rest()
		if len(rest) == 0 || time.Since(began) > 2*c.patience+never {
			return
		}
		if c.askRest(rest) && !c.stopped.Load() {
			say(Event{Kind: Leftover, Program: c.cmd.Args[0], Message: c.cmd.Args[0] + " has ended, so the " +
				"processes that it left running are ended too: a program of follow's must stay in the foreground"})
			c.stopped.Store(true)
		}
		time.Sleep(wait)
	}
}

// askRest sends SIGTERM to what hasn't had it yet, and kills what had it too long ago.
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
