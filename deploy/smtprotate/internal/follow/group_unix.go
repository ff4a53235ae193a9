//go:build unix

package follow

import (
	"os"
	"os/exec"
	"syscall"
)

// together has a command and all that it starts end together.
func together(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
}

// separate gives the program a process group of its own, which signals go to and which is ended as
// a whole. If this process is in a terminal's foreground, the group has to be there instead, or it
// could neither read nor be interrupted.
func (c *child) separate(t *terminal) {
	c.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	diesWithUs(c.cmd.SysProcAttr)
	c.handTerminal(t)
}

// started notes the group that it has.
func (c *child) started() {
	if c.cmd.SysProcAttr.Setpgid {
		c.group = c.cmd.Process.Pid
	}
	c.shareTerminal()
}

// signal reaches the whole group, as a terminal's do: `sh start.sh` passes on nothing to what it has
// started.
func (c *child) signal(s os.Signal) error {
	number, ok := s.(syscall.Signal)
	if c.group == 0 || c.alone || !ok {
		return c.cmd.Process.Signal(s)
	}
	return syscall.Kill(-c.group, number)
}

func (c *child) kill() {
	c.mu.Lock()
	c.killed = true
	c.mu.Unlock()
	_ = c.cmd.Process.Kill()
	if c.group != 0 {
		_ = syscall.Kill(-c.group, syscall.SIGKILL)
	}
}

// wake continues what is stopped, so that it can end.
func (c *child) wake() { _ = c.signal(syscall.SIGCONT) }

// remaining is what has outlived the first process of its program, by the number that kill takes.
type remaining struct {
	id      int
	grouped bool // in the program's process group
}

// restOfGroup is the group as a whole, for as long as anybody is in it.
func (c *child) restOfGroup() []remaining {
	if c.group == 0 || syscall.Kill(-c.group, 0) != nil {
		return nil
	}
	return []remaining{{-c.group, true}}
}

func (r remaining) end(s syscall.Signal) {
	_ = syscall.Kill(r.id, s)
	if s == syscall.SIGTERM {
		_ = syscall.Kill(r.id, syscall.SIGCONT)
	}
}
