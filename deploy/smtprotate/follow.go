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
	Secret    string            `required:"" env:"SMTPROTATE_SECRET" placeholder:"NAME" help:"The secret's name or ARN (the stack's output SecretArn)."`
	Region    string            `placeholder:"eu-west-1" help:"The secret's Region, for a name. An ARN names its own; otherwise AWS_REGION's or the profile's."`
	Every     time.Duration     `default:"1m" help:"How often to look, give or take a tenth."`
	Queue     string            `placeholder:"URL" help:"Look at once when a message of this SQS queue says that the secret has another version: an EventBridge rule sends them (deploy/notify.yaml makes both). Each follower needs a queue of its own, because a message reaches only one. Not for --once."`
	Templates []string          `name:"template" sep:"none" placeholder:"FROM:TO" help:"Render the template FROM to the file TO. Several are all rendered before one is written."`
	Delims    string            `sep:"none" default:"{{,}}" placeholder:"LEFT,RIGHT" help:"What stands around a field in templates and in --env, such as '[[,]]' for files that have {{ for something else."`
	Mode      string            `default:"0600" help:"Mode of the files."`
	Owner     string            `placeholder:"USER:GROUP" help:"Owner of the files, by names or numbers."`
	Command   string            `name:"run" placeholder:"COMMAND" help:"Run a shell command at the start and after each change, until it succeeds."`
	Timeout   time.Duration     `name:"run-timeout" default:"1m" help:"End the command after that."`
	Splay     time.Duration     `help:"After a change, wait for a random time up to this before the command runs and the program is started anew or gets its signal. Files are written at once, and the start doesn't wait."`
	Env       map[string]string `mapsep:"none" placeholder:"NAME=TEMPLATE" help:"Give the program one more variable, such as 'MAILER_DSN={{.smtps_url}}'."`
	Signal    string            `placeholder:"HUP" help:"Send the program a signal after a change, instead of starting it anew. For programs that read files again."`
	SignalsTo string            `enum:"group,program" default:"group" help:"Whom SIGTERM and the signals that are passed on reach: all of the program's process group (group), or its first process (program), for a server that looks after its workers itself: Celery's drop their tasks at SIGTERM. --signal is for the first process in either case."`
	KillAfter time.Duration     `default:"30s" help:"Kill the program, and what it has left running, where it hasn't ended that long after SIGTERM."`
	Once      bool              `help:"Do it once, and end; with a program, run that."`
	Wait      time.Duration     `default:"30s" help:"With --once: how long to try."`
	JSON      bool              `name:"json" help:"Say on standard error what happens as JSON, an object a line. What the command and the program say stays as it is."`
	Program   []string          `arg:"" optional:"" passthrough:"" help:"A program, behind --, to run with SMTP_USERNAME, SMTP_PASSWORD, SMTP_HOST, SMTP_PORT, SMTP_REGION, SMTP_URL and SMTP_SMTPS_URL in its environment. It is started anew after a change."`
	profileFlag
}

// Help is shown by follow --help.
func (followCommand) Help() string {
	return "Templates are Go's: {{.username}}, {{.password}}, {{.host}}, {{.port}}, {{.smtps_url}}, " +
		"{{.url}}, {{(index .regions \"us-east-1\").password}}. What takes a URL gets smtps_url: with url, many " +
		"programs log in without TLS where STARTTLS isn't offered. " +
		"Files are written whole or not at all; while anything fails, the last good ones stay, and it goes on " +
		"trying. SIGHUP makes it look at once. It needs secretsmanager:GetSecretValue on the secret, and nothing " +
		"else; with --queue, also sqs:ReceiveMessage and sqs:DeleteMessage on the queue. It deletes every message " +
		"that it gets, and looks every so often (--every) whatever the queue says.\n\n" +
		"Only regular files are replaced. A link in a path is followed if nobody but root and follow's own user may " +
		"write the folder that it is in. A single file that is mounted into a container can't be replaced: mount its " +
		"folder." +
		"\n\n" +
		"The program runs in a process group of its own and has to stay in the foreground. When it ends, is started " +
		"anew or is stopped, everything it has started ends with it: SIGTERM first, SIGKILL after --kill-after. On " +
		"Linux that includes what has left its group, and on Unix its group ends as well if follow is killed."
}

// Run follows until it is stopped.
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

// follower is what the flags say. All faults of theirs are found here, before anything is touched.
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
		return nil, errors.New("there is nothing to keep in step: give --template, --run, or a program behind --")
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
		Ready:   func() { _, _ = daemon.SdNotify(false, daemon.SdNotifyReady) }, // nobody has to listen
	}
	if f.JSON {
		follower.Events = jsonEvents(c.err)
	}
	return follower, nil
}

// check finds faults of flags that stand by themselves.
func (f followCommand) check() error {
	if f.Every <= 0 || f.Timeout <= 0 {
		return errors.New("--every and --run-timeout are durations above 0, such as 1m")
	}
	if f.Splay < 0 {
		return errors.New("--splay is a duration, such as 5m")
	}
	if f.Queue == "" {
		return nil
	}
	if _, err := follow.QueueRegion(f.Queue); err != nil {
		return fmt.Errorf("--queue: %w", err)
	}
	return nil
}

// queue is asked in the Region that its URL names, or else in the secret's.
func (f followCommand) queue(cfg aws.Config) *follow.Queue {
	if f.Queue == "" {
		return nil
	}
	if region, _ := follow.QueueRegion(f.Queue); region != "" { // check has seen the error
		cfg.Region = region
	}
	return &follow.Queue{API: sqs.NewFromConfig(cfg), URL: f.Queue, SecretID: f.Secret}
}

// configOfSecret is for the Region that the secret is in. Faults of --secret and --region are found
// before the profile is read.
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
