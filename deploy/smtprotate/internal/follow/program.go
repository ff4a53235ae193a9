package follow

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"sync"
	"syscall"
	"time"
)

// Program is a program that runs with the credential in its environment: SMTP_USERNAME,
// SMTP_PASSWORD, SMTP_HOST, SMTP_PORT, SMTP_REGION, SMTP_URL, SMTP_SMTPS_URL, and the variables of
// Environment. After a change it is restarted.
type Program struct {
	Args []string
	// Environment holds more variables, by name.
	Environment map[string]*Template
	// Signal, if set, is sent instead of restarting: for programs that can reread files.
	Signal os.Signal
	// Alone makes signals, except SIGKILL, go to the program's first process only, and not to its
	// whole process group. Processes that outlive the first one are ended in any case.
	Alone bool
	// Guardian is the command line of a process that calls Guard; empty for none.
	Guardian []string
	// KillAfter is how long the program may take to end after SIGTERM.
	KillAfter      time.Duration
	Stdin          io.Reader
	Stdout, Stderr io.Writer

	mu       sync.Mutex
	running  *child
	guardian *guardian
}

// Exit is a program's exit code, or 128 plus the number of the signal that ended it.
type Exit int

func (e Exit) Error() string { return fmt.Sprintf("the program ended with exit code %d", int(e)) }

// environment returns the variables that the program gets in addition to this process's own.
func (p *Program) environment(c current) ([]string, error) {
	if p == nil {
		return nil, nil
	}
	environment := []string{
		"SMTP_USERNAME=" + c.Username, "SMTP_PASSWORD=" + c.Password, "SMTP_HOST=" + c.Host,
		"SMTP_PORT=" + strconv.Itoa(c.Port), "SMTP_REGION=" + c.Region, "SMTP_URL=" + c.URL,
		"SMTP_SMTPS_URL=" + c.SMTPSURL, // empty if there is none, to hide one that this process inherited
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

// outdated reports whether the program has to be started or told of a change. A program that ended
// by itself isn't started again.
func (p *Program) outdated(environment []string, filesChanged bool) bool {
	if p == nil {
		return false
	}
	now := p.now()
	return now == nil || !now.over() && (filesChanged || !slices.Equal(now.environment, environment))
}

// follow makes the program run with this environment, and tells it of a change.
func (p *Program) follow(say func(Event), environment []string, filesChanged bool) error {
	if !p.outdated(environment, filesChanged) {
		return nil
	}
	now := p.now()
	switch {
	case now == nil:
	case p.Signal != nil:
		say(Event{Kind: Signalled, Program: p.Args[0], Signal: p.Signal.String(),
			Message: fmt.Sprintf("sending %v to %s", p.Signal, p.Args[0])})
		now.environment = environment // a signal can't give it a new environment
		return now.cmd.Process.Signal(p.Signal)
	default:
		say(Event{Kind: Restarts, Program: p.Args[0],
			Message: fmt.Sprintf("restarting %s with the new credential", p.Args[0])})
		p.end(now, say)
	}
	return p.start(say, environment)
}

func (p *Program) start(say func(Event), environment []string) error {
	cmd := exec.Command(p.Args[0], p.Args[1:]...)
	cmd.Env = append(os.Environ(), environment...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = p.Stdin, p.Stdout, p.Stderr
	cmd.WaitDelay = time.Second // for background processes that keep its output open
	c := &child{
		cmd: cmd, environment: environment, alone: p.Alone, patience: p.KillAfter,
		ended: make(chan struct{}), asked: map[int]time.Time{},
	}
	c.separate(terminalOf(p.Stdin))
	p.mu.Lock() // Forward waits for the start, so that no signal is lost
	defer p.mu.Unlock()
	if err := startWaited(cmd); err != nil {
		return fmt.Errorf("starting the program: %w", err)
	}
	c.started()
	p.guard(c.group)
	go func() {
		_ = waitFor(cmd) // exitOf says the same
		c.code = exitOf(cmd.ProcessState)
		c.endRest(say)
		c.leaveTerminal()
		p.unguard()
		close(c.ended)
	}()
	p.running = c
	return nil
}

// unguard makes the guardian forget the group, because the kernel may use its number again.
func (p *Program) unguard() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.guard(0)
}

func (p *Program) now() *child {
	if p == nil {
		return nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.running
}

// Forward passes a signal on to the program if it is running.
func (p *Program) Forward(s os.Signal) {
	if now := p.now(); now != nil && !now.over() {
		_ = now.signal(s) // it may have just ended
	}
}

// ended returns a channel that is closed when the program has ended by itself. It is nil if there
// is no program.
func (p *Program) ended() <-chan struct{} {
	if now := p.now(); now != nil {
		return now.ended
	}
	return nil
}

// code returns the exit code of a program that has ended, or nil if it is 0.
func (p *Program) code() error {
	if code := p.now().code; code != 0 {
		return code
	}
	return nil
}

// stop ends the program if it is running. If SIGTERM ended it, that counts as exit code 0.
func (p *Program) stop(say func(Event)) error {
	now := p.now()
	if now == nil {
		return nil
	}
	p.end(now, say)
	if now.code == 0 || now.code == exitBy(syscall.SIGTERM) {
		return nil
	}
	return now.code
}

// end ends a child, and reports it if the child had to be killed.
func (p *Program) end(c *child, say func(Event)) {
	if !c.stop() {
		say(Event{Kind: Killed, Program: p.Args[0],
			Message: fmt.Sprintf("%s didn't end within %v, so it was killed", p.Args[0], p.KillAfter)})
	}
}
