package function_test

import (
	"testing"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/rotation"
)

func TestAWholeLifeFromFirstCredentialToDeletion(t *testing.T) {
	s := newStage(t, nil)
	first := s.must(`{}`, rotation.Rotated)
	k1 := s.mailFlows().Username
	if first.Credential == nil || first.Credential.AccessKeyID != k1 {
		t.Fatalf("the result names %+v, the secret %s", first.Credential, k1)
	}
	s.must(`{}`, rotation.Waiting)
	s.quiet()

	s.after(30 * day)
	s.must(`{}`, rotation.Rotated)
	k2 := s.mailFlows().Username
	if k2 == k1 {
		t.Fatal("the key is the same after the rotation")
	}
	s.keyIs(k1, "Active")
	s.after(7 * day)
	s.must(`{}`, rotation.Waiting)
	s.keyIs(k1, "Active")
	s.after(hour)
	s.must(`{}`, rotation.Retired)
	s.keyIs(k1, "Inactive")
	s.must(`{}`, rotation.Waiting)
	s.after(day)
	s.must(`{}`, rotation.Deleted)
	s.quiet()
	if got := s.mailFlows().Username; got != k2 {
		t.Errorf("AWSCURRENT names %s, want %s", got, k2)
	}
}

func TestAnEmergencyReplacesAndRevokes(t *testing.T) {
	s := newStage(t, nil)
	s.must(`{}`, rotation.Rotated)
	k1 := s.mailFlows().Username
	r := s.must(`{"action":"emergency","reason":"found in a public repository"}`, rotation.Revoked)
	s.keyIs(k1, "gone")
	s.quiet()
	t.Logf("%+v", r.Steps)
	// the same leak, seen again by an alarm
	s.must(`{"action":"emergency","access_key_id":"`+k1+`"}`, rotation.Revoked)
	s.quiet()
}

func TestARollbackMakesThePreviousCredentialCurrentAgain(t *testing.T) {
	s := newStage(t, nil)
	s.must(`{}`, rotation.Rotated)
	k1 := s.mailFlows().Username
	s.after(hour)
	s.must(`{"action":"rotate"}`, rotation.Rotated)
	k2 := s.mailFlows().Username
	s.after(hour)
	s.must(`{"action":"rollback"}`, rotation.RolledBack)
	if got := s.mailFlows().Username; got != k1 {
		t.Fatalf("AWSCURRENT names %s, want %s", got, k1)
	}
	s.must(`{}`, rotation.Waiting) // nothing promotes it again
	s.after(7*day + hour)
	s.must(`{}`, rotation.Retired)
	s.keyIs(k2, "Inactive")
	s.after(day)
	s.must(`{}`, rotation.Deleted)
	s.quiet()
}
