package follow

import (
	"context"
	"fmt"
	"io"
	"log"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/smtpcreds"
)

// Follower keeps files, a command and a program in step with a secret.
type Follower struct {
	Source smtpcreds.Source
	Every  time.Duration // how often to read the secret, give or take a tenth
	Files  []File
	// Command is a shell command. It runs at the start and whenever something has changed, until it
	// succeeds.
	Command string
	// CommandTimeout is when a command that hangs is ended.
	CommandTimeout time.Duration
	// Program, if set, runs with the credential in its environment.
	Program *Program
	// Splay is the longest time by which the command and the program are delayed after a change.
	// Each delay is random, so that many machines don't restart at once. Files are written at once,
	// and the start isn't delayed.
	Splay time.Duration
	Log   *log.Logger
	// Events, if set, gets each event, and Log gets nothing.
	Events func(Event)
	// Output gets the command's output. If nil, the output is dropped.
	Output io.Writer
	// Ready, if set, is called once, after the first round that succeeds.
	Ready func()
	// Now starts the next round at once.
	Now <-chan struct{}
	// Queue, if set, also starts rounds while Run runs.
	Queue *Queue

	told    bool      // the command succeeded since the last change
	changed bool      // files changed, but the program hasn't been told yet
	started bool      // a round succeeded
	hurry   bool      // the next round has no splay
	due     time.Time // when the splay is over; zero if nothing waits for it
	swept   bool      // half-written files of an earlier process are gone
	seen    current
	hint    hint
	trouble trouble
}

const (
	readTimeout = 30 * time.Second
	firstRetry  = time.Second
)

// Run follows the secret until ctx or the program ends. If ctx ends, it returns nil; if the program
// ends, it returns the exit code as an Exit.
func (f *Follower) Run(ctx context.Context) error {
	ready := f.Ready
	heard, end := f.listen(ctx)
	defer end()
	for failures := 0; ; {
		err := f.round(ctx)
		if ctx.Err() == nil {
			f.trouble.report(f.say, err)
		}
		if err == nil && ready != nil {
			ready()
			ready = nil
		}
		wait := jitter(f.Every)
		if err == nil {
			failures = 0
			wait = f.hint.sooner(f.untilDue(wait), f.seen.version)
		} else {
			wait = min(wait, jitter(firstRetry<<min(failures, 10)))
			failures++
		}
		select {
		case <-ctx.Done():
			return f.Program.stop(f.say)
		case <-f.Program.ended():
			return f.Program.code()
		case <-f.Now:
			f.hurry = true
		case version := <-heard:
			f.hear(version)
		case <-time.After(wait):
		}
	}
}

// Once does rounds until one succeeds, for at most patience. If there is a program, it then waits
// until the program ends.
func (f *Follower) Once(ctx context.Context, patience time.Duration) error {
	until := time.Now().Add(patience)
	for failures := 0; ; failures++ {
		err := f.round(ctx)
		if err == nil {
			break
		}
		wait := jitter(firstRetry << min(failures, 4))
		if ctx.Err() != nil || time.Now().Add(wait).After(until) {
			return err
		}
		f.trouble.report(f.say, err)
		select {
		case <-ctx.Done():
			return err
		case <-time.After(wait):
		}
	}
	if f.Program == nil {
		return nil
	}
	select {
	case <-ctx.Done():
		return f.Program.stop(f.say)
	case <-f.Program.ended():
		return f.Program.code()
	}
}

// round reads the secret and brings everything in step with it.
func (f *Follower) round(ctx context.Context) error {
	c, err := f.read(ctx)
	if err != nil {
		return err
	}
	rendered, err := f.render(c)
	if err != nil {
		return err
	}
	environment, err := f.Program.environment(c)
	if err != nil {
		return err
	}
	written, err := f.write(rendered)
	if len(written) > 0 {
		f.say(Event{Kind: Wrote, Files: written, AccessKey: c.Username, Version: c.version, Message: fmt.Sprintf(
			"wrote %s for access key %s (version %s)", strings.Join(written, ", "), c.Username, c.version)})
		f.told, f.changed = false, true
	}
	if err != nil {
		return err
	}
	f.see(c, len(written) > 0)
	if f.putOff(environment) {
		return nil
	}
	if err := f.tell(ctx); err != nil {
		return err
	}
	if err := f.Program.follow(f.say, environment, f.changed); err != nil {
		return err
	}
	f.changed, f.hurry, f.started, f.due = false, false, true, time.Time{}
	return nil
}

// putOff reports whether the command and the program still wait for the splay. They get changes
// that happen meanwhile at the same time.
func (f *Follower) putOff(environment []string) bool {
	if f.Splay <= 0 || !f.started || f.hurry || !f.pending(environment) {
		return false
	}
	if f.due.IsZero() {
		f.due = time.Now().Add(rand.N(f.Splay)).UTC()
		f.say(Event{Kind: Waiting, At: &f.due, Message: "the change waits until " + f.due.Format(time.RFC3339) +
			" (--splay)"})
	}
	return time.Now().Before(f.due)
}

// pending reports whether the command or the program has to be told of a change.
func (f *Follower) pending(environment []string) bool {
	return f.Command != "" && !f.told || f.Program.outdated(environment, f.changed)
}

// untilDue shortens a wait to the rest of the splay.
func (f *Follower) untilDue(wait time.Duration) time.Duration {
	if f.due.IsZero() {
		return wait
	}
	return min(wait, max(time.Until(f.due), 0))
}

// see remembers the credential that the files now have, and reports it if it is new.
func (f *Follower) see(c current, written bool) {
	switch {
	case c.URL == f.seen.URL || written:
	case len(f.Files) > 0:
		f.sayCurrent(c, "the files already have access key %s (version %s)")
	default:
		f.sayCurrent(c, "access key %s (version %s) is current")
		f.told = false
	}
	f.seen = c
}

func (f *Follower) sayCurrent(c current, format string) {
	f.say(Event{Kind: Current, AccessKey: c.Username, Version: c.version,
		Message: fmt.Sprintf(format, c.Username, c.version)})
}

func (f *Follower) read(ctx context.Context) (current, error) {
	ctx, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	v, err := f.Source.Read(ctx)
	if err != nil {
		return current{}, err
	}
	return parse(v)
}

// render renders all files, before any of them is written.
func (f *Follower) render(c current) ([][]byte, error) {
	rendered := make([][]byte, len(f.Files))
	for i, file := range f.Files {
		var err error
		if rendered[i], err = file.Template.render(c); err != nil {
			return nil, err
		}
	}
	return rendered, nil
}

func (f *Follower) write(rendered [][]byte) (written []string, err error) {
	for i, file := range f.Files {
		wrote, err := file.keep(rendered[i], !f.swept)
		if err != nil {
			return written, err
		}
		if wrote {
			written = append(written, file.Path)
		}
	}
	f.swept = true
	return written, nil
}

// tell runs the command unless it succeeded since the last change. At the start this isn't known,
// so it runs.
func (f *Follower) tell(ctx context.Context) error {
	if f.told || f.Command == "" {
		return nil
	}
	if err := runCommand(ctx, f.Command, f.CommandTimeout, f.Output); err != nil {
		return err
	}
	f.say(Event{Kind: RanIt, Message: "ran the command"})
	f.told = true
	return nil
}

// jitter changes a duration by up to a tenth, so that many machines don't read or restart at once.
func jitter(d time.Duration) time.Duration {
	return time.Duration(float64(d) * (0.9 + 0.2*rand.Float64()))
}
