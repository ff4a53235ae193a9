package main

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/seed-486a873a/ses-smtp-rotator/lambda/event"
)

func TestEachCommandAsksTheFunctionForWhatItSays(t *testing.T) {
	d := deploy(t)
	d.runs("rotate")
	for command, want := range map[string]event.Event{
		"status":                        event.Status{},
		"rotate":                        event.Rotate{},
		"rotate --reason=policy":        event.Rotate{Reason: "policy"},
		"emergency --yes":               event.Emergency{},
		"rollback --yes":                event.Rollback{},
		"rollback --yes --reason=haste": event.Rollback{Reason: "haste"},
		"audit":                         event.Audit{},
		"emergency --yes --key=AKIAIOSFODNN7EXAMPLE --reason=found --contain-first": event.Emergency{
			AccessKeyID: "AKIAIOSFODNN7EXAMPLE", Reason: "found", ContainFirst: true,
		},
	} {
		d.asked = nil
		d.runs(strings.Fields(command)...) // other tests check the result
		if len(d.asked) != 1 {
			t.Fatalf("%s: the function was asked %d times", command, len(d.asked))
		}
		if got, err := event.Parse([]byte(d.asked[0]), ""); err != nil || got != want {
			t.Errorf("%s: the function was asked %s, which is %#v, %v; want %#v", command, d.asked[0], got, err, want)
		}
	}
}

// TestAFunctionsARNSaysWhereItIsAsked checks the Region for which calls to Lambda are signed.
func TestAFunctionsARNSaysWhereItIsAsked(t *testing.T) {
	const arn = "arn:aws:lambda:us-east-1:111122223333:function:rotator"
	var signedFor []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		scope := strings.Split(r.Header.Get("Authorization"), "/")
		signedFor = append(signedFor, scope[2])
		w.WriteHeader(http.StatusForbidden)
	}))
	t.Cleanup(server.Close)
	for name, value := range map[string]string{
		"AWS_ENDPOINT_URL_LAMBDA": server.URL, "AWS_REGION": region, "AWS_ACCESS_KEY_ID": "AKIAOPERATOR00000000",
		"AWS_SECRET_ACCESS_KEY": "the operator's", "AWS_MAX_ATTEMPTS": "1",
		"AWS_CONFIG_FILE": "/nonexistent", "AWS_SHARED_CREDENTIALS_FILE": "/nonexistent",
	} {
		t.Setenv(name, value)
	}
	for _, c := range []struct{ command, in, says string }{
		{"status --function rotator", region, ""},
		{"status --function rotator --region us-west-2", "us-west-2", ""},
		{"status --function " + arn, "us-east-1", ""},
		{"status --function " + arn + " --region us-east-1", "us-east-1", ""},
		{"emergency --yes --function " + arn, "us-east-1", ""},
		{"audit --function " + arn + " --region " + region, "us-east-1", ""}, // here --region is the identities'
		{"grace shop=5m --function " + arn, "us-east-1", ""},
		{"status --function " + arn + " --region us-west-2", "", "--region us-west-2 contradicts --function"},
		{"grace shop=5m --function " + arn + " --region us-west-2", "", "an ARN of Region us-east-1"},
		{"rotate --function arn:aws:iam::111122223333:role/rotator", "", "isn't the ARN of a Lambda function"},
	} {
		signedFor = nil
		var out strings.Builder
		code := run(t.Context(), strings.Fields(c.command), &console{out: &out, err: &out})
		if got := strings.Join(signedFor, " "); code != 1 || got != c.in || !strings.Contains(out.String(), c.says) {
			t.Errorf("%s: asked in %q, want %q: %s", c.command, got, c.in, out.String())
		}
	}
}
