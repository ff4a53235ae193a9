package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/seed-486a873a/ses-smtp-rotator/deploy/smtprotate/internal/layout"
	"github.com/seed-486a873a/ses-smtp-rotator/lambda/event"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/rotation"
)

// functionFlags name the deployed function.
type functionFlags struct {
	Function string `required:"" env:"SMTPROTATE_FUNCTION" placeholder:"NAME" help:"The function's name or ARN (the stack's output FunctionName)."`
	Region   string `placeholder:"eu-west-1" help:"The function's Region. Otherwise the ARN's, AWS_REGION's or the profile's."`
	awsFlags
}

func (f functionFlags) ask(ctx context.Context, c *console, e event.Action) (answer, error) {
	return f.invoke(ctx, c, f.Function, f.Region, e)
}

// show asks the function and prints what it says.
func (f functionFlags) show(ctx context.Context, c *console, e event.Action) error {
	a, err := f.ask(ctx, c, e)
	if err != nil {
		return err
	}
	if f.JSON {
		_, err := fmt.Fprintf(c.out, "%s\n", a.text)
		return err
	}
	if err := c.report(a.Result); err != nil || a.Action != rotation.Status || a.Version == "" {
		return err
	}
	_, err = fmt.Fprintf(c.out, "%s%s\n", layout.Pad("Version", 12), a.Version)
	return err
}

type statusCommand struct{ functionFlags }

// Run changes nothing.
func (s statusCommand) Run(ctx context.Context, c *console) error {
	return s.show(ctx, c, event.Status{})
}

type rotateCommand struct {
	functionFlags
	Reason string `placeholder:"TEXT" help:"For the log."`
}

// Help is shown by rotate --help.
func (rotateCommand) Help() string {
	return "Nobody is cut off: the old access key stays Active through its grace period. Refused while an older " +
		"one still is."
}

// Run rotates now.
func (r rotateCommand) Run(ctx context.Context, c *console) error {
	return r.show(ctx, c, event.Rotate{Reason: r.Reason})
}

type emergencyCommand struct {
	functionFlags
	Key          string `placeholder:"AKIA…" help:"The access key that leaked, which is the SMTP username. Otherwise the current one."`
	Reason       string `placeholder:"TEXT" help:"For the log."`
	ContainFirst bool   `help:"Deactivate it before its replacement exists. Mail stops for as long as that takes."`
	Yes          bool   `help:"Don't ask."`
}

// Help is shown by emergency --help.
func (emergencyCommand) Help() string {
	return "A leak: makes a new credential, and then deletes the access key that leaked. Where it fails, run it " +
		"again with --key; it continues."
}

// Run asks before it cuts somebody off.
func (e emergencyCommand) Run(ctx context.Context, c *console) error {
	if !e.Yes {
		a, err := e.ask(ctx, c, event.Status{})
		if err != nil {
			return err
		}
		if e.Key == "" && a.Credential != nil {
			e.Key = a.Credential.AccessKeyID // what is agreed to, though another may be current a minute later
		}
		if e.Key == "" {
			return errors.New("there is no current credential: name the access key that leaked with --key")
		}
		c.paragraph(c.err, whatIsCutOff(e.Key, e.ContainFirst, a.Keys, c.time()))
	}
	if err := c.agree(ctx, e.Yes); err != nil {
		return err
	}
	return e.show(ctx, c, event.Emergency{AccessKeyID: e.Key, Reason: e.Reason, ContainFirst: e.ContainFirst})
}

func whatIsCutOff(id string, first bool, keys []rotation.KeyReport, now time.Time) string {
	text := fmt.Sprintf("This deletes access key %s", id)
	i := slices.IndexFunc(keys, func(k rotation.KeyReport) bool { return k.AccessKeyID == id })
	if i < 0 {
		return text + ", which isn't among the user's keys now."
	}
	text += fmt.Sprintf(" (%s, %s).", keys[i].Role, used(keys[i], now))
	switch {
	case first:
		return text +
			" It dies first: mail stops until its replacement is there. Whoever holds its password can't send any " +
			"more; applications go on once they read the secret again."
	case keys[i].Role == rotation.RoleCurrent:
		return text +
			" Its replacement comes first. Whoever holds its password can't send any more; applications go on once " +
			"they read the secret again."
	}
	return text + " Whoever holds its password can't send any more. The current credential stays."
}

type rollbackCommand struct {
	functionFlags
	Reason string `placeholder:"TEXT" help:"For the log."`
	Yes    bool   `help:"Don't ask."`
}

// Help is shown by rollback --help.
func (rollbackCommand) Help() string {
	return "Makes the previous credential current again, while its access key exists and isn't about to be " +
		"deleted. Nobody is cut off."
}

// Run asks first: it takes back what applications may rely on already.
func (r rollbackCommand) Run(ctx context.Context, c *console) error {
	if !r.Yes {
		a, err := r.ask(ctx, c, event.Status{})
		if err != nil {
			return err
		}
		if a.Credential != nil {
			c.paragraph(c.err,
				fmt.Sprintf("This makes the credential before access key %s current again. Both work on until that "+
					"one's grace period is over.", a.Credential.AccessKeyID))
		}
	}
	if err := c.agree(ctx, r.Yes); err != nil {
		return err
	}
	return r.show(ctx, c, event.Rollback{Reason: r.Reason})
}
