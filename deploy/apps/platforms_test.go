package apps_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"go.yaml.in/yaml/v3"
)

const secretARN = "arn:aws:secretsmanager:" + region + ":123456789012:secret:" + secret

// TestARotationReplacesECSTasks matches the rule's pattern with the events that Secrets Manager
// sends for the function's calls when it rotates.
func TestARotationReplacesECSTasks(t *testing.T) {
	s := newStage(t)
	var template struct {
		Resources struct {
			PromotionRule struct {
				Properties struct {
					EventPattern map[string]any `yaml:"EventPattern"`
				} `yaml:"Properties"`
			} `yaml:"PromotionRule"`
		} `yaml:"Resources"`
	}
	recipe := strings.ReplaceAll(s.recipe("ecs/redeploy.yaml"), "!Ref SecretArn", secretARN)
	if err := yaml.Unmarshal([]byte(recipe), &template); err != nil {
		t.Fatal(err)
	}
	pattern := template.Resources.PromotionRule.Properties.EventPattern
	calls := s.callsOfARotation()
	matching := 0
	for _, c := range calls {
		for _, event := range c.labelEvents() {
			if matches(pattern, event) {
				matching++
			}
		}
	}
	if matching != 1 {
		t.Errorf("of the events of %d calls of a rotation, %d match", len(calls), matching)
	}
	if !matches(pattern, labelUpdated(secretARN, "AWSCURRENT")) {
		t.Error("the event of a promotion doesn't match")
	}
	another := strings.Replace(secretARN, ":secret:", ":secret:another-", 1)
	for what, event := range map[string]map[string]any{
		"a label of somebody's own": labelUpdated(secretARN, "blue"),
		"another secret":            labelUpdated(another, "AWSCURRENT"),
	} {
		if matches(pattern, event) {
			t.Errorf("%s matches as well", what)
		}
	}
}

// labelUpdated returns Secrets Manager's event for a label that moved ("Secret Label Updated
// event", AWS Secrets Manager User Guide).
func labelUpdated(arn, label string) map[string]any {
	_, name, _ := strings.Cut(arn, ":secret:")
	return map[string]any{
		"version": "0", "id": "6a7e8feb-b491-4cf7-a9f1-bf3703467718", "source": "aws.secretsmanager",
		"detail-type": "Secret Label Updated", "account": "123456789012", "time": "2026-02-06T16:43:48Z",
		"region": region, "resources": []any{arn},
		"detail": map[string]any{"name": name, "labelUpdated": label,
			"versionId": "a1b2c3d4-5678-90ab-cdef-EXAMPLE11111"},
	}
}

// labelEvents returns the events that Secrets Manager sends for a call: one for each label that
// moves to a version, except AWSPENDING and AWSPREVIOUS.
func (c call) labelEvents() (events []map[string]any) {
	var labels []any
	switch c.action {
	case "PutSecretValue":
		labels, _ = c.parameters["VersionStages"].([]any)
	case "UpdateSecretVersionStage":
		if _, moved := c.parameters["MoveToVersionId"]; moved {
			labels = []any{c.parameters["VersionStage"]}
		}
	}
	arn, _ := c.parameters["SecretId"].(string)
	for _, label := range labels {
		if label != "AWSPENDING" && label != "AWSPREVIOUS" {
			events = append(events, labelUpdated(arn, label.(string)))
		}
	}
	return events
}

// call is a call to Secrets Manager.
type call struct {
	action     string
	parameters map[string]any
}

