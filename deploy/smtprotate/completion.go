package main

import (
	"fmt"

	"github.com/alecthomas/kong"

	"github.com/seed-486a873a/ses-smtp-rotator/deploy/smtprotate/internal/commandline"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/version"
)

type completionCommand struct {
	Shell string `arg:"" enum:"bash,zsh,fish" help:"Shell to complete for: bash, zsh or fish."`
}

// Help is shown by completion --help.
func (completionCommand) Help() string {
	return `The script completes commands, flags and choices, and needs no other program. To use it in this session:

  source <(smtprotate completion bash)
  source <(smtprotate completion zsh)
  smtprotate completion fish | source

The Debian and RPM packages install all three. It changes nothing.`
}

// Run prints a script for the shell to read.
func (x completionCommand) Run(c *console, k *kong.Context) error {
	scripts := map[string]func(*kong.Application) string{
		"bash": commandline.Bash, "zsh": commandline.Zsh, "fish": commandline.Fish,
	}
	_, err := fmt.Fprint(c.out, scripts[x.Shell](k.Model))
	return err
}

type manualCommand struct{}

// Run prints the page that man shows.
func (manualCommand) Run(c *console, k *kong.Context) error {
	_, err := fmt.Fprint(c.out, commandline.Manual(k.Model, version.Number))
	return err
}
