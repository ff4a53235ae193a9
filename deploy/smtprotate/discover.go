package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync/atomic"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"github.com/seed-486a873a/ses-smtp-rotator/deploy/smtprotate/internal/discover"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/version"
)

type discoverCommand struct {
	Profile   []string `sep:"none" placeholder:"NAME" help:"Profiles of the AWS CLI's configuration, one for each account."`
	Region    []string `placeholder:"eu-west-1" help:"Regions to look for stacks' secrets in, besides those that keys sent mail in. Otherwise the profile's."`
	Secret    []string `placeholder:"NAME" help:"Secrets to read as well, by name or ARN: they may have a user's key. Otherwise only stacks' are read."`
	JSON      bool     `name:"json" xor:"form" help:"Print all that was found."`
	HTML      string   `name:"html" placeholder:"FILE" help:"Also write a page, with a picture, that loads nothing from elsewhere."`
	Adopt     string   `placeholder:"USER" xor:"form" help:"Print the commands by which a stack takes over this user instead."`
	Terraform bool     `help:"With --adopt: for Terraform instead of CloudFormation."`
}

// Help is shown by discover --help.
func (discoverCommand) Help() string {
	return "Looks at all IAM users of the account, and shows those that may send mail over SMTP or have sent it: " +
		"their access keys, how wide their policies are, and what to do, the worst first. It changes nothing. " +
		"The exit code is 4 if something of high severity was found, 3 if something of medium severity was, and 0 " +
		"otherwise; 1 if an account couldn't be looked at. With --adopt it is 0 or 1."
}

// Run changes nothing.
func (d discoverCommand) Run(ctx context.Context, c *console) error {
	if d.Terraform && d.Adopt == "" {
		return errors.New("--terraform goes with --adopt")
	}
	report := discover.Report{At: c.time().UTC(), Accounts: []discover.Survey{}}
	var failed error
	profiles := d.Profile
	if len(profiles) == 0 {
		profiles = []string{""}
	}
	for _, profile := range profiles {
		survey, err := d.look(ctx, c, profile)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			failed = errors.Join(failed, of(profile, err))
			continue
		}
		report.Accounts = append(report.Accounts, survey)
	}
	if d.Adopt != "" {
		return cmp.Or(failed, d.adopt(c, report))
	}
	if len(report.Accounts) > 0 {
		if err := d.show(c, report); err != nil {
			return err
		}
	}
	if code, bad := exitBySeverity[report.Worst()]; bad && failed == nil {
		return code
	}
	return failed
}

// of names the profile that an error is about.
func of(profile string, err error) error {
	if profile == "" {
		return err
	}
	return fmt.Errorf("profile %s: %w", profile, err)
}

// attempts is how often a call is tried that AWS throttles. The retryer also slows down all others
// while it is throttled.
const attempts = 10

func (d discoverCommand) config(ctx context.Context, profile string) (aws.Config, error) {
	region := ""
	if len(d.Region) > 0 {
		region = d.Region[0]
	}
	return profileFlag{profile}.config(ctx, region, config.WithRetryMode(aws.RetryModeAdaptive),
		config.WithRetryMaxAttempts(attempts))
}

// look reads one account.
func (d discoverCommand) look(ctx context.Context, c *console, profile string) (discover.Survey, error) {
	cfg, err := d.config(ctx, profile)
	if err != nil {
		return discover.Survey{}, err
	}
	regions := d.Region
	if len(regions) == 0 {
		regions = []string{cfg.Region}
	}
	var read, found atomic.Int64
	end := c.waitingWith(func() string {
		return fmt.Sprintf("%d users read, %d that may send", read.Load(), found.Load())
	})
	defer end()
	account := discover.Account{
		IAM: iam.NewFromConfig(cfg),
		Secrets: func(region string) discover.SecretsAPI {
			return secretsmanager.NewFromConfig(cfg, func(o *secretsmanager.Options) { o.Region = region })
		},
		Profile: profile, Regions: regions, Named: d.Secret, Only: d.Adopt, Now: c.time(),
		Progress: func(r, f int) { read.Store(int64(r)); found.Store(int64(f)) },
	}
	survey, err := account.Look(ctx)
	survey.Region = regions[0]
	return survey, err
}

// show prints the report, and writes the page.
func (d discoverCommand) show(c *console, report discover.Report) error {
	if d.HTML != "" {
		if err := writePage(d.HTML, report); err != nil {
			return fmt.Errorf("writing the page: %w", err)
		}
	}
	if !d.JSON {
		return discover.Table(c.out, report)
	}
	text, err := indented(report)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(c.out, text)
	return err
}

// writePage writes a file for its owner alone: it says where an account is weak.
func writePage(name string, report discover.Report) error {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	return cmp.Or(discover.Page(f, report), f.Close())
}

// adopt prints how the user is taken over.
func (d discoverCommand) adopt(c *console, report discover.Report) error {
	var faults error
	var from []discover.Survey
	for _, s := range report.Accounts {
		if _, err := s.Facts(d.Adopt); err != nil {
			faults = errors.Join(faults, of(s.Profile, err))
			continue
		}
		from = append(from, s)
	}
	switch len(from) {
	case 0:
		return faults
	case 1:
	default:
		return fmt.Errorf("user %s is in %d accounts: give one --profile", d.Adopt, len(from))
	}
	facts, err := from[0].Facts(d.Adopt)
	if err != nil {
		return err
	}
	adoption := discover.TakeOver(facts, from[0].Region, c.time())
	text := adoption.CloudFormation()
	if d.Terraform {
		text = adoption.Terraform(strings.TrimSuffix(version.Number, "-dev"))
	}
	_, err = fmt.Fprint(c.out, text)
	return err
}
