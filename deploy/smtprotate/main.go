// Command smtprotate is the operators' program for ses-smtp-rotator. It tries the whole thing out
// without AWS, finds an account's SMTP credentials, asks the deployed function to act, writes and
// audits sending policies, and keeps files and programs in step with the secret.
//
//	smtprotate demo
//	smtprotate rehearse --region eu-west-1
//	smtprotate discover --html credentials.html
//	smtprotate policy --account 111122223333 --region eu-west-1 --identity example.com
//	smtprotate audit --function NAME
//	smtprotate audit --user NAME
//	smtprotate status --function NAME
//	smtprotate rotate --function NAME
//	smtprotate emergency --function NAME --key AKIA…
//	smtprotate rollback --function NAME
//	smtprotate follow --secret NAME --template sasl_passwd.tmpl:/etc/postfix/sasl_passwd --run 'postfix reload'
//	smtprotate grace --function NAME shop=5m+7d
//	smtprotate derive --region eu-west-1 < secret-access-key
//	smtprotate completion bash
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"syscall"

	"github.com/alecthomas/kong"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/version"
)

// Exit codes that every command has: 1 if it failed, 2 if the command line is wrong, and 130 if
// Ctrl-C stopped it, as in a shell.
const (
	exitFailed      = 1
	exitUsage       = 2
	exitInterrupted = 130
)

// commands are all that smtprotate can do, in the order of its help. Each visible one belongs to
// one of the groups.
type commands struct {
	Demo     demoCommand     `cmd:"" group:"try" help:"Watch a credential's whole life on this machine, without AWS."`
	Rehearse rehearseCommand `cmd:"" group:"try" help:"Play a credential's whole life in a real AWS account."`

	Discover discoverCommand `cmd:"" group:"deploy" help:"List an account's SMTP credentials and what to do about them."`
	Policy   policyCommand   `cmd:"" group:"deploy" help:"Write the narrowest sending policy for a credential."`
	Audit    auditCommand    `cmd:"" group:"deploy" help:"Show what an SMTP user may do beyond sending its mail."`

	Status    statusCommand    `cmd:"" group:"operate" help:"Show the credential, its access keys and the next step."`
	Rotate    rotateCommand    `cmd:"" group:"operate" help:"Rotate now, with the ordinary grace period."`
	Emergency emergencyCommand `cmd:"" group:"operate" help:"Replace and revoke an access key that leaked."`
	Rollback  rollbackCommand  `cmd:"" group:"operate" help:"Make the previous credential current again."`

	Follow followCommand `cmd:"" group:"applications" help:"Keep files and programs in step with the secret."`
	Grace  graceCommand  `cmd:"" group:"applications" help:"Check that the grace period is long enough for every reader."`
	Derive deriveCommand `cmd:"" group:"applications" help:"Print the SMTP password for a secret access key."`

	Completion completionCommand `cmd:"" group:"other" help:"Print completions for Bash, Zsh or fish."`
	Manual     manualCommand     `cmd:"" hidden:"" help:"Print the manual page, in man's format."`
	Guard      guardCommand      `cmd:"" hidden:"" help:"End a program whose follow was killed."`
	Version    kong.VersionFlag  `help:"Print the version."`
}

// groups are the headings of the help, by who needs the commands below them.
var groups = []kong.Group{
	{Key: "try", Title: "Try:"},
	{Key: "deploy", Title: "Deploy:"},
	{Key: "operate", Title: "Operate:"},
	{Key: "applications", Title: "Applications:"},
	{Key: "other", Title: "Other:"},
}

// exitCode is the error of a command that has already printed everything it has to say.
type exitCode int

func (e exitCode) Error() string { return fmt.Sprintf("exit code %d", int(e)) }

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], &console{
		in: os.Stdin, out: os.Stdout, err: os.Stderr, getenv: os.Getenv,
		interactive: isTerminal(os.Stdin) && isTerminal(os.Stderr),
	})
	stop()
	os.Exit(code)
}

// run runs the command line and returns the exit code.
func run(ctx context.Context, args []string, c *console) (code int) {
	type exit int // kong exits the process after printing help; here that only ends run
	defer func() {
		if early := recover(); early != nil {
			asked, ok := early.(exit)
			if !ok {
				panic(early)
			}
			code = int(asked)
		}
	}()
	c = c.printable()
	parser := newParser(ctx, c, func(code int) { panic(exit(code)) })
	command, err := parser.Parse(asHelp(args))
	if err != nil {
		fmt.Fprintf(c.err, "smtprotate: %v (see smtprotate --help)\n", err)
		return exitUsage
	}
	return c.end(ctx, command.Run())
}

// newParser returns the parser of the command line. It calls exit after printing help.
func newParser(ctx context.Context, c *console, exit func(code int)) *kong.Kong {
	parser := kong.Must(&commands{},
		kong.Name("smtprotate"),
		kong.Description("Finds, rotates and delivers Amazon SES SMTP credentials with ses-smtp-rotator."),
		kong.Writers(c.out, c.err),
		kong.Exit(exit),
		kong.ConfigureHelp(kong.HelpOptions{WrapUpperBound: 80, Compact: true, FlagsLast: true}),
		kong.ExplicitGroups(groups),
		kong.Vars{"version": "smtprotate " + version.String()},
		kong.Bind(c),
		kong.BindTo(ctx, (*context.Context)(nil)),
	)
	parser.Model.HelpFlag.Help = "Show this help."
	return parser
}

// end prints the error, if there is one, and returns its exit code.
func (c *console) end(ctx context.Context, err error) int {
	var ended exitCode
	switch {
	case errors.As(err, &ended):
		return int(ended)
	case err == nil:
		return 0
	case errors.Is(err, context.Canceled) && ctx.Err() != nil:
		fmt.Fprintln(c.err, "smtprotate: stopped")
		return exitInterrupted
	}
	fmt.Fprintf(c.err, "smtprotate: %v\n", err)
	return exitFailed
}

// asHelp turns "help", and a command line without arguments, into --help, as most programs do.
func asHelp(args []string) []string {
	switch {
	case len(args) == 0:
		return []string{"--help"}
	case args[0] == "help":
		return append(slices.Clone(args[1:]), "--help")
	}
	return args
}
