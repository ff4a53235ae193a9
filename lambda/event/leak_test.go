package event_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/seed-486a873a/ses-smtp-rotator/lambda/event"
)

// health returns an AWS Health event about access keys that were found in public ("Monitoring
// events in AWS Health with Amazon EventBridge", AWS Health User Guide).
func health(entities string) string {
	return `{"version":"0","id":"121345678-1234-1234-1234-123456789012","detail-type":"AWS Health Event",
		"source":"aws.health","account":"123456789012","time":"2026-06-05T06:27:57Z","region":"us-east-1","resources":[],
		"detail":{"service":"RISK","eventTypeCode":"AWS_RISK_CREDENTIALS_EXPOSED","eventTypeCategory":"issue",
		"startTime":"Fri, 5 Jun 2026 05:01:10 GMT",
		"eventDescription":[{"language":"en_US","latestDescription":"A description"}],"affectedEntities":` + entities + `}}`
}

// sent is when the event was sent, and noticed when it began.
var (
	sent    = time.Date(2026, 6, 5, 6, 27, 57, 0, time.UTC)
	noticed = time.Date(2026, 6, 5, 5, 1, 10, 0, time.UTC)
)

const (
	otherKeyID = "AKIAI44QH8DHBEXAMPLE"
	exposed    = "AWS_RISK_CREDENTIALS_EXPOSED"
)

// leakIn returns the leak that an event reports.
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
		{AccessKeyID: accessKeyID, Noticed: noticed, Reason: exposed, Where: "detail.affectedEntities[0]"},
		{AccessKeyID: otherKeyID, Noticed: noticed, Reason: exposed, Where: "detail.affectedEntities[1]"},
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
	for _, code := range []string{"AWS_RISK_ACCOUNT_CONSOLE_COMPROMISE", "AWS_IAM_OPERATIONAL_ISSUE"} {
		parses(t, strings.Replace(event1, exposed, code, 1), event.Tick{})
	}
}

// It doesn't matter how AWS reports a leak: again, with updates, from the other Region, or at the
// end.
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
	want := []string{accessKeyID + "||", "|mailer|123456789012", "|mailer|111122223333", "|role/deployer|111122223333",
		"|mailer|123456789012", otherKeyID + "||", "|root|111122223333", "|user/mailer|123456789012"}
	if got := exposedIn(leak); !reflect.DeepEqual(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	unread := strings.Join(leak.Unread, "\n")
	if len(leak.Unread) != 6 || !strings.Contains(unread, "affectedEntities[3]") || strings.Contains(unread, "a b") {
		t.Errorf("unread: %q", leak.Unread)
	}
}

// exposedIn returns what leaked: key, user and account.
func exposedIn(leak event.Leak) (all []string) {
	for _, e := range leak.Exposed {
		all = append(all, e.AccessKeyID+"|"+e.UserName+"|"+e.Account)
	}
	return all
}

