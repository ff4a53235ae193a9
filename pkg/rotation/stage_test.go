package rotation_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/iamkey"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/localaws"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/rotation"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sessmtp"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/smtpsecret"
)

const (
	user   = "smtp-sender"
	secret = "smtp/credential"
	region = "eu-west-1"
	hour   = time.Hour
	day    = 24 * hour
)

// stage is a Rotator with the function's adapters, which call localaws's IAM and Secrets Manager
// directly. The test sets its clock.
type stage struct {
	*testing.T
	world    *localaws.World
	rotator  *rotation.Rotator
	steps    []rotation.Step // that OnStep was called with
	pauses   []time.Duration
	verified int
}

func newStage(t *testing.T) *stage {
	t.Helper()
	begin := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	world := localaws.New(localaws.Config{Now: func() time.Time { return begin }})
	world.CreateUser(user)
	world.CreateSecret(secret, "{}")
	endpoints, err := sessmtp.ParseEndpoints("", []string{region})
	if err != nil {
		t.Fatal(err)
	}
	s := &stage{T: t, world: world}
	s.rotator = &rotation.Rotator{
		User: user, SecretName: secret, Keys: &iamkey.Keys{API: world.IAM(), User: user}, Verifier: s,
		Endpoints: endpoints,
		Secret:    &smtpsecret.Secret{API: world.SecretsManager(), ID: secret, User: user, Endpoints: endpoints},
		Policy:    rotation.DefaultPolicy(),
		Clock: rotation.Clock{
			// a version's ID derives from it
			Now:    func() time.Time { s.world.Advance(time.Millisecond); return s.world.Now() },
			Pause:  func(_ context.Context, d time.Duration) { s.pauses = append(s.pauses, d) },
			Jitter: func() float64 { return 0.5 },
		},
		OnStep: func(step rotation.Step) { s.steps = append(s.steps, step) },
	}
	return s
}

// Verify implements rotation.Verifier with one look at SES.
func (s *stage) Verify(_ context.Context, logins []sessmtp.Login) (results []sessmtp.Result) {
	s.verified++
	for _, l := range logins {
		r := sessmtp.Result{Region: l.Region, Meaning: sessmtp.Accepted, Logins: 3}
		if !s.world.Accepts(l.Region, l.Username, string(l.Password)) {
			r.Meaning, r.Err = sessmtp.Refused, errors.New("535 Authentication Credentials Invalid")
		}
		results = append(results, r)
	}
	return results
}

func (s *stage) run(req rotation.Request) (rotation.Result, error) {
	s.Helper()
	s.steps = nil
	result, err := s.rotator.Run(s.Context(), req)
	if heard := len(s.steps); heard != len(result.Steps) && req.Action != rotation.Preview {
		s.Errorf("OnStep was called with %d steps, and %d are in the result", heard, len(result.Steps))
	}
	return result, err
}

// comes checks a request's outcome and the steps that it takes.
func (s *stage) comes(req rotation.Request, want rotation.Outcome, steps ...rotation.StepKind) rotation.Result {
	s.Helper()
	result, err := s.run(req)
	if err != nil || result.Outcome != want || !slices.Equal(kinds(result), steps) {
		s.Fatalf("%s: %s by %v, %v; want %s by %v", req.Action, result.Outcome, kinds(result), err, want, steps)
	}
	return result
}

// fails checks how a request fails, and that it has no outcome.
func (s *stage) fails(req rotation.Request, want rotation.ErrorType, part string) rotation.Result {
	s.Helper()
	result, err := s.run(req)
	if err == nil || rotation.TypeOf(err) != want || !strings.Contains(err.Error(), part) {
		s.Fatalf("%s: %v, %v; want %s that says %q", req.Action, result.Outcome, err, want, part)
	}
	if result.Outcome != "" {
		s.Errorf("%s fails with %v, and its outcome is %s", req.Action, err, result.Outcome)
	}
	return result
}

func kinds(r rotation.Result) (kinds []rotation.StepKind) {
	for _, step := range r.Steps {
		kinds = append(kinds, step.Kind)
	}
	return kinds
}

func (s *stage) after(d time.Duration) *stage { s.world.Advance(d); return s }

// at makes something happen once, right before the n-th call of an action, counted from 1.
func (s *stage) at(action string, n int, happens func() *localaws.Fault) {
	s.world.Intercept(func(c localaws.Call) *localaws.Fault {
		if c.Action != action {
			return nil
		}
		if n--; n != 0 {
			return nil
		}
		return happens()
	})
}

// move moves AWSCURRENT, as somebody else would.
func (s *stage) move(from, to string) {
	s.Helper()
	if err := s.world.MoveLabel(secret, "AWSCURRENT", from, to); err != nil {
		s.Fatal(err)
	}
}

func (s *stage) labelled(label string) localaws.Version {
	s.Helper()
	v, ok := s.world.Labelled(secret, label)
	if !ok {
		s.Fatalf("no version is %s", label)
	}
	return v
}

var (
	tick     = rotation.Request{Action: rotation.Tick}
	rotate   = rotation.Request{Action: rotation.Rotate}
	rollback = rotation.Request{Action: rotation.Rollback}
)

func leak(id string) rotation.Request {
	return rotation.Request{Action: rotation.Emergency, AccessKeyID: id}
}

// rotated has a second credential; the first one's key is in its grace period.
func (s *stage) rotated() (first, second string) {
	s.Helper()
	a := s.comes(tick, rotation.Rotated, rotation.Create, rotation.Stage, rotation.Verify, rotation.Promote)
	b := s.after(5*day).comes(rotate, rotation.Rotated, rotation.Create, rotation.Stage, rotation.Verify,
		rotation.Promote)
	return a.Credential.AccessKeyID, b.Credential.AccessKeyID
}
