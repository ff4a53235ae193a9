package function_test

import (
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/localaws"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/rotation"
)

// These are cases that were found to jam, to harm or to surprise.

func TestAMistypedRegionDoesntJamTheFirstCredential(t *testing.T) {
	s := newStage(t, map[string]string{"SMTP_REGIONS": "eu-wst-1", "SMTP_ENDPOINT": "127.0.0.1:1"})
	s.fails(`{}`, rotation.VerificationFailed)
	s.SetRegions(region)
	s.fails(`{}`, rotation.VerificationFailed, "serve all of the configured Regions")
	s.must(`{}`, rotation.Rotated)
	s.quiet()
}

func TestARegionThatIsRemovedAgainDoesntJamTheRotation(t *testing.T) {
	s := newStage(t, nil)
	s.must(`{}`, rotation.Rotated)
	s.Env["SMTP_REGIONS"] = region + ",us-west-9"
	s.Env["SMTP_ENDPOINT"] = region + "=" + s.World.SMTP(region) + ",us-west-9=127.0.0.1:1"
	s.Restart()
	s.fails(`{}`, rotation.VerificationFailed, "us-west-9")
	s.SetRegions(region)
	s.must(`{}`, rotation.Rotated)
	s.mailFlows()
}

func TestAnEmergencyForASupersededKeyIsRunAgainAfterItsLastAnswerWasLost(t *testing.T) {
	s := newStage(t, map[string]string{"AWS_MAX_ATTEMPTS": "1"})
	s.must(`{}`, rotation.Rotated)
	k1 := s.mailFlows().Username
	s.must(`{"action":"rotate"}`, rotation.Rotated)
	s.World.Intercept(func(c localaws.Call) *localaws.Fault {
		if c.Action == "DeleteAccessKey" {
			return &localaws.Fault{After: true, Drop: true}
		}
		return nil
	})
	s.fails(`{"action":"emergency","access_key_id":"`+k1+`"}`, rotation.AWSError)
	s.World.Intercept(nil)
	s.must(`{"action":"emergency","access_key_id":"`+k1+`"}`, rotation.Revoked)
	s.quiet()
}

func TestGivingUpAPendingKeyCantHitOneThatIsPromotedMeanwhile(t *testing.T) {
	s := newStage(t, nil)
	s.must(`{}`, rotation.Rotated)
	s.after(30 * day)
	s.World.SetPropagation(62 * time.Minute)
	s.fails(`{}`, rotation.VerificationFailed)
	s.World.SetPropagation()
	s.after(61 * time.Minute)
	deleting, goOn := make(chan struct{}), make(chan struct{})
	s.World.Intercept(func(c localaws.Call) *localaws.Fault {
		if c.Action == "DeleteAccessKey" {
			close(deleting)
			<-goOn
		}
		return nil
	})
	var first sync.WaitGroup
	first.Go(func() { _, _ = s.Function.Invoke(t.Context(), []byte(`{}`)) })
	<-deleting
	s.after(2 * time.Minute) // now SES accepts the key
	_, _ = s.Function.Invoke(t.Context(), []byte(`{}`))
	s.mailFlows()
	close(goOn)
	first.Wait()
	s.mailFlows()
}

func TestABrokenCurrentKeyIsReplacedWhenTheOtherSlotCanBeRetired(t *testing.T) {
	s := newStage(t, nil)
	old, _, _ := s.World.CreateAccessKey(user)
	s.after(400 * day)
	s.World.UseKey(old, s.World.Now())
	s.must(`{}`, rotation.Rotated)
	if err := s.World.SetKeyStatus(s.mailFlows().Username, "Inactive"); err != nil {
		t.Fatal(err)
	}
	for range 20 {
		s.after(12 * hour)
		_, _ = s.invoke(`{}`)
	}
	s.mailFlows()
}

func TestTwoRollbacksAtOnceAreOne(t *testing.T) {
	s := newStage(t, nil)
	s.must(`{}`, rotation.Rotated)
	k1 := s.mailFlows().Username
	s.after(hour)
	s.must(`{"action":"rotate"}`, rotation.Rotated)
	s.after(hour)
	s.World.Intercept(func(c localaws.Call) *localaws.Fault { // both have read before either acts
		return &localaws.Fault{Delay: 20 * time.Millisecond}
	})
	var both sync.WaitGroup
	for range 2 {
		both.Go(func() { _, _ = s.Function.Invoke(t.Context(), []byte(`{"action":"rollback"}`)) })
	}
	both.Wait()
	if got := s.mailFlows().Username; got != k1 {
		t.Errorf("AWSCURRENT names %s, want %s", got, k1)
	}
}

