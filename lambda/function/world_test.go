package function_test

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/lambda/messages"

	"github.com/seed-486a873a/ses-smtp-rotator/lambda/localfunction"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/localaws"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/rotation"
)

const (
	user   = localfunction.User
	secret = localfunction.Secret
	region = localfunction.Region
)

// stage is the function and the AWS it acts on, with a clock that the test controls.
type stage struct {
	*testing.T
	*localfunction.Deployment
	log     syncBuffer
	answers strings.Builder // all results and errors, for the search for secrets
	// secretStored is set if the test puts a secret access key into the secret.
	secretStored bool
}

type syncBuffer struct {
	mu sync.Mutex
	strings.Builder
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.Builder.Write(p)
}

// newStage starts the function with changes to its environment, for a test that runs in parallel.
func newStage(t *testing.T, env map[string]string) *stage {
	t.Helper()
	t.Parallel()
	return newSerialStage(t, env)
}

// newSerialStage is newStage for a test that doesn't run in parallel.
func newSerialStage(t *testing.T, env map[string]string) *stage {
	t.Helper()
	s := &stage{T: t}
	all := map[string]string{"VERIFY_TIMEOUT": "3s"}
	maps.Copy(all, env)
	var err error
	s.Deployment, err = localfunction.Start(localfunction.Config{
		Regions: []string{region, "us-east-1"}, Env: all, Log: slog.NewJSONHandler(&s.log, nil),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	t.Cleanup(s.nothingSecretWasTold)
	return s
}

// handMadeSecret gives the secret a value as people write it: only an access key's username and
// password.
func (s *stage) handMadeSecret() (accessKeyID string) {
	s.Helper()
	id, key, err := s.World.CreateAccessKey(user)
	if err != nil {
		s.Fatal(err)
	}
	if _, err := s.World.PutSecretValue(secret, `{"username":"`+id+`","password":"`+localaws.SMTPPassword(key,
		region)+`"}`); err != nil {
		s.Fatal(err)
	}
	return id
}

// invoke sends an event and returns the result, or the error as Lambda's callers see it.
func (s *stage) invoke(event string) (rotation.Result, *messages.InvokeResponse_Error) {
	s.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	answer, err := s.Invoke(ctx, event)
	s.answers.WriteString(answer.Text)
	if err != nil {
		var typed messages.InvokeResponse_Error
		if !errors.As(err, &typed) {
			s.Fatalf("%s: the error has no type: %v", event, err)
		}
		s.answers.WriteString(typed.Message)
		return rotation.Result{}, &typed
	}
	return answer.Result, nil
}

// must invokes the function and fails the test if that fails or has another outcome.
func (s *stage) must(event string, want rotation.Outcome) rotation.Result {
	s.Helper()
	result, err := s.invoke(event)
	if err != nil {
		s.Fatalf("%s: %s: %s", event, err.Type, err.Message)
	}
	if result.Outcome != want {
		s.Fatalf("%s: outcome %s, want %s: %+v", event, result.Outcome, want, result)
	}
	return result
}

// fails invokes the function and fails the test if that succeeds.
func (s *stage) fails(event string, want rotation.ErrorType, parts ...string) string {
	s.Helper()
	result, err := s.invoke(event)
	if err == nil {
		s.Fatalf("%s: no error, but %+v", event, result)
	}
	if err.Type != string(want) {
		s.Errorf("%s: errorType %s, want %s: %s", event, err.Type, want, err.Message)
	}
	for _, part := range parts {
		if !strings.Contains(err.Message, part) {
			s.Errorf("%s: the error doesn't name %q: %s", event, part, err.Message)
		}
	}
	return err.Message
}

// current returns what an application reads, and whether SES accepts it.
func (s *stage) current() localfunction.Credential {
	s.Helper()
	c, err := s.Current()
	if err != nil {
		s.Fatal(err)
	}
	return c
}

// mailFlows fails the test if SES doesn't accept AWSCURRENT's credential.
func (s *stage) mailFlows() localfunction.Credential {
	s.Helper()
	c := s.current()
	if !c.Accepted {
		s.Fatalf("AWSCURRENT names %q, and SES doesn't accept it", c.Username)
	}
	return c
}

func (s *stage) key(id string) (localaws.Key, bool) {
	for _, k := range s.World.Keys(user) {
		if k.ID == id {
			return k, true
		}
	}
	return localaws.Key{}, false
}

// keyIs checks a key's status; "gone" means that there is no such key.
func (s *stage) keyIs(id, want string) {
	s.Helper()
	status := "gone"
	if k, ok := s.key(id); ok {
		status = k.Status
	}
	if status != want {
		s.Errorf("access key %s is %s, want %s", id, status, want)
	}
}

// quiet checks that nothing is left to do.
func (s *stage) quiet() {
	s.Helper()
	if err := s.Unsettled(); err != nil {
		s.Error(err)
	}
}

func (s *stage) calls() map[string]int {
	counts := map[string]int{}
	for _, c := range s.World.Calls() {
		counts[c.Action]++
	}
	return counts
}

// nothingSecretWasTold searches everything logged and answered for every secret ever made, and
// everything stored for secret access keys.
func (s *stage) nothingSecretWasTold() {
	told := strings.ToLower(s.log.String() + s.answers.String()) // Regions and hosts are in lower case
	stored := ""
	for _, v := range s.World.Versions(secret) {
		stored += v.Value
	}
	made := s.World.Secrets()
	for _, one := range made {
		if strings.Contains(told, strings.ToLower(one)) {
			s.Errorf("a secret of %d characters is in a log, a result or an error", len(one))
		}
		if len(one) == 40 && strings.Contains(stored, one) && !s.secretStored {
			s.Error("a secret access key is stored")
		}
	}
}

const (
	hour = time.Hour
	day  = 24 * hour
)

func (s *stage) after(d time.Duration) { s.World.Advance(d) }

// within is invoke with so much time left before Lambda's deadline; the answer must come before it.
func (s *stage) within(d time.Duration, event string) *messages.InvokeResponse_Error {
	s.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), d)
	defer cancel()
	answer, err := s.Invoke(ctx, event)
	if ctx.Err() != nil {
		s.Errorf("%s: no answer before the deadline", event)
	}
	s.answers.WriteString(answer.Text)
	var typed messages.InvokeResponse_Error
	if errors.As(err, &typed) {
		s.answers.WriteString(typed.Message)
		return &typed
	}
	return nil
}
