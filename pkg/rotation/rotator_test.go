package rotation_test

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/localaws"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/rotation"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sessmtp"
)

func TestALifeGoesFromTickToTick(t *testing.T) {
	s := newStage(t)
	first, second := s.rotated()
	grace := s.after(hour).comes(tick, rotation.Waiting)
	if n := grace.Next; n == nil || n.Kind != rotation.Deactivate || n.AccessKeyID != first {
		t.Errorf("in the grace period, next is %+v", n)
	}
	s.after(7*day).comes(tick, rotation.Retired, rotation.Deactivate)
	quarantine := s.after(hour).comes(tick, rotation.Waiting)
	if n := quarantine.Next; n == nil || n.Kind != rotation.Delete {
		t.Errorf("in quarantine, next is %+v", n)
	}
	s.after(25*hour).comes(tick, rotation.Deleted, rotation.Delete)
	quiet := s.comes(tick, rotation.Waiting)
	if len(quiet.Keys) != 1 || quiet.Keys[0].AccessKeyID != second || quiet.Next.Kind != rotation.Create {
		t.Errorf("in the end: %+v", quiet)
	}
}

func TestWithAnErrorThereIsNoOutcome(t *testing.T) {
	for action, play := range map[rotation.Action]func(*stage) rotation.Result{
		rotation.Tick: func(s *stage) rotation.Result {
			s.world.SetPropagation(hour)
			return s.fails(tick, rotation.VerificationFailed, "535")
		},
		rotation.Rotate: func(s *stage) rotation.Result {
			s.rotated()
			return s.fails(rotate, rotation.RotationBlocked, "still Active")
		},
		rotation.Emergency: func(s *stage) rotation.Result {
			s.comes(tick, rotation.Rotated, rotation.Create, rotation.Stage, rotation.Verify, rotation.Promote)
			return s.fails(leak("AKIASOMEBODYELSES000"), rotation.RequestError, "isn't an access key of the user")
		},
		rotation.Rollback: func(s *stage) rotation.Result {
			s.comes(tick, rotation.Rotated, rotation.Create, rotation.Stage, rotation.Verify, rotation.Promote)
			return s.fails(rollback, rotation.RotationBlocked, "no rollback is possible")
		},
		rotation.Decommission: func(s *stage) rotation.Result {
			s.rotated()
			s.at("ListSecretVersionIds", 1, refused)
			return s.fails(rotation.Request{Action: rotation.Decommission, OnlyStored: true},
				rotation.AccessDenied, "can't find out whether")
		},
		rotation.CreateSecret: func(s *stage) rotation.Result {
			s.rotated()
			return s.fails(rotation.Request{Action: rotation.CreateSecret, VersionID: "v"},
				rotation.RotationBlocked, "still Active")
		},
		rotation.SetSecret: func(s *stage) rotation.Result {
			return s.fails(rotation.Request{Action: rotation.SetSecret, VersionID: "v"},
				rotation.Conflict, "isn't pending")
		},
		rotation.TestSecret: func(s *stage) rotation.Result {
			s.rotated()
			s.rotator.Verifier = verifier(func([]sessmtp.Login) []sessmtp.Result {
				return []sessmtp.Result{{Region: region, Meaning: sessmtp.Unknown, Err: errors.New("421")}}
			})
			return s.fails(rotation.Request{Action: rotation.TestSecret, VersionID: "v"},
				rotation.VerificationFailed, "SES doesn't accept")
		},
		rotation.FinishSecret: func(s *stage) rotation.Result {
			return s.fails(rotation.Request{Action: rotation.FinishSecret, VersionID: "v"},
				rotation.Conflict, "isn't pending")
		},
		rotation.Status: func(s *stage) rotation.Result {
			s.at("ListAccessKeys", 1, refused)
			return s.fails(rotation.Request{Action: rotation.Status}, rotation.AccessDenied, "iam:ListAccessKeys")
		},
		rotation.Preview: func(s *stage) rotation.Result {
			s.at("GetSecretValue", 2, refused)
			return s.fails(rotation.Request{Action: rotation.Preview},
				rotation.AccessDenied, "secretsmanager:GetSecretValue")
		},
	} {
		t.Run(string(action), func(t *testing.T) {
			text, err := json.Marshal(play(newStage(t)))
			if err != nil || strings.Contains(string(text), `"outcome"`) {
				t.Errorf("%s, %v", text, err)
			}
		})
	}
}

