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
	Profile          []string `sep:"none" placeholder:"NAME" help:"AWS CLI profiles to use, one for each account."`
	OrganizationRole string   `placeholder:"NAME" help:"Look at all accounts of the organization, by assuming the role of this name in each."`
	Account          []string `placeholder:"ID" help:"With --organization-role: look at these accounts only."`
	Region           []string `placeholder:"eu-west-1" help:"Regions to search for stacks' secrets. Regions in which keys sent mail are searched in any case. Default: the profile's Region."`
	Secret           []string `placeholder:"NAME" help:"Other secrets to read, by name or ARN, because they may hold a user's key. Without it, only stacks' secrets are read."`
	JSON             bool     `name:"json" xor:"form" help:"Print everything that was found, as JSON."`
	HTML             string   `name:"html" placeholder:"FILE" help:"Also write an HTML page with a picture. It loads nothing from elsewhere."`
	Adopt            string   `placeholder:"USER" xor:"form" help:"Print the commands that let a stack take over this user, instead of the list."`
	Terraform        bool     `help:"With --adopt: print a Terraform configuration instead of CloudFormation commands."`
}

// Help is shown by discover --help.
func (discoverCommand) Help() string {
	return `Looks at all IAM users of the account, and lists those that may send mail over SMTP or have sent it: their access keys,
how wide their policies are, and what to do about each, the worst first. With --organization-role it does this in all
accounts of an organization. With --adopt it instead prints the commands that let a stack take over one user.

It changes nothing in AWS. The exit code is 4 if something of high severity was found, 3 if something of medium severity
was found, 1 if an account couldn't be looked at, and 0 otherwise. With --adopt it is 0 or 1.`
}

// Run looks at the accounts and prints the report. It changes nothing.
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
		return errors.New("--terraform needs --adopt")
	case d.OrganizationRole == "" && len(d.Account) > 0:
		return errors.New("--account needs --organization-role")
	case d.OrganizationRole == "":
		return nil
	case len(d.Profile) > 1:
		return fmt.Errorf("--organization-role takes one --profile, which lists the organization's accounts, but "+
			"%d are given", len(d.Profile))
	}
	if err := discover.CheckRoleName(d.OrganizationRole); err != nil {
		return fmt.Errorf("--organization-role: %w", err)
	}
	for _, id := range d.Account {
		if !accountID.MatchString(id) {
			return fmt.Errorf("--account: %q isn't an account's ID, which has 12 digits", id)
		}
	}
	for _, id := range d.Secret {
		if !arn.IsARN(id) {
			return fmt.Errorf("--secret %s: with --organization-role, give the secret's ARN, which names its account",
				id)
		}
	}
	return nil
}

// show prints the report and writes the page.
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

// writePage writes a file that only its owner can read, because it shows where an account is weak.
func writePage(name string, report discover.Report) error {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	return cmp.Or(discover.Page(f, report), f.Close())
}

// adopt prints the commands that let a stack take over the user.
func (d discoverCommand) adopt(c *console, report discover.Report) error {
	if len(report.Accounts) == 0 {
		return nil // report.Err says why
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
