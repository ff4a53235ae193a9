package rotation_test

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/credential"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/localaws"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/rotation"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sessmtp"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/smtpparameter"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/smtpsecret"
)

const path = "/mail/smtp"

// parameterStore is localaws's Parameter Store, called directly and not over HTTP.
type parameterStore struct{ localaws.ParameterStore }

func (s parameterStore) Get(ctx context.Context, names []string) (map[string]smtpparameter.Parameter, error) {
	found := map[string]smtpparameter.Parameter{}
	all, err := s.ParameterStore.Get(ctx, names...)
	for name, p := range all {
		found[name] = smtpparameter.Parameter{Type: p.Type, Value: sessmtp.Password(p.Value),
			Modified: p.Modified}
	}
	return found, err
}

func (s parameterStore) Put(ctx context.Context, p smtpparameter.Secure) error {
	return s.ParameterStore.Put(ctx, localaws.Parameter{Name: p.Name, Value: string(p.Value), Type: "SecureString",
		KeyID: p.KMSKey})
}

func (s parameterStore) Delete(ctx context.Context, names []string) error {
	return s.ParameterStore.Delete(ctx, names...)
}

// withCopies keeps copies of the credential in Parameter Store.
func withCopies(t *testing.T) *stage {
	s := newStage(t)
	s.rotator.Copies = &smtpparameter.Copies{API: parameterStore{s.world.ParameterStore()}, Path: path, User: user,
		Members: smtpparameter.Members}
	return s
}

// parameter returns what an application reads.
func (s *stage) parameter(name string) string {
	for _, p := range s.world.Parameters() {
		if p.Name == path+"/"+name {
			return p.Value
		}
	}
	return ""
}

// copied compares the parameters with AWSCURRENT.
func (s *stage) copied() {
	s.Helper()
	text := s.labelled("AWSCURRENT").Value
	var value map[string]any
	if err := json.Unmarshal([]byte(text), &value); err != nil {
		s.Fatal(err)
	}
	whole, err := credential.Parse(s.parameter("credential"))
	if current, _ := credential.Parse(text); err != nil || !reflect.DeepEqual(whole, current) {
		s.Errorf("the copy is %q, and AWSCURRENT %q", s.parameter("credential"), text)
	}
	for _, member := range smtpparameter.Members {
		if got := s.parameter(member); got != value[member] || got == "" {
			s.Errorf("%s is %q, and in AWSCURRENT %q", member, got, value[member])
		}
	}
}

// copies returns the steps of a tick that finds n copies out of date: it asks SES first.
func copies(n int) []rotation.StepKind {
	return append([]rotation.StepKind{rotation.Verify}, times(rotation.CopyTo, n)...)
}

func times(kind rotation.StepKind, n int) []rotation.StepKind {
	return slices.Repeat([]rotation.StepKind{kind}, n)
}

var (
	made    = []rotation.StepKind{rotation.Create, rotation.Stage, rotation.Verify, rotation.Promote}
	copied5 = times(rotation.CopyTo, 5)
)

func TestCopiesAreWrittenOnceSESAccepts(t *testing.T) {
	s := withCopies(t)
	s.world.SetPropagation(hour / 2)
	s.fails(tick, rotation.VerificationFailed, "")
	if all := s.world.Parameters(); len(all) != 0 {
		t.Errorf("before SES accepts it, there are copies: %v", all)
	}
	finished := append([]rotation.StepKind{rotation.Verify, rotation.Stage, rotation.Promote}, copied5...)
	r := s.after(hour-time.Minute).comes(tick, rotation.Rotated, finished...)
	s.copied()
	s.world.SetPropagation()
	if got := r.Steps[3].Parameter; got != path+"/credential" {
		t.Errorf("the first copy is %q", got)
	}
	for _, c := range r.Copies {
		if !c.Current || c.Modified.IsZero() {
			t.Errorf("%+v", c)
		}
	}
	s.comes(tick, rotation.Waiting)
	s.after(5*day).comes(rotate, rotation.Rotated, append(slices.Clone(made), copied5...)...)
	s.copied()
}

func TestATickMendsACopyThatSomebodyChanged(t *testing.T) {
	s := withCopies(t)
	s.run(tick)
	s.world.PutParameter(path+"/password", "SecureString", "oops")
	s.world.DeleteParameter(path + "/url")
	s.comes(tick, rotation.Waiting, copies(2)...)
	s.copied()
}

