package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/seed-486a873a/ses-smtp-rotator/lambda/event"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/localaws"
)

// hostile is text that would set a terminal's title, clear the screen and reverse letters.
const hostile = "x\x1b]0;mine\a\u009b2J\u202ey\x7f\r"

// hostileName is such a name of something in IAM. IAM answers in XML, which can't contain the other
// characters.
const hostileName = "x\u009b2J\u202ey"

// harmless checks that text contains nothing that a terminal acts on, and that it contains the
// hostile text in escaped form.
func harmless(t *testing.T, what, text string, escapes ...string) {
	t.Helper()
	if strings.ContainsAny(text, "\x1b\a\b\r\x7f\u009b\u202e\u2028") || !utf8.ValidString(text) {
		t.Errorf("%s: a terminal would act on %q", what, text)
	}
	for _, want := range escapes {
		if !strings.Contains(text, want) {
			t.Errorf("%s: %s isn't in %q", what, want, text)
		}
	}
}

func TestHostileFlagsAreShownEscaped(t *testing.T) {
	setAWS(t, "AWS_ENDPOINT_URL", "http://127.0.0.1:1")
	for _, c := range []struct {
		code    int
		args    []string
		escapes []string
	}{
		{exitUsage, []string{hostile}, nil},
		{exitUsage, []string{"--" + hostile}, nil},
		{exitUsage, []string{"status", "--function=x", hostile}, nil},
		{exitUsage, []string{"follow", "--secret=x", "--every=" + hostile}, nil},
		{exitFailed, []string{"policy", "--identity=" + hostile, "--account=" + hostile, "--region=" + hostile,
			"--from=" + hostile, "--from-name=" + hostile, "--network=" + hostile, "--endpoint=" + hostile,
			"--condition=" + hostile + " ses:FromAddress x"}, nil},
		{exitFailed, []string{"policy", "--identity=example.com", "--account=111122223333", "--region=eu-west-1",
			"--condition=StringEquals ses:FromDisplayName " + hostile}, []string{"has a control character"}},
		{exitFailed, []string{"grace", "--grace-period=7d", hostile}, nil},
		{exitFailed, []string{"grace", "--grace-period=7d", hostile + "=" + hostile}, []string{`\u001b`, `\u202e`}},
		{3, []string{"grace", "--grace-period=7d", hostile + "=8d"}, []string{`\u001b]0;mine\u0007\u009b2J\u202ey\u007f`}},
		{exitFailed, []string{"derive", "--region=" + hostile}, nil},
		{exitFailed, []string{"status", "--function=arn:aws:iam::111122223333:role/" + hostile}, []string{`\u009b`}},
		{exitFailed, []string{"audit", "--user=x", "--network=" + hostile}, nil},
		{exitFailed, []string{"follow", "--secret=" + hostile, "--template=" + hostile}, []string{`\u009b`}},
		{exitFailed, []string{"follow", "--secret=x", "--owner=" + hostile, "--run=true"}, []string{`\u202e`}},
		{exitFailed, []string{"follow", "--secret=x", "--", hostile}, nil},
	} {
		code, out, err := smtprotate(t, "", c.args...)
		if code != c.code {
			t.Errorf("%q: exit code %d, want %d: %s%s", c.args, code, c.code, out, err)
		}
		harmless(t, fmt.Sprintf("%q", c.args), out+err, c.escapes...)
	}
	t.Setenv("SMTPROTATE_FUNCTION", "arn:aws:s3:::"+hostile)
	_, out, err := smtprotate(t, "", "status")
	harmless(t, "a variable", out+err, `\u001b`)
	_, out, err = smtprotate(t, hostile+hostile, "derive", "--region", region)
	harmless(t, "a secret access key", out+err)
}

// hostilePolicy has such text everywhere that a policy's author may write. In JSON it is escaped.
func hostilePolicy(t *testing.T) string {
	t.Helper()
	text, err := json.Marshal(hostile)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf(`{"Version":"2012-10-17","Id":%[1]s,"Statement":[{"Sid":%[1]s,"Effect":"Allow",
		"Action":["ses:SendRawEmail",%[1]s],"Resource":["*",%[1]s],"Condition":{"StringLike":{"ses:FromDisplayName":%[1]s},
		"StringEquals":{%[1]s:%[1]s}}}]}`, text)
}