func refused() *localaws.Fault { return &localaws.Fault{Status: 400, Code: "AccessDenied"} }

func TestAnEmergencyLeavesAnotherCredentialAndNoLeakedKey(t *testing.T) {
	s := newStage(t)
	s.comes(tick, rotation.Rotated, rotation.Create, rotation.Stage, rotation.Verify, rotation.Promote)
	// the current key, which isn't named
	leaked := s.after(hour).comes(rotation.Request{Action: rotation.Emergency}, rotation.Revoked,
		// the replacement, whose promotion is the fence
		rotation.Create, rotation.Stage, rotation.Verify, rotation.Promote,
		rotation.Deactivate, rotation.Delete)
	if len(leaked.Keys) != 1 || leaked.Keys[0].Role != rotation.RoleCurrent {
		t.Errorf("keys: %+v", leaked.Keys)
	}
	s.comes(tick, rotation.Waiting)
}

func TestAnEmergencyWithNothingToRevokeSaysSo(t *testing.T) {
	newStage(t).fails(rotation.Request{Action: rotation.Emergency}, rotation.RequestError, "name the leaked key")
}

func TestAnAlarmAboutAStrangersKeyComesToNothing(t *testing.T) {
	s := newStage(t)
	s.comes(tick, rotation.Rotated, rotation.Create, rotation.Stage, rotation.Verify, rotation.Promote)
	alarm := leak("AKIASOMEBODYELSES000")
	alarm.IfOurs = true
	result := s.comes(alarm, rotation.Waiting)
	if w := result.Warnings; len(w) != 1 || w[0].Code != rotation.WarnKeyNotOurs {
		t.Errorf("warnings: %+v", w)
	}
	if result.Next == nil || result.Next.Kind != rotation.Wait {
		t.Errorf("next: %+v", result.Next)
	}
}

func TestARollbackIsUndoneByNoTickAndByNoRepetition(t *testing.T) {
	s := newStage(t)
	first, _ := s.rotated()
	back := s.after(hour).comes(rollback, rotation.RolledBack, rotation.Stage, rotation.Verify, rotation.Promote)
	if back.Credential.AccessKeyID != first {
		t.Errorf("it went back to %s", back.Credential.AccessKeyID)
	}
	s.after(time.Minute).comes(rollback, rotation.RolledBack)
	s.comes(tick, rotation.Waiting)
	if now := s.comes(tick, rotation.Waiting); now.Credential.AccessKeyID != first {
		t.Errorf("a tick went on to %s", now.Credential.AccessKeyID)
	}
}

func TestARollbackGoesByAWSPREVIOUSWhateverKeyTheCallerNames(t *testing.T) {
	s := newStage(t)
	first, second := s.rotated()
	req := rollback
	req.AccessKeyID = second // it is current, so there would be nothing to do
	back := s.after(hour).comes(req, rotation.RolledBack, rotation.Stage, rotation.Verify, rotation.Promote)
	if back.Credential.AccessKeyID != first {
		t.Errorf("%s is current, want %s", back.Credential.AccessKeyID, first)
	}
}

func TestARollbackReactivatesAKeyInQuarantine(t *testing.T) {
	s := newStage(t)
	s.rotated()
	s.after(7*day+hour).comes(tick, rotation.Retired, rotation.Deactivate)
	s.after(hour).comes(rollback, rotation.RolledBack, rotation.Activate, rotation.Stage, rotation.Verify,
		rotation.Promote)
}

