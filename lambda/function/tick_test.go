package function_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/localaws"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/rotation"
)

func TestAdoptionLeavesTheHandMadeKeyAloneWhileItIsUsed(t *testing.T) {
	s := newStage(t, nil)
	old, _, err := s.World.CreateAccessKey(user)
	if err != nil {
		t.Fatal(err)
	}
	s.after(400 * day)
	s.World.UseKey(old, s.World.Now())
	s.must(`{}`, rotation.Rotated)
	s.mailFlows()
	s.keyIs(old, "Active")
	for range 10 {
		s.after(day)
		s.World.UseKey(old, s.World.Now().Add(-hour))
		s.must(`{}`, rotation.Waiting)
		s.keyIs(old, "Active")
	}
	result := s.must(`{}`, rotation.Waiting)
	if !warned(result, rotation.WarnSupersededKeyInUse, old) {
		t.Errorf("no warning about the key in use: %+v", result.Warnings)
	}
	s.after(day)
	s.must(`{}`, rotation.Retired)
	s.keyIs(old, "Inactive")
	s.after(day)
	s.must(`{}`, rotation.Deleted)
	s.quiet()
}

func TestAdoptionOfAHandMadeSecret(t *testing.T) {
	s := newStage(t, nil)
	id, _, err := s.World.CreateAccessKey(user)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.World.PutSecretValue(secret,
		`{"username":"`+id+`","password":"made by hand","note":"ask Ops","port":"587"}`); err != nil {
		t.Fatal(err)
	}
	s.must(`{}`, rotation.Waiting) // the key isn't due yet
	s.after(30 * day)
	s.must(`{}`, rotation.Rotated)
	s.mailFlows()
	if v, _ := s.World.Labelled(secret, "AWSCURRENT"); !strings.Contains(v.Value, `"note":"ask Ops"`) {
		t.Error("what people had added to the value is gone")
	}
}

func TestAKeyInUseOutlivesItsGracePeriodButNotTheMaximum(t *testing.T) {
	s := newStage(t, map[string]string{"MAX_GRACE_PERIOD": "10d"})
	s.must(`{}`, rotation.Rotated)
	k1 := s.mailFlows().Username
	s.must(`{"action":"rotate"}`, rotation.Rotated)
	for d := range 10 {
		s.after(day)
		s.World.UseKey(k1, s.World.Now())
		if d < 9 {
			s.must(`{}`, rotation.Waiting)
		}
	}
	s.after(hour)
	s.must(`{}`, rotation.Retired)
	s.keyIs(k1, "Inactive")
}

func TestLatePropagationIsWaitedOutAcrossTicks(t *testing.T) {
	s := newStage(t, nil)
	s.must(`{}`, rotation.Rotated)
	k1 := s.mailFlows().Username
	s.after(30 * day)
	s.World.SetPropagation(10 * time.Minute)
	s.fails(`{}`, rotation.VerificationFailed, "stays pending", k1)
	if got := s.mailFlows().Username; got != k1 {
		t.Fatalf("AWSCURRENT moved to %s before SES accepted it", got)
	}
	s.after(20 * time.Minute)
	result := s.must(`{}`, rotation.Rotated)
	if got := s.mailFlows().Username; got == k1 {
		t.Fatal("the pending credential wasn't promoted")
	}
	// it was written longer ago than the promotion window, so it is staged anew, and the grace
	// period counts from there
	if result.Steps[1].Kind != rotation.Stage || result.Steps[2].Kind != rotation.Promote {
		t.Errorf("steps: %+v", result.Steps)
	}
	s.after(7 * day)
	s.must(`{}`, rotation.Waiting)
	s.keyIs(k1, "Active")
}

func TestACredentialRefusedForLongerThanAnHourIsGivenUp(t *testing.T) {
	s := newStage(t, nil)
	s.must(`{}`, rotation.Rotated)
	k1 := s.mailFlows().Username
	s.after(30 * day)
	s.World.SetPropagation(1000 * hour)
	s.fails(`{}`, rotation.VerificationFailed, "535")
	s.after(61 * time.Minute)
	s.fails(`{}`, rotation.VerificationFailed, "given up")
	if n := len(s.World.Keys(user)); n != 1 {
		t.Fatalf("%d keys are left", n)
	}
	s.World.SetPropagation()
	s.must(`{}`, rotation.Rotated)
	if got := s.mailFlows().Username; got == k1 {
		t.Fatal("no new credential")
	}
}

