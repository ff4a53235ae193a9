package function_test

import (
	"strings"
	"testing"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/localaws"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/rotation"
)

// copies are the parameters below the path, by their last names.
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

// followed holds the copies against the secret, and logs in with what they hold.
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
	// Each of five parameters is written once, and what is current is read once more.
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