// The hostile world found this: the list of keys was from before the activation, and the rollback
// "mended" a credential that worked with one that SES hadn't accepted yet.
func TestARollbackIsntUndoneByAListFromBeforeItsActivation(t *testing.T) {
	s := newStage(t)
	first, _ := s.rotated()
	s.after(7*day+hour).comes(tick, rotation.Retired, rotation.Deactivate)
	s.after(hour).world.SetListStaleness(90 * time.Second)
	back := s.comes(rollback, rotation.RolledBack, rotation.Activate, rotation.Stage, rotation.Verify, rotation.Promote,
		rotation.Verify) // IAM lists the key as Inactive, and SES accepts it
	if back.Credential.AccessKeyID != first {
		t.Errorf("it went back to %s", back.Credential.AccessKeyID)
	}
}

func TestARollbackIsMendedIfItsKeyWasReallyDeactivated(t *testing.T) {
	s := newStage(t)
	first, second := s.rotated()
	s.after(7*day+hour).comes(tick, rotation.Retired, rotation.Deactivate)
	s.after(hour).at("ListAccessKeys", 2, func() *localaws.Fault {
		if err := s.world.SetKeyStatus(first, "Inactive"); err != nil {
			t.Error(err)
		}
		return nil
	})
	back := s.comes(rollback, rotation.RolledBack, rotation.Activate, rotation.Stage, rotation.Verify, rotation.Promote,
		rotation.Verify, rotation.Stage, rotation.Verify, rotation.Promote)
	if back.Credential.AccessKeyID != second {
		t.Errorf("it is mended with %s", back.Credential.AccessKeyID)
	}
}

func TestARollbackThatSESRefusesLeavesNothingPending(t *testing.T) {
	s := newStage(t)
	s.rotated()
	s.rotator.Verifier = verifier(func(logins []sessmtp.Login) []sessmtp.Result {
		return []sessmtp.Result{{Region: region, Meaning: sessmtp.Refused, Err: errors.New("535")}}
	})
	s.after(hour).fails(rollback, rotation.VerificationFailed, "rollback")
	if s.labelled("AWSPENDING").ID != s.labelled("AWSCURRENT").ID {
		t.Error("something is pending")
	}
}

type verifier func([]sessmtp.Login) []sessmtp.Result

func (v verifier) Verify(_ context.Context, logins []sessmtp.Login) []sessmtp.Result {
	return v(logins)
}

func TestAPendingCredentialIsGivenUpAfterAnHour(t *testing.T) {
	s := newStage(t)
	s.comes(tick, rotation.Rotated, rotation.Create, rotation.Stage, rotation.Verify, rotation.Promote)
	s.world.SetPropagation(100 * day)
	s.after(30*day).fails(tick, rotation.VerificationFailed, "so far")
	gone := s.after(61*time.Minute).fails(tick, rotation.VerificationFailed, "given up")
	if want := []rotation.StepKind{rotation.Verify, rotation.Stage, rotation.Promote,
		rotation.Delete}; !slices.Equal(kinds(gone), want) {
		t.Errorf("steps: %v, want %v", kinds(gone), want)
	}
	if keys := s.world.Keys(user); len(keys) != 1 {
		t.Errorf("keys: %+v", keys)
	}
}

func TestACredentialThatMayNotBeStoredLeavesNoKey(t *testing.T) {
	s := newStage(t)
	s.at("PutSecretValue", 1, refused)
	failed := s.fails(tick, rotation.AccessDenied, "PutSecretValue")
	if want := []rotation.StepKind{rotation.Create, rotation.Delete}; !slices.Equal(kinds(failed), want) ||
		len(s.world.Keys(user)) != 0 {
		t.Errorf("steps: %v, and %d keys are left", kinds(failed), len(s.world.Keys(user)))
	}
}

