package function_test

import (
	"strings"
	"testing"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/localaws"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/rotation"
)

// copies returns the parameters below the path, by the last part of their names.
func (s *stage) copies() map[string]string {
	found := map[string]string{}
	for _, p := range s.World.Parameters() {
		if p.Type != "SecureString" {
			s.Errorf("%s is a %s", p.Name, p.Type)
		}
		found[strings.TrimPrefix(p.Name, "/mail/smtp/")] = p.Value
	}
	return found
}

// followed compares the copies with the secret, and logs in with them.
func (s *stage) followed() {
	s.Helper()
	current, _ := s.World.Labelled(secret, "AWSCURRENT")
	found := s.copies()
	if found["credential"] != current.Value {
		s.Errorf("the copy is %q, and the secret's value %q", found["credential"], current.Value)
	}
	if !s.World.Accepts(region, found["username"], found["password"]) {
		s.Errorf("SES doesn't accept what the copies hold: %q", found["username"])
	}
}

func TestTheCopiesFollowTheCredentialThroughItsLife(t *testing.T) {
	s := newStage(t, map[string]string{"PARAMETER_PATH": "/mail/smtp", "PARAMETER_KMS_KEY": "alias/mail"})
	// Each of five parameters is written once, and AWSCURRENT is read once more.
	s.costs(`{}`, rotation.Rotated, 6+1+5+1, 4+1+5+1)
	s.followed()
	for _, p := range s.World.Parameters() {
		if p.KeyID != "alias/mail" {
			t.Errorf("%s is encrypted with %q", p.Name, p.KeyID)
		}
	}
	s.costs(`{}`, rotation.Waiting, 3, 2)
	s.after(30 * day)
	s.costs(`{}`, rotation.Rotated, 6+2+5+1, 4+2+5+1)
	s.followed()
	s.after(8 * day)
	s.must(`{}`, rotation.Retired)
	s.followed()
	s.must(`{"action":"emergency"}`, rotation.Revoked)
	s.followed()
	s.must(`{"action":"status"}`, rotation.Reported)
}

func TestACopyThatCantBeWrittenFailsTheInvocation(t *testing.T) {
	s := newStage(t, map[string]string{"PARAMETER_PATH": "/mail/smtp"})
	s.World.Intercept(func(c localaws.Call) *localaws.Fault {
		if c.Action != "PutParameter" {
			return nil
		}
		return &localaws.Fault{Status: 400, Code: "AccessDeniedException", Message: "not authorized"}
	})
	_, err := s.invoke(`{}`)
	if err == nil || err.Type != "AccessDenied" || !strings.Contains(err.Message, "/mail/smtp/credential") {
		t.Errorf("%+v", err)
	}
	s.World.Intercept(nil)
	s.must(`{}`, rotation.Waiting)
	s.followed()
}

// If the path has somebody else's parameters, the stack fails, and CloudFormation rolls it back.
func TestRollingBackAStackLeavesOthersParameters(t *testing.T) {
	cf := newStage(t, map[string]string{"PARAMETER_PATH": "/mail/smtp"}).cloudFormation()
	cf.World.PutParameter("/mail/smtp/username", "String", "someone")
	cf.World.PutParameter("/mail/smtp/url", "SecureString", "smtp://internal")
	got := cf.answered("Create", "", "FAILED")
	if !strings.Contains(got.Reason, "PARAMETER_PATH") || !strings.Contains(got.Reason, "/mail/smtp/username") {
		t.Errorf("the reason is %q", got.Reason)
	}
	cf.answered("Delete", "", "SUCCESS")
	if left := len(cf.World.Parameters()); left != 2 {
		t.Errorf("%d of 2 parameters are left", left)
	}
}

// If Parameter Store throttles for a moment, a tick finishes the copies.
func TestANewStackSurvivesAThrottledCopy(t *testing.T) {
	cf := newStage(t, map[string]string{"PARAMETER_PATH": "/mail/smtp", "AWS_MAX_ATTEMPTS": "1"}).cloudFormation()
	n := 0
	cf.World.Intercept(func(c localaws.Call) *localaws.Fault {
		if c.Action != "PutParameter" {
			return nil
		}
		if n++; n != 4 {
			return nil
		}
		return &localaws.Fault{Status: 400, Code: "ThrottlingException", Message: "Rate exceeded"}
	})
	cf.answered("Create", "", "SUCCESS")
	cf.World.Intercept(nil)
	cf.must(`{}`, rotation.Waiting)
	cf.followed()
}

// It takes effect with the next rotation.
func TestAChangedKMSKeyIsUsed(t *testing.T) {
	s := newStage(t, map[string]string{"PARAMETER_PATH": "/mail/smtp", "PARAMETER_KMS_KEY": "alias/new"})
	s.must(`{}`, rotation.Rotated)
	for _, p := range s.World.Parameters() { // under alias/aws/ssm, as before the key was configured
		s.World.PutParameter(p.Name, p.Type, p.Value)
	}
	s.after(30 * day)
	s.must(`{}`, rotation.Rotated)
	for _, p := range s.World.Parameters() {
		if p.KeyID != "alias/new" {
			t.Errorf("%s is encrypted with %s", p.Name, p.KeyID)
		}
	}
}

func TestAStackWithAFaultyPathCanBeDeleted(t *testing.T) {
	for _, path := range []string{"mail/smtp", "/mail smtp", "/aws/mail", "/mail/smtp/"} {
		cf := newSerialStage(t, map[string]string{"PARAMETER_PATH": path}).cloudFormation()
		cf.answered("Create", "", "FAILED")
		cf.answered("Delete", "", "SUCCESS")
	}
}
