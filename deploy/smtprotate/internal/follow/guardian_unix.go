//go:build unix

package follow

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"syscall"
	"time"
)

// guardian is a process that ends the program's group if this process is killed: the kernel kills
// only the group's first process then. It notices by the end of a pipe.
type guardian struct {
	cmd  *exec.Cmd
	pipe *os.File
}

// Guard is what a guardian process runs. It reads group numbers, one per line, with 0 for none.
// When the writer is gone, it ends the last group. It ignores signals that ask it to end: the
// process that it guards handles them.
func Guard(in io.Reader, patience time.Duration) {
	signal.Ignore(syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP, syscall.SIGQUIT)
	group := 0
	for lines := bufio.NewScanner(in); lines.Scan(); {
		group, _ = strconv.Atoi(lines.Text())
	}
	if group > 1 {
		endGroup(group, patience)
	}
}

func endGroup(group int, patience time.Duration) {
	_ = syscall.Kill(-group, syscall.SIGTERM)
	_ = syscall.Kill(-group, syscall.SIGCONT)
	for until := time.Now().Add(patience); time.Now().Before(until); time.Sleep(20 * time.Millisecond) {
		if syscall.Kill(-group, 0) != nil {
			return
		}
	}
	_ = syscall.Kill(-group, syscall.SIGKILL)
}

// guard tells the guardian which group to end, and starts a guardian if there is none. PID 1 needs
// none, because the kernel ends everything with it. If no guardian can be started, everything else
// still works.
func (p *Program) guard(group int) {
	if len(p.Guardian) == 0 || os.Getpid() == 1 || group == 0 && p.guardian == nil {
		return
	}
	if p.guardian != nil && p.guardian.tell(group) == nil {
		return
	}
	p.guardian = startGuardian(p.Guardian)
	if p.guardian != nil {
		_ = p.guardian.tell(group)
	}
}

func (g *guardian) tell(group int) error {
	_, err := fmt.Fprintln(g.pipe, group)
	return err
}

func startGuardian(args []string) *guardian {
	in, pipe, err := os.Pipe()
	if err != nil {
		return nil
	}
	defer in.Close()
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Env, cmd.Dir, cmd.Stdin = []string{}, "/", in
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if startWaited(cmd) != nil {
		pipe.Close()
		return nil
	}
	go func() { _ = waitFor(cmd) }()
	return &guardian{cmd, pipe}
}
