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

// The vectors are published in the tests of terraform-provider-aws and of Signer::AWSv4::SES.
func TestDerivePrintsThePasswordAndNothingElse(t *testing.T) {
	for _, c := range []struct{ secret, region, want string }{
		{"some+secret+key", "eu-central-1", "BMXhUYlu5Z3gSXVQORxlVa7XPaz91aGWdfHxvkOZdWZ2"},
		{"some+secret+key", "us-west-1", "BH+jbMzper5WwlwUar9E1ySBqHa9whi0GPo+sJ0mVYJj"},
		{"another+secret+key", "eu-central-1", "BBbphbrQmrKMx42d1N6+C7VINYEBGI5v9VsZeTxwskfh"},
		{"SECRET_KEY", "eu-west-1", "BIhFZ/Ylx0jPVY7JeKUnHT4rO9jfB1VuZu4qglc/3gj9"},
	} {
		for _, ending := range []string{"", "\n", "\r\n"} {
			code, stdout, stderr := smtprotate(t, c.secret+ending, "derive", "--region", c.region)
			if code != 0 || stdout != c.want+"\n" || stderr != "" {
				t.Errorf("%s%q in %s: exit code %d, %q, %q", c.secret, ending, c.region, code, stdout, stderr)
			}
		}
	}
}

func TestDeriveNamesWhatIsWrongAndNeverRepeatsIt(t *testing.T) {
	for name, c := range map[string]struct{ input, want string }{
		"nothing":           {"", "nothing on standard input"},
		"an empty line":     {"\n", "nothing on standard input"},
		"two line endings":  {"hush+hush\n\n", "several lines"},
		"several lines":     {"hush\nhush+2\n", "several lines"},
		"spaces":            {"hush hush\n", "contains spaces"},
		"a space behind":    {"hush \n", "contains spaces"},
		"a control":         {"hush\x00hush\n", "contains characters"},
		"another alphabet":  {"hüsh\n", "contains characters"},
		"an access key ID":  {"AKIAHUSHHUSHHUSHHUSH\n", "is an access key ID"},
		"a file of another": {strings.Repeat("hush", 1000), "more than 1024 characters"},
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
	var out strings.Builder
	code := run(t.Context(), []string{"derive", "--region=eu-west-1"}, &console{in: in, out: &out, err: &out})
	if code != 0 || out.String() != "BIhFZ/Ylx0jPVY7JeKUnHT4rO9jfB1VuZu4qglc/3gj9\n" {
		t.Errorf("exit code %d, %q", code, out.String())
	}
}

func TestHelpIsReadableAndEndsWell(t *testing.T) {
	for _, args := range [][]string{{"--help"}, {"derive", "--help"}, {"demo", "--help"}} {
		code, stdout, stderr := smtprotate(t, "", args...)
		if code != 0 || stderr != "" || !strings.HasPrefix(stdout, "Usage: smtprotate") {
			t.Errorf("%v: exit code %d, %q, %q", args, code, stdout, stderr)
		}
		wantNarrow(t, stdout)
	}
}
