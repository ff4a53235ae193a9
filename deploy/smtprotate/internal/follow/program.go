package follow

import (
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"sync"
	"syscall"
	"time"
)

// Program is a program that runs with the credential in its environment: SMTP_USERNAME,
// SMTP_PASSWORD, SMTP_HOST, SMTP_PORT, SMTP_REGION, SMTP_URL, and what Environment adds. On a
// change it is ended and started anew.
type Program struct {
	Args []string
	// Environment are more variables, by their names.
	Environment map[string]*Template
	// Signal, where there is one, is sent instead of starting anew: for programs that read files
	// again.
	Signal os.Signal
	// KillAfter is how long it may take to end after SIGTERM.
	KillAfter      time.Duration
	Stdin          io.Reader
	Stdout, Stderr io.Writer

	mu      sync.Mutex
	running *child
}

// child is a program that was started. Its code is there once ended is closed.
type child struct {
	cmd         *exec.Cmd
	environment []string
	ended       chan struct{}
	code        Exit
}

// Exit is a program's exit code, 128 and the signal's number where that ended it.
type Exit int

func (e Exit) Error() string { return fmt.Sprintf("the program ended with exit code %d", int(e)) }

// environment is what the program gets beside what is in this one's.
func (p *Program) environment(c current) ([]string, error) {
	if p == nil {
		return nil, nil
	}
	environment := []string{
		"SMTP_USERNAME=" + c.Username, "SMTP_PASSWORD=" + c.Password, "SMTP_HOST=" + c.Host,
		"SMTP_PORT=" + strconv.Itoa(c.Port), "SMTP_REGION=" + c.Region, "SMTP_URL=" + c.URL,
	}
	for name, value := range p.Environment {
		text, err := value.render(c)
		if err != nil {
			return nil, err
		}
		environment = append(environment, name+"="+string(text))
	}
	slices.Sort(environment)
	return environment, nil
}

// follow has the program run with this environment, and know of a change.
func (p *Program) follow(log *log.Logger, environment []string, filesChanged bool) error {
	if p == nil {
		return nil
	}
	now := p.now()
	changed := now != nil && (filesChanged || !slices.Equal(now.environment, environment))
	switch {
	case now == nil:
	case !changed || now.over():
		return nil // what has ended by itself isn't started again
	case p.Signal != nil:
		log.Printf("sending %s: %v", p.Args[0], p.Signal)
		now.environment = environment // as much as it can know of
		return now.cmd.Process.Signal(p.Signal)
	default:
		log.Printf("starting %s anew, with the new credential", p.Args[0])
		now.stop(p.KillAfter)
	}
	return p.start(environment)
}

func (p *Program) start(environment []string) error {
	cmd := exec.Command(p.Args[0], p.Args[1:]...)
	cmd.Env = append(os.Environ(), environment...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = p.Stdin, p.Stdout, p.Stderr
	cmd.WaitDelay = time.Second // for what it leaves in the background
	p.mu.Lock()                 // a signal that comes while it starts waits, and reaches it
	defer p.mu.Unlock()
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("starting the program: %w", err)
	}
	c := &child{cmd: cmd, environment: environment, ended: make(chan struct{})}
	go func() {
		_ = cmd.Wait() // the code says it all
		c.code = exitOf(cmd.ProcessState)
		close(c.ended)
	}()
	p.running = c
	return nil
}

func (p *Program) now() *child {
	if p == nil {
		return nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.running
}

// Forward passes a signal on to the program, if it runs.
func (p *Program) Forward(s os.Signal) {
	if now := p.now(); now != nil && !now.over() {
		_ = now.cmd.Process.Signal(s) // it may have ended this moment
	}
}

// ended is closed when the program has ended by itself. It never is where there is none.
func (p *Program) ended() <-chan struct{} {
	if now := p.now(); now != nil {
		return now.ended
	}
	return nil
}

// code is the exit code of a program that has ended; nil for 0.
func (p *Program) code() error {
	if code := p.now().code; code != 0 {
		return code
	}
	return nil
}

// stop ends the program, if it runs. To end by the signal that asks for it is as good as exit code
// 0.
func (p *Program) stop(log *log.Logger) error {
	now := p.now()
	if now == nil {
		return nil
	}
	if !now.stop(p.KillAfter) {
		log.Printf("%s didn't end within %v, and was killed", p.Args[0], p.KillAfter)
	}
	if now.code == 0 || now.code == exitBy(syscall.SIGTERM) {
		return nil
	}
	return now.code
}

// stop asks a child to end, and insists where it doesn't.
func (c *child) stop(patience time.Duration) (gracefully bool) {
	if err := c.cmd.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		_ = c.cmd.Process.Kill() // there is no SIGTERM on Windows
	}
	select {
	case <-c.ended:
		return true
	case <-time.After(patience):
	}
	_ = c.cmd.Process.Kill()
	<-c.ended
	return false
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
