package main

import (
	"os"
	"strings"
	"testing"
)

// smtprotate runs a command line in this process.
func smtprotate(t *testing.T, stdin string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, err strings.Builder
	c := &console{in: strings.NewReader(stdin), out: &out, err: &err, getenv: func(string) string { return "" }}
	code = run(t.Context(), args, c)
	return code, out.String(), err.String()
}

// The vectors are from the tests of terraform-provider-aws and Signer::AWSv4::SES.
func TestDerivePrintsThePasswordAndNothingElse(t *testing.T) {
	for _, c := range []struct{ secret, region, want string }{
		{"some+secret+key", "eu-central-1", "BMXhUYlu5Z3gSXVQORxlVa7XPaz91aGWdfHxvkOZdWZ2"},
		{"some+secret+key", "us-west-1", "BH+jbMzper5WwlwUar9E1ySBqHa9whi0GPo+sJ0mVYJj"},
		{"another+secret+key", "eu-central-1", "BBbphbrQmrKMx42d1N6+C7VINYEBGI5v9VsZeTxwskfh"},
		{"SECRET_KEY", "eu-west-1", "BIhFZ/Ylx0jPVY7JeKUnHT4rO9jfB1VuZu4qglc/3gj9"},
	} {
		for _, ending := range []string{"", "\n", "\r\n"} {
			code, stdout, stderr := smtprotate(t, c.secret+ending, "derive", "--region", c.region)
			if code != 0 || stdout != c.want+"\n" {
				t.Errorf("%s%q in %s: exit code %d, %q, %q", c.secret, ending, c.region, code, stdout, stderr)
			}
			const warning = "smtprotate: warning: this doesn't look like a secret access key, which has 40 characters"
			if !strings.HasPrefix(stderr, warning) ||
				strings.Count(stderr, "\n") != 1 || strings.Contains(stderr, c.secret) {
				t.Errorf("%s isn't 40 characters: %q", c.secret, stderr)
			}
		}
	}
}

// The example is from AWS's documentation.
func TestDeriveIsSilentAboutASecretAccessKey(t *testing.T) {
	const example = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
	code, stdout, stderr := smtprotate(t, example+"\n", "derive", "--region", "eu-west-1")
	if code != 0 || len(stdout) != 45 || stderr != "" {
		t.Errorf("exit code %d, %q, %q", code, stdout, stderr)
	}
}

func TestDeriveWarnsAboutARegionWithoutSMTP(t *testing.T) {
	const example = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
	code, stdout, stderr := smtprotate(t, example, "derive", "--region", "ca-west-1")
	if code != 0 || len(stdout) != 45 || !strings.Contains(stderr, "SES has no SMTP endpoint in Region ca-west-1") {
		t.Errorf("exit code %d, %q, %q", code, stdout, stderr)
	}
}

