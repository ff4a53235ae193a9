package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/lambda"

	"github.com/seed-486a873a/ses-smtp-rotator/deploy/smtprotate/internal/layout"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/rotation"
)

type graceCommand struct {
	Consumers   []string `arg:"" name:"consumer" placeholder:"NAME=DURATION" help:"Name of what reads the secret, and how long at most it uses an old value, as a sum such as shop=5m+7d."`
	GracePeriod string   `placeholder:"7d" help:"Grace period to check. Default: the deployed function's."`
	Function    string   `env:"SMTPROTATE_FUNCTION" placeholder:"NAME" help:"Name or ARN of the deployed function (the stack's output FunctionName)."`
	Region      string   `placeholder:"eu-west-1" help:"Region of the function. Default: that of the ARN, of AWS_REGION or of the profile."`
	profileFlag
}

// Help is shown by grace --help.
func (graceCommand) Help() string {
	return `Compares the grace period with how long each consumer may go on using an old value. That is how often it reads the
secret, plus how long a cache keeps the value. If it reads the secret only when it is deployed, add how often it is
deployed. The grace period must be longer than each of these. deploy/apps/grace.md says more.

It changes nothing. The exit code is 3 if the grace period is too short for a consumer, 1 if the check failed, and 0
otherwise.`
}

const exitTooShort exitCode = 3

// consumer is something that reads the secret.
type consumer struct {
	name, terms string
	goesOn      time.Duration
}

// Run prints a verdict for each consumer. It changes nothing.
func (g graceCommand) Run(ctx context.Context, c *console) error {
	consumers, faults := parseConsumers(g.Consumers)
	grace, source, err := g.period(ctx)
	if err := errors.Join(faults, err); err != nil {
		return err
	}
	width := 12
	for _, one := range consumers {
		width = max(width, len(one.name))
	}
	fmt.Fprintf(c.out, "%s  %s (%s)\n", layout.Pad("grace period", width), inDays(grace), source)
	var longest time.Duration
	for _, one := range consumers {
		fmt.Fprintf(c.out, "%s  %s\n", layout.Pad(one.name, width), one.verdict(grace))
		longest = max(longest, one.goesOn)
	}
	if longest < grace {
		return nil
	}
	c.paragraph(c.out,
		fmt.Sprintf("Set GRACE_PERIOD (GracePeriod) to more than %s, and ROTATION_INTERVAL to more than "+
			"PROMOTION_WINDOW + GRACE_PERIOD + "+
			"QUARANTINE_PERIOD; or have these consumers read the secret more often.", inDays(longest)))
	return exitTooShort
}

func (one consumer) verdict(grace time.Duration) string {
	text := "uses an old value for up to " + one.terms
	if sum := inDays(one.goesOn); sum != one.terms {
		text += " = " + sum
	}
	if one.goesOn < grace {
		return text + ": " + inDays(grace-one.goesOn) + " to spare"
	}
	return text + ": TOO LONG, its mail may be refused"
}

// parseConsumers reads arguments such as shop=5m+7d.
func parseConsumers(args []string) (consumers []consumer, faults error) {
	for _, arg := range args {
		name, terms, ok := strings.Cut(arg, "=")
		if !ok || name == "" || terms == "" {
			faults = errors.Join(faults, fmt.Errorf("%q isn't a consumer: give NAME=DURATION, such as shop=5m+7d", arg))
			continue
		}
		one := consumer{name: name, terms: strings.Join(strings.Fields(strings.ReplaceAll(terms, "+", " + ")), " ")}
		for term := range strings.SplitSeq(one.terms, " + ") {
			d, err := rotation.ParseDuration(term)
			if err != nil {
				faults = errors.Join(faults, fmt.Errorf("%s: %w", name, err))
			}
			one.goesOn += d
		}
		consumers = append(consumers, one)
	}
	return consumers, faults
}

// period returns the grace period, and where it comes from.
func (g graceCommand) period(ctx context.Context) (grace time.Duration, source string, err error) {
	if g.GracePeriod != "" {
		grace, err := rotation.ParseDuration(g.GracePeriod)
		if err != nil {
			err = fmt.Errorf("--grace-period: %w", err)
		}
		return grace, "--grace-period", err
	}
	if g.Function == "" {
		return 0, "", errors.New("no grace period to check: give --grace-period or --function")
	}
	region, err := functionRegion(g.Function, g.Region)
	if err != nil {
		return 0, "", err
	}
	cfg, err := g.config(ctx, region)
	if err != nil {
		return 0, "", err
	}
	out, err := lambda.NewFromConfig(cfg).GetFunctionConfiguration(ctx,
		&lambda.GetFunctionConfigurationInput{FunctionName: &g.Function})
	if err != nil {
		return 0, "", fmt.Errorf("reading the settings of %s: %w", g.Function, err)
	}
	if out.Environment != nil && out.Environment.Variables["GRACE_PERIOD"] != "" {
		grace, err := rotation.ParseDuration(out.Environment.Variables["GRACE_PERIOD"])
		return grace, "GRACE_PERIOD of " + g.Function, err
	}
	return rotation.DefaultPolicy().GracePeriod, "the default: " + g.Function + " doesn't set GRACE_PERIOD", nil
}

// inDays formats a duration as settings are written, with days first.
func inDays(d time.Duration) string {
	const day = 24 * time.Hour
	if d < day || d%day == 0 {
		return rotation.Duration(d).String()
	}
	return fmt.Sprintf("%dd%s", d/day, rotation.Duration(d%day))
}