func TestACredentialThatMayHaveBeenStoredKeepsItsKey(t *testing.T) {
	s := newStage(t)
	s.at("PutSecretValue", 1, func() *localaws.Fault { return &localaws.Fault{After: true, Drop: true} })
	s.fails(tick, rotation.AWSError, "PutSecretValue")
	s.comes(tick, rotation.Rotated, rotation.Verify, rotation.Promote)
}

func TestATickThatIsOvertakenLeavesItToTheNext(t *testing.T) {
	for _, c := range []struct {
		req   rotation.Request
		check func(*stage)
	}{
		{tick, func(s *stage) {
			got := s.comes(tick, rotation.Waiting, rotation.Create, rotation.Stage, rotation.Verify)
			if got.Next.Kind != rotation.Verify {
				s.Errorf("next: %+v", got.Next)
			}
		}},
		{rotate, func(s *stage) { s.fails(rotate, rotation.Conflict, "UpdateSecretVersionStage") }},
	} {
		t.Run(string(c.req.Action), func(t *testing.T) {
			s := newStage(t)
			s.comes(tick, rotation.Rotated, rotation.Create, rotation.Stage, rotation.Verify, rotation.Promote)
			current := s.labelled("AWSCURRENT")
			s.after(30*day).at("UpdateSecretVersionStage", 1, func() *localaws.Fault {
				if _, err := s.world.PutSecretValue(secret, current.Value, "AWSCURRENT"); err != nil {
					t.Error(err)
				}
				return nil
			})
			c.check(s)
		})
	}
}

func TestAnEmergencyThatIsOvertakenLooksAgain(t *testing.T) {
	s := newStage(t)
	s.comes(tick, rotation.Rotated, rotation.Create, rotation.Stage, rotation.Verify, rotation.Promote)
	current := s.labelled("AWSCURRENT")
	s.at("UpdateSecretVersionStage", 1, func() *localaws.Fault {
		if _, err := s.world.PutSecretValue(secret, current.Value, "AWSCURRENT"); err != nil {
			t.Error(err)
		}
		return nil
	})
	result, err := s.run(rotation.Request{Action: rotation.Emergency})
	if err != nil || result.Outcome != rotation.Revoked || len(s.pauses) == 0 {
		t.Fatalf("%+v, %v, after %d pauses", result, err, len(s.pauses))
	}
	if once := 200 * time.Millisecond; s.pauses[0] != once {
		t.Errorf("it paused for %v, want %v", s.pauses[0], once)
	}
	s.comes(tick, rotation.Waiting)
}

func TestAKeyThatBecameCurrentIsSpared(t *testing.T) {
	s := newStage(t)
	first, _ := s.rotated()
	older, newer := s.labelled("AWSPREVIOUS"), s.labelled("AWSCURRENT")
	s.after(7*day+hour).at("GetSecretValue", 2, func() *localaws.Fault { s.move(newer.ID, older.ID); return nil })
	result, err := s.run(tick) // it observes again after the conflict
	if k := s.world.Keys(user)[0]; k.ID != first || k.Status != "Active" || err != nil {
		t.Errorf("%+v: %+v, %v", k, result, err)
	}
}

func TestAKeyThatBecameCurrentInTheMomentOfItsDeactivationIsActiveAgain(t *testing.T) {
	s := newStage(t)
	first, _ := s.rotated()
	older, newer := s.labelled("AWSPREVIOUS"), s.labelled("AWSCURRENT")
	s.after(7*day+hour).at("UpdateAccessKey", 1, func() *localaws.Fault { s.move(newer.ID, older.ID); return nil })
	result, err := s.run(tick)
	if !slices.Contains(kinds(result), rotation.Activate) || err != nil {
		t.Errorf("%v, %v", kinds(result), err)
	}
	if k := s.world.Keys(user)[0]; k.ID != first || k.Status != "Active" {
		t.Errorf("%+v", k)
	}
}