func TestHostilePoliciesAreShownEscaped(t *testing.T) {
	d := deploy(t)
	d.runs("rotate")
	if err := d.World.PutUserPolicy(smtpUser, hostileName, hostilePolicy(t)); err != nil {
		t.Fatal(err)
	}
	if err := d.World.PutUserPolicy(smtpUser, "half"+hostileName, `{"Statement":"`+hostile); err != nil {
		t.Fatal(err)
	}
	d.World.PutGroupPolicy(hostileName, "mail", hostilePolicy(t))
	if err := d.World.AddUserToGroup(smtpUser, hostileName); err != nil {
		t.Fatal(err)
	}
	if _, err := d.World.AddServiceSpecificCredential(smtpUser, hostileName, "Active"); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{
		{"audit", "--function", "rotator"}, {"audit", "--user", smtpUser, "--region", region},
	} {
		what := strings.Join(args, " ")
		code, out, err := smtprotate(t, "", args...)
		if code != 4 {
			t.Errorf("%s: exit code %d: %s%s", what, code, out, err)
		}
		harmless(t, what, out+err, `\u009b2J`, `\u202e`)
		_, out, err = smtprotate(t, "", append(args, "--json")...)
		harmless(t, what+" --json", out+err, `\u001b`, `\u009b2J`, `\u202e`)
		var findings []struct {
			Statement struct{ Sid string }
		}
		if err := json.Unmarshal([]byte(out), &findings); err != nil {
			t.Errorf("%s --json: %v: %s", what, err, out)
		}
		if !strings.Contains(fmt.Sprintf("%q", findings), fmt.Sprintf("%q", hostile)) {
			t.Errorf("%s --json: the Sid has changed: %q", what, findings)
		}
	}
	code, out, err := smtprotate(t, "", "audit", "--user", hostile, "--region", region)
	if code != exitFailed {
		t.Errorf("exit code %d", code)
	}
	harmless(t, "a user", out+err, `\u009b2J`)
}

// TestHostileAnswersAreShownEscaped puts such text everywhere in the function's answer, as if it
// came from a secret, an SMTP reply or an event.
func TestHostileAnswersAreShownEscaped(t *testing.T) {
	result := map[string]any{
		"action": "rotate", "outcome": hostile,
		"steps": []any{map[string]any{"step": hostile, "access_key_id": hostile, "reason": hostile}},
		"credential": map[string]any{"access_key_id": hostile, "version_id": hostile,
			"created": "2026-11-23T15:12:01Z"},
		"keys":     []any{map[string]any{"access_key_id": hostile, "status": hostile, "role": hostile}},
		"next":     map[string]any{"step": hostile, "access_key_id": hostile, "reason": hostile},
		"warnings": []any{map[string]any{"code": "CurrentKeyBroken", "message": hostile}},
		"findings": []any{map[string]any{"code": hostile, "severity": hostile, "policy": hostile, "message": hostile,
			"risk": hostile, "remedy": hostile}},
	}
	for _, answer := range []any{result, event.Failure{Type: "VerificationFailed", Message: "535 " + hostile},
		event.Failure{Type: hostile, Message: hostile}, hostile} {
		text, err := json.Marshal(answer)
		if err != nil {
			t.Fatal(err)
		}
		answers(t, answer, text)
		for _, command := range []string{
			"status", "rotate", "emergency --yes", "emergency --key=" + hostile, "rollback --yes", "rollback", "audit",
			"status --json", "audit --json",
		} {
			what := fmt.Sprintf("%s: %s", command, text)
			args := append(strings.Split(command, " "), "--function", "rotator")
			_, out, said := smtprotate(t, "", args...)
			harmless(t, what, out+said, `\u009b2J`, `\u202e`)
			if !strings.HasSuffix(command, "--json") || out == "" {
				continue
			}
			if !json.Valid([]byte(out)) {
				t.Errorf("%s: it is no longer JSON: %s", what, out)
			}
		}
	}
}

