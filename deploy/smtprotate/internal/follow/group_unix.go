//go:build unix

package follow

import (
	"os"
	"os/exec"
	"syscall"
)

// together makes a command and everything that it starts end together.
func together(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
}

// separate gives the program a process group of its own, which gets the signals and is ended as a
// whole. If this process is in a terminal's foreground, the group takes its place there: otherwise
// it could neither read nor be interrupted.
func (c *child) separate(t *terminal) {
	c.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	diesWithUs(c.cmd.SysProcAttr)
	c.handTerminal(t)
}

// started remembers the child's process group.
func (c *child) started() {
	if c.cmd.SysProcAttr.Setpgid {
		c.group = c.cmd.Process.Pid
	}
	c.shareTerminal()
}

// signal sends a signal to the whole group, as a terminal does: `sh start.sh` doesn't pass signals
// on to the processes that it started.
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

// wake continues stopped processes, so that they can end.
func (c *child) wake() { _ = c.signal(syscall.SIGCONT) }

// remaining is something that outlived the first process of its program. id is the number that kill
// takes: negative for a group.
type remaining struct {
	id      int
	grouped bool // it is in the program's process group
}

// restOfGroup returns the group as a whole, as long as any process is in it.
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
