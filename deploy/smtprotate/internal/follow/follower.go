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

// Follower keeps files, and those who read them, in step with a secret.
type Follower struct {
	Source smtpcreds.Source
	Every  time.Duration // how often to look, give or take a tenth
	Files  []File
	// Command is for the shell. It runs at the start and whenever something has changed, until it
	// succeeds.
	Command string
	// CommandTimeout ends a command that hangs.
	CommandTimeout time.Duration
	// Program, if there is one, runs with the credential in its environment.
	Program *Program
	// Splay puts off what the command and the program do about a change, by a random part of it, so
	// that many machines don't restart at once. Files are written at once, and the start isn't put
	// off.
	Splay time.Duration
	Log   *log.Logger
	// Events, if set, gets what happens, and Log nothing.
	Events func(Event)
	// Output is for what Command says. If nil, nobody hears it.
	Output io.Writer
	// Ready, if set, is called once the first round has succeeded.
	Ready func()
	// Now wakes it before its time.
	Now <-chan struct{}
	// Queue, if set, wakes it as well while it runs.
	Queue *Queue

	told    bool      // the command has succeeded since the last change
	changed bool      // files have changed, and the program doesn't know yet
	started bool      // a round has succeeded
	hurry   bool      // somebody wants no splay
	due     time.Time // when the splay is over; zero if nobody waits for that
	swept   bool      // what an earlier process left half-written is gone
	seen    current
	hint    hint
	trouble trouble
}

const (
	readTimeout = 30 * time.Second
	firstRetry  = time.Second
)

// Run follows the secret until ctx ends, which is no error, or the program does: then its exit code
// comes as an Exit.
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

// Once does a single round that succeeds, and tries for so long. A program is run to its end.
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

// round reads the secret and makes everything fit it.
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

// putOff tells whether the command and the program wait for the splay to be over. What changes
// meanwhile they get with it.
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

// pending tells whether the command or the program has to know of something.
func (f *Follower) pending(environment []string) bool {
	return f.Command != "" && !f.told || f.Program.outdated(environment, f.changed)
}

// untilDue shortens a wait to what is left of the splay.
func (f *Follower) untilDue(wait time.Duration) time.Duration {
	if f.due.IsZero() {
		return wait
	}
	return min(wait, max(time.Until(f.due), 0))
}

// see takes note of the credential that everything fits now.
func (f *Follower) see(c current, written bool) {
	switch {
	case c.URL == f.seen.URL || written:
	case len(f.Files) > 0:
		f.sayCurrent(c, "the files have access key %s (version %s) already")
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

// render makes the content of all files before one is touched.
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

// tell runs the command unless it has succeeded since the last change. At the start nobody knows
// whether it has.
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

// jitter spreads a duration by a tenth, so that many machines don't read, and restart, at once.
func jitter(d time.Duration) time.Duration {
	return time.Duration(float64(d) * (0.9 + 0.2*rand.Float64()))
}
