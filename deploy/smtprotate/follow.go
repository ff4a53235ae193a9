package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/coreos/go-systemd/v22/daemon"

	"github.com/seed-486a873a/ses-smtp-rotator/deploy/smtprotate/internal/follow"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/secretid"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/smtpcreds"
)

type followCommand struct {
	Secret    string            `required:"" env:"SMTPROTATE_SECRET" placeholder:"NAME" help:"Name or ARN of the secret (the stack's output SecretArn)."`
	Region    string            `placeholder:"eu-west-1" help:"Region of the secret. Default: that of the ARN, of AWS_REGION or of the profile."`
	Every     time.Duration     `default:"1m" help:"How often to read the secret, give or take a tenth."`
	Queue     string            `placeholder:"URL" help:"Read the secret at once when a message in this SQS queue says that it has another version. An EventBridge rule sends these messages (deploy/notify.yaml creates both). Each follower needs a queue of its own, because a message reaches only one reader. Unused with --once."`
	Templates []string          `name:"template" sep:"none" placeholder:"FROM:TO" help:"Render the template FROM to the file TO. All templates are rendered before any file is written."`
	Delims    string            `sep:"none" default:"{{,}}" placeholder:"LEFT,RIGHT" help:"Delimiters of fields in templates and in --env, such as '[[,]]' for files in which {{ means something else."`
	Mode      string            `default:"0600" help:"Mode of the files."`
	Owner     string            `placeholder:"USER:GROUP" help:"Owner of the files, as names or numbers."`
	Command   string            `name:"run" placeholder:"COMMAND" help:"Run this shell command at the start and after each change, and again until it succeeds."`
	Timeout   time.Duration     `name:"run-timeout" default:"1m" help:"End the command if it takes longer."`
	Splay     time.Duration     `help:"After a change, wait a random time up to this before running the command and restarting or signalling the program. Files are written at once, and the start isn't delayed."`
	Env       map[string]string `mapsep:"none" placeholder:"NAME=TEMPLATE" help:"Give the program one more variable, such as 'MAILER_DSN={{.smtps_url}}'."`
	Signal    string            `placeholder:"HUP" help:"After a change, send the program this signal instead of restarting it, for programs that can reread their files."`
	SignalsTo string            `enum:"group,program" default:"group" help:"Who gets SIGTERM and the signals that follow passes on: the program's whole process group (group), or only its first process (program). Use program for a server that stops its workers itself: Celery's workers drop their tasks at SIGTERM. --signal always goes to the first process only."`
	KillAfter time.Duration     `default:"30s" help:"Kill the program, and what it left running, if it hasn't ended this long after SIGTERM."`
	Once      bool              `help:"Do everything once, then exit. With a program, run it until it ends."`
	Wait      time.Duration     `default:"30s" help:"With --once: how long to keep trying."`
	JSON      bool              `name:"json" help:"Report what happens on standard error as JSON, one object per line. The output of the command and the program is unchanged."`
	Program   []string          `arg:"" optional:"" passthrough:"" help:"Program to run, after --, with SMTP_USERNAME, SMTP_PASSWORD, SMTP_HOST, SMTP_PORT, SMTP_REGION, SMTP_URL and SMTP_SMTPS_URL in its environment. It is restarted after a change."`
	profileFlag
}

// Help is shown by follow --help.
func (followCommand) Help() string {
	return `Reads the secret every so often (--every). When the credential has changed, it renders the files of --template, runs the
command of --run, and restarts or signals the program after --. With --queue it hears of a change at once. It changes
nothing in AWS, except that it deletes every message that it receives from the queue.

Templates are Go's: {{.username}}, {{.password}}, {{.host}}, {{.port}}, {{.smtps_url}}, {{.url}},
{{(index .regions "us-east-1").password}}. Use smtps_url where a URL is expected: with url, many programs log in without
TLS if STARTTLS isn't offered.

Files are written whole or not at all. While anything fails, the last good files stay and follow keeps trying. Without a
program, SIGHUP makes it read the secret at once. Only regular files are replaced. A link in a path is followed only if
nobody except root and follow's own user may write to the folder that it is in. A single file that is mounted into a
container can't be replaced: mount its folder.

The program runs in a process group of its own and must stay in the foreground. When it ends, is restarted or is
stopped, everything that it started ends too: by SIGTERM first, and by SIGKILL after --kill-after. On Linux this
includes processes that left the group. On Unix the group also ends if follow is killed.

It needs secretsmanager:GetSecretValue on the secret and nothing else. With --queue it also needs sqs:ReceiveMessage and
sqs:DeleteMessage on the queue.

The exit code is the program's, or 128 plus the number of the signal that ended it. Without a program it is 0 if follow
was stopped or --once is done, and 1 if it failed.`
}

