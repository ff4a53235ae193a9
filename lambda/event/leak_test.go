package event_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/seed-486a873a/ses-smtp-rotator/lambda/event"
)

// health is an event of AWS Health's for access keys that were found in public ("Monitoring events
// in AWS Health with Amazon EventBridge", AWS Health User Guide).
func health(entities string) string {
	return `{"version":"0","id":"121345678-1234-1234-1234-123456789012","detail-type":"AWS Health Event",
		"source":"aws.health","account":"123456789012","time":"2026-06-05T06:27:57Z","region":"us-east-1","resources":[],
		"detail":{"service":"RISK","eventTypeCode":"AWS_RISK_CREDENTIALS_EXPOSED","eventTypeCategory":"issue",
		"eventDescription":[{"language":"en_US","latestDescription":"A description"}],"affectedEntities":` + entities + `}}`
}

var told = time.Date(2026, 6, 5, 6, 27, 57, 0, time.UTC)

const (
	otherKeyID = "AKIAI44QH8DHBEXAMPLE"
	exposed    = "AWS_RISK_CREDENTIALS_EXPOSED"
)

// leakIn is what an event of a leak says.
func leakIn(t *testing.T, payload string) event.Leak {
	t.Helper()
	got, err := event.Parse([]byte(payload), secret)
	leak, ok := got.(event.Leak)
	if err != nil || !ok {
		t.Fatalf("%s is %#v, %v", payload, got, err)
	}
	return leak
}

func TestAWSHealthTellsOfLeakedKeys(t *testing.T) {
	entities := `[{"entityValue":"AKIAIOSFODNN7EXAMPLE"},{"entityValue":"AKIAI44QH8DHBEXAMPLE","tags":{}}]`
	parses(t, health(entities), event.Leak{Exposed: []event.Exposed{
		{AccessKeyID: accessKeyID, Told: told, Reason: exposed, Where: "detail.affectedEntities[0]"},
		{AccessKeyID: otherKeyID, Told: told, Reason: exposed, Where: "detail.affectedEntities[1]"},
	}})
}

func TestEveryCodeOfALeakIsOne(t *testing.T) {
	event1 := health(`[{"entityValue":"AKIAIOSFODNN7EXAMPLE"}]`)
	for code, suspected := range map[string]bool{
		exposed: false,
		"AWS_RISK_CREDENTIALS_EXPOSURE_SUSPECTED":   true,
		"AWS_RISK_CREDENTIALS_COMPROMISED":          false,
		"AWS_RISK_CREDENTIALS_COMPROMISE_SUSPECTED": true,
		"AWS_RISK_CREDENTIALS_OF_A_LATER_YEAR":      false,
		"AWS_RISK_IAM_QUARANTINE":                   false,
	} {
		leak := leakIn(t, strings.Replace(event1, exposed, code, 1))
		if one := leak.Exposed[0]; one.Suspected != suspected || one.Reason != code || one.AccessKeyID != accessKeyID {
			t.Errorf("%s: %+v", code, one)
		}
	}
	for _, code := range []string{"AWS_RISK_ACCOUNT_CONSOLE_COMPROMISE", "AWS_IAM_OPERATIONAL_ISSUE", ""} {
		parses(t, strings.Replace(event1, exposed, code, 1), event.Tick{})
	}
}

// How AWS tells doesn't matter: again, with more, from the other Region, at the end.
func TestALeakIsOneInEveryForm(t *testing.T) {
	plain := health(`[{"entityValue":"AKIAIOSFODNN7EXAMPLE"}]`)
	want := leakIn(t, plain)
	for name, form := range map[string]string{
		"closed":                 strings.Replace(plain, `"service":`, `"statusCode":"closed","service":`, 1),
		"paged":                  strings.Replace(plain, `"service":`, `"page":"2","totalPages":"3","service":`, 1),
		"from the backup Region": strings.Replace(plain, `"service":`, `"backupEvent":"true","service":`, 1),
		"without a detail-type":  strings.Replace(plain, `"detail-type":"AWS Health Event",`, "", 1),
		"without a service":      strings.Replace(plain, `"service":"RISK",`, "", 1),
	} {
		if got := leakIn(t, form); !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %+v, want %+v", name, got, want)
		}
	}
}

