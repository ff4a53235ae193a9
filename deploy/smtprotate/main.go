// Command smtprotate is what operators use beside the deployed function: it asks the function,
// writes and audits sending policies, keeps files and programs in step with the secret, derives
// SMTP passwords, and plays a credential's whole life on this machine.
//
//	smtprotate status --function NAME
//	smtprotate rotate --function NAME
//	smtprotate emergency --function NAME --key AKIA…
//	smtprotate rollback --function NAME
//	smtprotate audit --function NAME
//	smtprotate audit --user NAME
//	smtprotate discover --html credentials.html
//	smtprotate policy --account 111122223333 --region eu-west-1 --identity example.com
//	smtprotate follow --secret NAME --template sasl_passwd.tmpl:/etc/postfix/sasl_passwd --run 'postfix reload'
//	smtprotate grace --function NAME shop=5m+7d
//	smtprotate derive --region eu-west-1 < secret-access-key
//	smtprotate demo
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

// Exit codes. Those of commands that fail and of command lines that can't be understood are as
// everywhere.
const (
	exitFailed      = 1
	exitUsage       = 2
	exitInterrupted = 130
)

// commands are all that smtprotate can do.
type commands struct {
	Status    statusCommand    `cmd:"" help:"Say where things stand, and what comes next."`
	Rotate    rotateCommand    `cmd:"" help:"Rotate now, with the ordinary grace period."`
	Emergency emergencyCommand `cmd:"" help:"Replace and revoke an access key that leaked."`
	Rollback  rollbackCommand  `cmd:"" help:"Make the previous credential current again."`
	Audit     auditCommand     `cmd:"" help:"Find what an SMTP user may do beyond its mail."`
	Discover  discoverCommand  `cmd:"" help:"Find every SMTP credential of an AWS account, and what to do about it."`
	Policy    policyCommand    `cmd:"" help:"Write a sending policy that allows no more than you say."`
	Follow    followCommand    `cmd:"" help:"Keep files and programs in step with the secret."`
	Grace     graceCommand     `cmd:"" help:"Check that the grace period is long enough for all who read the secret."`
	Rehearse  rehearseCommand  `cmd:"" help:"Play a credential's life in a real account, and find out how AWS behaves."`
	Derive    deriveCommand    `cmd:"" help:"Print the SMTP password that belongs to a secret access key."`
	Demo      demoCommand      `cmd:"" help:"Play a credential's whole life on this machine, with no AWS account."`

	Completion completionCommand `cmd:"" help:"Print a shell's completions of this command line."`
	Manual     manualCommand     `cmd:"" hidden:"" help:"Print the manual page, in man's format."`
	Guard      guardCommand      `cmd:"" hidden:"" help:"End a program whose follow was killed."`
	Version    kong.VersionFlag  `help:"Print the version."`
}

// exitCode is how a command ends that has said everything already.
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

// run does what the command line asks for, and returns the exit code.
func run(ctx context.Context, args []string, c *console) (code int) {
	type exit int // kong ends the process after printing help; here it ends run
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
	parser := kong.Must(&commands{},
		kong.Name("smtprotate"),
		kong.Description("Works with Amazon SES SMTP credentials that ses-smtp-rotator owns."),
		kong.Writers(c.out, c.err),
		kong.Exit(func(code int) { panic(exit(code)) }),
		kong.ConfigureHelp(kong.HelpOptions{WrapUpperBound: 80}),
		kong.Vars{"version": "smtprotate " + version.String()},
		kong.Bind(c),
		kong.BindTo(ctx, (*context.Context)(nil)),
	)
	command, err := parser.Parse(asHelp(args))
	if err != nil {
		fmt.Fprintf(c.err, "smtprotate: %v (see smtprotate --help)\n", err)
		return exitUsage
	}
	return c.end(ctx, command.Run())
}

// end says what went wrong, if anything did, and returns the exit code for it.
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

// asHelp has "help" and no argument at all print the help, as most command lines do.
func asHelp(args []string) []string {
	switch {
	case len(args) == 0:
		return []string{"--help"}
	case args[0] == "help":
		return append(slices.Clone(args[1:]), "--help")
	}
	return args
}