func TestADeactivationThatCantBeLookedAtIsUndone(t *testing.T) {
	s := newStage(t)
	s.rotated()
	s.after(7*day+hour).at("GetSecretValue", 3, refused)
	s.fails(tick, rotation.AccessDenied, "GetSecretValue")
	if k := s.world.Keys(user)[0]; k.Status != "Active" {
		t.Errorf("%+v", k)
	}
	n := 0
	s.world.Intercept(func(c localaws.Call) *localaws.Fault {
		switch c.Action {
		case "UpdateAccessKey":
			if n++; n == 2 {
				return refused()
			}
		case "GetSecretValue":
			if n == 1 {
				return refused()
			}
		}
		return nil
	})
	s.fails(tick, rotation.AccessDenied, "UpdateAccessKey")
}

func TestOldNewsOfAWSCURRENTIsWaitedOut(t *testing.T) {
	s := newStage(t)
	s.comes(tick, rotation.Rotated, rotation.Create, rotation.Stage, rotation.Verify, rotation.Promote)
	s.world.SetSecretStaleness(30 * time.Second)
	s.after(hour).fails(rotation.Request{Action: rotation.Emergency},
		rotation.Conflict, "still returns the old AWSCURRENT")
	s.world.SetSecretStaleness(0)
	if got, err := s.after(time.Minute).run(leak(s.world.Keys(user)[0].ID)); err != nil ||
		got.Outcome != rotation.Revoked {
		t.Errorf("run again: %+v, %v", got, err)
	}
}

// TestAnEmergencyEndsThoughReadsLag: each read of AWSCURRENT is a second old, in every invocation.
func TestAnEmergencyEndsThoughReadsLag(t *testing.T) {
	s := newStage(t)
	s.comes(tick, rotation.Rotated, rotation.Create, rotation.Stage, rotation.Verify, rotation.Promote)
	s.after(hour)
	s.world.SetSecretStaleness(time.Second)
	s.rotator.Clock.Pause = func(_ context.Context, d time.Duration) { s.world.Advance(d) }
	leaked := s.world.Keys(user)[0].ID
	for range 3 { // the first may only get as far as the promotion
		if got, err := s.after(time.Minute).run(leak(leaked)); err == nil && got.Outcome == rotation.Revoked {
			if keys := s.world.Keys(user); len(keys) != 1 || keys[0].ID == leaked {
				t.Errorf("keys: %+v", keys)
			}
			return
		}
	}
	t.Error("three invocations didn't revoke the key")
}

// A person overwrites the credential with {}, and moves AWSCURRENT back just before a tick. Secrets
// Manager still returns the old AWSCURRENT; only the refusal of the tick's own move shows it.
func TestARefusedMoveTellsThatAWSCURRENTIsOldNews(t *testing.T) {
	s := newStage(t)
	_, second := s.rotated()
	good := s.after(day).labelled("AWSCURRENT").ID
	if _, err := s.world.PutSecretValue(secret, "{}"); err != nil {
		t.Fatal(err)
	}
	s.after(31*day).move(s.labelled("AWSCURRENT").ID, good)
	s.world.SetSecretStaleness(30 * time.Second)
	s.after(20*time.Second).fails(tick, rotation.Conflict, "still returns the old AWSCURRENT")
	for _, k := range s.world.Keys(user) {
		if k.ID == second && k.Status != "Active" {
			t.Errorf("the key that is current is %s", k.Status)
		}
	}
}

func TestANewKeyThatIAMDoesntListYetIsNoReasonToMakeAnother(t *testing.T) {
	s := newStage(t)
	s.comes(tick, rotation.Rotated, rotation.Create, rotation.Stage, rotation.Verify, rotation.Promote)
	s.after(hour).world.SetListStaleness(90 * time.Second)
	s.rotator.Clock.Pause = func(context.Context, time.Duration) { s.world.Advance(40 * time.Second) }
	result, err := s.run(rotation.Request{Action: rotation.Emergency})
	if made := strings.Count(strings.Join(names(result), " "), "create"); made != 1 {
		t.Errorf("it made %d keys: %v, %v", made, names(result), err)
	}
}

