package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/mail"
	"os"
	"os/signal"
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
	Clean    bool          `help:"Only remove what killed rehearsals left behind."`
	Only     string        `name:"run" placeholder:"NAME" help:"With --clean: only this rehearsal, by the name that its users and secrets begin with."`
	Yes      bool          `help:"Don't ask. With --clean, what is younger than three hours is left alone, unless --run names it."`
	profileFlag
}

// Help is shown by rehearse --help.
func (rehearseCommand) Help() string {
	return "Plays a credential's life in an AWS account, with the deployed function's own code: first credential, " +
		"rotation, retirement, rollback, emergency, while an application sends. Then it asks what AWS doesn't " +
		"document, such as how soon SES accepts a new key, and compares the answers with what this project's tests " +
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
	return r.rehearse(ctx, c, account, endpoints[0])
}

func (r rehearseCommand) rehearse(ctx context.Context, c *console, account rehearse.Account,
	endpoint sessmtp.Endpoint) error {
	record, err := r.open()
	if err != nil {
		return err
	}
	defer record.Close()
	rehearsal := rehearse.New(account)
	rehearsal.Endpoint, rehearsal.From = endpoint, r.From
	rehearsal.Pace, rehearsal.Patience = r.Pace, r.Patience
	rehearsal.Every = min(rehearsal.Every, r.Pace/10)
	rehearsal.Say = func(text string) { fmt.Fprintf(c.err, "%s  %s\n", c.time().Format(time.TimeOnly), text) }
	fmt.Fprintln(c.err, rehearsal.Plan())
	if err := c.agree(ctx, r.Yes); err != nil {
		return err
	}
	// If the output goes to a program that ends, by the same Ctrl-C for example, writing to it must
	// not end this program before everything is removed.
	signal.Ignore(syscall.SIGPIPE)
	defer context.AfterFunc(ctx, func() { r.stopping(c) })()
	recorded, err := rehearsal.Run(ctx)
	return errors.Join(err, r.show(ctx, c, record, recorded))
}

// open opens the recording's file, before there is anything to lose. It is nil if none is wanted.
func (r rehearseCommand) open() (*os.File, error) {
	if r.Record == "" {
		return nil, nil
	}
	f, err := os.OpenFile(r.Record, os.O_WRONLY|os.O_CREATE, 0o666)
	if err != nil {
		return nil, fmt.Errorf("--record: %w", err)
	}
	return f, nil
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
func (r rehearseCommand) show(ctx context.Context, c *console, record *os.File, recorded recording.Recording) error {
	if len(recorded.Answers) == 0 {
		return nil
	}
	var unwritten error
	if record != nil {
		if unwritten = cmp.Or(record.Truncate(0), recorded.Write(record)); unwritten != nil {
			unwritten = fmt.Errorf("--record: %w", unwritten)
		}
	}
	if r.JSON {
		return errors.Join(unwritten, recorded.Write(c.out))
	}
	var local recording.Recording
	var err error
	if ctx.Err() == nil {
		fmt.Fprintln(c.err, "Asking localaws the same, for comparison.")
		if local, err = rehearse.Local(ctx, recorded.Region, recorded.Answers); err != nil {
			err = fmt.Errorf("rehearsing on localaws: %w", err)
		}
	}
	return errors.Join(unwritten, err, rehearse.Report(c.out, recorded, local.Answers))
}
