package function_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/seed-486a873a/ses-smtp-rotator/lambda/function"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/localaws"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/rotation"
)

// stackAnswer is what CloudFormation reads ("Custom resource response objects").
type stackAnswer struct {
	Status, Reason, PhysicalResourceId, StackId, RequestId, LogicalResourceId string
}

// cloudFormation waits for answers at a URL, as S3 does at the presigned one.
type cloudFormation struct {
	*httptest.Server
	*stage
	mu      sync.Mutex
	answers []stackAnswer
	outages int // how many more answers it doesn't accept
}

func (s *stage) cloudFormation() *cloudFormation {
	cf := &cloudFormation{stage: s}
	cf.Server = httptest.NewServer(http.HandlerFunc(cf.take))
	s.Cleanup(cf.Server.Close)
	return cf
}

func (cf *cloudFormation) take(w http.ResponseWriter, r *http.Request) {
	cf.mu.Lock()
	defer cf.mu.Unlock()
	body, _ := io.ReadAll(r.Body)
	if cf.outages > 0 {
		cf.outages--
		http.Error(w, "slow down", http.StatusServiceUnavailable)
		return
	}
	if r.Method != http.MethodPut || r.Header.Get("Content-Type") != "" || r.URL.Query().Get("Signature") != "s" ||
		len(body) > 4096 {
		cf.Errorf("%s %s, Content-Type %q, %d bytes", r.Method, r.URL, r.Header.Get("Content-Type"), len(body))
	}
	var answer stackAnswer
	if err := json.Unmarshal(body, &answer); err != nil {
		cf.Errorf("%s: %v", body, err)
	}
	cf.answers = append(cf.answers, answer)
}

// event returns an event from CloudFormation, with more fields if they are given.
func (cf *cloudFormation) event(kind, more string) string {
	physical := ""
	if kind != "Create" {
		physical = `"PhysicalResourceId":"FirstCredential",`
	}
	return fmt.Sprintf(`{"RequestType":%q,"ResponseURL":"%s/answer?Signature=s","StackId":"arn:stack","RequestId":"r-1",%s%s
		"ResourceType":"Custom::SmtpCredential","LogicalResourceId":"FirstCredential"}`, kind, cf.URL, physical, more)
}

// answered sends the event and returns the only answer.
func (cf *cloudFormation) answered(kind, more, status string) stackAnswer {
	cf.Helper()
	cf.answers = nil
	if _, err := cf.invoke(cf.event(kind, more)); err != nil {
		cf.Fatalf("%s: the invocation fails, and Lambda will send the event again: %s", kind, err.Message)
	}
	if len(cf.answers) != 1 {
		cf.Fatalf("%s: %d answers", kind, len(cf.answers))
	}
	got := cf.answers[0]
	if got.Status != status || got.PhysicalResourceId != "FirstCredential" || got.StackId != "arn:stack" ||
		got.RequestId != "r-1" || got.LogicalResourceId != "FirstCredential" {
		cf.Fatalf("%s: %+v, want %s", kind, got, status)
	}
	if status == "FAILED" && got.Reason == "" {
		cf.Errorf("%s: it failed without a reason", kind)
	}
	return got
}

func TestAStackHasItsCredentialFromTheBeginningAndNoKeyInTheEnd(t *testing.T) {
	cf := newStage(t, nil).cloudFormation()
	cf.answered("Create", "", "SUCCESS")
	first := cf.mailFlows().Username
	cf.answered("Create", "", "SUCCESS") // Lambda may send an event twice
	cf.answered("Update", "", "SUCCESS")
	if second := cf.mailFlows().Username; second != first {
		t.Errorf("%s became %s", first, second)
	}
	cf.after(30 * day)
	cf.must(`{}`, rotation.Rotated)
	for range 2 {
		cf.answered("Delete", "", "SUCCESS")
		if n := len(cf.World.Keys(user)); n != 0 {
			t.Errorf("%d keys are left", n)
		}
	}
	cf.World.DeleteUser(user)
	cf.answered("Delete", "", "SUCCESS")
}

func TestASecondRegionIsServedFromTheUpdateOn(t *testing.T) {
	s := newStage(t, nil)
	cf := s.cloudFormation()
	cf.answered("Create", "", "SUCCESS")
	s.SetRegions(region, "us-east-1")
	cf.answered("Update", "", "SUCCESS")
	if v := s.mailFlows(); len(v.Regions) != 2 {
		t.Errorf("it serves %d Regions", len(v.Regions))
	}
}