func TestAnAccessKeyIsFoundWhereverItStands(t *testing.T) {
	const both = accessKeyID + "|| " + otherKeyID + "||"
	for entity, want := range map[string]string{
		`"AKIAIOSFODNN7EXAMPLE,AKIAI44QH8DHBEXAMPLE"`:                  both,
		`"AKIAIOSFODNN7EXAMPLE AKIAI44QH8DHBEXAMPLE"`:                  both,
		`"smtp-sender=AKIAIOSFODNN7EXAMPLE"`:                           accessKeyID + "||",
		`"akiaiosfodnn7example"`:                                       accessKeyID + "||",
		`" AKIAIOSFODNN7EXAMPLE\n"`:                                    accessKeyID + "||",
		`["AKIAIOSFODNN7EXAMPLE"]`:                                     accessKeyID + "||",
		`"AKIAIOSFODNN7EXAMPLE, ASIAI44QH8DHBEXAMPLE"`:                 accessKeyID + "||", // and one is unread
		`" smtp-sender "`:                                              "|smtp-sender|123456789012",
		`"smtp-sender=ASIAIOSFODNN7EXAMPLE"`:                           "|smtp-sender|123456789012",
		`"arn:aws:iam::111122223333:user/mailer ASIAIOSFODNN7EXAMPLE"`: "|mailer|111122223333",
		`"asiapacificmailers"`:                                         "|asiapacificmailers|123456789012",
	} {
		leak := leakIn(t, health(`[{"entityValue":`+entity+`}]`))
		if got := strings.Join(exposedIn(leak), " "); got != want {
			t.Errorf("%s: %q, want %q", entity, got, want)
		}
		if unread := len(leak.Unread); unread > 0 != strings.Contains(entity, ", ASIA") {
			t.Errorf("%s: unread %q", entity, leak.Unread)
		}
	}
	if got := exposedIn(leakIn(t, health(`[" AKIAIOSFODNN7EXAMPLE"]`))); len(got) != 1 || got[0] != accessKeyID+"||" {
		t.Errorf("a bare text: %q", got)
	}
	if got := exposedIn(leakIn(t, health(`"AKIAIOSFODNN7EXAMPLE"`))); len(got) != 1 || got[0] != accessKeyID+"||" {
		t.Errorf("no list: %q", got)
	}
}

func TestWhatIsntAUserIsUnread(t *testing.T) {
	for _, entity := range []string{
		"AWS_ACCOUNT", "aws_account", " UNKNOWN ", "123456789012", "AIDACKCEVSQ6C2EXAMPLE", "aidackcevsq6c2example",
		"AROADBQP57FF2AEXAMPLE", "ASIAIOSFODNN7EXAMPLE", "asiaiosfodnn7example", "AKIAIOSFODNN7EXAMPLEabc",
		"AkiaIOSFODNN7EXAMPLEx", "arn:aws:iam::111122223333:user",
		"arn:aws:sts::111122223333:federated-user/smtp-sender", "!", "",
	} {
		leak := leakIn(t, health(`[{"entityValue":"`+entity+`"}]`))
		if len(leak.Exposed) != 0 || len(leak.Unread) != 1 ||
			!strings.HasPrefix(leak.Unread[0], "detail.affectedEntities[0] ") {
			t.Errorf("%q: %+v", entity, leak)
		}
	}
}

// AWS Health documents the first form in its samples, and EventBridge writes the last.
func TestAUserIsMeantAsOfWhenAWSNoticed(t *testing.T) {
	const began = `"startTime":"Fri, 5 Jun 2026 05:01:10 GMT",`
	payload := health(`[{"entityValue":"mailer"}]`)
	for form, want := range map[string]time.Time{
		began: noticed,
		`"startTime":"Fri, 05 Jun 2026 05:01:10 GMT",`:  noticed,
		`"startTime":"Fri, 5 Jun 2026 07:01:10 +0200",`: noticed,
		`"startTime":"2026-06-05T05:01:10Z",`:           noticed,
		`"startTime":"2026-06-05T05:01:10.000Z",`:       noticed,
		`"startTime":"2026-06-05T07:01:10+02:00",`:      noticed,
		``:                         sent,
		`"startTime":"yesterday",`: sent,
		`"startTime":7,`:           sent,
		`"startTime":"Thu, 1 Jan 1970 00:00:00 GMT",`: sent,
		`"startTime":"Sat, 6 Jun 2026 05:01:10 GMT",`: sent, // it can't have begun after it was reported
	} {
		if got := leakIn(t, strings.Replace(payload, began, form, 1)).Exposed[0].Noticed; !got.Equal(want) {
			t.Errorf("%s: %v, want %v", form, got, want)
		}
	}
	timeless := strings.Replace(strings.Replace(payload, began, "", 1), `"time":"2026-06-05T06:27:57Z",`, "", 1)
	if got := leakIn(t, timeless).Exposed[0].Noticed; !got.IsZero() {
		t.Errorf("without any time: %v", got)
	}
}

