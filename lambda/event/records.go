package event

import (
	"encoding/json"
	"errors"
	"fmt"
)

// parseRecords reads what a topic or a queue carries: several events, each for itself. One that
// can't be understood doesn't keep the others from being served; it fails the invocation
// afterwards, so that the queue keeps it. What comes again then was served already, and does no
// harm ("Using Lambda with Amazon SQS", "Invoking Lambda functions with Amazon SNS notifications").
func parseRecords(raw json.RawMessage) (Event, error) {
	var records []json.RawMessage
	if json.Unmarshal(raw, &records) != nil || len(records) == 0 {
		return nil, invalid("Records: must be those of Amazon SNS or Amazon SQS")
	}
	var all Leak
	var faults []error
	for i, record := range records {
		where := fmt.Sprintf("Records[%d]", i)
		e, err := parseRecord(record)
		if err != nil {
			faults = append(faults, invalid("%s: %s", where, err))
		}
		if leak, ok := e.(Leak); ok {
			all.join(where, leak)
		}
	}
	all.Fault = errors.Join(faults...)
	switch {
	case len(all.Exposed) > 0:
		return all, nil
	case all.Fault != nil:
		return nil, invalid("%s", all.Fault)
	}
	return Tick{}, nil
}

// parseRecord reads a record of Amazon SQS's, which has a body, or one of Amazon SNS's.
func parseRecord(raw json.RawMessage) (Event, error) {
	var record struct {
		Body string `json:"body"`
		Sns  struct {
			Message string
		}
	}
	if json.Unmarshal(raw, &record) != nil {
		return nil, invalid("must be a record of Amazon SNS or Amazon SQS")
	}
	return parseMessage(record.Body + record.Sns.Message)
}

// parseMessage reads an event in a message, which may itself be in an Amazon SNS notification.
// Actions aren't taken from there: who may publish is another question than who may invoke.
func parseMessage(text string) (Event, error) {
	var f fields
	if json.Unmarshal([]byte(text), &f) != nil {
		return nil, invalid("the message isn't a JSON object")
	}
	if f.isNotification() {
		return f.unwrap()
	}
	if f.isEventBridges() {
		return parseEventBridge(f)
	}
	return nil, invalid("the message isn't an event of EventBridge's; " +
		"actions are taken only from who invokes the function")
}

// isNotification tells whether these are the fields of an Amazon SNS notification.
func (f fields) isNotification() bool {
	var kind string
	return f.has("Message", "TopicArn") && f.read(map[string]any{"Type": &kind}) && kind == "Notification"
}

func (f fields) unwrap() (Event, error) {
	var message string
	if !f.read(map[string]any{"Message": &message}) {
		return nil, invalid("Message: must be text")
	}
	return parseMessage(message)
}

// join adds what another event tells.
func (l *Leak) join(where string, other Leak) {
	for _, e := range other.Exposed {
		e.Where = where + ": " + e.Where
		l.Exposed = append(l.Exposed, e)
	}
	for _, unread := range other.Unread {
		l.Unread = append(l.Unread, where+": "+unread)
	}
}
