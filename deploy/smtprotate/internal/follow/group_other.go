//go:build !unix

package follow

import (
	"io"
	"os"
	"os/exec"
	"syscall"
	"time"
)

// together does nothing: this system has no process groups.
func together(*exec.Cmd) {}

// separate does nothing: this system has no process groups.
func (c *child) separate(*terminal) {}

func (c *child) started() {}

func (c *child) signal(s os.Signal) error { return c.cmd.Process.Signal(s) }

func (c *child) kill() { _ = c.cmd.Process.Kill() }

func (c *child) wake() {}

// remaining is a process that outlived the first one of its program. None is known here.
type remaining struct {
	id      int
	grouped bool
}

func (c *child) rest() []remaining { return nil }

func (r remaining) end(syscall.Signal) {}

func terminalOf(io.Reader) *terminal { return nil }

// guardian is empty: there is no group to end.
type guardian struct{}

func (p *Program) guard(int) {}

// Guard does nothing.
func Guard(io.Reader, time.Duration) {}
