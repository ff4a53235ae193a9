package function_test

import (
	"strings"
	"testing"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/localaws"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/rotation"
)

// IAM answers AccessDenied, not NoSuchEntity, about the last use of a key that doesn't exist.
func TestAKeyThatIsGoneButStillListedIsNoMissingPermission(t *testing.T) {
	s := newStage(t, nil)
	s.must(`{}`, rotation.Rotated)
	k1 := s.mailFlows().Username
	s.after(30 * day)
	s.must(`{}`, rotation.Rotated)
	s.after(8 * day) // the grace period is over: the plan asks for k1's last use
	if err := s.World.DeleteAccessKey(k1); err != nil {
		t.Fatal(err)
	}
	s.World.SetListStaleness(hour)
	asked := 0
	s.World.Intercept(func(c localaws.Call) *localaws.Fault {
		if c.Action == "GetAccessKeyLastUsed" && c.AccessKeyID == k1 {
			asked++
			s.World.SetListStaleness(0)
		}
		return nil
	})
	s.must(`{}`, rotation.Waiting)
	if asked != 1 {
		t.Errorf("asked %d times for the last use of a key that is gone", asked)
	}
	s.mailFlows()
	s.quiet()
}

func TestAMissingPermissionToSeeTheLastUseIsSaid(t *testing.T) {
	s := newStage(t, nil)
	s.must(`{}`, rotation.Rotated)
	s.after(30 * day)
	s.must(`{}`, rotation.Rotated)
	s.after(8 * day)
	s.World.Intercept(func(c localaws.Call) *localaws.Fault {
		if c.Action != "GetAccessKeyLastUsed" {
			return nil
		}
		return &localaws.Fault{Code: "AccessDenied", Message: "User: arn:aws:sts::123456789012:assumed-role/rotator/" +
			"function is not authorized to perform: iam:GetAccessKeyLastUsed on resource: user " + user +
			" because no identity-based policy allows the iam:GetAccessKeyLastUsed action"}
	})
	s.fails(`{}`, rotation.AccessDenied, "iam:GetAccessKeyLastUsed", user)
	s.mailFlows()
}

// A secret that was written too often takes no new version for a day. Each tick makes a key, gets
// that answer, and deletes the key.
func TestASecretThatIsFullLeavesNoKeyBehindTickAfterTick(t *testing.T) {
	for name, prepare := range map[string]func(*stage){
		"first credential": func(*stage) {},
		"rotation":         func(s *stage) { s.must(`{}`, rotation.Rotated); s.after(30 * day) },
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t, nil)
			prepare(s)
			before := s.World.Keys(user)
			for len(s.World.Versions(secret)) < 100 {
				if _, err := s.World.PutSecretValue(secret, "note", "NOTE"); err != nil {
					t.Fatal(err)
				}
			}
			for range 5 {
				s.fails(`{}`, rotation.RotationBlocked, "secretsmanager:PutSecretValue", "100 versions")
				if now := s.World.Keys(user); len(now) != len(before) {
					t.Fatalf("keys were %+v, and are %+v", before, now)
				}
				s.after(hour)
			}
			s.after(day)
			s.must(`{}`, rotation.Rotated)
			s.mailFlows()
		})
	}
}

func TestAnEmergencyOnAFullSecretSaysWhatStopsTheKey(t *testing.T) {
	s := newStage(t, nil)
	s.must(`{}`, rotation.Rotated)
	leaked := s.mailFlows().Username
	for len(s.World.Versions(secret)) < 100 {
		if _, err := s.World.PutSecretValue(secret, "note", "NOTE"); err != nil {
			t.Fatal(err)
		}
	}
	s.fails(`{"action":"emergency"}`, rotation.RotationBlocked, "100 versions", "the leaked access key "+leaked+" is still Active",
		`"contain":"first"`)
	message := s.fails(`{"action":"emergency","contain":"first"}`, rotation.RotationBlocked, "100 versions")
	s.keyIs(leaked, "Inactive")
	if strings.Contains(message, "still Active") {
		t.Errorf("it isn't: %s", message)
	}
	s.after(day + hour)
	s.must(`{}`, rotation.Rotated)
	s.mailFlows()
}

// Whatever definite refusal Secrets Manager answers to PutSecretValue, no key is left behind.
func TestEveryDefiniteRefusalToStoreLeavesNoKeyBehind(t *testing.T) {
	for code, want := range map[string]rotation.ErrorType{
		"LimitExceededException":    rotation.RotationBlocked,
		"EncryptionFailure":         rotation.AWSError,
		"DecryptionFailure":         rotation.AWSError,
		"InvalidParameterException": rotation.AWSError,
		"ResourceExistsException":   rotation.AWSError,
		"AccessDeniedException":     rotation.AccessDenied,
		"ValidationException":       rotation.AWSError,
	} {
		t.Run(code, func(t *testing.T) {
			s := newStage(t, nil)
			s.must(`{}`, rotation.Rotated)
			current := s.mailFlows().Username
			s.after(30 * day)
			s.World.Intercept(func(c localaws.Call) *localaws.Fault {
				if c.Action != "PutSecretValue" {
					return nil
				}
				return &localaws.Fault{Code: code, Message: "no"}
			})
			for range 3 {
				s.fails(`{}`, want, "secretsmanager:PutSecretValue", code)
				if keys := s.World.Keys(user); len(keys) != 1 || keys[0].ID != current {
					t.Fatalf("keys: %+v", keys)
				}
				s.after(hour)
			}
		})
	}
}

func TestANameThatNoSecretCanHaveIsToldWithItsVariable(t *testing.T) {
	s := newStage(t, nil)
	s.Env["SECRET_ID"] = "smtp credential"
	s.Restart()
	message := s.fails(`{}`, rotation.ConfigurationError, "SECRET_ID", "letters, digits and -/_+=.@!")
	if strings.Contains(message, "permission") || len(s.World.Keys(user)) != 0 {
		t.Errorf("%d keys, %s", len(s.World.Keys(user)), message)
	}
}