func TestTheAccountOfAUserIsToldByItsARNOrTheEvent(t *testing.T) {
	payload := strings.Replace(health(`[{"entityValue":"mailer"},{"entityValue":"arn:aws:iam::111122223333:user/mailer"}]`),
		`"service":`, `"affectedAccount":"444455556666","service":`, 1)
	leak := leakIn(t, payload)
	if leak.Exposed[0].Account != "444455556666" || leak.Exposed[1].Account != "111122223333" {
		t.Errorf("%+v", leak.Exposed)
	}
	number := strings.Replace(payload, `"444455556666"`, `44455556666`, 1) // JSON's numbers have no leading zeros
	if leak := leakIn(t, number); leak.Exposed[0].Account != "044455556666" {
		t.Errorf("%+v", leak.Exposed)
	}
	if leak := leakIn(t, health(`[{"entityValue":"mailer"}]`)); leak.Exposed[0].Account != "123456789012" {
		t.Errorf("without affectedAccount: %+v", leak.Exposed)
	}
}

func TestResourcesNameWhoLeakedIfNothingElseDoes(t *testing.T) {
	with := func(entities string) string {
		return strings.Replace(health(entities), `"resources":[]`, `"resources":["AKIAIOSFODNN7EXAMPLE"]`, 1)
	}
	for _, entities := range []string{`[]`, `null`, `[{"entityValue":"AWS_ACCOUNT"}]`} {
		if leak := leakIn(t, with(entities)); leak.Exposed[0].AccessKeyID != accessKeyID {
			t.Errorf("%+v", leak)
		}
	}
	if leak := leakIn(t, with(`[{"entityValue":"AKIAI44QH8DHBEXAMPLE"}]`)); len(leak.Exposed) != 1 {
		t.Errorf("%+v", leak)
	}
}

func TestALeakThatNamesNothingIsStillOne(t *testing.T) {
	const nothing = "detail.affectedEntities: " + exposed + " names nothing that can be read"
	for payload, unread := range map[string]string{
		health(`[]`):    nothing,
		health(`null`):  nothing,
		health(`[{}]`):  "detail.affectedEntities[0] is neither an access key ID nor a user",
		health(`["!"]`): "detail.affectedEntities[0] is neither an access key ID nor a user",
		health(`7`):     "detail.affectedEntities[0] is neither an access key ID nor a user",

		`{"source":"aws.health","detail":{"eventTypeCode":"AWS_RISK_CREDENTIALS_EXPOSED"}}`: nothing,
	} {
		parses(t, payload, event.Leak{Unread: []string{unread}})
	}
}

func TestWhatIsntAWSHealthsIsRefused(t *testing.T) {
	with := func(code string) string {
		return strings.Replace(health(`[{"entityValue":"AKIAIOSFODNN7EXAMPLE"}]`), `"eventTypeCode":"`+exposed+`",`, code, 1)
	}
	const passOn = "have the rule pass AWS Health's event on as it is"
	for payload, names := range map[string]string{
		`{"source":"aws.health","detail":"AWS_RISK_CREDENTIALS_EXPOSED"}`:                "detail",
		`{"source":"aws.health","detail":{"eventTypeCode":7}}`:                           "detail",
		`{"source":"aws.health","detail":{"eventTypeCode":"AWS_EC2_OPERATIONAL_ISSUE"}}`: "source",

		with(``):                      "detail.eventTypeCode: is missing, but there are affectedEntities; " + passOn,
		with(`"eventTypeCode":null,`): "detail.eventTypeCode: is missing",
		with(`"eventTypeCode":"",`):   "detail.eventTypeCode: is missing",
		with(`"eventTypeCode":" AWS_RISK_IAM_QUARANTINE",`):     "must be written AWS_RISK_IAM_QUARANTINE; " + passOn,
		with(`"eventTypeCode":"aws_risk_credentials_exposed",`): "must be written AWS_RISK_CREDENTIALS_EXPOSED; " + passOn,
		with(`"EventTypeCode":"AWS_RISK_CREDENTIALS_EXPOSED",`): "detail.eventTypeCode: is missing",
	} {
		refuses(t, payload, names)
	}
}

