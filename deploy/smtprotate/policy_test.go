package main

import (
	"net/netip"
	"reflect"
	"strings"
	"testing"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sendpolicy"
)

func TestThePolicyIsWhatTheWriterWrites(t *testing.T) {
	code, out, err := smtprotate(t, "", "policy", "--account", "111122223333", "--region", "eu-west-1,us-east-1",
		"--identity", "example.com", "--identity", "a@example.org",
		"--configuration-set", "mail", "--sandbox-recipient", "b@example.net", "--from", "*@example.com", "--from-name",
		"Smith, Jones & Co", "--recipient", "example.net",
		"--network", "192.0.2.10", "--network", "198.51.100.0/24", "--endpoint", "vpce-1", "--vpc", "vpc-1",
		"--private-network", "10.0.0.0/16", "--tls-only",
		"--condition", "DateLessThan aws:CurrentTime 2030-01-01T00:00:00Z")
	want, warnings, fault := sendpolicy.Write(sendpolicy.Description{
		Account: "111122223333", Regions: []string{"eu-west-1", "us-east-1"},
		Identities: []string{"example.com", "a@example.org"}, ConfigurationSets: []string{"mail"},
		SandboxRecipients: []string{"b@example.net"}, From: []string{"*@example.com"},
		FromNames: []string{"Smith, Jones & Co"}, Recipients: []string{"example.net"},
		Networks:  []netip.Prefix{netip.MustParsePrefix("192.0.2.10/32"), netip.MustParsePrefix("198.51.100.0/24")},
		Endpoints: []string{"vpce-1"}, VPCs: []string{"vpc-1"},
		PrivateNetworks: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/16")}, TLSOnly: true,
		Conditions: []sendpolicy.Condition{{Operator: "DateLessThan", Key: "aws:CurrentTime",
			Values: []string{"2030-01-01T00:00:00Z"}}},
	})
	if fault != nil {
		t.Fatal(fault)
	}
	if code != 0 || out != want.String()+"\n" {
		t.Errorf("exit code %d: %s", code, out)
	}
	for _, w := range warnings {
		if !strings.Contains(err, string(w.Code)+": ") {
			t.Errorf("it says nothing about %s:\n%s", w.Code, err)
		}
	}
}

func TestErrorsInADescriptionNameTheFlags(t *testing.T) {
	code, out, err := smtprotate(t, "", "policy", "--identity", "*", "--account", "12", "--network", "here",
		"--condition", "soon", "--endpoint", "vpc-1")
	if code != exitFailed || out != "" {
		t.Errorf("exit code %d, %q", code, out)
	}
	for _, want := range []string{`--network: "here"`, `--condition: "soon"`, `--identity: "*"`, `--account: "12"`,
		`--endpoint: "vpc-1"`, "--region: at least one"} {
		if !strings.Contains(err, want) {
			t.Errorf("it says nothing about %s:\n%s", want, err)
		}
	}
	if _, _, err := smtprotate(t, "", "policy"); !strings.Contains(err, "--identity: name at least one") {
		t.Error(err)
	}
}

func TestEveryFieldOfADescriptionHasAFlag(t *testing.T) {
	_, help, _ := smtprotate(t, "", "policy", "--help")
	for _, field := range reflect.VisibleFields(reflect.TypeFor[sendpolicy.Description]()) {
		if flag := flagOf[field.Name]; flag == "" || !strings.Contains(help, "  --"+flag) {
			t.Errorf("%s: %q isn't a flag of policy", field.Name, flag)
		}
	}
}

func TestOnATerminalThePolicyAsksForWhatIsMissing(t *testing.T) {
	var out, err strings.Builder
	typed := "example.com, a@example.org\neu-west-1\nmail\n192.0.2.10\n\n111122223333\n"
	c := &console{in: strings.NewReader(typed), out: &out, err: &err, interactive: true}
	if code := run(t.Context(), []string{"policy", "--from", "*@example.com"}, c); code != 0 {
		t.Fatalf("exit code %d\n%s", code, err.String())
	}
	t.Log(err.String(), out.String())
	policy, fault := sendpolicy.Parse(out.String())
	if fault != nil {
		t.Fatal(fault)
	}
	if s := policy.Statements[0]; len(s.Resource) != 3 ||
		s.Condition["IpAddress"]["aws:SourceIp"][0] != "192.0.2.10/32" ||
		s.Condition["StringLike"]["ses:FromAddress"][0] != "*@example.com" {
		t.Errorf("%s", policy)
	}
	if strings.Contains(err.String(), "Sender addresses") {
		t.Error("it asks for something that was given")
	}
}

func TestAConditionIsReadWithItsSpaces(t *testing.T) {
	code, out, err := smtprotate(t, "", "policy", "--identity",
		"arn:aws:ses:eu-west-1:111122223333:identity/example.com", "--condition",
		" stringequals  ses:FromDisplayName  The Shop, The Office ")
	policy, fault := sendpolicy.Parse(out)
	if code != 0 || fault != nil {
		t.Fatalf("exit code %d, %v: %s", code, fault, err)
	}
	want := sendpolicy.Texts{"The Shop", "The Office"}
	if got := policy.Statements[0].Condition["StringEquals"]["ses:FromDisplayName"]; !reflect.DeepEqual(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestARefusedConditionIsReportedWithItsFlag(t *testing.T) {
	for _, command := range [][]string{{"policy"}, {"audit", "--user", smtpUser}} {
		d := deploy(t)
		d.runs("rotate")
		args := append(command, "--identity=example.com", "--account=111122223333", "--region=eu-west-1",
			"--condition=StringLike aws:SourceVpce vpce-0*")
		code, _, err := smtprotate(t, "", args...)
		if code != exitFailed || !strings.Contains(err, `--condition: "StringLike aws:SourceVpce vpce-0*": `) ||
			!strings.Contains(err, "write it in full") {
			t.Errorf("%s: exit code %d: %s", command, code, err)
		}
	}
}
