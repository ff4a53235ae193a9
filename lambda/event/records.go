package event

import (
	"encoding/json"
	"fmt"
	"slices"
)

// parseRecords reads the events that a topic or a queue carries, each by itself. An event that
// can't be understood is reported as unread and doesn't fail the invocation: a queue would send it
// again and again, together with all the others ("Using Lambda with Amazon SQS", "Invoking Lambda
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

// isMessage recognizes a record from Amazon SNS or Amazon SQS by its fields.
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

// parseMessage reads an event from a message, which may itself be in an Amazon SNS notification. It
// takes no actions: those who may publish needn't be those who may invoke the function.
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
	return nil, invalid("the message isn't an EventBridge event; " +
		"actions must be sent by invoking the function")
}

// isNotification reports whether these are the fields of an Amazon SNS notification.
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

// join adds what another event reports.
func (l *Leak) join(where string, other Leak) {
	for _, e := range other.Exposed {
		e.Where = where + e.Where
		l.Exposed = append(l.Exposed, e)
	}
	for _, text := range other.Unread {
		l.unread(where + text)
	}
}
