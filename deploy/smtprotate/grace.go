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
	Consumers   []string `arg:"" name:"consumer" placeholder:"NAME=DURATION" help:"What reads the secret, and for how long at most it goes on with an old value: what adds up, such as shop=5m+7d."`
	GracePeriod string   `placeholder:"7d" help:"The grace period to hold them against. Otherwise the deployed function's."`
	Function    string   `env:"SMTPROTATE_FUNCTION" placeholder:"NAME" help:"The function's name or ARN (the stack's output FunctionName)."`
	Region      string   `placeholder:"eu-west-1" help:"The function's Region. Otherwise the ARN's, AWS_REGION's or the profile's."`
	profileFlag
}

// Help is shown by grace --help.
func (graceCommand) Help() string {
	return "The grace period must exceed the longest that any consumer goes on with an old value: how often it " +
		"reads the secret, plus " +
		"how long a cache keeps it, plus how often it is deployed where it only reads it then. " +
		"deploy/apps/grace.md says more. The exit code is 3 where it is too short for one of them."
}

const exitTooShort exitCode = 3

// consumer is one of those who read the secret.
type consumer struct {
	name, terms string
	goesOn      time.Duration
}

// Run changes nothing.
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
			"QUARANTINE_PERIOD; or have them read the secret more often.", inDays(longest)))
	return exitTooShort
}

func (one consumer) verdict(grace time.Duration) string {
	text := "goes on for " + one.terms
	if sum := inDays(one.goesOn); sum != one.terms {
		text += " = " + sum
	}
	if one.goesOn < grace {
		return text + ": " + inDays(grace-one.goesOn) + " to spare"
	}
	return text + ": TOO LONG, its mail may be refused"
}

// parseConsumers reads name=5m+7d.
func parseConsumers(args []string) (consumers []consumer, faults error) {
	for _, arg := range args {
		name, terms, ok := strings.Cut(arg, "=")
		if !ok || name == "" || terms == "" {
			faults = errors.Join(faults, fmt.Errorf("%q isn't a consumer such as shop=5m+7d", arg))
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

// period is the grace period, and who says so.
func (g graceCommand) period(ctx context.Context) (grace time.Duration, source string, err error) {
	if g.GracePeriod != "" {
		grace, err := rotation.ParseDuration(g.GracePeriod)
		if err != nil {
			err = fmt.Errorf("--grace-period: %w", err)
		}
		return grace, "--grace-period", err
	}
	if g.Function == "" {
		return 0, "", errors.New("which grace period? Give --grace-period or --function")
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
	return rotation.DefaultPolicy().GracePeriod, "the default, which " + g.Function + " has", nil
}

// inDays is a duration as settings are written, with days in front.
func inDays(d time.Duration) string {
	const day = 24 * time.Hour
	if d < day || d%day == 0 {
		return rotation.Duration(d).String()
	}
	return fmt.Sprintf("%dd%s", d/day, rotation.Duration(d%day))
}
