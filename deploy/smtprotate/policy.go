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
	return `Prints the narrowest IAM policy that lets a credential send the mail that the flags describe over SMTP. On standard
error it says what you should know about that policy. On a terminal, without --identity, it asks for what it needs.

It changes nothing and uses no network. The exit code is 1 if the flags can't be turned into a policy, and 0 otherwise.`
}

// Run prints the policy.
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

// ask asks for what the flags left out.
func (p *policyCommand) ask(ctx context.Context, c *console) error {
	fmt.Fprintln(c.err, "What is the credential for? Separate several values with commas.")
	for _, q := range []struct {
		text string
		to   *[]string
	}{
		{"Identities to send from (domains, addresses or ARNs)", &p.Identity},
		{"SES Regions (empty if the identities are ARNs)", &p.Region},
		{"Configuration sets to send with (empty: none)", &p.ConfigurationSet},
		{"Sender addresses, with * for any text (empty: any)", &p.From},
		{"Public networks to send from (empty: anywhere)", &p.Network},
		{"VPC endpoints to send through (empty: none)", &p.Endpoint},
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

// paragraph prints text, wrapped for a terminal.
func (c *console) paragraph(to interface{ Write([]byte) (int, error) }, text string) {
	for i, line := range layout.Wrap(text, 78) {
		if i > 0 {
			line = "  " + line
		}
		fmt.Fprintln(to, line)
	}
}

// indented returns value as indented JSON.
func indented(value any) (string, error) {
	text, err := json.MarshalIndent(value, "", "  ")
	return string(text), err
}
