package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"
	"unicode"

	"golang.org/x/term"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sessmtp"
)

// longestSecret is more than any secret access key has; what is longer was sent here by mistake.
const longestSecret = 1024

// accessKeyID is what people take for the secret, most often.
var accessKeyID = regexp.MustCompile(`^A[KS]IA[A-Z0-9]{16}$`)

type deriveCommand struct {
	Region string `required:"" placeholder:"eu-west-1" help:"SES Region that the password is for; each has its own."`
}

// Help is shown by derive --help.
func (deriveCommand) Help() string {
	return "Reads the secret access key of an IAM user on standard input, and asks for it where that is a terminal. " +
		"Prints its SMTP password for the Region and nothing else. The SMTP username is the access key's ID. " +
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
	secret, err := parseSecret(input)
	if err != nil {
		return fmt.Errorf("secret access key: %w", err)
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

// parseSecret takes one line ending off and looks at what is left. Its errors never quote the
// input.
func parseSecret(input string) (sessmtp.SecretAccessKey, error) {
	line := strings.TrimSuffix(strings.TrimSuffix(input, "\n"), "\r")
	odd := func(r rune) bool { return r > unicode.MaxASCII || !unicode.IsGraphic(r) }
	switch {
	case line == "":
		return "", errors.New("nothing on standard input")
	case len(line) > longestSecret:
		return "", fmt.Errorf("more than %d characters on standard input", longestSecret)
	case strings.ContainsAny(line, "\r\n"):
		return "", errors.New("several lines on standard input, and one is wanted")
	case strings.ContainsFunc(line, unicode.IsSpace):
		return "", errors.New("it contains spaces, and secret access keys don't")
	case strings.ContainsFunc(line, odd):
		return "", errors.New("it contains characters that secret access keys don't have")
	case accessKeyID.MatchString(line):
		return "", errors.New("this is an access key ID, the SMTP username; the secret that belongs to it is wanted")
	}
	return sessmtp.SecretAccessKey(line), nil
}