// finding returns GuardDuty's finding about an access key ("GuardDuty finding format").
const finding = `{"version":"0","detail-type":"GuardDuty Finding","source":"aws.guardduty","region":"eu-west-1","account":"999988887777",
	"time":"2026-06-05T06:27:57Z","detail":{"schemaVersion":"2.0","accountId":"111122223333",
	"type":"UnauthorizedAccess:IAMUser/MaliciousIPCaller.Custom","severity":5,
	"service":{"archived":false,"eventFirstSeen":"2026-06-05T05:01:10.000Z"},"resource":{"resourceType":"AccessKey","accessKeyDetails":{
	"accessKeyId":"AKIAIOSFODNN7EXAMPLE","userName":"smtp-sender","userType":"IAMUser"}}}}`

func TestGuardDutyTellsOfASuspiciousKey(t *testing.T) {
	const where = "detail.resource.accessKeyDetails."
	const reason = "GuardDuty: UnauthorizedAccess:IAMUser/MaliciousIPCaller.Custom"
	about := func(e event.Exposed) event.Leak {
		e.Reason, e.Where, e.Noticed = reason, where+"accessKeyId", noticed
		if e.UserName != "" {
			e.Where = where + "userName"
		}
		return event.Leak{Exposed: []event.Exposed{e}}
	}
	with := func(old, replacement string) string { return strings.Replace(finding, old, replacement, 1) }
	key := about(event.Exposed{AccessKeyID: accessKeyID})
	parses(t, finding, key)
	for _, severity := range []string{"4", "4.0", "8.9", "10", `"5"`, `"4.0"`, `"HIGH"`, "null"} {
		parses(t, with(`"severity":5`, `"severity":`+severity), key)
	}
	for _, archived := range []string{`"false"`, "null", `""`, "{}"} {
		parses(t, with(`"archived":false`, `"archived":`+archived), key)
	}
	parses(t, with(`"severity":5,`, ""), key)
	parses(t, with(`"severity":5`, `"severity":3.9`), event.Tick{})
	parses(t, with(`"severity":5`, `"severity":"2"`), event.Tick{})
	parses(t, with(`"archived":false`, `"archived":true`), event.Tick{})
	parses(t, with(`"archived":false`, `"archived":"true"`), event.Tick{})
	parses(t, with(accessKeyID, " akiaiosfodnn7example"), key)
	refuses(t, `{"source":"aws.guardduty","detail":["an access key"]}`, "GuardDuty")
	const typed = `"detail-type":"GuardDuty Finding",`
	refuses(t, strings.Replace(with(`"archived":false`, `"archived":true`), typed, "", 1),
		"detail-type: is missing; and the finding is archived")
	refuses(t, strings.Replace(with(`"severity":5`, `"severity":1`), typed, "", 1), "of low severity")
	refuses(t, `{"source":"aws.guardduty","detail":{"resource":{"instanceDetails":{}}}}`, "isn't about an access key")

	// Temporary credentials come from one of the user's keys, and nothing says which.
	const temporary = "ASIAIOSFODNN7EXAMPLE"
	user := event.Exposed{UserName: "smtp-sender", Account: "111122223333"}
	for _, id := range []string{temporary, "GeneratedFindingAccessKeyId", "", "x"} {
		parses(t, with(accessKeyID, id), about(user))
	}
	number := strings.Replace(with(accessKeyID, temporary), `"111122223333"`, "111122223333", 1)
	parses(t, number, about(user))
	user.UserName = "AssumedRole/smtp-sender"
	parses(t, strings.Replace(with(accessKeyID, temporary), "IAMUser\"}", "AssumedRole\"}", 1), about(user))
	user.UserName, user.Account = "smtp-sender", "999988887777" // the envelope's account
	parses(t, strings.Replace(with(accessKeyID, temporary), `"accountId":"111122223333",`, "", 1), about(user))
	for _, nobody := range []string{"", "UNKNOWN", "AIDACKCEVSQ6C2EXAMPLE"} {
		leak := leakIn(t, strings.Replace(with(accessKeyID, temporary), "smtp-sender", nobody, 1))
		const unread = reason + ": detail.resource.accessKeyDetails names neither a user nor a user's access key"
		if len(leak.Exposed) != 0 || len(leak.Unread) != 1 || leak.Unread[0] != unread {
			t.Errorf("%q: %+v", nobody, leak)
		}
	}
}

