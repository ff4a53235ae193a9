package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/seed-486a873a/ses-smtp-rotator/deploy/smtprotate/internal/timeline"
	"github.com/seed-486a873a/ses-smtp-rotator/deploy/smtprotate/internal/timeline/live"
)

// patience is how long a page may take to get the end before somebody is told that none has it.
const patience = 3 * time.Second

// inBrowser plays for a web page. It begins when one is open, and ends when one has it all.
func (d demoCommand) inBrowser(ctx context.Context, c *console) (err error) {
	page, err := live.Serve()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, page.Close()) }()
	fmt.Fprintf(c.out, "Open %s to begin. Ctrl-C ends it.\n", page.URL)
	select {
	case <-page.Watched():
	case <-ctx.Done():
		return ctx.Err()
	}
	over := false
	err = d.play(ctx, d.paced(ctx, func(e timeline.Event) error {
		over = e.Kind == timeline.End
		return page.Show(e)
	}))
	if !over {
		return err
	}
	return errors.Join(err, delivered(ctx, c, page))
}

// delivered waits until a page has the end.
func delivered(ctx context.Context, c *console, page *live.Page) error {
	late := time.NewTimer(patience)
	defer late.Stop()
	for {
		select {
		case <-page.Complete():
			return nil
		case <-ctx.Done():
			return ctx.Err()
		case <-late.C:
			fmt.Fprintln(c.err, "The play is over, but the page is closed. Open it again, or press Ctrl-C.")
		}
	}
}
