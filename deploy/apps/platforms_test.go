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
	"reflect"
	"regexp"
	"strings"
	"sync"
	"testing"

	"go.yaml.in/yaml/v3"
)

const secretARN = "arn:aws:secretsmanager:" + region + ":123456789012:secret:" + secret

// TestARotationReplacesECSTasks holds the rule's pattern against what the function asks of Secrets
// Manager when it rotates, as CloudTrail would tell it ("Events for AWS API calls", EventBridge
// user guide): the call's parameters begin in lower case.
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
	decode := func(text string) map[string]any {
		if err := yaml.Unmarshal([]byte(text), &template); err != nil {
			t.Fatal(err)
		}
		return template.Resources.PromotionRule.Properties.EventPattern
	}
	pattern := decode(strings.ReplaceAll(s.recipe("ecs/redeploy.yaml"), "!Ref SecretArn", secretARN))
	calls := s.callsOfARotation()
	matching := map[string]int{}
	for _, c := range calls {
		event := map[string]any{
			"source": "aws.secretsmanager", "detail-type": "AWS API Call via CloudTrail",
			"detail": map[string]any{"eventSource": "secretsmanager.amazonaws.com", "eventName": c.action,
				"requestParameters": c.parameters},
		}
		if matches(pattern, event) {
			matching[c.action]++
			event["detail"].(map[string]any)["errorCode"] = "InvalidParameterException"
			if matches(pattern, event) {
				t.Error("a promotion that failed matches as well")
			}
		}
	}
	if !reflect.DeepEqual(matching, map[string]int{"UpdateSecretVersionStage": 1}) {
		t.Errorf("of %d calls of a rotation these match: %v", len(calls), matching)
	}
}

// call is one of Secrets Manager, as CloudTrail has it.
type call struct {
	action     string
	parameters map[string]any
}

// callsOfARotation are what the function asks of Secrets Manager.
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
			var parameters map[string]any
			if err := json.Unmarshal(body, &parameters); err != nil {
				s.Error(err)
			}
			for name, value := range parameters {
				c.parameters[strings.ToLower(name[:1])+name[1:]] = value
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

// matches tells whether an event has what an EventBridge pattern wants: of each field one of its
// values, or no such field.
func matches(pattern, event map[string]any) bool {
	for name, wanted := range pattern {
		value, there := event[name]
		switch wanted := wanted.(type) {
		case map[string]any:
			inner, _ := value.(map[string]any)
			if !matches(wanted, inner) {
				return false
			}
		case []any:
			found := false
			for _, one := range wanted {
				condition, special := one.(map[string]any)
				found = found || special && condition["exists"] == false && !there || !special && there && one == value
			}
			if !found {
				return false
			}
		}
	}
	return true
}

// TestPlatformsReadWhatIsInTheSecret looks for the keys that recipes name in a value that the
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
