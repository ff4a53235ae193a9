package function_test

import (
	"fmt"
	"net/http"
	"sync/atomic"
	"testing"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/localaws"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/rotation"
)

var rotationSteps = []string{"createSecret", "setSecret", "testSecret", "finishSecret"}

func stepEvent(step, token string) string {
	return fmt.Sprintf(`{"Step":%q,"SecretId":"arn:aws:secretsmanager:eu-west-1:111122223333:secret:%s-AbCdEf","ClientRequestToken":%q}`, step, secret, token)
}

// startRotation does what Secrets Manager does before the first step.
func (s *stage) startRotation() (token string) {
	s.Helper()
	token, err := s.World.StartRotation(secret)
	if err != nil {
		s.Fatal(err)
	}
	return token
}

// rotates runs the four steps as Secrets Manager does, and checks what it wants at the end:
// AWSPENDING is where AWSCURRENT is, or nowhere ("RotateSecret", Secrets Manager API reference).
func (s *stage) rotates() {
	s.Helper()
	token := s.startRotation()
	for _, step := range rotationSteps {
		if _, err := s.invoke(stepEvent(step, token)); err != nil {
			s.Fatalf("%s: %s", step, err.Message)
		}
	}
	s.endsRotation(token)
}

func (s *stage) endsRotation(token string) {
	s.Helper()
	s.mailFlows()
	current, _ := s.World.Labelled(secret, "AWSCURRENT")
	if current.ID != token {
		s.Errorf("AWSCURRENT is on %s, want %s", current.ID, token)
	}
	if pending, ok := s.World.Labelled(secret, "AWSPENDING"); ok && pending.ID != current.ID {
		s.Errorf("AWSPENDING is on %s, which isn't current", pending.ID)
	}
}

func TestSecretsManagerRotatesWithTheSamePlan(t *testing.T) {
	s := newStage(t, nil)
	s.rotates() // the first credential
	first := s.mailFlows().Username
	s.after(10 * day)
	s.rotates()
	if second := s.mailFlows().Username; second == first {
		t.Error("nothing was rotated")
	}
	s.keyIs(first, "Active") // its grace period has begun
	s.after(8 * day)
	s.must(`{}`, rotation.Retired)
	s.after(2 * day)
	s.must(`{}`, rotation.Deleted)
	s.quiet()
}

func TestARotationStepMayComeAgain(t *testing.T) {
	s := newStage(t, nil)
	s.must(`{}`, rotation.Rotated)
	s.after(10 * day)
	token := s.startRotation()
	for i, step := range rotationSteps {
		for range 2 {
			for _, again := range rotationSteps[:i+1] {
				if _, err := s.invoke(stepEvent(again, token)); err != nil {
					t.Fatalf("%s, after %s: %s", again, step, err.Message)
				}
			}
			s.Restart()
		}
	}
	s.endsRotation(token)
	if n := len(s.World.Keys(user)); n != 2 {
		t.Errorf("there are %d keys", n)
	}
}

func TestARotationStepOutOfOrderTouchesNothing(t *testing.T) {
	s := newStage(t, nil)
	s.must(`{}`, rotation.Rotated)
	current := s.mailFlows().Username
	token := s.startRotation()
	s.fails(stepEvent("setSecret", token), rotation.Conflict, token)
	s.fails(stepEvent("finishSecret", token), rotation.Conflict, token)
	if _, err := s.invoke(stepEvent("testSecret", token)); err != nil { // so Secrets Manager tests a configuration
		t.Error(err.Message)
	}
	if n := len(s.World.Keys(user)); n != 1 || s.mailFlows().Username != current {
		t.Errorf("there are %d keys", n)
	}
	s.after(30 * day)
	s.must(`{}`, rotation.Rotated) // an empty version doesn't hinder a tick
	s.fails(stepEvent("finishSecret", token), rotation.Conflict, token)
	s.mailFlows()
}

func TestARotationIsTestedAndRefused(t *testing.T) {
	s := newStage(t, nil)
	if _, err := s.invoke(stepEvent("testSecret", "0123456789abcdef0123456789abcdef")); err != nil {
		t.Errorf("there is no credential yet: %s", err.Message)
	}
	s.must(`{}`, rotation.Rotated)
	old := s.mailFlows().Username
	s.after(10 * day)
	s.World.SetPropagation(hour / 2)
	token := s.startRotation()
	if _, err := s.invoke(stepEvent("createSecret", token)); err != nil {
		t.Fatal(err.Message)
	}
	s.fails(stepEvent("testSecret", token), rotation.VerificationFailed, "535")
	s.fails(stepEvent("finishSecret", token), rotation.VerificationFailed, "535")
	if s.mailFlows().Username != old {
		t.Error("it was promoted unproved")
	}
	s.after(hour)
	s.must(`{}`, rotation.Rotated) // a tick continues it, too
	s.mailFlows()
	if err := s.World.SetKeyStatus(s.mailFlows().Username, "Inactive"); err != nil {
		t.Fatal(err)
	}
	s.fails(stepEvent("testSecret", "0123456789abcdef0123456789abcdef"), rotation.VerificationFailed, "Inactive")
}

func TestARotationIsRefusedWhileBothSlotsAreTaken(t *testing.T) {
	s := newStage(t, nil)
	s.must(`{}`, rotation.Rotated)
	s.must(`{"action":"rotate"}`, rotation.Rotated)
	token := s.startRotation()
	s.fails(stepEvent("createSecret", token), rotation.RotationBlocked, "slots")
	s.mailFlows()
}

func TestARotationBesideAPendingCredentialIsRefused(t *testing.T) {
	s := newStage(t, nil)
	s.must(`{}`, rotation.Rotated)
	s.after(31 * day)
	s.World.SetPropagation(hour)
	s.fails(`{}`, rotation.VerificationFailed)
	s.fails(stepEvent("createSecret", "0123456789abcdef0123456789abcdef"), rotation.RotationBlocked, "already pending")
}

func TestARotationStepFailsAnywhereAndGoesOn(t *testing.T) {
	for failing := 0; ; failing++ {
		s := newSerialStage(t, nil)
		s.must(`{}`, rotation.Rotated)
		s.after(10 * day)
		token := s.startRotation()
		var calls atomic.Int32 // two of them may run at once
		s.World.Intercept(func(localaws.Call) *localaws.Fault {
			if int(calls.Add(1)) != failing+1 {
				return nil
			}
			return &localaws.Fault{Code: "AccessDenied", Status: http.StatusForbidden}
		})
		for range 2 { // Secrets Manager begins again with the first step
			for _, step := range rotationSteps {
				if _, err := s.invoke(stepEvent(step, token)); err != nil {
					break
				}
			}
		}
		s.World.Intercept(nil)
		s.endsRotation(token)
		if int(calls.Load()) <= failing {
			t.Logf("%d calls, each of which failed once", failing)
			return
		}
	}
}

func TestAStepForAnotherSecretIsRefused(t *testing.T) {
	s := newStage(t, nil)
	const token = "0123456789abcdef0123456789abcdef"
	event := `{"Step":"createSecret","SecretId":"other","ClientRequestToken":"` + token + `"}`
	s.fails(event, rotation.RequestError, "SecretId", secret)
	if n := len(s.World.Calls()); n != 0 {
		t.Errorf("%d AWS calls were made", n)
	}
}
