package event_test

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/seed-486a873a/ses-smtp-rotator/lambda/event"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/rotation"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sendpolicy"
)

func TestOnlyAnAuditHasFindings(t *testing.T) {
	for want, findings := range map[string][]sendpolicy.Finding{
		`{"action":"audit","outcome":"reported","steps":null,"keys":null,"warnings":null,"findings":[]}`: {},
		`{"action":"audit","outcome":"reported","steps":null,"keys":null,"warnings":null}`:               nil,
	} {
		a := event.Answer{
			Result:   rotation.Result{Action: event.ActionAudit, Outcome: rotation.Reported},
			Findings: findings,
		}
		if text, err := json.Marshal(a); err != nil || string(text) != want {
			t.Errorf("%s, %v; want %s", text, err, want)
		}
	}
}

func TestAFailureHasLambdasNames(t *testing.T) {
	for err, want := range map[error]string{
		rotation.Errorf(rotation.Conflict, "too late"): `{"errorType":"Conflict","errorMessage":"too late"}`,
		errors.New("no answer"):                        `{"errorType":"AWSError","errorMessage":"no answer"}`,
	} {
		if text, err := json.Marshal(event.FailureOf(err)); err != nil || string(text) != want {
			t.Errorf("%s, %v; want %s", text, err, want)
		}
	}
}