// Run follows the secret until it is stopped, or until its program ends.
func (f followCommand) Run(ctx context.Context, c *console) error {
	follower, err := f.follower(ctx, c)
	if err != nil {
		return err
	}
	end := passSignals(follower)
	defer end()
	if f.Once {
		err = follower.Once(ctx, f.Wait)
	} else {
		err = follower.Run(ctx)
	}
	if code, ended := errors.AsType[follow.Exit](err); ended {
		return exitCode(code)
	}
	if err != nil && f.JSON {
		follower.Events(follow.Event{Time: time.Now().UTC(), Kind: follow.Failed, Message: err.Error()})
		return exitCode(exitFailed)
	}
	return err
}

// follower returns what the flags describe. It finds all their faults before anything is touched.
func (f followCommand) follower(ctx context.Context, c *console) (*follow.Follower, error) {
	if err := f.check(); err != nil {
		return nil, err
	}
	delims, err := follow.ParseDelimiters(f.Delims)
	if err != nil {
		return nil, fmt.Errorf("--delims %w", err)
	}
	files, filesErr := f.files(delims)
	program, programErr := f.program(c, delims)
	if err := errors.Join(filesErr, programErr); err != nil {
		return nil, err
	}
	if len(files) == 0 && f.Command == "" && program == nil {
		return nil, errors.New("there is nothing to keep in step: give --template, --run, or a program after --")
	}
	cfg, err := f.configOfSecret(ctx)
	if err != nil {
		return nil, err
	}
	follower := &follow.Follower{
		Source:  smtpcreds.SecretsManager{API: secretsmanager.NewFromConfig(cfg), SecretID: f.Secret},
		Every:   f.Every,
		Files:   files,
		Command: f.Command, CommandTimeout: f.Timeout,
		Program: program,
		Splay:   f.Splay,
		Queue:   f.queue(cfg),
		Log:     c.logger(),
		Output:  c.raw.err,
		Ready:   func() { _, _ = daemon.SdNotify(false, daemon.SdNotifyReady) }, // systemd needn't be listening
	}
	if f.JSON {
		follower.Events = jsonEvents(c.err)
	}
	return follower, nil
}

// check finds the faults of single flags.
func (f followCommand) check() error {
	if f.Every <= 0 || f.Timeout <= 0 {
		return errors.New("--every and --run-timeout must be durations above 0, such as 1m")
	}
	if f.Splay < 0 {
		return errors.New("--splay must not be negative: give a duration such as 5m")
	}
	if f.Queue == "" {
		return nil
	}
	if _, err := follow.QueueRegion(f.Queue); err != nil {
		return fmt.Errorf("--queue: %w", err)
	}
	return nil
}

// queue returns the queue, in the Region that its URL names or else in the secret's.
func (f followCommand) queue(cfg aws.Config) *follow.Queue {
	if f.Queue == "" {
		return nil
	}
	if region, _ := follow.QueueRegion(f.Queue); region != "" { // check has already reported the error
		cfg.Region = region
	}
	return &follow.Queue{API: sqs.NewFromConfig(cfg), URL: f.Queue, SecretID: f.Secret}
}

// configOfSecret returns the configuration for the secret's Region. It finds the faults of --secret
// and --region before it reads the profile.
func (f followCommand) configOfSecret(ctx context.Context) (aws.Config, error) {
	region, err := secretid.Region(f.Secret, f.Region)
	if err != nil {
		return aws.Config{}, fmt.Errorf("--secret (SMTPROTATE_SECRET): %w", err)
	}
	if f.Region != "" && f.Region != region {
		return aws.Config{}, fmt.Errorf("--region %s contradicts --secret (SMTPROTATE_SECRET), which is an ARN of "+
			"Region %s: leave out --region, or name a secret in %s", f.Region, region, f.Region)
	}
	cfg, err := f.config(ctx, f.Region, config.WithDefaultRegion(region))
	if err != nil {
		return cfg, err
	}
	if cfg.Region, err = secretid.Region(f.Secret, cfg.Region); err != nil {
		return cfg, fmt.Errorf("--secret (SMTPROTATE_SECRET): %w", err)
	}
	return cfg, nil
}