func TestARollbackThatIsTriedAgainIsOne(t *testing.T) {
	s := newStage(t, nil)
	s.must(`{}`, rotation.Rotated)
	k1 := s.mailFlows().Username
	s.after(hour)
	s.must(`{"action":"rotate"}`, rotation.Rotated)
	k2 := s.mailFlows().Username
	s.after(hour)
	for range 3 { // as Lambda does with an asynchronous invocation whose answer was lost
		s.must(`{"action":"rollback"}`, rotation.RolledBack)
		s.after(time.Minute)
		if got := s.mailFlows().Username; got != k1 {
			t.Fatalf("AWSCURRENT names %s, want %s", got, k1)
		}
	}
	s.after(20 * time.Minute)
	s.must(`{"action":"rollback"}`, rotation.RolledBack) // a later one isn't a retry
	if got := s.mailFlows().Username; got != k2 {
		t.Fatalf("AWSCURRENT names %s, want %s", got, k2)
	}
}

func TestAValueThatAPersonPutBackStays(t *testing.T) {
	s := newStage(t, nil)
	s.must(`{}`, rotation.Rotated)
	before, _ := s.World.Labelled(secret, "AWSCURRENT")
	k1 := s.mailFlows().Username
	s.after(hour)
	s.must(`{"action":"rotate"}`, rotation.Rotated)
	k2 := s.mailFlows().Username
	s.after(hour)
	if _, err := s.World.PutSecretValue(secret, before.Value); err != nil { // as the console's editor does
		t.Fatal(err)
	}
	s.after(hour)
	s.must(`{}`, rotation.Waiting)
	if got := s.mailFlows().Username; got != k1 {
		t.Errorf("AWSCURRENT names %s, want %s, which a person put there", got, k1)
	}
	s.keyIs(k2, "Active")
}

func TestAnEditWhileACredentialIsPendingIsKept(t *testing.T) {
	s := newStage(t, nil)
	s.must(`{}`, rotation.Rotated)
	s.after(30 * day)
	s.World.SetPropagation(10 * time.Minute)
	s.fails(`{}`, rotation.VerificationFailed)
	v, _ := s.World.Labelled(secret, "AWSCURRENT")
	if _, err := s.World.PutSecretValue(secret, strings.TrimSuffix(v.Value, "}")+`,"note":"added"}`); err != nil {
		t.Fatal(err)
	}
	s.after(11 * time.Minute)
	s.must(`{}`, rotation.Rotated)
	s.mailFlows()
	if v, _ = s.World.Labelled(secret, "AWSCURRENT"); !strings.Contains(v.Value, `"note":"added"`) {
		t.Error("what a person added is gone")
	}
}

func TestACredentialThatAWSRefusesToStoreLeavesNoKey(t *testing.T) {
	s := newStage(t, nil)
	s.World.Intercept(func(c localaws.Call) *localaws.Fault {
		if c.Action == "PutSecretValue" {
			return &localaws.Fault{Status: http.StatusBadRequest, Code: "EncryptionFailure",
				Message: "the KMS key can't be used"}
		}
		return nil
	})
	s.fails(`{}`, rotation.AWSError, "EncryptionFailure")
	if n := len(s.World.Keys(user)); n != 0 {
		t.Errorf("%d keys are left", n)
	}
}

func TestContainFirstOfAnAdoptedKeyGoesOnWithoutIt(t *testing.T) {
	s := newStage(t, nil)
	id := s.handMadeSecret()
	stranger, _, _ := s.World.CreateAccessKey(user)
	s.World.UseKey(stranger, s.World.Now())
	s.after(time.Minute)
	s.must(`{"action":"emergency","contain":"first"}`, rotation.Revoked)
	s.keyIs(id, "gone")
	s.keyIs(stranger, "Active")
	s.mailFlows()
}

func TestABrokenAdoptedKeyIsReplacedInItsOwnSlot(t *testing.T) {
	s := newStage(t, nil)
	adopted := s.handMadeSecret()
	stranger, _, _ := s.World.CreateAccessKey(user)
	s.after(hour)
	s.World.UseKey(stranger, s.World.Now())
	if err := s.World.SetKeyStatus(adopted, "Inactive"); err != nil {
		t.Fatal(err)
	}
	s.must(`{}`, rotation.Rotated)
	s.keyIs(adopted, "gone")
	s.keyIs(stranger, "Active")
	s.mailFlows()
}