func TestEveryEntityIsJudgedByItself(t *testing.T) {
	leak := leakIn(t, health(`[{},7,{"entityValue":null},{"entityValue":"a b"},{"entityValue":"AKIAIOSFODNN7EXAMPLE"},
		{"entityValue":"mailer"},{"entityValue":"arn:aws:iam::111122223333:user/apps/mail/mailer"},
		{"entityValue":"arn:aws:iam::111122223333:role/deployer"},{"entityValue":"user/mailer"},
		{"entityValue":"arn:aws:iam::111122223333:access-key/AKIAI44QH8DHBEXAMPLE"},{"entityValue":["x"]},
		{"entityValue":"arn:aws:iam::111122223333:root"},{"entityValue":"arn:aws:s3:::user/mailer"},
		{"entityValue":"arn:aws:iam::111122223333:"}]`))
	var got []string
	for _, e := range leak.Exposed {
		got = append(got, e.AccessKeyID+"|"+e.UserName+"|"+e.Account)
	}
	want := []string{accessKeyID + "||", "|mailer|", "|mailer|111122223333", "|role/deployer|111122223333", "|mailer|",
		otherKeyID + "||", "|root|111122223333", "|user/mailer|"}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	unread := strings.Join(leak.Unread, "\n")
	if len(leak.Unread) != 6 || !strings.Contains(unread, "affectedEntities[3]") || strings.Contains(unread, "a b") {
		t.Errorf("unread: %q", leak.Unread)
	}
}

func TestTheAccountOfAUserIsToldByItsARNOrTheEvent(t *testing.T) {
	payload := strings.Replace(health(`[{"entityValue":"mailer"},{"entityValue":"arn:aws:iam::111122223333:user/mailer"}]`),
		`"service":`, `"affectedAccount":"444455556666","service":`, 1)
	leak := leakIn(t, payload)
	if leak.Exposed[0].Account != "444455556666" || leak.Exposed[1].Account != "111122223333" {
		t.Errorf("%+v", leak.Exposed)
	}
}

func TestResourcesNameWhoLeakedIfNothingElseDoes(t *testing.T) {
	with := func(entities string) string {
		return strings.Replace(health(entities), `"resources":[]`, `"resources":["AKIAIOSFODNN7EXAMPLE"]`, 1)
	}
	for _, entities := range []string{`[]`, `null`} {
		if leak := leakIn(t, with(entities)); leak.Exposed[0].AccessKeyID != accessKeyID {
			t.Errorf("%+v", leak)
		}
	}
	if leak := leakIn(t, with(`[{"entityValue":"AKIAI44QH8DHBEXAMPLE"}]`)); len(leak.Exposed) != 1 {
		t.Errorf("%+v", leak)
	}
}

func TestAWSHealthIsRefusedIfItNamesNobody(t *testing.T) {
	for payload, names := range map[string]string{
		health(`[]`):                     "names no access key and no user; look in AWS Health, and run an emergency",
		health(`null`):                   "detail.affectedEntities",
		health(`[{}]`):                   "detail.affectedEntities",
		health(`"AKIAIOSFODNN7EXAMPLE"`): "detail.affectedEntities: not that of an AWS Health event",

		`{"source":"aws.health","detail":{"eventTypeCode":"AWS_RISK_CREDENTIALS_EXPOSED"}}`: "affectedEntities",
		`{"source":"aws.health","detail":"AWS_RISK_CREDENTIALS_EXPOSED"}`:                   "detail",
		`{"source":"aws.health","detail":{"eventTypeCode":7}}`:                              "detail",
		`{"source":"aws.health","detail":{"eventTypeCode":"AWS_EC2_OPERATIONAL_ISSUE"}}`:    "source",
	} {
		refuses(t, payload, names)
	}
}

// finding is GuardDuty's, about an access key ("GuardDuty finding format").
const finding = `{"version":"0","detail-type":"GuardDuty Finding","source":"aws.guardduty","region":"eu-west-1",
	"time":"2026-06-05T06:27:57Z","detail":{"schemaVersion":"2.0","accountId":"111122223333",
	"type":"UnauthorizedAccess:IAMUser/MaliciousIPCaller.Custom","severity":5,
	"service":{"archived":false},"resource":{"resourceType":"AccessKey","accessKeyDetails":{
	"accessKeyId":"AKIAIOSFODNN7EXAMPLE","userName":"smtp-sender","userType":"IAMUser"}}}}`

func TestGuardDutyTellsOfASuspiciousKey(t *testing.T) {
	const where = "detail.resource.accessKeyDetails.accessKeyId"
	const reason = "GuardDuty: UnauthorizedAccess:IAMUser/MaliciousIPCaller.Custom"
	about := func(e event.Exposed) event.Leak {
		e.Reason, e.Where = reason, where
		return event.Leak{Exposed: []event.Exposed{e}}
	}
	with := func(old, replacement string) string { return strings.Replace(finding, old, replacement, 1) }
	parses(t, finding, about(event.Exposed{AccessKeyID: accessKeyID}))
	for _, severity := range []string{"4", "4.0", "8.9", "10"} {
		parses(t, with(`"severity":5`, `"severity":`+severity), about(event.Exposed{AccessKeyID: accessKeyID}))
	}
	parses(t, with(`"severity":5,`, ""), about(event.Exposed{AccessKeyID: accessKeyID}))
	parses(t, with(`"severity":5`, `"severity":3.9`), event.Tick{})
	parses(t, with(`"archived":false`, `"archived":true`), event.Tick{})
	parses(t, with(accessKeyID, ""), event.Tick{})
	refuses(t, with(accessKeyID, "x"), where)
	refuses(t, `{"source":"aws.guardduty","detail":["an access key"]}`, "GuardDuty")

	// Temporary credentials are had from a key of the user's, and nothing says from which.
	const temporary = "ASIAIOSFODNN7EXAMPLE"
	user := event.Exposed{UserName: "smtp-sender", Account: "111122223333", Told: told}
	parses(t, with(accessKeyID, temporary), about(user))
	parses(t, with(accessKeyID, "GeneratedFindingAccessKeyId"), about(user))
	user.UserName = "AssumedRole/smtp-sender"
	parses(t, strings.Replace(with(accessKeyID, temporary), "IAMUser\"}", "AssumedRole\"}", 1), about(user))
}

