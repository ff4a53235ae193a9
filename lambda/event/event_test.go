package event_test

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/seed-486a873a/ses-smtp-rotator/lambda/event"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/rotation"
)

const secret = "smtp/credential"

// parses checks what an event is.
func parses(t *testing.T, payload string, want event.Event) {
	t.Helper()
	if got, err := event.Parse([]byte(payload), secret); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%s is %#v, %v; want %#v", payload, got, err, want)
	}
}

// refuses checks that an event is refused, and what the error says.
func refuses(t *testing.T, payload string, parts ...string) {
	t.Helper()
	got, err := event.Parse([]byte(payload), secret)
	if got != nil || err == nil {
		t.Fatalf("%s is %#v, %v", payload, got, err)
	}
	isRequestError(t, err)
	for _, part := range parts {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("%s: the error doesn't say %q: %v", payload, part, err)
		}
	}
}

func isRequestError(t *testing.T, err error) {
	t.Helper()
	if typed, ok := errors.AsType[*rotation.Error](err); !ok || typed.Type != rotation.RequestError {
		t.Errorf("not a RequestError: %v", err)
	}
}

func TestWhatHasNoActionIsATick(t *testing.T) {
	for _, payload := range []string{
		``, ` `, `null`, ` {} `, `{"action":"tick"}`, `{"Action":"rotate"}`, `{"more":{"action":"rotate"}}`,
		`{"version":"0","source":"aws.events","detail-type":"Scheduled Event","detail":{},
			"resources":["arn:aws:events:eu-west-1:1:rule/x"]}`,
		`{"source":"aws.scheduler","detail-type":"Scheduled Event","detail":"{}"}`,
		`{"source":"aws.health","detail":{"eventTypeCode":"AWS_EC2_OPERATIONAL_ISSUE"}}`,
		`{"source":"aws.guardduty","detail":{"type":"Recon:EC2/Portscan","resource":{"instanceDetails":{}}}}`,
		`{"source":"aws.health"}`, `{"source":7,"detail":{}}`, `{"source":null,"detail":null}`,
		`{"Step":"createSecret"}`,
	} {
		parses(t, payload, event.Tick{})
	}
}

func TestWhatIsntAnObjectIsRefused(t *testing.T) {
	for _, payload := range []string{`["rotate"]`, `"rotate"`, `{"action":`, `{} {}`, `7`, "\xff"} {
		refuses(t, payload, "object")
	}
}