func names(r rotation.Result) (names []string) {
	for _, k := range kinds(r) {
		names = append(names, string(k))
	}
	return names
}

func TestACommandThatTheDeadlineCouldCutOffIsntBegun(t *testing.T) {
	s := newStage(t)
	left := 2 * time.Second
	s.rotator.Clock.Left = func(context.Context) (time.Duration, bool) { return left, true }
	s.fails(tick, rotation.AWSError, `2s left before the deadline: not enough for the step "create"`)
	if len(s.world.Keys(user)) != 0 {
		t.Error("a key was made")
	}
	left = time.Minute
	s.comes(tick, rotation.Rotated, rotation.Create, rotation.Stage, rotation.Verify, rotation.Promote)
}

func TestVerificationLeavesTimeToPromoteAndMoreToRevoke(t *testing.T) {
	for action, kept := range map[rotation.Action]time.Duration{rotation.Tick: 5 * time.Second,
		rotation.Emergency: 20 * time.Second} {
		t.Run(string(action), func(t *testing.T) {
			s := newStage(t)
			if action == rotation.Emergency {
				s.comes(tick, rotation.Rotated, rotation.Create, rotation.Stage, rotation.Verify, rotation.Promote)
			}
			s.rotator.Clock.Left = func(context.Context) (time.Duration, bool) { return time.Minute, true }
			s.rotator.Verifier = deadlines{s, func(left time.Duration) {
				if want := time.Minute - kept; left > want || left < want-10*time.Second {
					t.Errorf("verification has %v, want %v", left, want)
				}
			}}
			if _, err := s.run(rotation.Request{Action: action}); err != nil {
				t.Fatal(err)
			}
		})
	}
}

// deadlines records how long verification may take.
type deadlines struct {
	rotation.Verifier
	told func(left time.Duration)
}

func (d deadlines) Verify(ctx context.Context, logins []sessmtp.Login) []sessmtp.Result {
	deadline, _ := ctx.Deadline()
	d.told(time.Until(deadline))
	return d.Verifier.Verify(ctx, logins)
}

func TestMailThatIsDeniedIsAWarning(t *testing.T) {
	s := newStage(t)
	s.rotator.Verifier = verifier(func(logins []sessmtp.Login) []sessmtp.Result {
		return []sessmtp.Result{{Region: region, Meaning: sessmtp.Accepted, SendErr: errors.New("554 Access denied")}}
	})
	got := s.comes(tick, rotation.Rotated, rotation.Create, rotation.Stage, rotation.Verify, rotation.Promote)
	if len(got.Warnings) != 1 || got.Warnings[0].Code != rotation.WarnSendDenied {
		t.Errorf("warnings: %+v", got.Warnings)
	}
}

func TestReportsChangeNothing(t *testing.T) {
	s := newStage(t)
	first, second := s.rotated()
	s.after(hour).world.UseKey(first, s.world.Now())
	status := s.comes(rotation.Request{Action: rotation.Status}, rotation.Reported)
	roles := map[string]rotation.Role{first: rotation.RoleSuperseded, second: rotation.RoleCurrent}
	for _, k := range status.Keys {
		if k.Role != roles[k.AccessKeyID] || k.AccessKeyID == first && k.LastUsed.IsZero() {
			t.Errorf("%+v", k)
		}
	}
	s.after(7 * day)
	plan := s.comes(rotation.Request{Action: rotation.Preview}, rotation.Planned, rotation.Deactivate)
	if plan.Next.Kind != rotation.Deactivate || plan.Steps[0].At.IsZero() {
		t.Errorf("%+v", plan)
	}
	if k := s.world.Keys(user)[0]; k.Status != "Active" {
		t.Errorf("%+v", k)
	}
}

func TestAReportOfASecretThatIsntOursIsAWarning(t *testing.T) {
	s := newStage(t)
	if _, err := s.world.PutSecretValue(secret, `{"api_key":"x"}`); err != nil {
		t.Fatal(err)
	}
	got := s.comes(rotation.Request{Action: rotation.Status}, rotation.Reported)
	if len(got.Warnings) != 1 || got.Warnings[0].Code != "ConfigurationError" {
		t.Errorf("warnings: %+v", got.Warnings)
	}
}

