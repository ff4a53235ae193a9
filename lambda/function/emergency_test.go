package function_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/localaws"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/rotation"
)

func TestAnEmergencyFreesTheSlotOfASupersededKey(t *testing.T) {
	s := newStage(t, nil)
	s.must(`{}`, rotation.Rotated)
	k1 := s.mailFlows().Username
	s.must(`{"action":"rotate"}`, rotation.Rotated)
	k2 := s.mailFlows().Username
	s.must(`{"action":"emergency"}`, rotation.Revoked)
	s.keyIs(k1, "gone")
	s.keyIs(k2, "gone")
	s.quiet()
}

func TestAnEmergencyForASupersededKeyJustRevokesIt(t *testing.T) {
	s := newStage(t, nil)
	s.must(`{}`, rotation.Rotated)
	k1 := s.mailFlows().Username
	s.must(`{"action":"rotate"}`, rotation.Rotated)
	k2 := s.mailFlows().Username
	s.must(`{"action":"emergency","access_key_id":"`+k1+`"}`, rotation.Revoked)
	if got := s.mailFlows().Username; got != k2 {
		t.Errorf("AWSCURRENT names %s, want %s still", got, k2)
	}
	s.quiet()
}

func TestAnEmergencyForAStrangersKeyIsRefused(t *testing.T) {
	s := newStage(t, nil)
	s.must(`{}`, rotation.Rotated)
	s.World.CreateUser("somebody-else")
	theirs, _, _ := s.World.CreateAccessKey("somebody-else")
	s.World.ResetCalls()
	s.fails(`{"action":"emergency","access_key_id":"`+theirs+`"}`, rotation.RequestError, theirs, "nothing was touched")
	health := `{"source":"aws.health","detail-type":"AWS Health Event","detail":{"eventTypeCode":"AWS_RISK_CREDENTIALS_EXPOSED",` +
		`"affectedEntities":[{"entityValue":"` + theirs + `"}]}}`
	result := s.must(health, rotation.Waiting)
	if !warned(result, rotation.WarnKeyNotOurs, theirs) {
		t.Errorf("warnings: %+v", result.Warnings)
	}
	s.onlyReads()
}

func TestContainFirstDeactivatesBeforeAnythingElse(t *testing.T) {
	s := newStage(t, nil)
	s.must(`{}`, rotation.Rotated)
	k1 := s.mailFlows().Username
	result := s.must(`{"action":"emergency","contain":"first"}`, rotation.Revoked)
	if first := result.Steps[0]; first.Kind != rotation.Deactivate || first.AccessKeyID != k1 {
		t.Errorf("first step: %+v", first)
	}
	s.quiet()
}

func TestAnEmergencyPromotesUnverifiedWhenSESIsLate(t *testing.T) {
	s := newStage(t, nil)
	s.must(`{}`, rotation.Rotated)
	k1 := s.mailFlows().Username
	s.World.SetPropagation(5 * time.Minute)
	result := s.must(`{"action":"emergency"}`, rotation.Revoked)
	if !warned(result, rotation.WarnPromotedUnverified, "AKIA") {
		t.Errorf("warnings: %+v", result.Warnings)
	}
	s.keyIs(k1, "gone")
	s.after(6 * time.Minute)
	s.quiet()
}

func TestAnEmergencySparesAStrangersKeyInUse(t *testing.T) {
	s := newStage(t, nil)
	stranger, _, _ := s.World.CreateAccessKey(user)
	s.must(`{}`, rotation.Rotated)
	k1 := s.mailFlows().Username
	s.World.UseKey(stranger, s.World.Now())
	s.after(time.Minute)
	s.fails(`{"action":"emergency"}`, rotation.RotationBlocked, stranger, k1, "contain")
	s.keyIs(k1, "Active")
	s.must(`{"action":"emergency","contain":"first"}`, rotation.Revoked)
	s.keyIs(k1, "gone")
	s.keyIs(stranger, "Active")
	s.mailFlows()
}

