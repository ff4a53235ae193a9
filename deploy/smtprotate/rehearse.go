package main

import (
	"context"
	"errors"
	"fmt"
	"net/mail"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/seed-486a873a/ses-smtp-rotator/deploy/smtprotate/internal/rehearse"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/localaws/recording"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sessmtp"
)

type rehearseCommand struct {
	From     string        `placeholder:"ADDRESS" help:"An address that SES sends from in this Region, to send mail to SES's mailbox simulator. Without it, nothing is sent, and less is found out."`
	Region   string        `placeholder:"eu-west-1" help:"Where to rehearse. Otherwise the profile's Region."`
	Endpoint string        `placeholder:"HOST:PORT" help:"SES's SMTP endpoint, as SMTP_ENDPOINT has it. Otherwise the Region's public one."`
	Pace     time.Duration `default:"1m" help:"The function's grace period, quarantine and promotion window."`
	Patience time.Duration `default:"5m" help:"How long to wait for an answer of AWS's, such as a key's last use."`
	Record   string        `placeholder:"FILE" help:"Also write the answers as a recording, in JSON."`
	JSON     bool          `name:"json" help:"Print the answers as JSON."`
	Clean    bool          `help:"Only remove what rehearsals have left behind that were killed."`
	Yes      bool          `help:"Don't ask."`
	profileFlag
}

// Help is shown by rehearse --help.
func (rehearseCommand) Help() string {
	return "Plays a credential's life in an AWS account, with the deployed function's own code: first credential, " +
		"rotation, retirement, rollback, emergency, while an application sends. Then it asks AWS what no document " +
		"tells, such as how soon SES accepts a new key, and compares the answers with what this project's tests " +
		"assume. Take a sandbox account: it makes two IAM users and two secrets, says so before, and removes them at " +
		"the end, also after Ctrl-C. The exit code is 0 if the function did all it should and nothing was left, and " +
		"1 otherwise."
}

// Run asks before it makes anything.
func (r rehearseCommand) Run(ctx context.Context, c *console) error {
	if err := r.check(); err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGHUP) // the terminal was closed
	defer stop()
	cfg, err := r.config(ctx, r.Region)
	if err != nil {
		return err
	}
	account, err := rehearse.Open(ctx, cfg)
	if err != nil {
		return err
	}
	if r.Clean {
		return r.clean(ctx, c, account, cfg.Region)
	}
	endpoints, err := sessmtp.ParseEndpoints(r.Endpoint, []string{cfg.Region})
	if err != nil {
		return err
	}
	rehearsal := rehearse.New(account)
	rehearsal.Endpoint, rehearsal.From = endpoints[0], r.From
	rehearsal.Pace, rehearsal.Patience = r.Pace, r.Patience
	rehearsal.Every = min(rehearsal.Every, r.Pace/10)
	rehearsal.Say = func(text string) { fmt.Fprintf(c.err, "%s  %s\n", c.time().Format(time.TimeOnly), text) }
	c.paragraph(c.err, rehearsal.Plan())
	if err := c.agree(ctx, r.Yes); err != nil {
		return err
	}
	defer context.AfterFunc(ctx, func() { r.stopping(c) })()
	recorded, err := rehearsal.Run(ctx)
	return errors.Join(err, r.show(ctx, c, rehearsal, recorded))
}

// stopping lets another signal end the program at once.
func (r rehearseCommand) stopping(c *console) {
	fmt.Fprintln(c.err, "Stopping: what was made is being removed. Another Ctrl-C leaves it there, for "+
		"smtprotate rehearse --clean.")
	signal.Reset(os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
}

func (r rehearseCommand) check() error {
	if r.From != "" {
		if a, err := mail.ParseAddress(r.From); err != nil || a.Address != r.From {
			return fmt.Errorf("--from %s: it isn't a mail address", r.From)
		}
	}
	if r.Pace < time.Second {
		return fmt.Errorf("--pace %s: it must be at least 1s, because IAM's and Secrets Manager's times are in seconds",
			r.Pace)
	}
	if r.Patience < r.Pace/10 {
		return fmt.Errorf("--patience %s: it must be at least a tenth of --pace", r.Patience)
	}
	return nil
}

// show writes the recording, and prints what was found out.
func (r rehearseCommand) show(ctx context.Context, c *console, of *rehearse.Rehearsal,
	recorded recording.Recording) error {
	if len(recorded.Answers) == 0 {
		return nil
	}
	if r.Record != "" {
		if err := write(r.Record, recorded); err != nil {
			return fmt.Errorf("--record: %w", err)
		}
	}
	switch {
	case r.JSON:
		return recorded.Write(c.out)
	case ctx.Err() != nil:
		return nil // it was stopped
	}
	fmt.Fprintln(c.err, "Asking localaws the same, for comparison.")
	local, err := rehearse.Local(ctx, of.Endpoint.Region, recorded.Answers)
	if err != nil {
		return fmt.Errorf("rehearsing on localaws: %w", err)
	}
	return rehearse.Report(c.out, recorded, local)
}

func write(name string, recorded recording.Recording) error {
	var text strings.Builder
	if err := recorded.Write(&text); err != nil {
		return err
	}
	return os.WriteFile(name, []byte(text.String()), 0o666)
}

// clean removes what is there of other rehearsals.
func (r rehearseCommand) clean(ctx context.Context, c *console, account rehearse.Account, region string) error {
	left, err := account.Leftovers(ctx)
	if err != nil {
		return err
	}
	if len(left) == 0 {
		fmt.Fprintf(c.out, "Nothing is left of a rehearsal in account %s and %s.\n", account.ID, region)
		return nil
	}
	for _, l := range left {
		age := c.time().Sub(l.Began).Round(time.Minute)
		text := fmt.Sprintf("In account %s, begun %s ago: %s.", account.ID, age, l)
		if age < 2*time.Hour {
			text += " It may still be going on."
		}
		c.paragraph(c.err, text)
	}
	c.paragraph(c.err, "All of this is to be deleted, secrets without recovery.")
	if err := c.agree(ctx, r.Yes); err != nil {
		return err
	}
	var faults error
	for _, l := range left {
		faults = errors.Join(faults, account.Remove(ctx, recording.Wall{}, l))
	}
	if faults == nil {
		fmt.Fprintf(c.out, "Removed what was left of %d rehearsals.\n", len(left))
	}
	return faults
}
