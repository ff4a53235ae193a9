package function

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/rotation"
)

// isAccessKeyID knows IAM's form of one ("AccessKey", IAM API reference).
func isAccessKeyID(text string) bool { return isMadeOf(text, 16, 128, inWord) }

// isMadeOf tells whether a text is so long, and of such characters. A regular expression that counts takes a millisecond to compile,
// which is a sixth of the function's start.
func isMadeOf(text string, least, most int, allowed func(rune) bool) bool {
	length := utf8.RuneCountInString(text)
	return least <= length && length <= most && !strings.ContainsFunc(text, func(r rune) bool { return !allowed(r) })
}

func inWord(r rune) bool {
	return r == '_' || '0' <= r && r <= '9' || 'A' <= r && r <= 'Z' || 'a' <= r && r <= 'z'
}

// parseEvent understands what woke the function. What has no action and isn't an event of another kind is a tick. It is
// strict where there is an action: a misspelt field must not turn an emergency for one key into one for another.
//
// Nearly every event is one request; an alarm may name several keys.
func parseEvent(payload []byte, secretID string) ([]rotation.Request, error) {
	if len(bytes.TrimSpace(payload)) == 0 || string(bytes.TrimSpace(payload)) == "null" {
		return tick(), nil
	}
	var event map[string]json.RawMessage
	if err := json.Unmarshal(payload, &event); err != nil {
		return nil, invalid("the event isn't a JSON object")
	}
	has := func(names ...string) bool {
		return !slices.ContainsFunc(names, func(n string) bool { _, ok := event[n]; return !ok })
	}
	switch {
	case has("action"):
		req, err := parseAction(event)
		return []rotation.Request{req}, err
	case has("RequestType"): // or parseStackEvent would have known it
		return nil, invalid("RequestType: in an event of CloudFormation's it is text, and ResponseURL a URL that takes the answer")
	case has("Step", "SecretId", "ClientRequestToken"):
		return parseRotationStep(payload, secretID)
	case has("source", "detail"):
		return parseAlarm(event)
	}
	return tick(), nil
}

func tick() []rotation.Request { return []rotation.Request{{Action: rotation.Tick}} }

// fields are what each action takes beside its name.
var fields = map[rotation.Action][]string{
	rotation.Tick:      {},
	rotation.Rotate:    {"reason"},
	rotation.Emergency: {"access_key_id", "reason", "contain"},
	rotation.Rollback:  {"reason"},
	rotation.Status:    {},
	rotation.Preview:   {},
	audit:              {},
}

func parseAction(event map[string]json.RawMessage) (rotation.Request, error) {
	values := map[string]string{}
	for name, raw := range event {
		var text *string
		if json.Unmarshal(raw, &text) != nil || text == nil {
			return rotation.Request{}, invalid("%s: must be text", name)
		}
		values[name] = *text
	}
	req := rotation.Request{
		Action:      rotation.Action(values["action"]),
		AccessKeyID: values["access_key_id"],
		Reason:      values["reason"],
	}
	known, ok := fields[req.Action]
	if !ok {
		return rotation.Request{}, invalid("action: unknown %q; there are tick, rotate, emergency, rollback, status, plan and audit", req.Action)
	}
	for name := range event {
		if name != "action" && !slices.Contains(known, name) {
			return rotation.Request{}, invalid("%s: the action %s doesn't take it; it takes: %s", name, req.Action, orNothing(known))
		}
	}
	if _, named := event["access_key_id"]; named && !isAccessKeyID(req.AccessKeyID) {
		return rotation.Request{}, invalid("access_key_id: %q is not an access key ID", req.AccessKeyID)
	}
	if contain, ok := values["contain"]; ok {
		if contain != "first" {
			return rotation.Request{}, invalid(`contain: unknown %q; the only one is "first"`, contain)
		}
		req.ContainFirst = true
	}
	return req, nil
}

// isVersionID knows what Secrets Manager takes for one ("SecretVersionsListEntry", Secrets Manager API reference).
func isVersionID(text string) bool {
	return isMadeOf(text, 32, 64, func(r rune) bool { return !strings.ContainsRune("\t\n\f\r ", r) })
}

// parseRotationStep understands a step of Secrets Manager's own rotation ("Lambda rotation functions", Secrets Manager User
// Guide). It is about one secret, which must be the function's own.
func parseRotationStep(payload []byte, secretID string) ([]rotation.Request, error) {
	var step struct{ Step, SecretID, ClientRequestToken string }
	if err := json.Unmarshal(payload, &step); err != nil {
		return nil, invalid("Step, SecretId and ClientRequestToken: must be text")
	}
	switch action := rotation.Action(step.Step); {
	case !slices.Contains([]rotation.Action{rotation.CreateSecret, rotation.SetSecret, rotation.TestSecret, rotation.FinishSecret}, action):
		return nil, invalid("Step: unknown %q; there are createSecret, setSecret, testSecret and finishSecret", step.Step)
	case !names(step.SecretID, secretID):
		return nil, invalid("SecretId: %q isn't the function's secret, %s (SECRET_ID)", step.SecretID, secretID)
	case !isVersionID(step.ClientRequestToken):
		return nil, invalid("ClientRequestToken: %q isn't the ID of a version", step.ClientRequestToken)
	default:
		return []rotation.Request{{Action: action, VersionID: step.ClientRequestToken}}, nil
	}
}

// names tells whether an ARN (or a name) and a name (or an ARN) are the same secret's. The ARN has six characters more.
func names(arn, id string) bool {
	if arn == id {
		return true
	}
	_, name, ok := strings.Cut(arn, ":secret:")
	return ok && len(name) > 7 && name[len(name)-7] == '-' && name[:len(name)-7] == id
}

func invalid(format string, args ...any) error {
	return rotation.Errorf(rotation.RequestError, format, args...)
}

func orNothing(names []string) string {
	if len(names) == 0 {
		return "nothing"
	}
	return strings.Join(names, ", ")
}
