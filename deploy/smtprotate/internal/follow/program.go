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
// SMTP_PASSWORD, SMTP_HOST, SMTP_PORT, SMTP_REGION, SMTP_URL, SMTP_SMTPS_URL, and what Environment
// adds. On a change it is ended and started anew.
type Program struct {
	Args []string
	// Environment are more variables, by their names.
	Environment map[string]*Template
	// Signal, where there is one, is sent instead of starting anew: for programs that read files
	// again.
	Signal os.Signal
	// Alone has signals, but for SIGKILL, go to the program's first process and not to all of its
	// process group. Whatever outlives the first process is ended all the same.
	Alone bool
	// Guardian is a command line that calls Guard, if there is one.
	Guardian []string
	// KillAfter is how long it may take to end after SIGTERM.
	KillAfter      time.Duration
	Stdin          io.Reader
	Stdout, Stderr io.Writer

	mu       sync.Mutex
	running  *child
	guardian *guardian
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
		"SMTP_SMTPS_URL=" + c.SMTPSURL, // empty where there is none, so that no other's is taken for it
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

// outdated tells whether the program has to be started, or to know of a change. What has ended by
// itself isn't started again.
func (p *Program) outdated(environment []string, filesChanged bool) bool {
	if p == nil {
		return false
	}
	now := p.now()
	return now == nil || !now.over() && (filesChanged || !slices.Equal(now.environment, environment))
}

// follow has the program run with this environment, and know of a change.
func (p *Program) follow(say func(Event), environment []string, filesChanged bool) error {
	if !p.outdated(environment, filesChanged) {
		return nil
	}
	now := p.now()
	switch {
	case now == nil:
	case p.Signal != nil:
		say(Event{Kind: Signalled, Program: p.Args[0], Signal: p.Signal.String(),
			Message: fmt.Sprintf("sending %s: %v", p.Args[0], p.Signal)})
		now.environment = environment // as much as it can know of
		return now.cmd.Process.Signal(p.Signal)
	default:
		say(Event{Kind: Restarts, Program: p.Args[0],
			Message: fmt.Sprintf("starting %s anew, with the new credential", p.Args[0])})
		p.end(now, say)
	}
	return p.start(say, environment)
}

func (p *Program) start(say func(Event), environment []string) error {
	cmd := exec.Command(p.Args[0], p.Args[1:]...)
	cmd.Env = append(os.Environ(), environment...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = p.Stdin, p.Stdout, p.Stderr
	cmd.WaitDelay = time.Second // for what it leaves in the background
	c := &child{
		cmd: cmd, environment: environment, alone: p.Alone, patience: p.KillAfter,
		ended: make(chan struct{}), asked: map[int]time.Time{},
	}
	c.separate(terminalOf(p.Stdin))
	p.mu.Lock() // a signal that comes while it starts waits, and reaches it
	defer p.mu.Unlock()
	if err := startWaited(cmd); err != nil {
		return fmt.Errorf("starting the program: %w", err)
	}
	c.started()
	p.guard(c.group)
	go func() {
		_ = waitFor(cmd) // the code says it all
		c.code = exitOf(cmd.ProcessState)
		c.endRest(say)
		c.leaveTerminal()
		p.unguard()
		close(c.ended)
	}()
	p.running = c
	return nil
}

// unguard has the guardian forget the group: its number may come again.
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

// Forward passes a signal on to the program, if it runs.
func (p *Program) Forward(s os.Signal) {
	if now := p.now(); now != nil && !now.over() {
		_ = now.signal(s) // it may have ended this moment
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

// end ends a child, and says if that took force.
func (p *Program) end(c *child, say func(Event)) {
	if !c.stop() {
		say(Event{Kind: Killed, Program: p.Args[0],
			Message: fmt.Sprintf("%s didn't end within %v, and was killed", p.Args[0], p.KillAfter)})
	}
}
