//go:build unix && !linux

package follow

import (
	"io"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// terminalOf returns the program's terminal. It is nil if there is none or if this process isn't in
// its foreground.
func terminalOf(stdin io.Reader) *terminal {
	file, ok := stdin.(*os.File)
	if !ok {
		return nil
	}
	if group, err := unix.IoctlGetInt(int(file.Fd()), unix.TIOCGPGRP); err != nil || group != syscall.Getpgrp() {
		return nil
	}
	return &terminal{}
}

// handTerminal leaves a program that reads from a terminal in this process's group: only on Linux
// can this process learn that the program was stopped without waiting for its end.
func (c *child) handTerminal(t *terminal) {
	if t != nil {
		c.cmd.SysProcAttr.Setpgid = false
	}
}