func TestAnEmergencyFinishesWhatIsPending(t *testing.T) {
	s := newStage(t, nil)
	s.must(`{}`, rotation.Rotated)
	k1 := s.mailFlows().Username
	s.after(30 * day)
	s.World.SetPropagation(10 * time.Minute)
	s.fails(`{}`, rotation.VerificationFailed)
	s.after(20 * time.Minute)
	s.World.ResetCalls()
	s.must(`{"action":"emergency"}`, rotation.Revoked)
	if n := s.calls()["CreateAccessKey"]; n != 0 {
		t.Error("a third key was wanted")
	}
	s.keyIs(k1, "gone")
	s.quiet()
}

func TestTwoEmergenciesAtOnce(t *testing.T) {
	t.Parallel()
	for i := range 10 {
		t.Run(fmt.Sprint("try ", i), func(t *testing.T) {
			s := newStage(t, nil)
			s.must(`{}`, rotation.Rotated)
			k1 := s.mailFlows().Username
			s.World.Intercept(func(localaws.Call) *localaws.Fault { return &localaws.Fault{Delay: time.Millisecond} })
			var both sync.WaitGroup
			for _, event := range []string{`{"action":"emergency"}`, `{"action":"emergency","access_key_id":"` + k1 +
				`"}`} {
				both.Go(func() {
					if _, err := s.Function.Invoke(t.Context(), []byte(event)); err != nil {
						t.Errorf("%s: %v", event, err)
					}
				})
			}
			both.Wait()
			s.keyIs(k1, "gone")
			s.mailFlows()
		})
	}
}

func TestARollbackIsRefusedWithoutAPreviousKey(t *testing.T) {
	s := newStage(t, nil)
	s.must(`{}`, rotation.Rotated)
	s.fails(`{"action":"rollback"}`, rotation.RotationBlocked, "AWSPREVIOUS")
	s.must(`{"action":"emergency"}`, rotation.Revoked)
	s.fails(`{"action":"rollback"}`, rotation.RotationBlocked, "AWSPREVIOUS")
	s.quiet()
}

func TestARollbackIsRefusedWhereAWSPREVIOUSNamesTheCurrentKey(t *testing.T) {
	s := newStage(t, nil)
	s.must(`{}`, rotation.Rotated)
	k1 := s.mailFlows().Username
	s.must(`{"action":"rotate"}`, rotation.Rotated)
	s.must(`{"action":"emergency","access_key_id":"`+k1+`"}`, rotation.Revoked) // its fence moves AWSPREVIOUS
	s.fails(`{"action":"rollback"}`, rotation.RotationBlocked, "AWSPREVIOUS")
	s.quiet()
}

func TestARollbackReactivatesAndIsRefusedRightBeforeDeletion(t *testing.T) {
	s := newStage(t, nil)
	s.must(`{}`, rotation.Rotated)
	k1 := s.mailFlows().Username
	s.after(hour)
	s.must(`{"action":"rotate"}`, rotation.Rotated)
	s.after(7*day + 20*time.Minute)
	s.must(`{}`, rotation.Retired)
	s.keyIs(k1, "Inactive")
	s.after(day - 10*time.Minute)
	s.fails(`{"action":"rollback"}`, rotation.RotationBlocked, "due for deletion")
	s.after(-2 * hour)
	s.must(`{"action":"rollback"}`, rotation.RolledBack)
	if got := s.mailFlows().Username; got != k1 {
		t.Errorf("AWSCURRENT names %s, want %s", got, k1)
	}
}

func TestAFailedRollbackLeavesNothingPending(t *testing.T) {
	s := newStage(t, nil)
	s.must(`{}`, rotation.Rotated)
	s.after(hour)
	s.must(`{"action":"rotate"}`, rotation.Rotated)
	k2 := s.mailFlows().Username
	s.World.SetSMTPFault(func(_ string, _ int, stage, name string) *localaws.SMTPReply {
		if stage == "auth" && name != k2 {
			return &localaws.SMTPReply{Code: 535, Text: "Authentication Credentials Invalid"}
		}
		return nil
	})
	s.fails(`{"action":"rollback"}`, rotation.VerificationFailed, k2)
	s.World.SetSMTPFault(nil)
	s.must(`{}`, rotation.Waiting)
	if got := s.mailFlows().Username; got != k2 {
		t.Errorf("AWSCURRENT names %s, want %s", got, k2)
	}
}
