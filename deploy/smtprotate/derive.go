package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"golang.org/x/term"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sessmtp"
)

// longestSecret is longer than any secret access key: longer input was sent by mistake.
const longestSecret = 1024

type deriveCommand struct {
	Region string `required:"" placeholder:"eu-west-1" help:"SES Region of the password. Each Region has its own."`
}

// Help is shown by derive --help.
func (deriveCommand) Help() string {
	return `Derives the SMTP password of a Region from an IAM user's secret access key, and prints nothing else. The SMTP username
is the ID of the access key.

It reads the secret access key from standard input; on a terminal, it asks for it. It refuses input that is plainly
something else, such as an access key ID or a row of a CSV file. It warns on standard error if the input isn't 40
characters of A-Z, a-z, 0-9, / and +.

It stores nothing and uses no network. The exit code is 1 if the input is refused, and 0 otherwise.`
}

// Run derives the password and prints it.
func (d deriveCommand) Run(ctx context.Context, c *console) error {
	regions, err := sessmtp.ParseRegions(d.Region)
	if err != nil {
		return fmt.Errorf("--region: %w", err)
	}
	if len(regions) != 1 {
		return fmt.Errorf("--region: %d Regions given, but a password is for one: give one", len(regions))
	}
	input, err := readSecret(ctx, c)
	if err != nil {
		return err
	}
	secret, doubt, err := parseSecret(input)
	if err != nil {
		return fmt.Errorf("secret access key: %w", err)
	}
	for _, doubt := range []error{doubt, sessmtp.CheckRegion(regions[0])} {
		if doubt != nil {
			fmt.Fprintf(c.err, "smtprotate: warning: %v\n", doubt)
		}
	}
	_, err = fmt.Fprintln(c.out, string(sessmtp.DerivePassword(secret, regions[0])))
	return err
}

// readSecret reads standard input. On a terminal, it doesn't show what is typed.
func readSecret(ctx context.Context, c *console) (string, error) {
	if file, ok := c.in.(*os.File); ok && term.IsTerminal(int(file.Fd())) {
		return prompt(ctx, int(file.Fd()), c.err)
	}
	input, err := io.ReadAll(io.LimitReader(c.in, longestSecret+1))
	if err != nil {
		return "", fmt.Errorf("reading the secret access key: %w", err)
	}
	return string(input), nil
}

// prompt asks on a terminal. After Ctrl-C, the terminal is as it was before.
func prompt(ctx context.Context, terminal int, out io.Writer) (string, error) {
	before, err := term.GetState(terminal)
	if err != nil {
		return "", fmt.Errorf("asking for the secret access key: %w", err)
	}
	fmt.Fprint(out, "Secret access key (not shown): ")
	defer fmt.Fprintln(out)
	typed := make(chan string, 1)
	failed := make(chan error, 1)
	go func() {
		if text, err := term.ReadPassword(terminal); err != nil {
			failed <- err
		} else {
			typed <- string(text)
		}
	}()
	select {
	case text := <-typed:
		return text, nil
	case err := <-failed:
		return "", fmt.Errorf("reading the secret access key: %w", err)
	case <-ctx.Done():
		return "", errors.Join(ctx.Err(), term.Restore(terminal, before))
	}
}
