package event

import (
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
	if f.isEnvelope() {
		return Tick{}, nil
	}
	return nil, unknown(f)
}

// unknown names what the event has. If that is of an action, it says which.
func unknown(f fields) error {
	names := slices.Sorted(maps.Keys(f))
	for _, name := range names {
		switch plain := strings.ToLower(name); {
		case plain == "action":
			return invalid(`%s: is written "action"`, name)
		case slices.Contains(emergencyTakes, plain):
			return invalid(`%s: needs an "action" beside it, such as {"action":"emergency"}`, name)
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
