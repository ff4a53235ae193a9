package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/seed-486a873a/ses-smtp-rotator/deploy/smtprotate/internal/rehearse"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/localaws/recording"
)

// young is what may still be going on.
const young = 3 * time.Hour

// clean removes what is there of other rehearsals.
func (r rehearseCommand) clean(ctx context.Context, c *console, account rehearse.Account, region string) error {
	left, err := account.Leftovers(ctx)
	if err != nil {
		return err
	}
	left = slices.DeleteFunc(left, func(n rehearse.Names) bool { return r.Only != "" && n.Run != r.Only })
	if len(left) == 0 {
		fmt.Fprintf(c.out, "Nothing is left of a rehearsal in account %s and %s.\n", account.ID, region)
		return nil
	}
	left = r.chosen(c, left)
	if len(left) == 0 {
		return errors.New("nothing was removed")
	}
	c.paragraph(c.err, "All of this is to be deleted, secrets without recovery.")
	if err := c.agree(ctx, r.Yes); err != nil {
		return err
	}
	var faults error
	for _, n := range left {
		faults = errors.Join(faults, account.Remove(ctx, recording.Wall{}, n))
	}
	if faults == nil {
		fmt.Fprintln(c.out, "It is removed.")
	}
	return faults
}

// chosen shows what is there, and returns what is to be removed: without somebody to ask, nothing
// that may still be going on.
func (r rehearseCommand) chosen(c *console, left []rehearse.Names) (chosen []rehearse.Names) {
	for _, n := range left {
		age := c.time().Sub(n.Began)
		text := fmt.Sprintf("%s, begun %s ago in %s: its IAM users and secrets.", n.Run, age.Round(time.Minute),
			n.Region)
		if age < young && r.Only == "" {
			text += " It may still be going on."
			if r.Yes {
				c.paragraph(c.err, text+" It is left alone; --run "+n.Run+" removes it.")
				continue
			}
		}
		c.paragraph(c.err, text)
		chosen = append(chosen, n)
	}
	return chosen
}
