package event_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/cfn"

	"github.com/seed-486a873a/ses-smtp-rotator/lambda/event"
)

const answerURL = "https://cloudformation-custom-resource-response.example.com/answer?Signature=s"

// stackEvent returns an event from CloudFormation, with more fields if there are any.
func stackEvent(kind, more string) string {
	return `{"RequestType":"` + kind + `","ResponseURL":"` + answerURL + `",` + more + `
		"StackId":"arn:stack","RequestId":"r-1",
		"ResourceType":"Custom::SmtpCredential","LogicalResourceId":"FirstCredential"}`
}

// request returns stackEvent in the type of CloudFormation's own package.
func request(kind cfn.RequestType) cfn.Event {
	return cfn.Event{
		RequestType: kind, RequestID: "r-1", ResponseURL: answerURL, StackID: "arn:stack",
		ResourceType: "Custom::SmtpCredential", LogicalResourceID: "FirstCredential",
	}
}

func TestAStackChangeSaysWhatBecomesOfTheKeys(t *testing.T) {
	parses(t, stackEvent("Create", ""), event.StackChange{Request: request("Create"), OnDelete: event.DeleteStoredKeys})
	for property, want := range map[string]event.OnDelete{
		"decommission": event.DeleteKeys, "decommission-stored": event.DeleteStoredKeys, "keep": event.KeepKeys,
	} {
		r := request("Delete")
		r.PhysicalResourceID, r.ResourceProperties = "FirstCredential", map[string]any{"OnDelete": property}
		more := `"PhysicalResourceId":"FirstCredential","ResourceProperties":{"OnDelete":"` + property + `"},`
		parses(t, stackEvent("Delete", more), event.StackChange{Request: r, OnDelete: want})
	}
	r := request("Update")
	r.OldResourceProperties = map[string]any{"OnDelete": "keep"}
	parses(t, stackEvent("Update", `"ResourceProperties":null,"OldResourceProperties":{"OnDelete":"keep"},`),
		event.StackChange{Request: r, OnDelete: event.DeleteStoredKeys})
}

func TestAFaultyStackChangeIsAnswered(t *testing.T) {
	for payload, names := range map[string]string{
		stackEvent("Read", ""): `RequestType: unknown "Read"`,
		stackEvent("Create", `"ResourceProperties":{"OnDelete":"retain"},`): `OnDelete: unknown "retain"`,
		stackEvent("Create", `"ResourceProperties":{"OnDelete":["keep"]},`): `OnDelete: unknown ["keep"]`,
		stackEvent("Delete", `"ResourceProperties":{"OnDelete":""},`):       `OnDelete: unknown ""`,
		stackEvent("Read", `"ResourceProperties":{"OnDelete":"retain"},`):   "OnDelete",
	} {
		got, err := event.Parse([]byte(payload), secret)
		change, ok := got.(event.StackChange)
		if err != nil || !ok || change.Fault == nil || change.Request.ResponseURL != answerURL {
			t.Fatalf("%s is %#v, %v", payload, got, err)
		}
		isRequestError(t, change.Fault)
		if !strings.Contains(change.Fault.Error(), names) {
			t.Errorf("%s: the fault doesn't say %q: %v", payload, names, change.Fault)
		}
	}
}

func TestAStackChangeThatCantBeAnsweredIsRefused(t *testing.T) {
	for _, payload := range []string{
		`{"RequestType":"Create","ResponseURL":"x"}`,
		`{"RequestType":"Create"}`,
		`{"RequestType":7,"ResponseURL":"https://example.com"}`,
		`{"RequestType":"","ResponseURL":"https://example.com"}`,
		`{"RequestType":"Create","ResponseURL":"https://example.com/%zz"}`,
		`{"RequestType":"Create","ResponseURL":"https://example.com","ResourceProperties":"OnDelete"}`,
	} {
		refuses(t, payload, "RequestType", "ResponseURL")
	}
}
