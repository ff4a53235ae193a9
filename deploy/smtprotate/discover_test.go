package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	commandsof "github.com/seed-486a873a/ses-smtp-rotator/deploy/internal/commands"
	"github.com/seed-486a873a/ses-smtp-rotator/deploy/smtprotate/internal/discover"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/localaws"
)

const (
	wideSending = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"ses:SendRawEmail","Resource":"*"}]}`
	ownSending  = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"ses:SendRawEmail",
		"Resource":"arn:aws:ses:eu-west-1:123456789012:identity/example.com",
		"Condition":{"IpAddress":{"aws:SourceIp":"192.0.2.10/32"}}}]}`
)

// inAccount returns a world with one user per policy, each with a key that sends.
func inAccount(t *testing.T, policies map[string]string) *localaws.World {
	t.Helper()
	w, err := localaws.Start(localaws.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.Close() })
	for name, policy := range policies {
		w.CreateUser(name)
		id, _, err := w.CreateAccessKey(name)
		if err == nil {
			err = w.PutUserPolicy(name, "send", policy)
		}
		if err != nil {
			t.Fatal(err)
		}
		w.UseKey(id, w.Now())
	}
	return w
}

// operator sets up the environment of an operator: credentials in variables for one world, or a
// profile named after each of several worlds.
func operator(t *testing.T, worlds map[string]*localaws.World) {
	t.Helper()
	var profiles strings.Builder
	for name, w := range worlds {
		fmt.Fprintf(&profiles, "[profile %s]\nregion = eu-west-1\nendpoint_url = %s\naws_access_key_id = "+
			"AKIAOPERATOR00000000\naws_secret_access_key = secret\n", name, w.URL())
		if len(worlds) == 1 {
			t.Setenv("AWS_ENDPOINT_URL", w.URL())
		}
	}
	file := filepath.Join(t.TempDir(), "config")
	if err := os.WriteFile(file, []byte(profiles.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, value := range map[string]string{
		"AWS_REGION": "eu-west-1", "AWS_ACCESS_KEY_ID": "AKIAOPERATOR00000000", "AWS_SECRET_ACCESS_KEY": "secret",
		"AWS_EC2_METADATA_DISABLED": "true", "AWS_CONFIG_FILE": file, "AWS_SHARED_CREDENTIALS_FILE": "/nonexistent",
	} {
		t.Setenv(name, value)
	}
}

// discovers runs smtprotate discover.
func discovers(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, err strings.Builder
	code = run(t.Context(), append([]string{"discover"}, args...), &console{out: &out, err: &err})
	return code, out.String(), err.String()
}

func TestDiscoverEndsAsTheWorstOfAllUsersSays(t *testing.T) {
	for name, c := range map[string]struct {
		policies map[string]string
		code     int
	}{
		"nobody": {nil, 0},
		"narrow": {map[string]string{"a": ownSending}, 0},
		"anywhere": {map[string]string{"a": ownSending,
			"b": strings.ReplaceAll(ownSending, `192.0.2.10/32`, `0.0.0.0/0`)}, 3},
		"wide": {map[string]string{"a": ownSending, "b": wideSending}, 4},
	} {
		operator(t, map[string]*localaws.World{"it": inAccount(t, c.policies)})
		code, out, stderr := discovers(t)
		if code != c.code || !strings.Contains(out, fmt.Sprintf("%d may send mail", len(c.policies))) {
			t.Errorf("%s: exit code %d, want %d: %s%s", name, code, c.code, out, stderr)
		}
	}
}

func TestDiscoverPrintsJSONAndWritesAPage(t *testing.T) {
	operator(t, map[string]*localaws.World{"it": inAccount(t, map[string]string{"shop": wideSending})})
	page := filepath.Join(t.TempDir(), "page.html")
	code, out, stderr := discovers(t, "--json", "--html", page)
	var report discover.Report
	if err := json.Unmarshal([]byte(out), &report); err != nil || code != 4 || len(report.Accounts) != 1 ||
		report.Accounts[0].Found[0].Name != "shop" || report.Accounts[0].Found[0].Keys[0].Service != "ses-smtp" {
		t.Errorf("exit code %d: %s%s, %v", code, out, stderr, err)
	}
	text, err := os.ReadFile(page)
	if err != nil || !strings.Contains(string(text), "<svg") || !strings.Contains(string(text), "shop") {
		t.Errorf("the page is %s, %v", text, err)
	}
	if info, err := os.Stat(page); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("its mode: %v, %v", info.Mode(), err)
	}
	if code, _, stderr := discovers(t, "--html", filepath.Join(page, "x")); code != exitFailed ||
		!strings.Contains(stderr, "writing the page") {
		t.Errorf("exit code %d: %s", code, stderr)
	}
}

func TestDiscoverLooksAtSeveralAccounts(t *testing.T) {
	first := inAccount(t, map[string]string{"shop": ownSending})
	second := inAccount(t, map[string]string{"news": wideSending})
	operator(t, map[string]*localaws.World{"one": first, "two": second})
	code, out, stderr := discovers(t, "--profile", "one", "--profile", "two")
	if code != 4 || !strings.Contains(out, "123456789012 news") ||
		!strings.Contains(out, "--profile two --adopt news") ||
		strings.Index(out, "123456789012 shop") < strings.Index(out, "123456789012 news") {
		t.Errorf("exit code %d: %s%s", code, out, stderr)
	}
	_ = first.Close()
	code, out, stderr = discovers(t, "--profile", "none", "--profile", "two")
	if code != exitFailed || !strings.Contains(out, "news") || !strings.Contains(stderr, "profile none: ") {
		t.Errorf("with one that isn't there: exit code %d: %s%s", code, out, stderr)
	}
}

func TestDiscoverPrintsHowAUserIsAdopted(t *testing.T) {
	w := inAccount(t, map[string]string{"shop": ownSending, "news": wideSending})
	operator(t, map[string]*localaws.World{"one": w, "two": w})
	for _, c := range []struct {
		args []string
		code int
		says string
	}{
		{[]string{"--profile", "one", "--adopt", "shop"}, 0, "    ExistingUserName=shop \\\n"},
		{[]string{"--profile", "one", "--adopt", "shop", "--terraform"}, 0, "existing_user_name = \"shop\""},
		{[]string{"--profile", "one", "--adopt", "nobody"}, exitFailed,
			"no user nobody that may send mail or has sent any"},
		{[]string{"--profile", "one", "--profile", "two", "--adopt", "shop"}, exitFailed, "is in 2 accounts"},
		{[]string{"--profile", "one", "--terraform"}, exitFailed, "--terraform needs --adopt"},
		{[]string{"--json", "--adopt", "shop"}, exitUsage, "can't be used together"},
	} {
		code, out, stderr := discovers(t, c.args...)
		if code != c.code || !strings.Contains(out+stderr, c.says) {
			t.Errorf("%v: exit code %d, want %d, and %q:\n%s%s", c.args, code, c.code, c.says, out, stderr)
		}
	}
}

// TestDiscoverDoesWhatItsPageSays runs the commands of discover.md, except those about an
// organization, which have their own test.
func TestDiscoverDoesWhatItsPageSays(t *testing.T) {
	text, err := os.ReadFile("../discover.md")
	if err != nil {
		t.Fatal(err)
	}
	shop := inAccount(t, map[string]string{"USER": ownSending})
	operator(t, map[string]*localaws.World{"shop": shop, "news": inAccount(t, nil)})
	t.Setenv("AWS_ENDPOINT_URL", shop.URL())
	t.Chdir(t.TempDir())
	ran := 0
	for _, command := range commandsof.Of(string(text)) {
		args, is := strings.CutPrefix(command, "smtprotate discover ")
		if !is || strings.Contains(args, "--organization-role") {
			continue
		}
		ran++
		if code, _, stderr := discovers(t, strings.Fields(args)...); code != 0 || stderr != "" {
			t.Errorf("%s: exit code %d: %s", command, code, stderr)
		}
	}
	if _, err := os.Stat("credentials.html"); err != nil || ran != 4 {
		t.Errorf("%d commands ran, %v", ran, err)
	}
}

// TestDiscoverGoesOnIfIAMThrottles throttles some calls, as IAM does.
func TestDiscoverGoesOnIfIAMThrottles(t *testing.T) {
	policies := map[string]string{}
	for i := range 6 {
		policies[fmt.Sprintf("user-%d", i)] = ownSending
	}
	w := inAccount(t, policies)
	operator(t, map[string]*localaws.World{"it": w})
	var calls atomic.Int64
	w.Intercept(func(localaws.Call) *localaws.Fault {
		if n := calls.Add(1); n == 4 || n == 15 {
			return &localaws.Fault{Code: "Throttling", Message: "Rate exceeded", Status: 400}
		}
		return nil
	})
	began := time.Now()
	code, out, stderr := discovers(t)
	if code != 0 || !strings.Contains(out, "6 may send mail") || strings.Contains(out, "Not known") {
		t.Errorf("exit code %d: %s%s", code, out, stderr)
	}
	t.Logf("%d calls in %v", calls.Load(), time.Since(began).Round(time.Millisecond))
}

func TestDiscoverShowsItsProgressOnATerminal(t *testing.T) {
	operator(t, map[string]*localaws.World{"it": inAccount(t, map[string]string{"shop": ownSending})})
	var out, err strings.Builder
	if code := run(t.Context(), []string{"discover"}, &console{out: &out, err: &err, interactive: true}); code != 0 {
		t.Errorf("exit code %d: %s", code, err.String())
	}
	if !strings.HasPrefix(err.String(), "\r0 users read") || !strings.HasSuffix(err.String(), " \r") {
		t.Errorf("the terminal has %q", err.String())
	}
}
