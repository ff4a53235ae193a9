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

// longestSecret is more than any secret access key has; what is longer was sent here by mistake.
const longestSecret = 1024

type deriveCommand struct {
	Region string `required:"" placeholder:"eu-west-1" help:"SES Region that the password is for; each has its own."`
}

// Help is shown by derive --help.
func (deriveCommand) Help() string {
	return "Reads the secret access key of an IAM user on standard input, and asks for it where that is a terminal. " +
		"Prints its SMTP password for the Region and nothing else. The SMTP username is the access key's ID. " +
		"Refuses what is plainly something else, such as an access key ID or a row of a CSV file, and warns on " +
		"standard error of what isn't 40 characters of A-Z, a-z, 0-9, / and +. " +
		"Nothing is stored, and nothing goes over the network."
}

// Run derives.
func (d deriveCommand) Run(ctx context.Context, c *console) error {
	regions, err := sessmtp.ParseRegions(d.Region)
	if err != nil {
		return fmt.Errorf("--region: %w", err)
	}
	if len(regions) != 1 {
		return fmt.Errorf("--region: %d Regions, and a password is for one", len(regions))
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

// readSecret reads standard input, without showing what is typed at a terminal.
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

// prompt asks at a terminal. Ctrl-C leaves the terminal as it was.
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
