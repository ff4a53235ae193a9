package event

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/rotation"
)

// Action is an event that a person or the command line sends. Its JSON is what Parse reads:
// {"action":"rotate"}.
type Action interface {
	Event
	json.Marshaler
}

// ActionAudit is the action of an Audit. It isn't one of rotation's, because the rotator knows
// nothing of policies.
const ActionAudit rotation.Action = "audit"

type (
	// Rotate asks for a rotation now, with the ordinary grace period. Reason is logged.
	Rotate struct{ Reason string }

	// Emergency asks to replace and delete an access key that leaked.
	Emergency struct {
		AccessKeyID  string // the current one if empty
		Reason       string // is logged
		ContainFirst bool   // deactivate the key before its replacement exists
	}

	// Rollback asks to make the previous credential current again. Reason is logged.
	Rollback struct{ Reason string }

	// Status asks which keys and which credential there are.
	Status struct{}

	// Plan asks what a tick would do now.
	Plan struct{}

	// Audit asks what the user may do besides sending its mail.
	Audit struct{}
)

func (Rotate) isEvent()    {}
func (Emergency) isEvent() {}
func (Rollback) isEvent()  {}
func (Status) isEvent()    {}
func (Plan) isEvent()      {}
func (Audit) isEvent()     {}

// containFirst is the only value that the field contain may have.
const containFirst = "first"

// document is an action as JSON. The table of actions says which fields each takes.
type document struct {
	Action      rotation.Action `json:"action"`
	AccessKeyID string          `json:"access_key_id,omitempty"`
	Reason      string          `json:"reason,omitempty"`
	Contain     string          `json:"contain,omitempty"`
}

// MarshalJSON writes {"action":"tick"}, which means the same as {}.
func (Tick) MarshalJSON() ([]byte, error) { return json.Marshal(document{Action: rotation.Tick}) }

// MarshalJSON writes {"action":"rotate"}.
func (e Rotate) MarshalJSON() ([]byte, error) {
	return json.Marshal(document{Action: rotation.Rotate, Reason: e.Reason})
}

// MarshalJSON writes {"action":"emergency"}.
func (e Emergency) MarshalJSON() ([]byte, error) {
	d := document{Action: rotation.Emergency, AccessKeyID: e.AccessKeyID, Reason: e.Reason}
	if e.ContainFirst {
		d.Contain = containFirst
	}
	return json.Marshal(d)
}

// MarshalJSON writes {"action":"rollback"}.
func (e Rollback) MarshalJSON() ([]byte, error) {
	return json.Marshal(document{Action: rotation.Rollback, Reason: e.Reason})
}

// MarshalJSON writes {"action":"status"}.
func (Status) MarshalJSON() ([]byte, error) { return json.Marshal(document{Action: rotation.Status}) }

// MarshalJSON writes {"action":"plan"}.
func (Plan) MarshalJSON() ([]byte, error) { return json.Marshal(document{Action: rotation.Preview}) }

// MarshalJSON writes {"action":"audit"}.
func (Audit) MarshalJSON() ([]byte, error) { return json.Marshal(document{Action: ActionAudit}) }

// emergencyTakes lists the fields of an emergency. No other action has a field that isn't among
// them.
var emergencyTakes = []string{"access_key_id", "reason", "contain"}

// texts holds the fields of an action, all of which are text.
type texts map[string]string

// actions lists every action with the fields that it takes.
var actions = []struct {
	name  rotation.Action
	takes []string
	read  func(texts) (Event, error)
}{
	{rotation.Tick, nil, func(texts) (Event, error) { return Tick{}, nil }},
	{rotation.Rotate, []string{"reason"}, func(t texts) (Event, error) { return Rotate{Reason: t["reason"]}, nil }},
	{rotation.Emergency, emergencyTakes, readEmergency},
	{rotation.Rollback, []string{"reason"}, func(t texts) (Event, error) { return Rollback{Reason: t["reason"]}, nil }},
	{rotation.Status, nil, func(texts) (Event, error) { return Status{}, nil }},
	{rotation.Preview, nil, func(texts) (Event, error) { return Plan{}, nil }},
	{ActionAudit, nil, func(texts) (Event, error) { return Audit{}, nil }},
}

// parseAction refuses every field that the action doesn't take. It checks the fields in order of
// their names, so that an event with several faults always gets the same error.
func parseAction(f fields) (Event, error) {
	names, values := slices.Sorted(maps.Keys(f)), texts{}
	for _, name := range names {
		var text *string
		if json.Unmarshal(f[name], &text) != nil || text == nil {
			return nil, invalid("%s: must be text", name)
		}
		values[name] = *text
	}
	for _, action := range actions {
		if string(action.name) != values["action"] {
			continue
		}
		for _, name := range names {
			if name != "action" && !slices.Contains(action.takes, name) {
				const doesntTake = "%s: the action %s doesn't take it; it takes: %s"
				return nil, invalid(doesntTake, name, action.name, orNothing(action.takes))
			}
		}
		return action.read(values)
	}
	const unknown = "action: unknown %q; there are tick, rotate, emergency, rollback, status, plan and audit"
	return nil, invalid(unknown, values["action"])
}

func readEmergency(t texts) (Event, error) {
	id, named := t["access_key_id"]
	if named && !isAccessKeyID(id) {
		return nil, invalid("access_key_id: isn't an access key ID, which is AKIA and 16 more capitals and digits; " +
			"it isn't repeated here, because it may be a secret")
	}
	contain, first := t["contain"]
	if first && contain != containFirst {
		return nil, invalid(`contain: unknown %q; the only value is "first"`, contain)
	}
	return Emergency{AccessKeyID: id, Reason: t["reason"], ContainFirst: first}, nil
}

func orNothing(names []string) string {
	if len(names) == 0 {
		return "nothing"
	}
	return strings.Join(names, ", ")
}
