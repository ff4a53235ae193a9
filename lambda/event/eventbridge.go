package event

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// isEventBridges reports whether these are the fields of an event from EventBridge or its Scheduler
// ("Events in Amazon EventBridge"). A leak needs no detail-type.
func (f fields) isEventBridges() bool {
	return f.isFrom("aws.health") || f.isFrom("aws.guardduty") || f.isEnvelope()
}

func (f fields) isEnvelope() bool {
	var source, kind string
	return f.read(map[string]any{"source": &source, "detail-type": &kind}) && source != "" && kind != ""
}

func parseEventBridge(f fields) (Event, error) {
	switch {
	case f.has("detail") && f.isFrom("aws.health"):
		return parseHealth(f)
	case f.has("detail") && f.isFrom("aws.guardduty"):
		return parseGuardDuty(f)
	}
	return parseOther(f)
}

// parseOther treats every other event that EventBridge sent as a schedule's, that is, as a tick. It
// insists on EventBridge's fields, because a person's typo must not pass for a tick.
func parseOther(f fields) (Event, error) {
	if err := f.misplaced(); err != nil {
		return nil, err
	}
	if f.isEnvelope() {
		return Tick{}, nil
	}
	return nil, unknown(f)
}

// misplaced refuses an EventBridge event that carries an action, or AWS Health's detail under
// another source. Events from AWS itself may have such fields in their detail, with another
// meaning; only AWS can send those ("PutEvents", EventBridge API reference).
func (f fields) misplaced() error {
	const passOn = `; have the rule pass the action alone, by an input transformer or the input path "$.detail"`
	for _, name := range slices.Sorted(maps.Keys(f)) {
		if p := plain(name); p == "action" || isActions(p) {
			return invalid("%s: isn't read in an EventBridge event"+passOn, name)
		}
	}
	var source string
	if f.read(map[string]any{"source": &source}) && strings.HasPrefix(source, "aws.") {
		return nil
	}
	detail := f.detail()
	for _, name := range slices.Sorted(maps.Keys(detail)) {
		if p := plain(name); p == "action" || p != "reason" && isActions(p) {
			return invalid("detail.%s: isn't read there"+passOn, name)
		}
	}
	var code lenient
	if _ = detail.read(map[string]any{"eventTypeCode": &code}); tellsOfLeak(string(code)) {
		return invalid(`source: %q isn't AWS Health's, but the detail is; have the rule pass AWS Health's event on as it is`, source)
	}
	return nil
}

// detail returns EventBridge's detail, which may be JSON inside a text.
func (f fields) detail() (detail fields) {
	var text string
	if raw := f["detail"]; json.Unmarshal(raw, &detail) != nil && json.Unmarshal(raw, &text) == nil {
		_ = json.Unmarshal([]byte(text), &detail)
	}
	return detail
}

// plain returns a field's name in lower case and without separators, to recognize misspelt names.
func plain(name string) string {
	return strings.NewReplacer("_", "", "-", "", " ", "").Replace(strings.ToLower(name))
}

// isActions reports whether a plain name is that of an action's field.
func isActions(name string) bool {
	return slices.ContainsFunc(emergencyTakes, func(field string) bool { return plain(field) == name })
}

// unknown lists the event's fields. If one of them belongs to an action, the error says how to
// write it.
func unknown(f fields) error {
	if f.has("detail") {
		if err := f.misplaced(); err != nil {
			return err
		}
	}
	names := slices.Sorted(maps.Keys(f))
	for _, name := range names {
		switch p := plain(name); {
		case p == "action":
			return invalid(`%s: must be written "action"`, name)
		case isActions(p):
			return invalid(`%s: needs an "action" as well, as in {"action":"emergency"}`, name)
		case p == "eventtypecode":
			return invalid("%q: is only read in AWS Health's detail; have the rule pass the whole event", name)
		}
	}
	const what = `%s: the event has no "action", and isn't one of those that need none: ` +
		"EventBridge's (source, detail-type), Secrets Manager's (Step, SecretId, ClientRequestToken), " +
		"CloudFormation's (RequestType), SNS's and SQS's (Records); a tick is {}"
	return invalid(what, quoted(names))
}

// quoted lists the first few names.
func quoted(names []string) string {
	const most = 5
	var texts []string
	for _, name := range names[:min(len(names), most)] {
		texts = append(texts, fmt.Sprintf("%q", name))
	}
	return strings.Join(texts, ", ")
}
