package main

import (
	"context"
	"errors"
	"os"

	"golang.org/x/term"

	"github.com/seed-486a873a/ses-smtp-rotator/deploy/smtprotate/internal/demo"
	"github.com/seed-486a873a/ses-smtp-rotator/deploy/smtprotate/internal/timeline"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/printable"
)

type demoCommand struct {
	Fast bool `help:"Don't pause to let people read along."`
	JSON bool `help:"Print one JSON object per event, without pauses."`
}

// Help is shown by demo --help.
func (demoCommand) Help() string {
	return `First credential, rotation, grace, retirement, a crash in the middle, a leak: the deployed function's own code
against an IAM, a Secrets Manager and an SES SMTP endpoint in this process. It takes 40 seconds. It needs no
AWS account and no network, reads none of your AWS settings, and leaves nothing behind. The exit code is 1 if a
promise was broken.

With --json, each line is an object with "event" (start, scene, calm, step, warning, crash, people or end), "at" (the
simulated time), "scene" (its number) and, where they apply:

  what           the title, step, warning code, or person or program
  text           what happened, or what was said
  access_key_id  of step: the key that it is about
  ticks, mails   of calm: scheduled runs that had nothing to do, and the mails
                 sent meanwhile
  keys           access_key_id and status (Active, Inactive, Deleted)
  versions       those with a label: version_id, number, labels, access_key_id
  summary        of end: mail and attacker (sent, cut_off, failed), versions,
                 invocations, days, seconds, promises (promise, kept)

Names are added, never changed.`
}

// Run plays.
func (d demoCommand) Run(ctx context.Context, c *console) (err error) {
	play, err := demo.New(d.show(ctx, c))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, play.Close()) }()
	return play.Run(ctx)
}

// show chooses how events are shown.
func (d demoCommand) show(ctx context.Context, c *console) func(timeline.Event) error {
	out := c.out
	if c.colours() {
		out = printable.Coloured(c.raw.out)
	}
	switch text := timeline.Text(out, c.colours()); {
	case d.JSON:
		return timeline.JSON(c.out)
	case d.Fast:
		return text
	default:
		return timeline.Paced(ctx, text)
	}
}

// colours are for terminals whose owners want them (no-color.org).
func (c *console) colours() bool {
	file, ok := c.raw.out.(*os.File)
	return ok && term.IsTerminal(int(file.Fd())) && c.getenv("NO_COLOR") == "" && c.getenv("TERM") != "dumb"
}