func TestAStackDoesntFailBecauseSESIsLate(t *testing.T) {
	cf := newStage(t, nil).cloudFormation()
	cf.World.SetPropagation(hour / 2)
	if got := cf.answered("Create", "", "SUCCESS"); !strings.Contains(got.Reason, "535") {
		t.Errorf("the reason doesn't mention it: %q", got.Reason)
	}
	cf.after(hour)
	cf.must(`{}`, rotation.Rotated)
	cf.mailFlows()
}

func TestAStackFailsWithTheReason(t *testing.T) {
	t.Parallel()
	t.Run("a faulty variable", func(t *testing.T) {
		cf := newStage(t, map[string]string{"GRACE_PERIOD": "soon"}).cloudFormation()
		for _, kind := range []string{"Create", "Update"} {
			if got := cf.answered(kind, "", "FAILED"); !strings.Contains(got.Reason, "GRACE_PERIOD") {
				t.Error(got.Reason)
			}
		}
		cf.answered("Delete", "", "SUCCESS") // as CloudFormation rolls back
	})
	t.Run("no user", func(t *testing.T) {
		cf := newStage(t, map[string]string{"SMTP_USER_NAME": ""}).cloudFormation()
		for _, kind := range []string{"Create", "Delete"} {
			if got := cf.answered(kind, "", "FAILED"); !strings.Contains(got.Reason, "SMTP_USER_NAME") {
				t.Error(got.Reason)
			}
		}
	})
	t.Run("another's secret", func(t *testing.T) {
		cf := newStage(t, nil).cloudFormation()
		if _, err := cf.World.PutSecretValue(secret, `{"api_key":"x"}`); err != nil {
			t.Fatal(err)
		}
		cf.answered("Create", "", "FAILED")
	})
	t.Run("a missing permission", func(t *testing.T) {
		cf := newStage(t, nil).cloudFormation()
		cf.must(`{}`, rotation.Rotated)
		cf.deny("DeleteAccessKey", 100)
		if got := cf.answered("Delete", "", "FAILED"); !strings.Contains(got.Reason, "DeleteAccessKey") {
			t.Error(got.Reason)
		}
	})
	t.Run("a request of an unknown type", func(t *testing.T) {
		cf := newStage(t, nil).cloudFormation()
		cf.answered("Read", "", "FAILED")
	})
	t.Run("an unknown property", func(t *testing.T) {
		cf := newStage(t, nil).cloudFormation()
		for _, more := range []string{`"ResourceProperties":{"OnDelete":"retain"},`,
			`"ResourceProperties":{"OnDelete":["keep"]},`} {
			cf.answered("Create", more, "FAILED")
		}
	})
}

func TestAKeptUserKeepsItsKeys(t *testing.T) {
	cf := newStage(t, nil).cloudFormation()
	const keep = `"ResourceProperties":{"ServiceToken":"arn:function","OnDelete":"keep"},`
	cf.answered("Create", keep, "SUCCESS")
	cf.answered("Delete", keep, "SUCCESS")
	cf.mailFlows()
}

func TestWithoutOnDeleteNothingGoesThatTheSecretDoesntName(t *testing.T) {
	cf := newStage(t, nil).cloudFormation()
	cf.answered("Create", "", "SUCCESS")
	first := cf.mailFlows().Username
	handMade, _, err := cf.World.CreateAccessKey(user)
	if err != nil {
		t.Fatal(err)
	}
	cf.answered("Delete", "", "SUCCESS")
	cf.keyIs(first, "gone")
	cf.keyIs(handMade, "Active")
	cf.answered("Delete", `"ResourceProperties":{"OnDelete":"decommission"},`, "SUCCESS")
	cf.keyIs(handMade, "gone")
}

const deleteStored = `"ResourceProperties":{"OnDelete":"decommission-stored"},`

