package event

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// isEventBridges tells whether these are the fields of an event of EventBridge's or its Scheduler's
// ("Events in Amazon EventBridge"). A leak is taken without detail-type.
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

// parseOther takes an event that isn't one of the above for one of a schedule's, whatever rule sent
// it, as long as EventBridge did: a typo of a person's must not pass for a tick.
func parseOther(f fields) (Event, error) {
	if err := f.misplaced(); err != nil {
		return nil, err
	}
	if f.isEnvelope() {
		return Tick{}, nil
	}
	return nil, unknown(f)
}

// misplaced refuses an event of EventBridge's that carries an action, or AWS Health's detail under
// another source. In the detail of AWS's own events such a field is another thing: only AWS may
// send those ("PutEvents", EventBridge API reference).
func (f fields) misplaced() error {
	const passOn = `; have the rule pass the action alone, by an input transformer or the input path "$.detail"`
	for _, name := range slices.Sorted(maps.Keys(f)) {
		if p := plain(name); p == "action" || isActions(p) {
			return invalid("%s: isn't read in an event of EventBridge's"+passOn, name)
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
		return invalid(`source: %q isn't AWS Health's, and the detail is; have the rule pass its event on as it is`, source)
	}
	return nil
}

// detail is EventBridge's, which may be JSON in a text.
func (f fields) detail() (detail fields) {
	var text string
	if raw := f["detail"]; json.Unmarshal(raw, &detail) != nil && json.Unmarshal(raw, &text) == nil {
		_ = json.Unmarshal([]byte(text), &detail)
	}
	return detail
}

// plain is how a field's name is recognized in whatever way it is written.
func plain(name string) string {
	return strings.NewReplacer("_", "", "-", "", " ", "").Replace(strings.ToLower(name))
}

// isActions tells whether a plain name is that of a field beside an action.
func isActions(name string) bool {
	return slices.ContainsFunc(emergencyTakes, func(field string) bool { return plain(field) == name })
}

// unknown names what the event has. If that is of an action, it says which.
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
			return invalid(`%s: is written "action"`, name)
		case isActions(p):
			return invalid(`%s: needs an "action" beside it, such as {"action":"emergency"}`, name)
		case p == "eventtypecode":
			return invalid("%q: is of AWS Health's detail alone; have the rule pass the whole event", name)
		}
	}
	const what = `%s: the event has no "action", and is none of those that have none: ` +
		"EventBridge's (source, detail-type), Secrets Manager's (Step, SecretId, ClientRequestToken), " +
		"CloudFormation's (RequestType), SNS's and SQS's (Records); a tick is {}"
	return invalid(what, quoted(names))
}

// quoted lists the first few.
func quoted(names []string) string {
	const most = 5
	var texts []string
	for _, name := range names[:min(len(names), most)] {
		texts = append(texts, fmt.Sprintf("%q", name))
	}
	return strings.Join(texts, ", ")
}