func TestAnUnreachableSESLeavesTheCredentialPending(t *testing.T) {
	t.Parallel()
	for name, reply := range map[string]*localaws.SMTPReply{
		"454":    {Code: 454, Text: "Temporary authentication failure"},
		"broken": {Drop: true},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t, nil)
			s.must(`{}`, rotation.Rotated)
			k1 := s.mailFlows().Username
			s.after(30 * day)
			s.World.SetSMTPFault(func(_ string, _ int, stage, _ string) *localaws.SMTPReply {
				if stage == "auth" {
					return reply
				}
				return nil
			})
			s.fails(`{}`, rotation.VerificationFailed, "stays pending", k1)
			s.after(3 * hour)
			s.fails(`{}`, rotation.VerificationFailed) // however long that lasts
			if n := len(s.World.Keys(user)); n != 2 {
				t.Fatalf("%d keys, want the current and the pending one", n)
			}
			s.World.SetSMTPFault(nil)
			s.must(`{}`, rotation.Rotated)
			s.mailFlows()
		})
	}
}

func TestALostAnswerToCreateAccessKeyLeavesAnOrphanThatGoesByItself(t *testing.T) {
	s := newStage(t, nil)
	s.World.Intercept(func(c localaws.Call) *localaws.Fault {
		if c.Action == "CreateAccessKey" {
			return &localaws.Fault{After: true, Drop: true}
		}
		return nil
	})
	s.fails(`{}`, rotation.AWSError, "CreateAccessKey")
	if n := s.calls()["CreateAccessKey"]; n != 1 {
		t.Errorf("CreateAccessKey was called %d times", n)
	}
	s.World.Intercept(nil)
	orphan := s.World.Keys(user)[0].ID
	s.must(`{}`, rotation.Rotated)
	s.after(9 * day)
	s.must(`{}`, rotation.Retired)
	s.keyIs(orphan, "Inactive")
	s.must(`{}`, rotation.Deleted)
	s.quiet()
}

func TestAnOrphanBesideTheCurrentKeyIsDeactivatedAfterADayAndDeletedAfterAnother(t *testing.T) {
	s := newStage(t, nil)
	s.must(`{}`, rotation.Rotated)
	s.after(hour)
	orphan, _, _ := s.World.CreateAccessKey(user)
	s.after(day)
	s.must(`{}`, rotation.Waiting)
	s.after(hour)
	s.must(`{}`, rotation.Retired)
	s.keyIs(orphan, "Inactive")
	s.after(hour)
	s.must(`{}`, rotation.Waiting)
	s.after(day)
	s.must(`{}`, rotation.Deleted)
	s.quiet()
}

func TestABrokenCurrentKeyIsReplacedAndNeverReactivated(t *testing.T) {
	t.Parallel()
	t.Run("deleted", func(t *testing.T) {
		s := newStage(t, nil)
		s.must(`{}`, rotation.Rotated)
		if err := s.World.DeleteAccessKey(s.mailFlows().Username); err != nil {
			t.Fatal(err)
		}
		result := s.must(`{}`, rotation.Rotated)
		if !warned(result, rotation.WarnCurrentKeyBroken, "is gone") {
			t.Errorf("no loud warning: %+v", result.Warnings)
		}
		s.quiet()
	})
	t.Run("deactivated", func(t *testing.T) {
		s := newStage(t, nil)
		s.must(`{}`, rotation.Rotated)
		k1 := s.mailFlows().Username
		if err := s.World.SetKeyStatus(k1, "Inactive"); err != nil {
			t.Fatal(err)
		}
		s.must(`{}`, rotation.Rotated)
		s.mailFlows()
		s.keyIs(k1, "Inactive")
	})
	t.Run("with an orphan in the other slot", func(t *testing.T) {
		s := newStage(t, nil)
		s.must(`{}`, rotation.Rotated)
		k1 := s.mailFlows().Username
		orphan, _, _ := s.World.CreateAccessKey(user)
		if err := s.World.SetKeyStatus(k1, "Inactive"); err != nil {
			t.Fatal(err)
		}
		s.fails(`{}`, rotation.RotationBlocked, orphan) // it may be about to be staged
		s.after(16 * time.Minute)
		s.must(`{}`, rotation.Rotated)
		s.mailFlows()
		s.keyIs(orphan, "gone")
	})
	t.Run("with the previous key in the other slot", func(t *testing.T) {
		s := newStage(t, nil)
		s.must(`{}`, rotation.Rotated)
		k1 := s.mailFlows().Username
		s.after(hour)
		s.must(`{"action":"rotate"}`, rotation.Rotated)
		k2 := s.mailFlows().Username
		s.after(hour)
		if err := s.World.SetKeyStatus(k2, "Inactive"); err != nil {
			t.Fatal(err)
		}
		s.must(`{}`, rotation.Rotated)
		if got := s.mailFlows().Username; got != k1 {
			t.Errorf("AWSCURRENT names %s, want %s again", got, k1)
		}
		s.keyIs(k2, "Inactive")
	})
}

