package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"golang.org/x/term"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/printable"
)

// console is what commands read from and write to.
type console struct {
	in       io.Reader
	out, err io.Writer
	getenv   func(string) string
	now      func() time.Time // nil: time.Now
	// interactive is true if there is a person to ask.
	interactive bool
	lines       *bufio.Reader // reads in
	raw         raw
}

// raw holds a console's unescaped output: for programs that run here, and for control characters
// that this program itself sends to a terminal.
type raw struct{ out, err io.Writer }

// printable returns the console with its output escaped: text from AWS, a secret, a file or the
// command line can't control the terminal.
func (c *console) printable() *console {
	shown := *c
	shown.raw = raw{c.out, c.err}
	shown.out, shown.err = printable.To(c.out), printable.To(c.err)
	return &shown
}

// time returns the current time.
func (c *console) time() time.Time {
	if c.now == nil {
		return time.Now()
	}
	return c.now()
}

// isTerminal reports whether f is a terminal.
func isTerminal(f *os.File) bool { return term.IsTerminal(int(f.Fd())) }

// question asks, and returns the line that the person types. Ctrl-C ends it.
func (c *console) question(ctx context.Context, text string) (string, error) {
	fmt.Fprint(c.err, text)
	if c.lines == nil {
		c.lines = bufio.NewReader(c.in)
	}
	type answer struct {
		line string
		err  error
	}
	typed := make(chan answer, 1)
	go func() {
		line, err := c.lines.ReadString('\n')
		typed <- answer{strings.TrimSpace(line), err}
	}()
	select {
	case a := <-typed:
		if a.err != nil && (a.err != io.EOF || a.line == "") {
			return "", errors.New("nobody answered the question")
		}
		return a.line, nil
	case <-ctx.Done():
		fmt.Fprintln(c.err)
		return "", ctx.Err()
	}
}

// agree asks whether to go on. It returns an error unless the answer is yes.
func (c *console) agree(ctx context.Context, yes bool) error {
	if yes {
		return nil
	}
	if !c.interactive {
		return errors.New("there is nobody to ask whether to go on: say --yes")
	}
	answer, err := c.question(ctx, "Go on? [y/N] ")
	if err != nil {
		return err
	}
	if a := strings.ToLower(answer); a != "y" && a != "yes" {
		return errors.New("nothing was done")
	}
	return nil
}

// waiting shows on a terminal what it waits for, and for how long so far, until the returned
// function is called. what isn't escaped, so it must not come from elsewhere.
func (c *console) waiting(what string) (end func()) {
	return c.waitingWith(func() string { return what })
}

// waitingWith is waiting with a text that changes.
func (c *console) waitingWith(what func() string) (end func()) {
	if !c.interactive {
		return func() {}
	}
	began, done, ended := time.Now(), make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		tick := time.NewTicker(time.Second)
		defer tick.Stop()
		widest := 0
		for {
			text := fmt.Sprintf("%s (%d s)", what(), int(time.Since(began).Seconds()))
			widest = max(widest, len(text))
			fmt.Fprintf(c.raw.err, "\r%s", text)
			select {
			case <-tick.C:
			case <-done:
				fmt.Fprintf(c.raw.err, "\r%s\r", strings.Repeat(" ", widest))
				return
			}
		}
	}()
	return func() { close(done); <-ended }
}