func TestDeriveNamesWhatIsWrongAndNeverRepeatsIt(t *testing.T) {
	for name, c := range map[string]struct{ input, want string }{
		"nothing":           {"", "standard input is empty"},
		"an empty line":     {"\n", "standard input is empty"},
		"two line endings":  {"hush+hush\n\n", "several lines"},
		"several lines":     {"hush\nhush+2\n", "several lines"},
		"spaces":            {"hush hush\n", "contains spaces"},
		"a space behind":    {"hush \n", "contains spaces"},
		"a control":         {"hush\x00hush\n", "contains characters"},
		"another alphabet":  {"hüsh\n", "contains characters"},
		"an access key ID":  {"AKIAHUSHHUSHHUSHHUSH\n", "is an access key ID"},
		"a long ID":         {"AKIAHUSHHUSHHUSHHUSHHUSH\n", "is an access key ID"},
		"a file of another": {strings.Repeat("hush", 1000), "more than 1024 characters"},

		"quotes":            {`"hush+hush/hush"` + "\n", "in quotes"},
		"single quotes":     {`'hush+hush/hush'` + "\n", "in quotes"},
		"half a quote":      {`hush+hush/hush"` + "\n", "in quotes"},
		"backquotes":        {"`hush`\n", "in quotes"},
		"a byte order mark": {"\uFEFFhush+hush\n", "byte order mark"},
		"the console's file": {"Access key ID,Secret access key\r\nAKIAHUSHHUSHHUSHHUSH,hush+hush\r\n",
			"is a CSV file"},
		"the console's file of old": {
			"User name,Password,Access key ID,Secret access key,Console login link\nhush,,AKIAHUSH,hush,\n",
			"is a CSV file"},
		"SES's file": {"IAM User Name,Smtp Username,Smtp Password\n\"hush\",\"AKIAHUSH\",\"BHUSH\"\n",
			"is a CSV file"},
		"a row":           {"AKIAHUSHHUSHHUSHHUSH,hush+hush\n", "is a row of a CSV file"},
		"a row in quotes": {`"AKIAHUSHHUSHHUSHHUSH","hush+hush"` + "\n", "is a row of a CSV file"},
		"an assignment":   {"AWS_SECRET_ACCESS_KEY=hush+hush\n", "is name=value"},
		"with spaces":     {"aws_secret_access_key = hush+hush\n", "is name=value"},
		"a shell's":       {"export AWS_SECRET_ACCESS_KEY='hush+hush'\n", "is name=value"},
		"an unknown name": {"FOO=hush+hush\n", "is name=value"},
		"YAML":            {"SecretAccessKey: hush+hush\n", "is name=value"},
		"a member":        {`"SecretAccessKey": "hush+hush"` + "\n", "is name=value"},
		"credentials file": {"[default]\naws_access_key_id = AKIAHUSH\naws_secret_access_key = hush\n",
			"is name=value"},
		"JSON":             {"{\n  \"AccessKey\": {\"SecretAccessKey\": \"hush\"}\n}\n", "is JSON"},
		"an SMTP password": {"BMXhUYlu5Z3gSXVQORxlVa7XPaz91aGWdfHxvkOZdWZ2\n", "this is already an SMTP password"},
		"an old password":  {"AkN+hushHUSHhushHUSHhushHUSHhushHUSHhushHUSH\n", "this is already an SMTP password"},
		"a session token":  {"IQoJb3JpZ2luX2Vj" + strings.Repeat("hush", 20) + "\n", "is a session token"},
		"another sign":     {"hush-hush\n", "contains characters"},
	} {
		t.Run(name, func(t *testing.T) {
			code, stdout, stderr := smtprotate(t, c.input, "derive", "--region", "eu-west-1")
			if code != exitFailed || stdout != "" || !strings.Contains(stderr, c.want) {
				t.Errorf("exit code %d, %q, %q", code, stdout, stderr)
			}
			if strings.Contains(strings.ToLower(stderr), "hush") {
				t.Errorf("the input is repeated: %q", stderr)
			}
		})
	}
}

func TestDeriveWantsOneRegion(t *testing.T) {
	for name, c := range map[string]struct {
		args []string
		code int
		want string
	}{
		"none":         {nil, exitUsage, "missing flags: --region"},
		"not a Region": {[]string{"--region", "Ireland"}, exitFailed, `"Ireland" isn't the name of a Region`},
		"two":          {[]string{"--region", "eu-west-1,us-east-1"}, exitFailed, "a password is for one"},
		"empty":        {[]string{"--region", ""}, exitFailed, "is empty"},
	} {
		t.Run(name, func(t *testing.T) {
			code, stdout, stderr := smtprotate(t, "hush", append([]string{"derive"}, c.args...)...)
			if code != c.code || stdout != "" || !strings.Contains(stderr, c.want) {
				t.Errorf("exit code %d, %q, %q", code, stdout, stderr)
			}
		})
	}
}

func TestDeriveReadsAPipe(t *testing.T) {
	in, feed, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	feed.WriteString("SECRET_KEY\n")
	feed.Close()
	var out, warned strings.Builder
	code := run(t.Context(), []string{"derive", "--region=eu-west-1"}, &console{in: in, out: &out, err: &warned})
	if code != 0 || out.String() != "BIhFZ/Ylx0jPVY7JeKUnHT4rO9jfB1VuZu4qglc/3gj9\n" {
		t.Errorf("exit code %d, %q", code, out.String())
	}
}

func TestHelpIsReadableAndEndsWell(t *testing.T) {
	for _, args := range [][]string{{"--help"}, {}, {"help"}, {"help", "derive"}, {"derive", "--help"},
		{"demo", "--help"}} {
		code, stdout, stderr := smtprotate(t, "", args...)
		if code != 0 || stderr != "" || !strings.HasPrefix(stdout, "Usage: smtprotate") {
			t.Errorf("%v: exit code %d, %q, %q", args, code, stdout, stderr)
		}
		wantNarrow(t, stdout)
	}
}