func text(t *testing.T, value any) string {
	t.Helper()
	encoded, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return string(encoded)
}

// notification is Amazon SNS's, as a queue has it, or an endpoint.
func notification(message string) string {
	encoded, _ := json.Marshal(map[string]string{
		"Type": "Notification", "MessageId": "m-1", "TopicArn": "arn:aws:sns:eu-west-1:111122223333:leaks",
		"Message": message, "Timestamp": "2026-06-05T06:27:58.000Z",
	})
	return string(encoded)
}

// records are Amazon SQS's.
func records(bodies ...string) string {
	var all []map[string]any
	for _, body := range bodies {
		all = append(all, map[string]any{"messageId": "m-1", "body": body, "eventSource": "aws:sqs"})
	}
	encoded, _ := json.Marshal(map[string]any{"Records": all})
	return string(encoded)
}

func TestALeakIsUnwrapped(t *testing.T) {
	plain := health(`[{"entityValue":"AKIAIOSFODNN7EXAMPLE"}]`)
	want := leakIn(t, plain)
	sns := text(t, map[string]any{"Records": []any{map[string]any{
		"EventVersion": "1.0", "EventSource": "aws:sns",
		"Sns": map[string]any{"Type": "Notification", "Message": plain},
	}}})
	for name, wrapped := range map[string]string{
		"SNS": sns, "SQS": records(plain), "SNS in SQS": records(notification(plain)),
		"a notification": notification(plain),
	} {
		got := leakIn(t, wrapped)
		got.Exposed[0].Where = want.Exposed[0].Where
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %+v, want %+v", name, got, want)
		}
	}
}

func TestEveryRecordIsJudgedByItself(t *testing.T) {
	leak := leakIn(t, records(`{"action":"emergency"}`, health(`[{"entityValue":"AKIAIOSFODNN7EXAMPLE"},{}]`), `text`,
		health(`[]`), finding, `{"source":"aws.events","detail-type":"Scheduled Event"}`,
		health(`[{"entityValue":"AKIAI44QH8DHBEXAMPLE"}]`)))
	var got []string
	for _, e := range leak.Exposed {
		got = append(got, e.AccessKeyID+" in "+e.Where[:len("Records[0]")])
	}
	want := []string{accessKeyID + " in Records[1]", accessKeyID + " in Records[4]", otherKeyID + " in Records[6]"}
	if !reflect.DeepEqual(got, want) || len(leak.Unread) != 1 || !strings.HasPrefix(leak.Unread[0], "Records[1]: ") {
		t.Errorf("%+v", leak)
	}
	isRequestError(t, leak.Fault.(interface{ Unwrap() []error }).Unwrap()[0])
	for _, part := range []string{"Records[0]: ", "actions are taken only from", "Records[2]: ", "Records[3]: "} {
		if !strings.Contains(leak.Fault.Error(), part) {
			t.Errorf("the fault doesn't say %q: %v", part, leak.Fault)
		}
	}
}

func TestRecordsWithoutALeakAreATickOrRefused(t *testing.T) {
	const scheduled = `{"source":"aws.events","detail-type":"Scheduled Event"}`
	parses(t, records(scheduled, scheduled), event.Tick{})
	refuses(t, records(scheduled, `{"action":"rotate"}`), "Records[1]: ")
	refuses(t, records(`{}`), "Records[0]: the message isn't an event of EventBridge's")
	refuses(t, records(``), "Records[0]: the message isn't a JSON object")
	for _, payload := range []string{`{"Records":[]}`, `{"Records":null}`, `{"Records":{}}`, `{"Records":"x"}`} {
		refuses(t, payload, "Records: must be those of Amazon SNS or Amazon SQS")
	}
	refuses(t, `{"Records":[{"body":7}]}`, "Records[0]: must be a record")
	refuses(t, `{"Records":[{"eventSource":"aws:s3","s3":{}}]}`, "Records[0]: ")
	refuses(t, `{"Type":"Notification","TopicArn":"arn","Message":7}`, "Message: must be text")
	refuses(t, notification(`{"action":"emergency"}`), "actions are taken only from")
}
