package function_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/rotation"
)

// healthEvent is what AWS Health sends for access keys that were found in public ("Monitoring
// events in AWS Health with Amazon EventBridge", AWS Health User Guide).
func healthEvent(ids ...string) string {
	var entities []string
	for _, id := range ids {
		entities = append(entities, fmt.Sprintf(`{"entityValue":%q}`, id))
	}
	return `{"version":"0","id":"121345678-1234-1234-1234-123456789012","detail-type":"AWS Health Event","source":"aws.health",
		"account":"123456789012","time":"2026-06-05T06:27:57Z","region":"us-east-1","resources":[],
		"detail":{"eventArn":"arn:aws:health:us-east-1::event/RISK/AWS_RISK_CREDENTIALS_EXPOSED/AWS_RISK_CREDENTIALS_EXPOSED_0",
		"service":"RISK","eventTypeCode":"AWS_RISK_CREDENTIALS_EXPOSED","eventTypeCategory":"issue","startTime":"Fri, 5 Jun 2026 05:01:10 GMT",
		"eventDescription":[{"language":"en_US","latestDescription":"A description"}],"affectedEntities":[` + strings.Join(entities, ",") + `]}}`
}

// guardDuty is a finding about an access key ("GuardDuty finding format").
func guardDuty(id string) string {
	return fmt.Sprintf(`{"version":"0","detail-type":"GuardDuty Finding","source":"aws.guardduty","region":"eu-west-1","detail":{"schemaVersion":"2.0",
		"type":"UnauthorizedAccess:IAMUser/MaliciousIPCaller.Custom","severity":8,"service":{"archived":false},
		"resource":{"resourceType":"AccessKey","accessKeyDetails":{"accessKeyId":%q,"userName":"smtp-sender","userType":"IAMUser"}}}}`, id)
}

func TestALeakThatAWSTellsOfIsAnsweredInOneInvocation(t *testing.T) {
	t.Parallel()
	for name, tells := range map[string]func(id string) string{
		"AWS Health": func(id string) string { return healthEvent(id) },
		"GuardDuty":  guardDuty,
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t, nil)
			s.must(`{}`, rotation.Rotated)
			leaked := s.mailFlows().Username
			s.must(tells(leaked), rotation.Revoked)
			s.keyIs(leaked, "gone")
			s.quiet()

			now := s.mailFlows().Username
			for range 2 { // again, and late
				if _, err := s.invoke(tells(leaked)); err != nil {
					t.Error(err.Message)
				}
				s.after(20 * day)
			}
			if got := s.mailFlows().Username; got != now {
				t.Errorf("%s became %s", now, got)
			}
			s.quiet()
		})
	}
}

func TestALeakOfASupersededKeyLeavesTheCurrentOneAlone(t *testing.T) {
	s := newStage(t, nil)
	s.must(`{}`, rotation.Rotated)
	leaked := s.mailFlows().Username
	s.must(`{"action":"rotate"}`, rotation.Rotated)
	current := s.mailFlows().Username
	s.must(healthEvent(leaked), rotation.Revoked)
	s.keyIs(leaked, "gone")
	if got := s.mailFlows().Username; got != current {
		t.Errorf("%s became %s", current, got)
	}
	s.quiet()
}

func TestALeakOfSeveralKeysEndsAllThatAreTheUsers(t *testing.T) {
	s := newStage(t, nil)
	s.must(`{}`, rotation.Rotated)
	first := s.mailFlows().Username
	s.must(`{"action":"rotate"}`, rotation.Rotated)
	second := s.mailFlows().Username
	s.World.CreateUser("somebody-else")
	theirs, _, _ := s.World.CreateAccessKey("somebody-else")
	result := s.must(healthEvent(first, theirs, second), rotation.Revoked)
	if !warned(result, rotation.WarnKeyNotOurs, theirs) {
		t.Errorf("warnings: %+v", result.Warnings)
	}
	s.keyIs(first, "gone")
	s.keyIs(second, "gone")
	if keys := s.World.Keys("somebody-else"); len(keys) != 1 || keys[0].Status != "Active" {
		t.Errorf("somebody else's keys: %+v", keys)
	}
	s.quiet()
}

func TestAWSsQuarantineIsToldWithTheLeak(t *testing.T) {
	s := newStage(t, nil)
	s.must(`{}`, rotation.Rotated)
	if err := s.World.AttachUserPolicy(user, quarantine,
		`{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"iam:*","Resource":"*"}]}`); err != nil {
		t.Fatal(err)
	}
	if result := s.must(healthEvent(s.mailFlows().Username), rotation.Revoked); !warned(result,
		rotation.WarnQuarantined, "detach-user-policy --user-name "+user+" --policy-arn "+quarantine) {
		t.Errorf("warnings: %+v", result.Warnings)
	}
	s.deny("ListAttachedUserPolicies", 100) // then it isn't told, and the key goes all the same
	leaked := s.mailFlows().Username
	s.must(healthEvent(leaked), rotation.Revoked)
	s.keyIs(leaked, "gone")
}

const quarantine = "arn:aws:iam::aws:policy/AWSCompromisedKeyQuarantineV3"

func TestASettledFindingIsNoLeak(t *testing.T) {
	s := newStage(t, nil)
	s.must(`{}`, rotation.Rotated)
	current := s.mailFlows().Username
	s.must(strings.Replace(guardDuty(current), `"archived":false`, `"archived":true`, 1), rotation.Waiting)
	s.keyIs(current, "Active")
}