func TestAParameterOfAnotherTypeIsNamed(t *testing.T) {
	s := withCopies(t)
	s.world.PutParameter(path+"/username", "String", "AKIAIOSFODNN7EXAMPLE")
	s.fails(tick, rotation.ConfigurationError, path+"/username")
}

// breakStore makes all calls of an action fail until the returned function is called.
func (s *stage) breakStore(actions ...string) (mend func()) {
	s.world.Intercept(func(c localaws.Call) *localaws.Fault {
		if slices.Contains(actions, c.Action) {
			return &localaws.Fault{Status: 400, Code: "AccessDeniedException"}
		}
		return nil
	})
	return func() { s.world.Intercept(nil) }
}

func TestNoKeyGoesWhileACopyNamesIt(t *testing.T) {
	for _, action := range []string{"PutParameter", "GetParameters"} {
		t.Run(action, func(t *testing.T) {
			s := withCopies(t)
			s.run(tick)
			first := s.labelled("AWSCURRENT")
			mend := s.breakStore(action)
			if _, err := s.run(s.after(30 * day).tick()); rotation.TypeOf(err) != rotation.AccessDenied {
				t.Fatal(err)
			}
			for range 20 {
				s.after(day).fails(tick, rotation.AccessDenied, "")
			}
			if key := s.parameter("username"); !strings.Contains(first.Value, key) || !s.active(key) {
				t.Errorf("the copy names %q, which isn't Active, or isn't the first", key)
			}
			mend()
			if action == "GetParameters" { // which comes first
				s.comes(tick, rotation.Rotated, append(slices.Clone(made), copied5...)...)
			} else {
				s.comes(tick, rotation.Waiting, copies(5)...)
			}
			s.copied()
			// Applications that read the copy had the old key until now.
			for range 6 {
				s.after(day).comes(tick, rotation.Waiting)
			}
			s.after(day+hour).comes(tick, rotation.Retired, rotation.Deactivate)
		})
	}
}

func (s *stage) tick() rotation.Request { return tick }

func (s *stage) active(key string) bool {
	return slices.ContainsFunc(s.world.Keys(user), func(k localaws.Key) bool {
		return k.ID == key && k.Status == "Active"
	})
}

func TestAnEmergencyWritesTheCopiesBeforeItRevokes(t *testing.T) {
	s := withCopies(t)
	s.run(tick)
	s.at("UpdateAccessKey", 1, func() *localaws.Fault { s.copied(); return nil })
	r := s.comes(rotation.Request{Action: rotation.Emergency}, rotation.Revoked, append(append(slices.Clone(made),
		copied5...), rotation.Deactivate, rotation.Delete)...)
	s.copied()
	if !s.active(r.Credential.AccessKeyID) || len(s.world.Keys(user)) != 1 {
		t.Error(s.world.Keys(user))
	}
}

func TestAnEmergencyRevokesEvenIfACopyCantBeWritten(t *testing.T) {
	for _, action := range []string{"PutParameter", "GetParameters"} {
		t.Run(action, func(t *testing.T) {
			s := withCopies(t)
			s.run(tick)
			mend := s.breakStore(action)
			r := s.comes(rotation.Request{Action: rotation.Emergency}, rotation.Revoked, append(slices.Clone(made),
				rotation.Deactivate, rotation.Delete)...)
			if len(r.Warnings) != 1 || r.Warnings[0].Code != rotation.WarnCopyFailed ||
				!strings.Contains(r.Warnings[0].Message, "ssm:"+action+" on parameter "+path) ||
				!strings.Contains(r.Warnings[0].Message, "may be unable to send") {
				t.Errorf("%+v", r.Warnings)
			}
			mend()
			s.comes(tick, rotation.Waiting, copies(5)...)
			s.copied()
		})
	}
}

func TestAnEmergencyTriesTheCopiesOnceMoreBeforeItAnswers(t *testing.T) {
	s := withCopies(t)
	s.run(tick)
	s.at("PutParameter", 1, func() *localaws.Fault { return &localaws.Fault{Status: 500, Code: "InternalServerError"} })
	r := s.comes(rotation.Request{Action: rotation.Emergency}, rotation.Revoked, append(append(slices.Clone(made),
		times(rotation.CopyTo, 4)...), rotation.Deactivate, rotation.Delete, rotation.CopyTo)...)
	s.copied()
	if len(r.Warnings) != 0 {
		t.Errorf("%+v", r.Warnings)
	}
}

