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

// functionFlags are the flags of commands that ask the deployed function.
type functionFlags struct {
	Function string `required:"" env:"SMTPROTATE_FUNCTION" placeholder:"NAME" help:"Name or ARN of the deployed function (the stack's output FunctionName)."`
	Region   string `placeholder:"eu-west-1" help:"Region of the function. Default: that of the ARN, of AWS_REGION or of the profile."`
	awsFlags
}

func (f functionFlags) ask(ctx context.Context, c *console, e event.Action) (answer, error) {
	return f.invoke(ctx, c, f.Function, f.Region, e)
}

// show asks the function and prints its answer.
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

// Help is shown by status --help.
func (statusCommand) Help() string {
	return `Shows the current credential, the user's access keys and when each was last used, warnings, and the next step with its
time.

It changes nothing. The exit code is 0 if the function answered, even with warnings, and 1 otherwise.`
}

// Run prints the status. It changes nothing.
func (s statusCommand) Run(ctx context.Context, c *console) error {
	return s.show(ctx, c, event.Status{})
}

type rotateCommand struct {
	functionFlags
	Reason string `placeholder:"TEXT" help:"Reason, for the function's log."`
}

// Help is shown by rotate --help.
func (rotateCommand) Help() string {
	return `Creates a new access key and makes it current once SES accepts it. Nobody is cut off: the old access key stays Active
through its grace period. The function refuses while an even older one is still Active.

The exit code is 1 if the rotation failed or was refused, and 0 otherwise.`
}

// Run rotates now and prints the result.
func (r rotateCommand) Run(ctx context.Context, c *console) error {
	return r.show(ctx, c, event.Rotate{Reason: r.Reason})
}

type emergencyCommand struct {
	functionFlags
	Key          string `placeholder:"AKIA…" help:"ID of the access key that leaked, which is the SMTP username. Default: the current one."`
	Reason       string `placeholder:"TEXT" help:"Reason, for the function's log."`
	ContainFirst bool   `help:"Deactivate the key before its replacement exists. Mail stops until then."`
	Yes          bool   `help:"Don't ask for confirmation."`
}

// Help is shown by emergency --help.
func (emergencyCommand) Help() string {
	return `Creates a new credential, and then deletes the access key that leaked, without a grace period. It first shows what that
cuts off, and asks for confirmation. If it fails, run it again with --key: it continues.

The exit code is 1 if the emergency failed, and 0 otherwise.`
}

// Run asks for confirmation first: it cuts off whoever uses the key.
func (e emergencyCommand) Run(ctx context.Context, c *console) error {
	if !e.Yes {
		a, err := e.ask(ctx, c, event.Status{})
		if err != nil {
			return err
		}
		if e.Key == "" && a.Credential != nil {
			e.Key = a.Credential.AccessKeyID // what is agreed to, even if another becomes current meanwhile
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
			" It is deactivated first: mail stops until its replacement exists. Whoever holds its password can't " +
			"send " +
			"any more; applications can send again once they have read the secret."
	case keys[i].Role == rotation.RoleCurrent:
		return text +
			" Its replacement is created first. Whoever holds its password can't send any more; applications can " +
			"send " +
			"again once they have read the secret."
	}
	return text + " Whoever holds its password can't send any more. The current credential stays."
}

type rollbackCommand struct {
	functionFlags
	Reason string `placeholder:"TEXT" help:"Reason, for the function's log."`
	Yes    bool   `help:"Don't ask for confirmation."`
}

// Help is shown by rollback --help.
func (rollbackCommand) Help() string {
	return `This works as long as the previous credential's access key exists and isn't about to be deleted. Nobody is cut off. It
asks for confirmation first.

The exit code is 1 if the rollback failed, and 0 otherwise.`
}

// Run asks for confirmation first: applications may already use the credential it replaces.
func (r rollbackCommand) Run(ctx context.Context, c *console) error {
	if !r.Yes {
		a, err := r.ask(ctx, c, event.Status{})
		if err != nil {
			return err
		}
		if a.Credential != nil {
			c.paragraph(c.err,
				fmt.Sprintf("This makes the credential from before access key %s current again. Both keep working "+
					"until the grace period of %[1]s is over.", a.Credential.AccessKeyID))
		}
	}
	if err := c.agree(ctx, r.Yes); err != nil {
		return err
	}
	return r.show(ctx, c, event.Rollback{Reason: r.Reason})
}
