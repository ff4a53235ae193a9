package follow

import (
	"io"
	"os"
	"os/signal"
	"runtime"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// terminal is the terminal that the program reads from. One process group at a time is in its
// foreground; that group gets what is typed, and Ctrl-C.
type terminal struct{ fd int }

// terminalOf returns the program's terminal. It is nil if there is none or if it belongs to another
// session.
func terminalOf(stdin io.Reader) *terminal {
	file, ok := stdin.(*os.File)
	if !ok {
		return nil
	}
	t := &terminal{int(file.Fd())}
	if t.foreground() <= 0 {
		return nil
	}
	return t
}

func (t *terminal) foreground() int {
	group, err := unix.IoctlGetInt(t.fd, unix.TIOCGPGRP)
	if err != nil {
		return -1
	}
	return group
}

// give puts a group into the foreground. It blocks SIGTTOU meanwhile, because the kernel would stop
// this process if it is in the background.
func (t *terminal) give(group int) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var block, before unix.Sigset_t
	block.Val[0] = 1 << (uint(syscall.SIGTTOU) - 1)
	if unix.PthreadSigmask(unix.SIG_BLOCK, &block, &before) != nil {
		return
	}
	_ = unix.IoctlSetPointerInt(t.fd, unix.TIOCSPGRP, group)
	_ = unix.PthreadSigmask(unix.SIG_SETMASK, &before, nil)
}

// handTerminal makes the program start in the foreground if this process is there.
func (c *child) handTerminal(t *terminal) {
	if c.terminal = t; t != nil && t.foreground() == syscall.Getpgrp() {
		c.cmd.SysProcAttr.Foreground, c.cmd.SysProcAttr.Ctty = true, t.fd
	}
}

// shareTerminal makes Ctrl-Z, fg and bg work as for a program that the shell itself started: this
// process stops when the program stops, and the program continues when this process continues.
func (c *child) shareTerminal() {
	if c.terminal == nil {
		return
	}
	signals := make(chan os.Signal, 8)
	signal.Notify(signals, syscall.SIGCHLD, syscall.SIGCONT)
	signals <- syscall.SIGCHLD // the program may already have stopped
	go func() {
		defer signal.Stop(signals)
		for {
			select {
			case <-c.ended:
				return
			case s := <-signals:
				if s == syscall.SIGCHLD && !c.hasStopped() {
					continue
				}
				if s == syscall.SIGCHLD {
					c.stopToo(signals)
				}
				c.goOn()
			}
		}
	}()
}

// hasStopped reports each stop of the program once. It doesn't wait for the program's end.
func (c *child) hasStopped() bool {
	var info unix.Siginfo
	err := unix.Waitid(unix.P_PID, c.cmd.Process.Pid, &info, unix.WSTOPPED|unix.WNOHANG, nil)
	return err == nil && info.Signo != 0
}

// stopToo stops this process and its group, and returns when it continues. If no shell controls
// them, the kernel doesn't stop them; then stopToo returns after a moment. It holds the lock so
// that nothing is started meanwhile: a process that stops before its exec would keep this one
// waiting, and the shell wouldn't hear of a stop.
func (c *child) stopToo(signals <-chan os.Signal) {
	if c.terminal.foreground() == c.group {
		c.terminal.give(syscall.Getpgrp())
	}
	family.Lock()
	_ = syscall.Kill(0, syscall.SIGTSTP)
	family.Unlock()
	for moment := time.After(300 * time.Millisecond); ; {
		select {
		case s := <-signals:
			if s == syscall.SIGCONT {
				return
			}
		case <-moment:
			return
		}
	}
}

// goOn continues the program, in the foreground if this process is there.
func (c *child) goOn() {
	if c.terminal.foreground() == syscall.Getpgrp() {
		c.terminal.give(c.group)
	}
	_ = syscall.Kill(-c.group, syscall.SIGCONT)
}

// leaveTerminal takes the foreground back. If Ctrl-C ended the program, it sends the signal to this
// process and its group too: otherwise a script that runs follow would go on.
func (c *child) leaveTerminal() {
	if c.terminal == nil || c.terminal.foreground() != c.group {
		return
	}
	c.terminal.give(syscall.Getpgrp())
	for _, s := range []syscall.Signal{syscall.SIGINT, syscall.SIGQUIT} {
		if c.code == exitBy(s) {
			_ = syscall.Kill(0, s)
		}
	}
}
