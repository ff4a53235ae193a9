package function_test

import (
	"strings"
	"testing"
	"time"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/localaws"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/rotation"
)

func TestTheAuditNoticesAPasswordThatIsntItsKeys(t *testing.T) {
	s := newMeasuredStage(t)
	s.must(`{}`, rotation.Rotated)
	steps := s.audits().Steps
	if len(steps) != 1 || steps[0].Kind != rotation.Verify || steps[0].Reason != "SES accepts AWSCURRENT" ||
		steps[0].Region != region {
		t.Errorf("the steps for a credential that works: %+v", steps)
	}

	good, _ := s.World.Labelled(secret, "AWSCURRENT")
	value := strings.ReplaceAll(good.Value, s.mailFlows().Password, "BAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")
	if _, err := s.World.PutSecretValue(secret, value); err != nil {
		t.Fatal(err)
	}
	s.after(2 * time.Hour)
	s.must(`{}`, rotation.Waiting) // a tick doesn't notice
	got := s.audits()
	if !warned(got.Result, rotation.WarnCurrentKeyBroken, "SES refuses AWSCURRENT") || len(got.Steps) != 1 {
		t.Errorf("steps %+v, warnings %+v", got.Steps, got.Warnings)
	}
	s.measures(map[string]float64{"CurrentKeyBroken": 1})
}

func TestAnSESThatCantBeReachedIsNoAlarmOfTheAudits(t *testing.T) {
	s := newMeasuredStage(t)
	s.must(`{}`, rotation.Rotated)
	s.World.SetSMTPFault(func(string, int, string, string) *localaws.SMTPReply {
		return &localaws.SMTPReply{Code: 454, Text: "Temporary authentication failure"}
	})
	got := s.audits()
	if len(got.Steps) != 1 || !strings.Contains(got.Steps[0].Reason, "not accepted") {
		t.Errorf("it says %+v", got.Steps)
	}
	if warned(got.Result, rotation.WarnCurrentKeyBroken, "") {
		t.Errorf("it warns: %+v", got.Warnings)
	}
	if _, ok := s.measured()["CurrentKeyBroken"]; ok {
		t.Error("it raises an alarm")
	}
}

func TestWithoutVerificationTheAuditLogsInNowhere(t *testing.T) {
	s := newStage(t, map[string]string{"VERIFY": "off"})
	s.must(`{}`, rotation.Rotated)
	s.World.SetSMTPFault(func(string, int, string, string) *localaws.SMTPReply {
		t.Error("it connected to SES")
		return nil
	})
	if got := s.audits(); len(got.Steps) != 0 {
		t.Errorf("it logs in: %+v", got.Steps)
	}
}
