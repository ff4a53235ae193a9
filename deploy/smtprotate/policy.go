package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/seed-486a873a/ses-smtp-rotator/deploy/smtprotate/internal/layout"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sendpolicy"
)

type policyCommand struct {
	describeFlags
}

// Help is shown by policy --help.
func (policyCommand) Help() string {
	return "Prints the smallest IAM policy that allows just that over SMTP, and on standard error what a person " +
		"should know of it. " +
		"Asks for what it needs where it is run on a terminal without --identity. Nothing goes over the network."
}

// Run writes a policy.
func (p policyCommand) Run(ctx context.Context, c *console) error {
	if len(p.Identity) == 0 && c.interactive {
		if err := p.ask(ctx, c); err != nil {
			return err
		}
	}
	d, err := p.description()
	policy, warnings, fault := sendpolicy.Write(d)
	if err := errors.Join(err, byFlag(fault)); err != nil {
		return err
	}
	for _, w := range warnings {
		c.paragraph(c.err, fmt.Sprintf("%s: %s.", w.Code, w.Message))
	}
	_, err = fmt.Fprintln(c.out, policy)
	return err
}

// ask fills in what isn't given yet.
func (p *policyCommand) ask(ctx context.Context, c *console) error {
	fmt.Fprintln(c.err, "What is the credential for? Several are written with commas between them.")
	for _, q := range []struct {
		text string
		to   *[]string
	}{
		{"Identities to send from (domains, addresses or ARNs)", &p.Identity},
		{"SES Regions (nothing, if those are ARNs)", &p.Region},
		{"Configuration sets to send with (nothing: none)", &p.ConfigurationSet},
		{"Addresses that mail comes from, with * for any text (nothing: any)", &p.From},
		{"Public networks that it is handed in from (nothing: anywhere)", &p.Network},
		{"VPC endpoints that it is handed in through (nothing: none)", &p.Endpoint},
	} {
		if len(*q.to) > 0 {
			continue
		}
		line, err := c.question(ctx, q.text+": ")
		if err != nil {
			return err
		}
		for text := range strings.SplitSeq(line, ",") {
			if text = strings.TrimSpace(text); text != "" {
				*q.to = append(*q.to, text)
			}
		}
	}
	if p.Account != "" || len(p.Region) == 0 {
		return nil
	}
	line, err := c.question(ctx, "AWS account (12 digits): ")
	p.Account = line
	return err
}

// paragraph prints text in lines of a terminal.
func (c *console) paragraph(to interface{ Write([]byte) (int, error) }, text string) {
	for i, line := range layout.Wrap(text, 78) {
		if i > 0 {
			line = "  " + line
		}
		fmt.Fprintln(to, line)
	}
}

// indented is JSON for people.
func indented(value any) (string, error) {
	text, err := json.MarshalIndent(value, "", "  ")
	return string(text), err
}
