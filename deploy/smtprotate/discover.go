package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"regexp"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws/arn"

	"github.com/seed-486a873a/ses-smtp-rotator/deploy/smtprotate/internal/discover"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/version"
)

type discoverCommand struct {
	Profile          []string `sep:"none" placeholder:"NAME" help:"Profiles of the AWS CLI's configuration, one for each account."`
	OrganizationRole string   `placeholder:"NAME" help:"Look at all accounts of the organization, each by its role of this name."`
	Account          []string `placeholder:"ID" help:"With --organization-role: look at these accounts only."`
	Region           []string `placeholder:"eu-west-1" help:"Regions to look for stacks' secrets in, besides those that keys sent mail in. Otherwise the profile's."`
	Secret           []string `placeholder:"NAME" help:"Secrets to read as well, by name or ARN: they may have a user's key. Otherwise only stacks' are read."`
	JSON             bool     `name:"json" xor:"form" help:"Print all that was found."`
	HTML             string   `name:"html" placeholder:"FILE" help:"Also write a page, with a picture, that loads nothing from elsewhere."`
	Adopt            string   `placeholder:"USER" xor:"form" help:"Print the commands by which a stack takes over this user instead."`
	Terraform        bool     `help:"With --adopt: for Terraform instead of CloudFormation."`
}

// Help is shown by discover --help.
func (discoverCommand) Help() string {
	return "Looks at all IAM users of the account, and shows those that may send mail over SMTP or have sent it: " +
		"their access keys, how wide their policies are, and what to do, the worst first. It changes nothing. " +
		"With --organization-role it does so in all accounts of an organization. " +
		"The exit code is 4 if something of high severity was found, 3 if something of medium severity was, and 0 " +
		"otherwise; 1 if an account couldn't be looked at. With --adopt it is 0 or 1."
}

// Run changes nothing.
func (d discoverCommand) Run(ctx context.Context, c *console) error {
	if err := d.check(); err != nil {
		return err
	}
	report := discover.Report{At: c.time().UTC()}
	visits := d.byProfiles(c.time())
	if d.OrganizationRole != "" {
		var err error
		if visits, report.LeftOut, err = d.byRole(ctx, c); err != nil {
			return err
		}
	}
	tour := discover.Tour{Visits: visits}
	end := c.waitingWith(tour.Progress)
	report.Accounts, report.Missed = tour.Look(ctx)
	end()
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if d.Adopt != "" {
		return errors.Join(report.Err(), d.adopt(c, report))
	}
	if len(report.Accounts) > 0 {
		if err := d.show(c, report); err != nil {
			return err
		}
	}
	if code, bad := exitBySeverity[report.Worst()]; bad && report.Err() == nil {
		return code
	}
	return report.Err()
}

var accountID = regexp.MustCompile(`^[0-9]{12}$`)

// check refuses flags that contradict each other, before anything is asked of AWS.
func (d discoverCommand) check() error {
	switch {
	case d.Terraform && d.Adopt == "":
		return errors.New("--terraform goes with --adopt")
	case d.OrganizationRole == "" && len(d.Account) > 0:
		return errors.New("--account goes with --organization-role")
	case d.OrganizationRole == "":
		return nil
	case len(d.Profile) > 1:
		return fmt.Errorf("--organization-role goes with one --profile, which lists the organization's accounts, and "+
			"there are %d", len(d.Profile))
	}
	if err := discover.CheckRoleName(d.OrganizationRole); err != nil {
		return fmt.Errorf("--organization-role: %w", err)
	}
	for _, id := range d.Account {
		if !accountID.MatchString(id) {
			return fmt.Errorf("--account: %q isn't the ID of an account, which has 12 digits", id)
		}
	}
	for _, id := range d.Secret {
		if !arn.IsARN(id) {
			return fmt.Errorf("--secret: with --organization-role, %s must be the secret's ARN, which has the account",
				id)
		}
	}
	return nil
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
	if len(report.Accounts) == 0 {
		return nil // the report's error says why
	}
	survey, facts, err := report.Facts(d.Adopt)
	if err != nil {
		return err
	}
	adoption := discover.TakeOver(facts, survey.Region, c.time())
	text := adoption.CloudFormation()
	if d.Terraform {
		text = adoption.Terraform(strings.TrimSuffix(version.Number, "-dev"))
	}
	_, err = fmt.Fprint(c.out, text)
	return err
}