func TestAnEmergencyDoesntWaitLongForParameterStore(t *testing.T) {
	s := withCopies(t)
	s.run(tick)
	s.rotator.Copies = hangs{}
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Second)
	defer cancel()
	r, err := s.rotator.Run(ctx, rotation.Request{Action: rotation.Emergency})
	if err != nil || r.Outcome != rotation.Revoked {
		t.Error(r.Outcome, err)
	}
}

type hangs struct{ rotation.Copies }

func (hangs) Read(ctx context.Context, _ rotation.Version) ([]rotation.Copy, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

func TestARollbackIsCopied(t *testing.T) {
	s := withCopies(t)
	s.run(tick)
	first := s.parameter("username")
	s.after(5 * day).run(rotate)
	s.comes(rollback, rotation.RolledBack, append([]rotation.StepKind{rotation.Stage, rotation.Verify,
		rotation.Promote}, copied5...)...)
	s.copied()
	if got := s.parameter("username"); got != first {
		t.Errorf("%s, want %s", got, first)
	}
}

func TestSecretsManagersOwnRotationIsCopied(t *testing.T) {
	s := withCopies(t)
	s.run(tick)
	token, err := s.world.StartRotation(secret)
	if err != nil {
		t.Fatal(err)
	}
	s.rotator.Secret.(*smtpsecret.Secret).NextVersionID = token
	for _, action := range []rotation.Action{rotation.CreateSecret, rotation.SetSecret, rotation.TestSecret} {
		if _, err := s.run(rotation.Request{Action: action, VersionID: token}); err != nil {
			t.Fatal(action, err)
		}
	}
	mend := s.breakStore("PutParameter")
	s.fails(rotation.Request{Action: rotation.FinishSecret, VersionID: token}, rotation.AccessDenied, "PutParameter")
	mend()
	s.comes(rotation.Request{Action: rotation.FinishSecret, VersionID: token}, rotation.Waiting, copies(5)...)
	s.copied()
}

// A copy that is written late must not replace a newer one that another invocation has written.
func TestACopyThatWasOvertakenIsWrittenAgain(t *testing.T) {
	s := withCopies(t)
	s.run(tick)
	other := *s.rotator
	other.OnStep = nil
	s.at("PutParameter", 1, func() *localaws.Fault {
		if _, err := other.Run(t.Context(), rotation.Request{Action: rotation.Emergency}); err != nil {
			t.Error(err)
		}
		return nil
	})
	if _, err := s.run(rotate); err != nil {
		t.Fatal(err)
	}
	s.copied()
}

func TestACopyKilledHalfwayIsFinished(t *testing.T) {
	for n := 1; n <= 5; n++ {
		s := withCopies(t)
		s.run(tick)
		s.after(5 * day)
		s.at("PutParameter", n, func() *localaws.Fault { return &localaws.Fault{Drop: true} })
		if _, err := s.run(rotate); err == nil {
			t.Fatal("it went well")
		}
		for _, name := range []string{s.parameter("username"), s.parameter("url")[len("smtp://"):][:20]} {
			if !s.active(name) {
				t.Errorf("a copy names %s, which isn't Active", name)
			}
		}
		s.comes(tick, rotation.Waiting, copies(1)...)
		s.copied()
	}
}

func TestStatusTellsOfTheCopies(t *testing.T) {
	s := withCopies(t)
	s.run(tick)
	s.world.PutParameter(path+"/password", "SecureString", "oops")
	status := rotation.Request{Action: rotation.Status}
	r := s.comes(status, rotation.Reported)
	for _, c := range r.Copies {
		if c.Current != (c.Parameter != path+"/password") {
			t.Errorf("%+v", c)
		}
	}
	if len(r.Copies) != 5 {
		t.Errorf("%d copies", len(r.Copies))
	}
	if text, _ := json.Marshal(r); strings.Contains(string(text), "oops") ||
		strings.Contains(string(text), s.parameter("url")) {
		t.Errorf("%s says what a parameter holds", text)
	}
	s.breakStore("GetParameters")
	if r := s.comes(status, rotation.Reported); !warns(r, rotation.WarnCopyFailed) {
		t.Errorf("%+v", r.Warnings)
	}
}

func TestADecommissionDeletesTheCopies(t *testing.T) {
	s := withCopies(t)
	s.run(tick)
	s.comes(rotation.Request{Action: rotation.Decommission}, rotation.Decommissioned, rotation.Delete, rotation.Delete)
	if all := s.world.Parameters(); len(all) != 0 {
		t.Errorf("there are parameters left: %v", all)
	}
}

// A tick that overlaps a decommission may write the copies once more.
func TestADecommissionDeletesCopiesThatWereWrittenMeanwhile(t *testing.T) {
	s := withCopies(t)
	s.run(tick)
	whole := s.parameter("credential")
	s.at("ListAccessKeys", 2, func() *localaws.Fault {
		if err := s.world.PutParameter(path+"/credential", "SecureString", whole); err != nil {
			t.Error(err)
		}
		return nil
	})
	s.comes(rotation.Request{Action: rotation.Decommission}, rotation.Decommissioned, rotation.Delete, rotation.Delete)
	if all := s.world.Parameters(); len(all) != 0 {
		t.Errorf("there are parameters left: %v", all)
	}
}

// An adopted value is copied once SES has accepted it, in the published form.
func TestAnAdoptedValueIsCopied(t *testing.T) {
	s := withCopies(t)
	id, key, err := s.world.CreateAccessKey(user)
	if err != nil {
		t.Fatal(err)
	}
	value := `{"username":"` + id + `","password":"` + localaws.SMTPPassword(key, region) + `"}`
	if _, err := s.world.PutSecretValue(secret, value); err != nil {
		t.Fatal(err)
	}
	s.comes(tick, rotation.Waiting, copies(5)...)
	if got, err := credential.Parse(s.parameter("credential")); err != nil || got.Username != id || got.Port != 587 {
		t.Errorf("%+v, %v", got, err)
	}
	s.comes(rotate, rotation.Rotated, append(slices.Clone(made), copied5...)...)
	s.copied()
}

func warns(r rotation.Result, code rotation.WarningCode) bool {
	return slices.ContainsFunc(r.Warnings, func(w rotation.Warning) bool { return w.Code == code })
}

// A person makes a value current that they wrote. Applications that read a copy keep the old key
// for the grace period, counted from when the value was copied.
func TestWhatAPersonMakesCurrentIsCopied(t *testing.T) {
	for _, member := range []string{"", `"port":465,`} { // one settled, one not
		s := withCopies(t)
		s.run(tick)
		first := s.parameter("username")
		id, key, err := s.world.CreateAccessKey(user)
		if err != nil {
			t.Fatal(err)
		}
		value := `{` + member + `"username":"` + id + `","password":"` + localaws.SMTPPassword(key, region) + `"}`
		if _, err := s.world.PutSecretValue(secret, value); err != nil {
			t.Fatal(err)
		}
		mend := s.breakStore("PutParameter")
		for range 20 {
			s.after(day).run(tick)
			if !s.active(first) || s.parameter("username") != first {
				t.Fatalf("%s isn't Active, or the copy names %s", first, s.parameter("username"))
			}
		}
		mend()
		s.comes(tick, rotation.Waiting, copies(5)...)
		if got := s.parameter("username"); got != id {
			t.Errorf("the copy names %s, want %s", got, id)
		}
		s.after(6*day).comes(tick, rotation.Waiting)
		s.after(day+hour).comes(tick, rotation.Retired, rotation.Deactivate)
	}
}

// Somebody has edited our value, and SES refuses what it holds.
func TestWhatSESDoesntAcceptIsntCopied(t *testing.T) {
	s := withCopies(t)
	s.run(tick)
	password := s.parameter("password")
	current := s.labelled("AWSCURRENT").Value
	edited := strings.ReplaceAll(current, password, strings.ToLower(password))
	if _, err := s.world.PutSecretValue(secret, edited); err != nil {
		t.Fatal(err)
	}
	r := s.comes(tick, rotation.Waiting, rotation.Verify)
	if s.parameter("password") != password || !warns(r, rotation.WarnCopyFailed) {
		t.Errorf("%+v", r)
	}
	rotated := append(append([]rotation.StepKind{rotation.Verify}, made...), copied5...)
	s.after(30*day).comes(tick, rotation.Rotated, rotated...)
	s.copied()
}

// What people have added to the value isn't copied: it may be a secret access key.
func TestOnlyWhatIsPublishedIsCopied(t *testing.T) {
	s := withCopies(t)
	s.run(tick)
	current := s.labelled("AWSCURRENT").Value
	if _, err := s.world.PutSecretValue(secret, strings.Replace(current, "{", `{"added":"by a person",`, 1)); err != nil {
		t.Fatal(err)
	}
	s.comes(tick, rotation.Waiting)
	s.after(30*day).comes(tick, rotation.Rotated, append(slices.Clone(made), copied5...)...)
	if text := s.parameter("credential"); strings.Contains(text, "added") {
		t.Error(text)
	}
}

// Other people's parameters stay as they are.
func TestParametersOfOthersStay(t *testing.T) {
	others := `{"username":"AKIAIOSFODNN7EXAMPLE","password":"B","host":"h","port":587,"url":"","iam_user":"another"}`
	for name, there := range map[string]map[string]string{
		"another program's": {"username": "root"},
		"another user's":    {"credential": others, "username": "AKIAIOSFODNN7EXAMPLE"},
		"text":              {"credential": "hello"},
	} {
		t.Run(name, func(t *testing.T) {
			s := withCopies(t)
			for last, value := range there {
				if err := s.world.PutParameter(path+"/"+last, "SecureString", value); err != nil {
					t.Fatal(err)
				}
			}
			s.fails(tick, rotation.ConfigurationError, path)
			s.comes(rotation.Request{Action: rotation.Emergency}, rotation.Revoked, append(slices.Clone(made),
				rotation.Deactivate, rotation.Delete)...)
			if _, err := s.run(rotation.Request{Action: rotation.Decommission}); err != nil {
				t.Error(err)
			}
			for last, value := range there {
				if got := s.parameter(last); got != value {
					t.Errorf("%s is %q, and was %q", last, got, value)
				}
			}
			if n := len(s.world.Parameters()); n != len(there) {
				t.Errorf("there are %d parameters, and were %d", n, len(there))
			}
		})
	}
}

func (s *stage) rotatedWithCopies() (first, second string) {
	a, _ := s.run(tick)
	b, err := s.after(5 * day).run(rotate)
	if err != nil {
		s.Fatal(err)
	}
	return a.Credential.AccessKeyID, b.Credential.AccessKeyID
}

func TestADeadCurrentKeyIsReplacedWithoutParameterStore(t *testing.T) {
	s := withCopies(t)
	first, second := s.rotatedWithCopies()
	s.breakStore("GetParameters", "PutParameter")
	if err := s.world.SetKeyStatus(second, "Inactive"); err != nil {
		t.Fatal(err)
	}
	s.run(tick)
	if now := s.labelled("AWSCURRENT").Value; !strings.Contains(now, first) {
		t.Errorf("AWSCURRENT is %s", now)
	}
}

func TestARollbackNeedsNoParameterStore(t *testing.T) {
	s := withCopies(t)
	first, _ := s.rotatedWithCopies()
	mend := s.breakStore("GetParameters")
	s.fails(rollback, rotation.AccessDenied, "GetParameters")
	if now := s.labelled("AWSCURRENT").Value; !strings.Contains(now, first) {
		t.Errorf("AWSCURRENT is %s", now)
	}
	mend()
	s.run(rollback) // once more: the answer was an error
	s.copied()
}

// Somebody writes a copy again and again, and so the grace period would never end.
func TestTheMaximumGracePeriodEndsWhateverIsWritten(t *testing.T) {
	s := withCopies(t)
	s.rotator.Policy.MaxGracePeriod = 20 * day
	s.rotatedWithCopies()
	for d := range 21 {
		if err := s.world.PutParameter(path+"/password", "SecureString", "oops"); err != nil {
			t.Fatal(err)
		}
		if r, err := s.after(day).run(tick); err != nil {
			t.Fatal(err)
		} else if r.Outcome == rotation.Retired {
			if d < 19 {
				t.Errorf("it is retired after %d days", d+1)
			}
			return
		}
	}
	t.Error("the old key was never retired")
}

func TestACredentialForTooManyRegionsIsNoCopy(t *testing.T) {
	s := withCopies(t)
	var many []string
	for i := range 30 {
		many = append(many, fmt.Sprintf("eu-north-%d", i+1))
	}
	endpoints, err := sessmtp.ParseEndpoints("", many)
	if err != nil {
		t.Fatal(err)
	}
	s.rotator.Endpoints, s.rotator.Policy.SkipVerification = endpoints, true
	s.rotator.Secret.(*smtpsecret.Secret).Endpoints = endpoints
	s.fails(tick, rotation.ConfigurationError, "30 Regions")
}
