//go:build unix

package main

import (
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/localaws"
)

// follows runs follow once, with a secret and an AWS_REGION. It returns the exit code and the
// output.
func (f *followed) follows(secret, awsRegion string, args ...string) (code int, said string) {
	f.Helper()
	args = append(append(f.ordinary(), "--once", "--wait", "0s"), args...)
	cmd, out := f.command(append(args, "--secret", secret)...)
	cmd.Env = slices.DeleteFunc(cmd.Env, func(v string) bool { return strings.HasPrefix(v, "AWS_REGION=") })
	if awsRegion != "" {
		cmd.Env = append(cmd.Env, "AWS_REGION="+awsRegion)
	}
	if err := cmd.Run(); err != nil {
		if _, exited := err.(*exec.ExitError); !exited {
			f.Fatal(err)
		}
	}
	return cmd.ProcessState.ExitCode(), out.String()
}

func TestFollowReadsAnARNInItsOwnRegion(t *testing.T) {
	f := newFollowed(t)
	f.world.Intercept(func(call localaws.Call) *localaws.Fault {
		if call.Region != region {
			return &localaws.Fault{Code: "ResourceNotFoundException"}
		}
		return nil
	})
	const arn = "arn:aws:secretsmanager:" + region + ":123456789012:secret:mail"
	for _, awsRegion := range []string{"", region, "us-east-1"} {
		for _, args := range [][]string{{}, {"--region", region}} {
			if code, said := f.follows(arn, awsRegion, args...); code != 0 {
				t.Errorf("AWS_REGION=%s %q: %s", awsRegion, args, said)
			}
		}
	}
	if code, said := f.follows("mail", "us-east-1"); code != 1 || !strings.Contains(said, "ResourceNotFoundException") {
		t.Errorf("a name isn't looked for in the client's Region: %d, %s", code, said)
	}
	if code, said := f.follows("mail", "us-east-1", "--region", region); code != 0 {
		t.Errorf("a name isn't looked for in --region: %d, %s", code, said)
	}
}

func TestFollowRefusesASecretThatItCantReachBeforeAnyCall(t *testing.T) {
	f := newFollowed(t)
	const (
		arn           = "arn:aws:secretsmanager:" + region + ":123456789012:secret:mail"
		arnOfChina    = "arn:aws-cn:secretsmanager:cn-north-1:123456789012:secret:mail"
		contradiction = "--region us-east-1 contradicts --secret (SMTPROTATE_SECRET), which is an ARN of Region " +
			region
	)
	for _, c := range []struct{ secret, awsRegion, region, says string }{
		{arn, "", "us-east-1", contradiction},
		{arn, region, "us-east-1", contradiction},
		{"arn:aws:ssm:eu-west-1:123456789012:parameter/mail", region, "",
			`--secret (SMTPROTATE_SECRET): the ARN is of service "ssm"`},
		{"arn:aws:secretsmanager:eu-west-1:123456789012", "", "", "--secret (SMTPROTATE_SECRET): it has a colon"},
		{arnOfChina, region, "", "Region eu-west-1 is in partition aws,"},
		{arnOfChina, "", region, "Region eu-west-1 is in partition aws,"},
		{arn + ":username::", region, "", "ECS's :json-key::"},
	} {
		var args []string
		if c.region != "" {
			args = []string{"--region", c.region}
		}
		if code, said := f.follows(c.secret, c.awsRegion, args...); code != 1 || !strings.Contains(said, c.says) {
			t.Errorf("%+v: %d, %s", c, code, said)
		}
	}
	if calls := f.world.Calls(); len(calls) > 0 {
		t.Errorf("%d AWS calls were made", len(calls))
	}
}