func TestAKeyThatIsBeingVerifiedHasItsTime(t *testing.T) {
	s := newStage(t, nil)
	adopted := s.handMadeSecret()
	if err := s.World.SetKeyStatus(adopted, "Inactive"); err != nil {
		t.Fatal(err)
	}
	replacement, _, _ := s.World.CreateAccessKey(user)
	s.World.UseKey(replacement, s.World.Now())
	s.fails(`{}`, rotation.RotationBlocked, replacement, "a moment ago")
	s.keyIs(adopted, "Inactive")
	s.keyIs(replacement, "Active")
}

func TestAMistypedPrimaryRegionNeverBecomesCurrent(t *testing.T) {
	s := newStage(t, nil)
	s.must(`{}`, rotation.Rotated)
	s.Env["SMTP_REGIONS"] = "us-west-9," + region
	s.Env["SMTP_ENDPOINT"] = region + "=" + s.World.SMTP(region) + ",us-west-9=127.0.0.1:1"
	s.Restart()
	s.fails(`{}`, rotation.VerificationFailed)
	s.SetRegions(region)
	s.after(hour)
	for range 4 {
		_, _ = s.invoke(`{}`)
		s.after(hour)
	}
	if v := s.current(); !v.Accepted || v.Region != region {
		t.Errorf("AWSCURRENT's top level: region %s host %s:%d; not accepted in %s", v.Region, v.Host, v.Port, region)
	}
}

func TestTheMaximumGraceSparesAStrangersKeyInUse(t *testing.T) {
	s := newStage(t, map[string]string{"MAX_GRACE_PERIOD": "8d"})
	old, _, _ := s.World.CreateAccessKey(user)
	s.after(400 * day)
	s.World.UseKey(old, s.World.Now())
	s.must(`{}`, rotation.Rotated)
	for range 40 {
		s.after(12 * hour)
		if k, ok := s.key(old); ok && k.Status == "Active" {
			s.World.UseKey(old, s.World.Now())
		}
		s.invoke(`{}`)
	}
	s.keyIs(old, "Active")
}

func TestASecretThatIsReadTooSoonKeepsItsValue(t *testing.T) {
	s := newStage(t, nil)
	s.must(`{}`, rotation.Rotated)
	s.World.SetSecretStaleness(time.Minute) // reads return the time before there was a secret
	_, _ = s.invoke(`{}`)                   // whatever the outcome
	s.World.SetSecretStaleness(0)
	s.mailFlows()
}

func TestAnEmergencyRevokesAKeyThatIAMDoesntListYet(t *testing.T) {
	s := newStage(t, nil)
	s.must(`{}`, rotation.Rotated)
	s.after(hour)
	s.must(`{"action":"rotate"}`, rotation.Rotated)
	k2 := s.mailFlows().Username
	s.must(`{"action":"rollback"}`, rotation.RolledBack)
	s.World.SetListStaleness(time.Minute) // k2 doesn't show
	s.must(`{"action":"emergency","access_key_id":"`+k2+`"}`, rotation.Revoked)
	s.keyIs(k2, "gone")
	s.mailFlows()
}

func TestAnEmergencyEndsWellWhereIAMListsLate(t *testing.T) {
	s := newStage(t, nil)
	s.must(`{}`, rotation.Rotated)
	s.after(hour)
	k1 := s.mailFlows().Username
	s.World.SetListStaleness(500 * time.Millisecond)
	s.must(`{"action":"emergency"}`, rotation.Revoked)
	s.World.SetListStaleness(0)
	s.keyIs(k1, "gone")
	s.quiet() // and it made no more than one key
}

func TestABrokenCredentialIsReplacedWhileBothSlotsAreTaken(t *testing.T) {
	s := newStage(t, nil)
	s.must(`{}`, rotation.Rotated)
	k1 := s.mailFlows().Username
	stranger, _, err := s.World.CreateAccessKey(user)
	if err != nil {
		t.Fatal(err)
	}
	s.World.UseKey(stranger, s.World.Now())
	if err := s.World.SetKeyStatus(k1, "Inactive"); err != nil {
		t.Fatal(err)
	}
	s.after(hour)
	s.must(`{}`, rotation.Rotated)
	s.mailFlows()
	s.keyIs(k1, "gone")
	s.keyIs(stranger, "Active")
}

func TestAnEmptiedSecretWithBothSlotsTakenIsFilledWithWhatIsStored(t *testing.T) {
	s := newStage(t, nil)
	s.must(`{}`, rotation.Rotated)
	s.after(hour)
	s.must(`{"action":"rotate"}`, rotation.Rotated)
	if _, err := s.World.PutSecretValue(secret, "{}"); err != nil {
		t.Fatal(err)
	}
	s.after(hour)
	s.must(`{}`, rotation.Rotated)
	s.mailFlows()
}