func text(t *testing.T, value any) string {
	t.Helper()
	encoded, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return string(encoded)
}

// notification returns an Amazon SNS notification, as a queue or an endpoint gets it.
func notification(message string) string {
	encoded, _ := json.Marshal(map[string]string{
		"Type": "Notification", "MessageId": "m-1", "TopicArn": "arn:aws:sns:eu-west-1:111122223333:leaks",
		"Message": message, "Timestamp": "2026-06-05T06:27:58.000Z",
	})
	return string(encoded)
}

// records returns records of Amazon SQS.
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
	if !reflect.DeepEqual(got, want) || len(leak.Unread) != 4 {
		t.Errorf("%+v", leak)
	}
	unread := strings.Join(leak.Unread, "\n")
	for _, part := range []string{
		"Records[0]: the message isn't an EventBridge event; actions must be sent by invoking the function",
		"Records[1]: detail.affectedEntities[1] is neither", "Records[2]: the message isn't a JSON object",
		"Records[3]: detail.affectedEntities: AWS_RISK_CREDENTIALS_EXPOSED names nothing",
	} {
		if !strings.Contains(unread, part) {
			t.Errorf("the unread don't say %q: %q", part, unread)
		}
	}
}

// A queue sends failed events again, so an event that nobody understands must not fail.
func TestARecordThatCantBeReadIsUnread(t *testing.T) {
	const scheduled = `{"source":"aws.events","detail-type":"Scheduled Event"}`
	parses(t, records(scheduled, scheduled), event.Tick{})
	for payload, unread := range map[string]string{
		records(scheduled, `{"action":"rotate"}`): "Records[1]: the message isn't an EventBridge event",
		records(`{}`):                   "Records[0]: the message isn't an EventBridge event",
		records(``):                     "Records[0]: the message isn't a JSON object",
		records("hello"):                "Records[0]: the message isn't a JSON object",
		records(`{"a":1,"a":2}`):        "Records[0]: a: the message has this field twice",
		records(notification("hello")):  "Records[0]: the message isn't a JSON object",
		`{"Records":[{"body":7}]}`:      "Records[0]: must be a record",
		`{"Records":[{"body":"{}"},7]}`: "Records[1]: must be a record",
	} {
		leak := leakIn(t, payload)
		if len(leak.Exposed) != 0 || !strings.Contains(strings.Join(leak.Unread, "\n"), unread) {
			t.Errorf("%s: %+v", payload, leak)
		}
	}
}

func TestRecordsOfSomethingElseAreRefused(t *testing.T) {
	for _, payload := range []string{
		`{"Records":[]}`, `{"Records":null}`, `{"Records":{}}`, `{"Records":"x"}`, `{"Records":[7]}`,
		`{"Records":[{"eventSource":"aws:s3","s3":{}}]}`, `{"Records":[{"eventSource":"aws:kinesis","kinesis":{}}]}`,
	} {
		refuses(t, payload, `Records: are neither Amazon SNS's, which have "Sns", nor Amazon SQS's, which have "body"`)
	}
	refuses(t, `{"Type":"Notification","TopicArn":"arn","Message":7}`, "Message: must be text")
	refuses(t, notification(`{"action":"emergency"}`), "actions must be sent by invoking the function")
}