func TestADecommissionLeavesNoKeyAndNeedsNoSecret(t *testing.T) {
	s := newStage(t)
	s.rotated()
	remove := rotation.Request{Action: rotation.Decommission}
	s.comes(remove, rotation.Decommissioned, rotation.Delete, rotation.Delete)
	s.world.DeleteUser(user)
	s.comes(remove, rotation.Decommissioned)
}

func TestADecommissionSparesKeysThatTheSecretDoesntHave(t *testing.T) {
	s := newStage(t)
	s.comes(tick, rotation.Rotated, rotation.Create, rotation.Stage, rotation.Verify, rotation.Promote)
	if _, _, err := s.world.CreateAccessKey(user); err != nil {
		t.Fatal(err)
	}
	s.comes(rotation.Request{Action: rotation.Decommission, OnlyStored: true}, rotation.Decommissioned, rotation.Delete)
}

func TestAPolicyThatContradictsItselfIsRefusedUntouched(t *testing.T) {
	s := newStage(t)
	s.rotator.Policy = rotation.Policy{}
	s.fails(tick, rotation.ConfigurationError, "RotationInterval")
	if calls := s.world.Calls(); len(calls) != 0 {
		t.Errorf("%d calls were made", len(calls))
	}
}

func TestAnAWSCURRENTThatAPersonMovedIsTakenOver(t *testing.T) {
	s := newStage(t)
	first, _ := s.rotated()
	s.after(hour).move(s.labelled("AWSCURRENT").ID, s.labelled("AWSPREVIOUS").ID)
	got := s.comes(tick, rotation.Waiting, rotation.Stage, rotation.Promote)
	if got.Credential.AccessKeyID != first {
		t.Errorf("it took over %+v", got.Credential)
	}
}

func TestALabelLeftBehindIsTakenOff(t *testing.T) {
	s := newStage(t)
	s.comes(tick, rotation.Rotated, rotation.Create, rotation.Stage, rotation.Verify, rotation.Promote)
	if _, err := s.world.StartRotation(secret); err != nil {
		t.Fatal(err)
	}
	s.after(hour).comes(tick, rotation.Waiting)
	if s.labelled("AWSPENDING").ID != s.labelled("AWSCURRENT").ID {
		t.Error("AWSPENDING isn't where AWSCURRENT is")
	}
}

func TestAnInactivePreviousKeyMakesRoomWhereMailIsFailing(t *testing.T) {
	s := newStage(t)
	first, second := s.rotated()
	for _, id := range []string{first, second} {
		if err := s.world.SetKeyStatus(id, "Inactive"); err != nil {
			t.Fatal(err)
		}
	}
	got := s.comes(tick, rotation.Rotated, rotation.Delete, rotation.Create, rotation.Stage, rotation.Verify,
		rotation.Promote)
	if len(got.Warnings) == 0 || got.Warnings[0].Code != rotation.WarnCurrentKeyBroken {
		t.Errorf("warnings: %+v", got.Warnings)
	}
}

func TestRequestsServedOneAfterTheOtherGiveOneAnswer(t *testing.T) {
	earlier := rotation.Result{Outcome: rotation.Revoked, Steps: []rotation.Step{{Kind: rotation.Delete}},
		Warnings: []rotation.Warning{{Code: "a"}}}
	later := rotation.Result{Outcome: rotation.Waiting, Steps: []rotation.Step{{Kind: rotation.Create}},
		Warnings: []rotation.Warning{{Code: "b"}}}
	got := later.After(earlier)
	if got.Outcome != rotation.Revoked || len(got.Steps) != 2 || got.Steps[0].Kind != rotation.Delete ||
		len(got.Warnings) != 2 {
		t.Errorf("%+v", got)
	}
}