// answers makes Lambda's API give this answer, as a failure if it is a Failure or a string.
func answers(t *testing.T, answer any, text []byte) {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if _, well := answer.(map[string]any); !well {
			w.Header().Set("X-Amz-Function-Error", "Unhandled")
		}
		_, _ = w.Write(text)
	}))
	t.Cleanup(server.Close)
	setAWS(t, "AWS_ENDPOINT_URL_LAMBDA", server.URL)
}

// setAWS points the SDK at this API.
func setAWS(t *testing.T, endpoint, url string) {
	t.Helper()
	for name, value := range map[string]string{
		endpoint: url, "AWS_REGION": region, "AWS_ACCESS_KEY_ID": "AKIAOPERATOR00000000",
		"AWS_SECRET_ACCESS_KEY": "the operator's", "AWS_MAX_ATTEMPTS": "1",
		"AWS_CONFIG_FILE": "/nonexistent", "AWS_SHARED_CREDENTIALS_FILE": "/nonexistent",
	} {
		t.Setenv(name, value)
	}
}

func TestHostileSettingsAreShownEscaped(t *testing.T) {
	text, err := json.Marshal(map[string]any{"Environment": map[string]any{
		"Variables": map[string]string{"GRACE_PERIOD": hostile}}})
	if err != nil {
		t.Fatal(err)
	}
	answers(t, map[string]any{}, text)
	code, out, said := smtprotate(t, "", "grace", "--function", "rotator", "shop=5m")
	if code != exitFailed {
		t.Errorf("exit code %d", code)
	}
	harmless(t, "grace", out+said)
}

// TestHostileSecretsAreShownEscaped follows a secret with such text in its value and in the
// template.
func TestHostileSecretsAreShownEscaped(t *testing.T) {
	world, err := localaws.Start(localaws.Config{Regions: []string{region}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { world.Close() })
	setAWS(t, "AWS_ENDPOINT_URL", world.URL())
	text, err := json.Marshal(hostile)
	if err != nil {
		t.Fatal(err)
	}
	world.CreateSecret("mail", "{}")
	for _, value := range []string{
		fmt.Sprintf(`{"username":%s,"password":"pw","host":"localhost","port":587}`, text),
		fmt.Sprintf(`{"username":"AKIA1","password":"pw","host":%s,"port":%s}`, text, text),
		hostile,
	} {
		if _, err := world.PutSecretValue("mail", value); err != nil {
			t.Fatal(err)
		}
		for _, run := range []string{"true", "exit 3 # " + hostile, "exit 3 # {{" + hostile} {
			args := []string{"follow", "--once", "--wait=0s", "--secret=mail", "--run=" + run}
			_, out, said := smtprotate(t, "", args...)
			harmless(t, fmt.Sprintf("%q with %q", args, value), out+said)
		}
	}
}

func TestAProgramsOutputIsNotChanged(t *testing.T) {
	world, err := localaws.Start(localaws.Config{Regions: []string{region}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { world.Close() })
	setAWS(t, "AWS_ENDPOINT_URL", world.URL())
	world.CreateSecret("mail", `{"username":"AKIA1","password":"pw","host":"localhost","port":587}`)
	const red = "\x1b[31mred\x1b[0m"
	code, out, said := smtprotate(t, "", "follow", "--once", "--secret=mail", "--run", "printf '"+red+"'", "--",
		"/bin/sh", "-c", "printf '"+red+"'; printf '"+red+"' >&2")
	if code != 0 || out != red || strings.Count(said, red) != 2 {
		t.Errorf("exit code %d, %q, %q", code, out, said)
	}
}

func TestOrdinaryTextKeepsItsBytes(t *testing.T) {
	code, out, _ := smtprotate(t, "", "policy", "--identity=arn:aws:ses:eu-west-1:111122223333:identity/example.com",
		"--from-name=Jürgen & Söhne <Mail>")
	if code != 0 || !strings.Contains(out, `"ses:FromDisplayName": "Jürgen & Söhne <Mail>"`) {
		t.Errorf("exit code %d: %s", code, out)
	}
}
