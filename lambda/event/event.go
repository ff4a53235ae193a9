// Package event defines the events that invoke the function, and its answers. Parse turns an event
// into one of a closed set of types, and the function switches over these types. The command line
// sends the same types and reads the same Answer.
//
//	event                                       type          the function
//	------------------------------------------  ------------  -------------------------------
//	{"action":"tick"}                           Tick          does what is due
//	{"action":"rotate"}                         Rotate        replaces the credential now
//	{"action":"emergency"}                      Emergency     replaces and deletes a leaked key
//	{"action":"rollback"}                       Rollback      returns to the last credential
//	{"action":"status"}                         Status        says what there is
//	{"action":"plan"}                           Plan          says what a tick would do
//	{"action":"audit"}                          Audit         says what else the user may do
//	AWS Health: AWS_RISK_CREDENTIALS_*, …       Leak          emergency, for its user's keys
//	GuardDuty: a finding about an access key    Leak          emergency, for its user's key
//	SNS, SQS: Records of the two above          Leak          emergency, for its user's keys
//	Secrets Manager: Step, SecretId, …          RotationStep  does that step of a rotation
//	CloudFormation: RequestType, …              StackChange   first credential; decommission
//	the schedule's, other EventBridge's; {}; null Tick        does what is due
//
// Everything else is refused, because a typo in an emergency must not pass for a tick.
//
// Some actions take more fields, all of them text. An emergency takes access_key_id, reason and
// "contain":"first"; a rotation and a rollback take reason. Parse refuses any other field, because
// a misspelt one must not turn an emergency for one key into one for another.
//
// Names in events and answers are a contract: add, don't rename. A new kind of event needs a type
// in a file of its own, a case in Parse, a row here and in deploy/docs/events.md, and a case in the
// function.
package event

import "bytes"

// Event is what invoked the function. All its types are in this package.
type Event interface{ isEvent() }

// Tick asks the function to do what is due.
type Tick struct{}

func (Tick) isEvent() {}

// Parse reads an event. secretID is the name or ARN of the function's secret; a rotation step for
// another secret is refused. Every error is a RequestError, and its text holds nothing secret.
func Parse(payload []byte, secretID string) (Event, error) {
	if len(bytes.TrimSpace(payload)) == 0 {
		return Tick{}, nil
	}
	f, err := object(payload, "the event")
	switch {
	case err != nil:
		return nil, err
	case len(f) == 0: // {} or null
		return Tick{}, nil
	case f.has("action"):
		return parseAction(f)
	case f.has("RequestType"):
		return parseStackChange(f)
	case f.hasAny("Step", "SecretId", "ClientRequestToken"):
		return parseRotationStep(f, secretID)
	case f.has("Records"):
		return parseRecords(f["Records"])
	case f.isNotification():
		return f.unwrap()
	case f.isEventBridges():
		return parseEventBridge(f)
	}
	return nil, unknown(f)
}
