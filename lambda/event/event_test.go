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

// parses checks what an event is parsed into.
func parses(t *testing.T, payload string, want event.Event) {
	t.Helper()
	if got, err := event.Parse([]byte(payload), secret); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%s is %#v, %v; want %#v", payload, got, err, want)
	}
}

// refuses checks that an event is refused, and the error's text.
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

func TestATickIsEventBridgesOrEmpty(t *testing.T) {
	for _, payload := range []string{
		``, ` `, `null`, ` {} `, `{"action":"tick"}`,
		`{"version":"0","source":"aws.events","detail-type":"Scheduled Event","detail":{},
			"resources":["arn:aws:events:eu-west-1:1:rule/x"]}`,
		`{"source":"aws.scheduler","detail-type":"Scheduled Event","detail":"{}"}`,
		`{"source":"aws.cloudwatch","detail-type":"CloudWatch Alarm State Change","detail":{"alarmName":"x"}}`,
		`{"source":"aws.health","detail-type":"AWS Health Event","detail":{"eventTypeCode":"AWS_EC2_OPERATIONAL_ISSUE"}}`,
		`{"source":"aws.health","detail-type":"AWS Health Event"}`,
		`{"source":"aws.guardduty","detail-type":"GuardDuty Finding",
			"detail":{"type":"Recon:EC2/Portscan","resource":{"instanceDetails":{}}}}`,
	} {
		parses(t, payload, event.Tick{})
	}
}

func TestATypoIsNoTick(t *testing.T) {
	for payload, names := range map[string]string{
		`{"Action":"emergency"}`:                           `Action: must be written "action"`,
		`{"ACTION":"rotate"}`:                              `ACTION: must be written "action"`,
		`{"actoin":"emergency"}`:                           `"actoin": the event has no "action"`,
		`{"access_key_id":"AKIAIOSFODNN7EXAMPLE"}`:         `access_key_id: needs an "action"`,
		`{"Access_Key_ID":"AKIAIOSFODNN7EXAMPLE"}`:         `Access_Key_ID: needs an "action"`,
		`{"contain":"first","reason":"leak"}`:              `contain: needs an "action"`,
		`{"more":{"action":"rotate"}}`:                     `"more"`,
		`{"key1":"value1","key2":"value2"}`:                `"key1", "key2"`,
		`{"a":1,"b":2,"c":3,"d":4,"e":5,"f":6}`:            `"e": the event`,
		`{"source":"alarm"}`:                               `"source"`,
		`{"detail-type":"Scheduled Event"}`:                `"detail-type"`,
		`{"source":7,"detail-type":"Scheduled Event"}`:     `"source"`,
		`{"source":null,"detail-type":null}`:               `"source"`,
		`{"source":"","detail-type":"x"}`:                  `"source"`,
		`{"source":"aws.health"}`:                          `"source"`,
		`{"Step":"createSecret"}`:                          "SecretId: is missing",
		`{"SecretId":"x","ClientRequestToken":"y"}`:        "Step: is missing",
		`{"Step":"createSecret","SecretId":"x"}`:           "ClientRequestToken: is missing",
		`{"eventTypeCode":"AWS_RISK_CREDENTIALS_EXPOSED"}`: `"eventTypeCode"`, // a rule passed on the detail alone
	} {
		refuses(t, payload, names)
	}
}

// If a rule passed on the whole event around an action, the event would always be a tick.
func TestAnActionInAnEventOfEventBridgesIsNoTick(t *testing.T) {
	const transformer = `by an input transformer or the input path "$.detail"`
	for payload, names := range map[string]string{
		`{"source":"ops.scanner","detail-type":"Leak","detail":{},"Action":"emergency"}`: "Action: isn't read in",
		`{"source":"aws.health","detail-type":"AWS Health Event","access_key_id":"x"}`:   "access_key_id: isn't read in",
		`{"source":"ops.scanner","detail-type":"Leak","accessKeyId":"x"}`:                "accessKeyId: isn't read in",
		`{"source":"ops.scanner","detail":{"action":"emergency"}}`:                       "detail.action: isn't read there",
		`{"source":"ops.scanner","detail-type":"Leak","detail":{"action":"emergency"}}`:  "detail.action: isn't read there",
		`{"source":"ops.scanner","detail-type":"Leak","detail":{"ACTION":"emergency"}}`:  "detail.ACTION: isn't read there",
		`{"source":"ops.scanner","detail-type":"Leak","detail":{"access-key-id":"x"}}`:   "detail.access-key-id: isn't",
		`{"source":"ops.scanner","detail-type":"Leak","detail":{"contain":"first"}}`:     "detail.contain: isn't read there",
		`{"source":"ops","detail-type":"Leak","detail":"{\"action\":\"emergency\"}"}`:    "detail.action: isn't read there",
	} {
		refuses(t, payload, names, transformer)
	}
	refuses(t, `{"source":"ops.health","detail-type":"x","detail":{"eventTypeCode":"AWS_RISK_CREDENTIALS_EXPOSED"}}`,
		`source: "ops.health" isn't AWS Health's`)
	parses(t, `{"source":"aws.codepipeline","detail-type":"CodePipeline Action Execution State Change",
		"detail":{"action":"deploy"}}`, event.Tick{})
	parses(t, `{"source":"ops.orders","detail-type":"Order","detail":{"reason":"stock"}}`, event.Tick{})
}

func TestAFieldThatStandsTwiceIsRefused(t *testing.T) {
	for payload, name := range map[string]string{
		`{"action":"tick","action":"emergency"}`:                                   "action: the event has this field twice",
		`{"action":"emergency","access_key_id":"a","x":1e999,"access_key_id":"b"}`: "access_key_id: the event has",
		`{"source":"aws.health","detail":{"a":[{"b":{}},{"c":1,"c":1}]}}`:          "c: the event has",
		`{"source":"a","source":"b","detail-type":"x"}`:                            "source: the event has",
	} {
		refuses(t, payload, name)
	}
	parses(t, `{"source":"a","detail-type":"b","detail":{"source":["source",{"source":"source"}],"a":{"b":1},"b":{"b":1}}}`,
		event.Tick{})
}

func TestWhatIsntAnObjectIsRefused(t *testing.T) {
	for _, payload := range []string{`["rotate"]`, `"rotate"`, `{"action":`, `{} {}`, `7`, "\xff"} {
		refuses(t, payload, "object")
	}
}