// callsOfARotation returns the function's calls to Secrets Manager in a rotation.
func (s *stage) callsOfARotation() (calls []call) {
	s.Helper()
	target, err := url.Parse(s.World.URL())
	if err != nil {
		s.Fatal(err)
	}
	var mu sync.Mutex
	forward := httputil.NewSingleHostReverseProxy(target)
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		r.Body = io.NopCloser(bytes.NewReader(body))
		if action, ok := strings.CutPrefix(r.Header.Get("X-Amz-Target"), "secretsmanager."); ok {
			c := call{action, map[string]any{}}
			if err := json.Unmarshal(body, &c.parameters); err != nil {
				s.Error(err)
			}
			mu.Lock()
			calls = append(calls, c)
			mu.Unlock()
		}
		forward.ServeHTTP(w, r)
	}))
	defer proxy.Close()
	s.deploy("AWS_ENDPOINT_URL="+proxy.URL, "SECRET_ID="+secretARN) // as the stack sets it
	s.rotate()
	return calls
}

// matches reports whether an event matches an EventBridge pattern: each field has to have one of
// the values; if the field is a list, one element is enough ("Creating Amazon EventBridge event
// patterns").
func matches(pattern, event map[string]any) bool {
	for name, wanted := range pattern {
		switch wanted := wanted.(type) {
		case map[string]any:
			inner, _ := event[name].(map[string]any)
			if !matches(wanted, inner) {
				return false
			}
		case []any:
			values, isList := event[name].([]any)
			if !isList {
				values = []any{event[name]}
			}
			if !slices.ContainsFunc(values, func(value any) bool { return slices.Contains(wanted, value) }) {
				return false
			}
		}
	}
	return true
}

// TestPlatformsReadWhatIsInTheSecret looks up the keys that recipes name in a value that the
// function wrote.
func TestPlatformsReadWhatIsInTheSecret(t *testing.T) {
	s := newStage(t)
	v, _ := s.World.Labelled(secret, "AWSCURRENT")
	var value map[string]any
	if err := json.Unmarshal([]byte(v.Value), &value); err != nil {
		t.Fatal(err)
	}
	for file, named := range map[string]*regexp.Regexp{
		"ecs/task-definition.json": regexp.MustCompile(`:secret:[\w/-]+:(\w+)::"`),
		"kubernetes/shop.yaml":     regexp.MustCompile(`property: (\w+)`),
		"postfix/sasl_passwd.tmpl": regexp.MustCompile(`{{\.(\w+)}}`),
		"msmtp/msmtprc.tmpl":       regexp.MustCompile(`{{\.(\w+)}}`),
	} {
		keys := named.FindAllStringSubmatch(s.recipe(file), -1)
		if len(keys) != 4 {
			t.Errorf("%s names %d keys", file, len(keys))
		}
		for _, key := range keys {
			if _, ok := value[key[1]]; !ok {
				t.Errorf("%s names %s, which the secret doesn't have", file, key[1])
			}
		}
	}
	if !json.Valid([]byte(s.recipe("ecs/task-definition.json"))) {
		t.Error("the task definition isn't JSON")
	}
	for documents := yaml.NewDecoder(strings.NewReader(s.recipe("kubernetes/shop.yaml"))); ; {
		var document struct{ APIVersion, Kind string }
		if err := documents.Decode(&document); err == io.EOF {
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
}

func TestALambdaFunctionInPython(t *testing.T) {
	t.Parallel()
	needs(t, "python3")
	if err := exec.Command("python3", "-c", "import boto3").Run(); err != nil {
		t.Skip("python3 has no boto3:", err)
	}
	s := newStage(t)
	s.write("ses_mail.py", s.recipe("python/ses_mail.py"))
	s.write("handler.py", s.recipe("lambda/handler.py"))
	s.write("main.py", `
import sys
from handler import handler

for line in sys.stdin:
    event = {"from": "app@example.com", "to": "you@example.net", "subject": "Hello", "message_id": line.strip(), "text": "Hello."}
    try:
        handler(event, None)
        print("ok", flush=True)
    except Exception as error:
        print(repr(error), flush=True)
`)
	cmd := exec.Command("python3", s.named("main.py"))
	cmd.Env = s.env("AWS_MAX_ATTEMPTS=1")
	s.talksTo(cmd).life(true)
}
