package main

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/seed-486a873a/ses-smtp-rotator/lambda/localfunction"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/rotation"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/version"
)

const (
	smtpUser = localfunction.User
	region   = localfunction.Region
)

// deployed is the function behind Lambda's Invoke API, in an AWS of its own.
type deployed struct {
	*testing.T
	*localfunction.Deployment
	asked []string // events, in order
}

func deploy(t *testing.T) *deployed {
	t.Helper()
	function, err := localfunction.Start(localfunction.Config{Env: map[string]string{"VERIFY_TIMEOUT": "1s"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { function.Close() })
	d := &deployed{T: t, Deployment: function}
	server := httptest.NewServer(http.HandlerFunc(d.serve))
	t.Cleanup(server.Close)
	for name, value := range map[string]string{
		"AWS_ENDPOINT_URL_LAMBDA": server.URL, "AWS_ENDPOINT_URL_IAM": d.World.URL(),
		"AWS_REGION": region, "AWS_ACCESS_KEY_ID": "AKIAOPERATOR00000000",
		"AWS_SECRET_ACCESS_KEY": "the operator's", "AWS_EC2_METADATA_DISABLED": "true",
		"AWS_CONFIG_FILE": "/nonexistent", "AWS_SHARED_CREDENTIALS_FILE": "/nonexistent",
	} {
		t.Setenv(name, value)
	}
	return d
}

// serve records the event and lets the function answer it.
func (d *deployed) serve(w http.ResponseWriter, r *http.Request) {
	payload, _ := io.ReadAll(r.Body)
	d.asked = append(d.asked, string(payload))
	r.Body = io.NopCloser(bytes.NewReader(payload))
	d.API("rotator").ServeHTTP(w, r)
}

func (d *deployed) current() string {
	d.Helper()
	c, err := d.Current()
	if err != nil {
		d.Fatal(err)
	}
	return c.Username
}

// types runs a command as on a terminal, with this typed input.
func (d *deployed) types(typed string, args ...string) (code int, stdout, stderr string) {
	d.Helper()
	var out, err strings.Builder
	c := &console{in: strings.NewReader(typed), out: &out, err: &err, getenv: func(string) string { return "" },
		interactive: true, now: d.World.Now}
	code = run(d.Context(), append(args, "--function", "rotator"), c)
	d.Logf("$ smtprotate %s\n%s%s", strings.Join(args, " "), err.String(), out.String())
	return code, out.String(), err.String()
}

// runs runs a command as in a script: there is nobody to ask.
func (d *deployed) runs(args ...string) (code int, stdout, stderr string) {
	d.Helper()
	var out, err strings.Builder
	code = run(d.Context(), append(args, "--function", "rotator"), &console{out: &out, err: &err, now: d.World.Now})
	d.Logf("$ smtprotate %s\n%s%s", strings.Join(args, " "), err.String(), out.String())
	return code, out.String(), err.String()
}

func (d *deployed) wants(code int, text string, wantCode int, parts ...string) {
	d.Helper()
	if code != wantCode {
		d.Errorf("exit code %d, want %d", code, wantCode)
	}
	for _, part := range parts {
		if !strings.Contains(strings.Join(strings.Fields(text), " "), part) {
			d.Errorf("it doesn't say %q:\n%s", part, text)
		}
	}
	for line := range strings.Lines(text) {
		line = line[strings.LastIndex(line, "\r")+1:] // \r overwrites what was before it
		if n := len([]rune(strings.TrimSpace(line))); n > 80 && !strings.HasPrefix(line, "smtprotate: ") {
			d.Errorf("a line of %d characters: %s", n, line)
		}
	}
}

func TestAnOperatorSeesWhereThingsStandAndRotates(t *testing.T) {
	d := deploy(t)
	code, out, _ := d.runs("status")
	d.wants(code, out, 0, "Credential none yet", "Next create", "Version "+version.String())
	code, out, _ = d.runs("rotate", "--reason", "the first")
	d.wants(code, out, 0, "Outcome rotated", "Done create AKIA", "Credential access key "+d.current(),
		"current Active", "Next create in 29 d 23 h")
	d.World.Advance(40 * time.Hour)
	first := d.current()
	code, out, _ = d.runs("rotate")
	d.wants(code, out, 0, first+" superseded", "Next deactivate "+first)
	code, _, err := d.runs("rotate")
	d.wants(code, err, exitFailed, "rotation refused", first,
		"The message says what is in the way. Once that is gone, run it again.")
	code, out, _ = d.runs("status", "--json")
	var result rotation.Result
	if code != 0 || json.Unmarshal([]byte(out), &result) != nil || result.Outcome != rotation.Reported ||
		len(result.Keys) != 2 {
		t.Errorf("exit code %d: %s", code, out)
	}
}

func TestAnEmergencySaysWhatItCutsOffAndAsks(t *testing.T) {
	d := deploy(t)
	d.runs("rotate")
	leaked := d.current()
	asked := len(d.asked)
	code, _, err := d.runs("emergency")
	d.wants(code, err, exitFailed, "This deletes access key "+leaked+" (current,", "Its replacement is created first.",
		"say --yes")
	code, _, err = d.types("n\n", "emergency", "--contain-first")
	d.wants(code, err, exitFailed, "It is deactivated first: mail stops until its replacement exists.", "Go on? "+
		"[y/N]", "nothing was done")
	code, _, err = d.types("", "emergency")
	d.wants(code, err, exitFailed, "nobody answered the question")
	for _, event := range d.asked[asked:] {
		if event != `{"action":"status"}` {
			t.Errorf("without agreement, the function was asked %s", event)
		}
	}
	code, out, err := d.types("y\n", "emergency", "--reason", "found in public")
	d.wants(code, out+err, 0, "Outcome revoked", "delete "+leaked, "waiting for the function; SES may take a minute")
	if got := d.current(); got == leaked {
		t.Error("it is still current")
	}
	if last := d.asked[len(d.asked)-1]; last != `{"action":"emergency","access_key_id":"`+leaked+`","reason":"found in public"}` {
		t.Errorf("asked %s", last)
	}
	code, out, _ = d.runs("emergency", "--yes")
	d.wants(code, out, 0, "Outcome revoked")
	code, _, err = d.types("y\n", "emergency", "--key", "AKIASTRANGERSTRANGER")
	d.wants(code, err, exitFailed, "which isn't among the user's keys", "nothing was touched")
}

func TestARollbackAsksAndGoesBack(t *testing.T) {
	d := deploy(t)
	d.runs("rotate")
	first := d.current()
	d.World.Advance(time.Hour)
	d.runs("rotate")
	d.World.Advance(time.Hour)
	code, out, err := d.types("yes\n", "rollback")
	d.wants(code, out+err, 0, "before access key", "Outcome rolled back", "Credential access key "+first)
}

func TestAnAuditEndsAsItsWorstFindingSays(t *testing.T) {
	d := deploy(t)
	d.runs("rotate")
	code, out, _ := d.runs("audit")
	d.wants(code, out, 0, "Nothing is wider")
	if err := d.World.PutUserPolicy(smtpUser, "narrow", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"ses:SendRawEmail",
		"Resource":"arn:aws:ses:eu-west-1:111122223333:identity/example.com"}]}`); err != nil {
		t.Fatal(err)
	}
	code, out, _ = d.runs("audit")
	d.wants(code, out, 3, "MEDIUM NoSource narrow (inline)")
	if strings.Contains(out, "Instead of") {
		t.Error("it proposes the policy that the user already has")
	}
	if err := d.World.PutUserPolicy(smtpUser, "AmazonSesSendingAccess",
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"ses:SendRawEmail","Resource":"*"}]}`); err != nil {
		t.Fatal(err)
	}
	code, out, _ = d.runs("audit")
	d.wants(code, out, 4, "HIGH WideResource AmazonSesSendingAccess (inline)", "What a thief could do:",
		"Instead of AmazonSesSendingAccess (inline)")
	code, out, _ = d.runs("audit", "--json")
	var findings []struct{ Code, Severity string }
	if err := json.Unmarshal([]byte(out), &findings); code != 4 || err != nil || len(findings) != 3 ||
		findings[0].Code != "WideResource" {
		t.Errorf("exit code %d, %v: %s", code, err, out)
	}

	const sesGroup = "AWSSESSendingGroupDoNotRename"
	d.World.PutGroupPolicy(sesGroup, "AmazonSesSendingAccess",
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"ses:SendRawEmail","Resource":"*"}]}`)
	if err := d.World.AddUserToGroup(smtpUser, sesGroup); err != nil {
		t.Fatal(err)
	}
	code, out, _ = d.runs("audit")
	d.wants(code, out, 4, "HIGH WideResource AmazonSesSendingAccess (group "+sesGroup+")",
		"What to do: SES's console",
		"aws iam remove-user-from-group --user-name "+smtpUser+" --group-name "+sesGroup+")",
		"Instead of AmazonSesSendingAccess (group "+sesGroup+"), give the user this as a policy of its own")

	code, out, _ = smtprotate(t, "", "audit", "--user", smtpUser, "--identity", "example.net", "--account",
		"111122223333", "--region", region)
	d.wants(code, out, 4, "HIGH WideResource", "arn:aws:ses:eu-west-1:111122223333:identity/example.net")
	code, _, err := smtprotate(t, "", "audit", "--user", "nobody")
	d.wants(code, err, exitFailed, "user nobody (--user)")
}

func TestTheReasonWhyTheFunctionDoesNotAnswerIsReported(t *testing.T) {
	d := deploy(t)
	code, _, err := smtprotate(t, "", "status", "--function", "another")
	d.wants(code, err, exitFailed, "there is no function another in Region eu-west-1: check --function and --region")
	t.Setenv("AWS_ACCESS_KEY_ID", "")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "")
	code, _, err = d.runs("status")
	d.wants(code, err, exitFailed, "credentials")
	t.Setenv("AWS_REGION", "")
	code, _, err = d.runs("status")
	d.wants(code, err, exitFailed, "no Region")
	code, _, err = smtprotate(t, "", "status")
	d.wants(code, err, exitUsage, "--function")
	t.Setenv("SMTPROTATE_FUNCTION", "another")
	code, _, err = smtprotate(t, "", "status", "--region", region)
	d.wants(code, err, exitFailed, "another")
	code, _, err = smtprotate(t, "", "audit", "--user", smtpUser, "--region", region)
	d.wants(code, err, exitFailed, "credentials")
}