func TestAKeptUserLosesTheKeysWhosePasswordsGo(t *testing.T) {
	t.Parallel()
	t.Run("and only those", func(t *testing.T) {
		cf := newStage(t, nil).cloudFormation()
		cf.answered("Create", deleteStored, "SUCCESS")
		first := cf.mailFlows().Username
		handMade, _, err := cf.World.CreateAccessKey(user)
		if err != nil {
			t.Fatal(err)
		}
		for range 2 {
			cf.answered("Delete", deleteStored, "SUCCESS")
			cf.keyIs(handMade, "Active")
			cf.keyIs(first, "gone")
		}
	})
	t.Run("the superseded among them", func(t *testing.T) {
		cf := newStage(t, nil).cloudFormation()
		cf.must(`{}`, rotation.Rotated)
		cf.must(`{"action":"rotate"}`, rotation.Rotated)
		cf.answered("Delete", deleteStored, "SUCCESS")
		if n := len(cf.World.Keys(user)); n != 0 {
			t.Errorf("%d keys are left", n)
		}
	})
	t.Run("whatever the environment", func(t *testing.T) {
		s := newStage(t, nil)
		cf := s.cloudFormation()
		s.handMadeSecret()
		s.Env["SMTP_REGIONS"] = "nowhere at all"
		s.Restart()
		cf.answered("Delete", deleteStored, "SUCCESS")
		if n := len(cf.World.Keys(user)); n != 0 {
			t.Errorf("%d keys are left", n)
		}
	})
	t.Run("unless the secret is gone", func(t *testing.T) {
		s := newStage(t, nil)
		cf := s.cloudFormation()
		cf.must(`{}`, rotation.Rotated)
		id := cf.mailFlows().Username
		s.Env["SECRET_ID"] = "deleted by hand"
		s.Restart()
		cf.answered("Delete", deleteStored, "SUCCESS")
		cf.keyIs(id, "Active")
	})
	t.Run("or can't be asked", func(t *testing.T) {
		cf := newStage(t, nil).cloudFormation()
		cf.must(`{}`, rotation.Rotated)
		id := cf.mailFlows().Username
		cf.deny("ListSecretVersionIds", 100)
		if got := cf.answered("Delete", deleteStored, "FAILED"); !strings.Contains(got.Reason, "ListSecretVersionIds") {
			t.Error(got.Reason)
		}
		cf.keyIs(id, "Active")
	})
}

// deny refuses an action that many times.
func (s *stage) deny(action string, times int) {
	s.World.Intercept(func(call localaws.Call) *localaws.Fault {
		if call.Action != action || times == 0 {
			return nil
		}
		times--
		return &localaws.Fault{Code: "AccessDenied", Status: http.StatusForbidden}
	})
}

func TestANewStacksRoleMayBeKnownASecondLater(t *testing.T) {
	cf := newStage(t, nil).cloudFormation()
	cf.deny("PutSecretValue", 1)
	cf.answered("Create", "", "SUCCESS")
	cf.mailFlows()
	if n := len(cf.World.Keys(user)); n != 1 {
		t.Errorf("there are %d keys", n)
	}
}

func TestCloudFormationIsAnsweredWhateverHappens(t *testing.T) {
	t.Parallel()
	t.Run("after an outage", func(t *testing.T) {
		cf := newStage(t, nil).cloudFormation()
		cf.outages = 2
		cf.answered("Create", "", "SUCCESS")
	})
	t.Run("before the invocation ends", func(t *testing.T) {
		cf := newStage(t, nil).cloudFormation()
		cf.World.Intercept(func(localaws.Call) *localaws.Fault { return &localaws.Fault{Delay: time.Hour} })
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		defer cancel()
		if _, err := cf.Function.Invoke(ctx, []byte(cf.event("Delete", ""))); err != nil {
			t.Error(err)
		}
		if len(cf.answers) != 1 || cf.answers[0].Status != "FAILED" {
			t.Errorf("%+v", cf.answers)
		}
	})
	t.Run("after a panic", func(t *testing.T) {
		s := newStage(t, nil)
		cf := s.cloudFormation()
		s.Function = function.New(function.World{
			Getenv: func(name string) string { return s.Env[name] },
			Log:    slog.New(slog.NewJSONHandler(&s.log, nil)),
			Now:    func() time.Time { panic("no clock") },
		})
		if got := cf.answered("Create", "", "FAILED"); !strings.Contains(got.Reason, "no clock") {
			t.Error(got.Reason)
		}
	})
	t.Run("or Lambda tries again", func(t *testing.T) {
		s := newStage(t, nil)
		cf := s.cloudFormation()
		event := cf.event("Create", "")
		cf.Server.Close()
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		defer cancel()
		_, err := s.Function.Invoke(ctx, []byte(event))
		if err == nil || !strings.Contains(err.Error(), "CloudFormation") ||
			strings.Contains(err.Error()+s.log.String(), "Signature") {
			t.Errorf("got %v", err)
		}
	})
}
