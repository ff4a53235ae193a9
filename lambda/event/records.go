package event

import (
	"encoding/json"
	"fmt"
	"slices"
)

// parseRecords reads what a topic or a queue carries: several events, each for itself. One that
// can't be understood is unread, and doesn't fail the invocation: a queue would send it again and
// again, and with it all that came beside it ("Using Lambda with Amazon SQS", "Invoking Lambda
// functions with Amazon SNS notifications").
func parseRecords(raw json.RawMessage) (Event, error) {
	var records []json.RawMessage
	if json.Unmarshal(raw, &records) != nil || !slices.ContainsFunc(records, isMessage) {
		return nil, invalid(`Records: are neither Amazon SNS's, which have "Sns", nor Amazon SQS's, which have "body"; ` +
			"the function reads no others")
	}
	var all Leak
	for i, record := range records {
		where := fmt.Sprintf("Records[%d]: ", i)
		e, err := parseRecord(record)
		if err != nil {
			all.unread(where + err.Error())
		}
		if leak, ok := e.(Leak); ok {
			all.join(where, leak)
		}
	}
	if len(all.Exposed)+len(all.Unread) == 0 {
		return Tick{}, nil
	}
	return all, nil
}

// isMessage knows a record of Amazon SNS's or Amazon SQS's by its fields.
func isMessage(raw json.RawMessage) bool {
	var f fields
	return json.Unmarshal(raw, &f) == nil && f.hasAny("body", "Sns")
}

func parseRecord(raw json.RawMessage) (Event, error) {
	var record struct {
		Body string `json:"body"`
		Sns  struct {
			Message string
		}
	}
	if json.Unmarshal(raw, &record) != nil || !isMessage(raw) {
		return nil, invalid("must be a record of Amazon SNS or Amazon SQS")
	}
	return parseMessage(record.Body + record.Sns.Message)
}

// parseMessage reads an event in a message, which may itself be in an Amazon SNS notification.
// Actions aren't taken from there: who may publish is another question than who may invoke.
func parseMessage(text string) (Event, error) {
	f, err := object([]byte(text), "the message")
	switch {
	case err != nil:
		return nil, err
	case f.isNotification():
		return f.unwrap()
	case f.isEventBridges():
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
		e.Where = where + e.Where
		l.Exposed = append(l.Exposed, e)
	}
	for _, text := range other.Unread {
		l.unread(where + text)
	}
}
