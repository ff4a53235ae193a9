package main

import (
	"fmt"

	"github.com/alecthomas/kong"

	"github.com/seed-486a873a/ses-smtp-rotator/deploy/smtprotate/internal/commandline"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/version"
)

type completionCommand struct {
	Shell string `arg:"" enum:"bash,zsh,fish" help:"bash, zsh or fish."`
}

// Help is shown by completion --help.
func (completionCommand) Help() string {
	return "For this session: source <(smtprotate completion bash), and the same with zsh; smtprotate completion " +
		"fish | source. The packages for Debian and for RPM bring all three."
}

// Run writes a script that the shell reads.
func (x completionCommand) Run(c *console, k *kong.Context) error {
	scripts := map[string]func(*kong.Application) string{
		"bash": commandline.Bash, "zsh": commandline.Zsh, "fish": commandline.Fish,
	}
	_, err := fmt.Fprint(c.out, scripts[x.Shell](k.Model))
	return err
}

type manualCommand struct{}

// Run writes the page that man shows.
func (manualCommand) Run(c *console, k *kong.Context) error {
	_, err := fmt.Fprint(c.out, commandline.Manual(k.Model, version.Number))
	return err
}
