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

// terminal is the one that the program reads from. Its foreground has one group of processes: that
// gets what is typed, and Ctrl-C.
type terminal struct{ fd int }

// terminalOf is nil if the program has none, or one that isn't this session's.
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

// give puts a group into the foreground. This process may be in the background, where the kernel
// would stop it for that with SIGTTOU.
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

// handTerminal has the program start in the foreground, if this process is there.
func (c *child) handTerminal(t *terminal) {
	if c.terminal = t; t != nil && t.foreground() == syscall.Getpgrp() {
		c.cmd.SysProcAttr.Foreground, c.cmd.SysProcAttr.Ctty = true, t.fd
	}
}

// shareTerminal has Ctrl-Z, fg and bg do what they do for a program that the shell has started
// itself: this process stops when the program does, and the program goes on when this one does.
func (c *child) shareTerminal() {
	if c.terminal == nil {
		return
	}
	signals := make(chan os.Signal, 8)
	signal.Notify(signals, syscall.SIGCHLD, syscall.SIGCONT)
	signals <- syscall.SIGCHLD // it may have stopped already
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

// hasStopped tells once of each time that the program stops. Its end isn't waited for here.
func (c *child) hasStopped() bool {
	var info unix.Siginfo
	err := unix.Waitid(unix.P_PID, c.cmd.Process.Pid, &info, unix.WSTOPPED|unix.WNOHANG, nil)
	return err == nil && info.Signo != 0
}

// stopToo stops this process and its group, and returns when it goes on. Where no shell looks after
// them, the kernel doesn't stop them: then it returns in a moment. Nothing is started meanwhile: a
// process that stops before its exec keeps this one waiting, and the shell isn't told of a stop.
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

// goOn has the program go on, in the foreground if this process is there.
func (c *child) goOn() {
	if c.terminal.foreground() == syscall.Getpgrp() {
		c.terminal.give(c.group)
	}
	_ = syscall.Kill(-c.group, syscall.SIGCONT)
}

// leaveTerminal takes the foreground back. Ctrl-C was for this process and its group as well, where
// the program has ended by it: a script would go on otherwise.
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
