//go:build !unix

package follow

import (
	"io"
	"os"
	"os/exec"
	"syscall"
	"time"
)

// together does nothing: there are no groups of processes here.
func together(*exec.Cmd) {}

// separate does nothing either.
func (c *child) separate(*terminal) {}

func (c *child) started() {}

func (c *child) signal(s os.Signal) error { return c.cmd.Process.Signal(s) }

func (c *child) kill() { _ = c.cmd.Process.Kill() }

func (c *child) wake() {}

// remaining is a process that has outlived the first one of its program. None is known here.
type remaining struct {
	id      int
	grouped bool
}

func (c *child) rest() []remaining { return nil }

func (r remaining) end(syscall.Signal) {}

func terminalOf(io.Reader) *terminal { return nil }

// guardian is none: there are no groups to end.
type guardian struct{}

func (p *Program) guard(int) {}

// Guard does nothing.
func Guard(io.Reader, time.Duration) {}
