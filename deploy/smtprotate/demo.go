package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/term"

	"github.com/seed-486a873a/ses-smtp-rotator/deploy/smtprotate/internal/demo"
	"github.com/seed-486a873a/ses-smtp-rotator/deploy/smtprotate/internal/timeline"
	"github.com/seed-486a873a/ses-smtp-rotator/deploy/smtprotate/internal/timeline/picture"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/printable"
)

type demoCommand struct {
	Fast bool   `help:"Don't pause to let people read along."`
	JSON bool   `xor:"form" help:"Print one JSON object per event, without pauses."`
	HTML bool   `xor:"form" help:"Show it in a web browser on this machine instead."`
	SVG  string `placeholder:"FILE" help:"Also write the timeline as a picture."`
}

// Help is shown by demo --help.
func (demoCommand) Help() string {
	return `Plays the first credential, a rotation, the grace period, a retirement, a crash in the middle and a leak. It
runs the deployed function's own code against local copies of IAM, Secrets Manager and SES's SMTP endpoint in
this process. It takes 40 seconds, needs no AWS account and no network, reads none of your AWS settings, and
leaves nothing behind. The exit code is 1 if a promise was broken.

With --html, it prints the URL of a page on which the picture grows while you watch. Only this machine can open it,
and only with that URL. The play begins when you open the page. The command ends when the page has everything; the
page stays until you close it.

With --svg, it writes the picture when the play is over: the access keys, the secret's labels and everybody's mail
over time. Every run draws the same picture, unless a promise is broken.

With --json, each line is an object with "event" (start, scene, calm, step, warning, crash, people or end), "at" (the
simulated time), "scene" (its number) and, where they apply:

  what           the title, step, warning code, or person or program
  text           what happened, or what was said
  access_key_id  for step: the key that it is about
  refused        for the step verify: the logins that SES refused at first
  ticks, mails   for calm: scheduled runs with nothing to do, and the mails
                 sent meanwhile
  keys           access_key_id and status (Active, Inactive, Deleted)
  versions       those with a label: version_id, number, labels, access_key_id
  senders        those who have sent mail: name, access_key_id (used last),
                 and how many mails so far were sent, cut_off and failed
  summary        for end: mail and attacker (sent, cut_off, failed), versions,
                 invocations, days, seconds, promises (promise, kept)

New versions may add names, but never change one.`
}

// Run plays the demo in the form that the flags ask for.
func (d demoCommand) Run(ctx context.Context, c *console) error {
	if d.SVG != "" { // otherwise a mistyped folder would be noticed only when the play is over
		if _, err := os.Stat(filepath.Dir(d.SVG)); err != nil {
			return fmt.Errorf("writing the picture: %w", err)
		}
	}
	if d.HTML {
		return d.inBrowser(ctx, c)
	}
	return d.play(ctx, d.show(ctx, c))
}

// play runs the demo, shows its events, and writes the picture if --svg asks for one.
func (d demoCommand) play(ctx context.Context, show func(timeline.Event) error) (err error) {
	var events []timeline.Event
	play, err := demo.New(func(e timeline.Event) error {
		events = append(events, e)
		return show(e)
	})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, play.Close()) }()
	err = play.Run(ctx)
	if d.SVG == "" || len(events) == 0 || events[len(events)-1].Kind != timeline.End {
		return err
	}
	if fault := os.WriteFile(d.SVG, []byte(picture.SVG(events)), 0o644); fault != nil {
		err = errors.Join(err, fmt.Errorf("writing the picture: %w", fault))
	}
	return err
}

// show chooses how events are shown.
func (d demoCommand) show(ctx context.Context, c *console) func(timeline.Event) error {
	out := c.out
	if c.colours() {
		out = printable.Coloured(c.raw.out)
	}
	show := timeline.Text(out, c.colours())
	if d.JSON {
		return timeline.JSON(c.out)
	}
	return d.paced(ctx, show)
}

// paced shows events slowly enough to read along, unless --fast is set.
func (d demoCommand) paced(ctx context.Context, show func(timeline.Event) error) func(timeline.Event) error {
	if d.Fast {
		return show
	}
	return timeline.Paced(ctx, show)
}

// colours reports whether the output is a terminal whose owner wants colours (no-color.org).
func (c *console) colours() bool {
	file, ok := c.raw.out.(*os.File)
	return ok && term.IsTerminal(int(file.Fd())) && c.getenv("NO_COLOR") == "" && c.getenv("TERM") != "dumb"
}
