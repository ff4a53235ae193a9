package event_test

import (
	"strings"
	"testing"

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

func TestAWSHealthTellsOfLeakedKeys(t *testing.T) {
	entities := `[{"entityValue":"AKIAIOSFODNN7EXAMPLE"},{"entityValue":"AKIAI44QH8DHBEXAMPLE","tags":{}}]`
	parses(t, health(entities), event.Leak{
		AccessKeyIDs: []string{accessKeyID, "AKIAI44QH8DHBEXAMPLE"}, Reason: "AWS_RISK_CREDENTIALS_EXPOSED",
	})
}

func TestAWSHealthIsRefusedIfItNamesNoKey(t *testing.T) {
	for payload, names := range map[string]string{
		health(`[]`):                     "names no access key; run an emergency with its access_key_id",
		health(`null`):                   "detail.affectedEntities",
		health(`[{}]`):                   `detail.affectedEntities: "" is not an access key ID`,
		health(`"AKIAIOSFODNN7EXAMPLE"`): "detail: not that of an AWS Health event",
		health(`[{"entityValue":"AKIAIOSFODNN7EXAMPLE"},{"entityValue":"user/mailer"}]`): "user/mailer",

		`{"source":"aws.health","detail":{"eventTypeCode":"AWS_RISK_CREDENTIALS_EXPOSED"}}`: "affectedEntities",
		`{"source":"aws.health","detail":"AWS_RISK_CREDENTIALS_EXPOSED"}`:                   "detail",
	} {
		refuses(t, payload, names)
	}
}

// finding is GuardDuty's, about an access key ("GuardDuty finding format").
const finding = `{"version":"0","detail-type":"GuardDuty Finding","source":"aws.guardduty","region":"eu-west-1",
	"detail":{"schemaVersion":"2.0","type":"UnauthorizedAccess:IAMUser/MaliciousIPCaller.Custom","severity":8,
	"service":{"archived":false},"resource":{"resourceType":"AccessKey","accessKeyDetails":{
	"accessKeyId":"AKIAIOSFODNN7EXAMPLE","userName":"smtp-sender","userType":"IAMUser"}}}}`

func TestGuardDutyTellsOfASuspiciousKey(t *testing.T) {
	parses(t, finding, event.Leak{
		AccessKeyIDs: []string{accessKeyID}, Reason: "GuardDuty: UnauthorizedAccess:IAMUser/MaliciousIPCaller.Custom",
	})
	parses(t, strings.Replace(finding, `"archived":false`, `"archived":true`, 1), event.Tick{})
	parses(t, strings.Replace(finding, accessKeyID, "", 1), event.Tick{})
	refuses(t, strings.Replace(finding, accessKeyID, "x", 1), "detail.resource.accessKeyDetails.accessKeyId")
	refuses(t, `{"source":"aws.guardduty","detail":["an access key"]}`, "GuardDuty")
}
