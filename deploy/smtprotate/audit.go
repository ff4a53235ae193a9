package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/seed-486a873a/ses-smtp-rotator/deploy/smtprotate/internal/layout"
	"github.com/seed-486a873a/ses-smtp-rotator/lambda/event"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/iamaccess"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/rotation"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sendpolicy"
)

type auditCommand struct {
	Function string `env:"SMTPROTATE_FUNCTION" placeholder:"NAME" help:"Audit the user of this deployed function, by name or ARN."`
	User     string `placeholder:"NAME" help:"Audit this IAM user instead. The flags from --account to --condition can say what its credential is for."`
	describeFlags
	awsFlags
}

// Help is shown by audit --help.
func (auditCommand) Help() string {
	return `Each finding says what a thief could do with the user's rights, and which policy to use instead. With --function, the
deployed function looks at its own user, and also logs in to SES with the credential. With --user, smtprotate asks IAM
itself.

It changes nothing. The exit code is 4 if a finding is of high severity or SES refuses the credential, 3 if a finding is
of medium severity, 1 if the audit failed, and 0 otherwise.`
}

// exitBySeverity holds the exit codes of audit and discover, by the severity of the worst finding.
var exitBySeverity = map[sendpolicy.Severity]exitCode{sendpolicy.High: 4, sendpolicy.Medium: 3}

// Run prints the findings. It changes nothing.
func (a auditCommand) Run(ctx context.Context, c *console) error {
	findings, broken, err := a.findings(ctx, c)
	if err != nil {
		return err
	}
	for _, w := range broken {
		c.paragraph(c.err, w.Message)
	}
	if a.JSON {
		text, err := indented(findings)
		if err != nil {
			return err
		}
		fmt.Fprintln(c.out, text)
	} else {
		c.findings(findings)
	}
	worst := sendpolicy.Worst(findings)
	if len(broken) > 0 {
		worst = sendpolicy.High
	}
	if code, bad := exitBySeverity[worst]; bad {
		return code
	}
	return nil
}

// findings asks the function or IAM. Only the function knows whether SES refuses the credential.
func (a auditCommand) findings(ctx context.Context, c *console) (_ []sendpolicy.Finding, broken []rotation.Warning,
	_ error) {
	region := ""
	if len(a.Region) > 0 {
		region = a.Region[0]
	}
	switch {
	case a.User == "" && a.Function == "":
		return nil, nil, errors.New("nothing to audit: give --function or --user")
	case a.User == "":
		if arn.IsARN(a.Function) {
			region = "" // --region says where identities are; the ARN says where the function is
		}
		answer, err := a.invoke(ctx, c, a.Function, region, event.Audit{})
		for _, w := range answer.Warnings {
			if w.Code == rotation.WarnCurrentKeyBroken {
				broken = append(broken, w)
			}
		}
		return answer.Findings, broken, err
	}
	findings, err := a.findingsOfUser(ctx, region, c.time())
	return findings, nil, err
}

func (a auditCommand) findingsOfUser(ctx context.Context, region string, now time.Time) ([]sendpolicy.Finding,
	error) {
	cfg, err := a.config(ctx, region)
	if err != nil {
		return nil, err
	}
	reader := iamaccess.Reader{API: iam.NewFromConfig(cfg), User: a.User, UserFrom: "--user"}
	access, err := reader.Read(ctx)
	if err != nil {
		return nil, err
	}
	access.Now = now
	if access.Intended, err = a.intended(); err != nil {
		return nil, err
	}
	return append([]sendpolicy.Finding{}, sendpolicy.Audit(access)...), nil
}

// intended returns what the flags describe. If they name an identity, it also checks that a policy
// can be written for them.
func (a auditCommand) intended() (sendpolicy.Description, error) {
	d, err := a.description()
	if err == nil && len(d.Identities) > 0 {
		_, _, err = sendpolicy.Write(d)
	}
	return d, byFlag(err)
}

// findings prints the findings, the worst first, and then each replacement policy once.
func (c *console) findings(findings []sendpolicy.Finding) {
	if len(findings) == 0 {
		fmt.Fprintln(c.out, "Nothing is wider than an SMTP credential needs.")
	}
	told := map[string]bool{}
	var instead []string
	for _, f := range findings {
		margin := strings.ToUpper(string(f.Severity))
		texts := []string{string(f.Code) + " " + f.Policy, f.Message + ".", "What a thief could do: " + f.Risk + "."}
		if f.Remedy != "" {
			texts = append(texts, "What to do: "+f.Remedy+".")
		}
		for _, text := range texts {
			for _, line := range layout.Wrap(text, 70) {
				fmt.Fprintf(c.out, "%s %s\n", layout.Pad(margin, 7), line)
				margin = ""
			}
		}
		fmt.Fprintln(c.out)
		if text := toHaveInstead(f); !told[text] {
			told[text] = true
			instead = append(instead, text)
		}
	}
	for _, text := range instead {
		fmt.Fprint(c.out, text)
	}
}

// toHaveInstead describes the policy that replaces the one of a finding. It is empty if there is
// none.
func toHaveInstead(f sendpolicy.Finding) string {
	if f.Instead == nil {
		return ""
	}
	how := "use this"
	if f.Remedy != "" { // others share the policy
		how = "give the user this as a policy of its own"
	}
	lines := layout.Wrap(fmt.Sprintf("Instead of %s, %s, with your own identities, account and Region:", f.Policy,
		how), 78)
	return fmt.Sprintf("%s\n\n%s\n\n", strings.Join(lines, "\n  "), f.Instead)
}
