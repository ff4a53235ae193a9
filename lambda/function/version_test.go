package function_test

import (
	"strings"
	"testing"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/rotation"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/version"
)

func TestEveryAnswerAndItsLineOfTheLogSayTheVersion(t *testing.T) {
	s := newStage(t, nil)
	want := `"version":"` + version.String() + `"`
	for _, event := range []string{`{}`, `{"action":"status"}`, `{"action":"plan"}`, `{"action":"audit"}`} {
		s.log.Reset()
		answer, err := s.Invoke(t.Context(), event)
		if err != nil || answer.Version != version.String() {
			t.Errorf("%s: version %q, %v", event, answer.Version, err)
		}
		if !strings.Contains(s.log.String(), want) {
			t.Errorf("%s: the log doesn't have %s: %s", event, want, s.log.String())
		}
	}
}

// A function that fails answers with only AWS Lambda's own two fields. Its log has the version.
func TestTheLogOfAFailureSaysTheVersion(t *testing.T) {
	s := newStage(t, map[string]string{"GRACE_PERIOD": "a while"})
	s.fails(`{}`, rotation.ConfigurationError, "GRACE_PERIOD")
	if want := `"version":"` + version.String() + `"`; !strings.Contains(s.log.String(), want) {
		t.Errorf("the log doesn't have %s: %s", want, s.log.String())
	}
}