func TestAFullQuotaIsBlockedAndTouchesNothing(t *testing.T) {
	s := newStage(t, nil)
	a, _, _ := s.World.CreateAccessKey(user)
	b, _, _ := s.World.CreateAccessKey(user)
	s.after(40 * day)
	s.World.UseKey(a, s.World.Now())
	s.World.UseKey(b, s.World.Now())
	s.after(hour)
	result := s.must(`{}`, rotation.Blocked)
	if !warned(result, rotation.WarnRotationBlocked, "AKIA") {
		t.Errorf("warnings: %+v", result.Warnings)
	}
	s.keyIs(a, "Active")
	s.keyIs(b, "Active")
	s.fails(`{"action":"rotate"}`, rotation.RotationBlocked, "nothing was touched")
}

func TestRotateIsRefusedWhileASupersededKeyIsActive(t *testing.T) {
	s := newStage(t, nil)
	s.must(`{}`, rotation.Rotated)
	k1 := s.mailFlows().Username
	s.must(`{"action":"rotate"}`, rotation.Rotated)
	s.World.ResetCalls()
	s.fails(`{"action":"rotate"}`, rotation.RotationBlocked, k1, "nothing was touched")
	s.onlyReads()
}

func TestAnAddedRegionRotates(t *testing.T) {
	s := newStage(t, nil)
	s.must(`{}`, rotation.Rotated)
	s.SetRegions(region, "us-east-1")
	s.must(`{}`, rotation.Rotated)
	value := s.mailFlows()
	if !s.World.Accepts("us-east-1", value.Username, value.Regions["us-east-1"].Password) {
		t.Error("the new Region's password isn't accepted")
	}
}

func TestAMistakenEndpointIsMendedByTheRightOne(t *testing.T) {
	s := newStage(t, nil)
	right := s.Env["SMTP_ENDPOINT"]
	s.Env["SMTP_ENDPOINT"] = "127.0.0.1:1"
	s.Restart()
	s.fails(`{}`, rotation.VerificationFailed, "127.0.0.1:1")
	s.Env["SMTP_ENDPOINT"] = right
	s.Restart()
	s.must(`{}`, rotation.Rotated)
	if value := s.mailFlows(); value.Port == 1 {
		t.Errorf("the value still names the mistaken endpoint: %s:%d", value.Host, value.Port)
	}
	s.quiet()
}

func warned(r rotation.Result, code rotation.WarningCode, part string) bool {
	for _, w := range r.Warnings {
		if w.Code == code && strings.Contains(w.Message, part) {
			return true
		}
	}
	return false
}

// onlyReads fails the test if an AWS call since ResetCalls changed anything.
func (s *stage) onlyReads() {
	s.Helper()
	for action := range s.calls() {
		reads := func(verb string) bool { return strings.HasPrefix(action, verb) }
		if !slices.ContainsFunc([]string{"Get", "List", "Describe"}, reads) {
			s.Errorf("%s was called", action)
		}
	}
}
