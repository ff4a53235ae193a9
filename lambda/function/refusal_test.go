package function_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/rotation"
)

// A refused emergency must not be logged as "revoked", nor a refused rollback as "rolled_back".
func TestARefusalIsLoggedWithoutAnOutcome(t *testing.T) {
	t.Parallel()
	for event, want := range map[string]rotation.ErrorType{
		`{}`:                  rotation.ConfigurationError,
		`{"action":"rotate"}`: rotation.ConfigurationError,
		`{"action":"emergency","access_key_id":"AKIASOMEBODYELSES000"}`: rotation.RequestError,
		`{"action":"rollback"}`: rotation.RotationBlocked,
		`{"Step":"finishSecret","SecretId":"smtp/credential","ClientRequestToken":"0123456789abcdef0123456789abcdef"}`: rotation.Conflict,
	} {
		t.Run(event, func(t *testing.T) {
			s := newStage(t, nil)
			s.must(`{}`, rotation.Rotated)
			if want == rotation.ConfigurationError {
				if _, err := s.World.PutSecretValue(secret, `{"api_key":"of another service"}`); err != nil {
					t.Fatal(err)
				}
			}
			s.fails(event, want)
			s.loggedWithoutAnOutcome()
		})
	}
}

// loggedWithoutAnOutcome checks the log's last failure.
func (s *stage) loggedWithoutAnOutcome() {
	s.Helper()
	failures := 0
	for line := range strings.Lines(s.log.String()) {
		var entry struct {
			Message string `json:"msg"`
			Result  map[string]any
		}
		if err := json.Unmarshal([]byte(line), &entry); err != nil {
			s.Fatal(err)
		}
		if entry.Message != "failed" {
			continue
		}
		failures++
		if outcome, told := entry.Result["outcome"]; told {
			s.Errorf("a failure is logged with the outcome %q: %s", outcome, line)
		}
	}
	if failures == 0 {
		s.Error("no failure was logged")
	}
}
