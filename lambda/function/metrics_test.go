package function_test

import (
	"encoding/json"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/seed-486a873a/ses-smtp-rotator/lambda/function"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/localaws"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/rotation"
)

// measured returns the latest metrics that were logged since it was last called.
func (s *stage) measured() map[string]float64 {
	s.Helper()
	found := map[string]float64{}
	for line := range strings.Lines(s.log.String()) {
		if strings.Contains(line, `"_aws"`) {
			found = s.embedded(line)
		}
	}
	s.log.Reset()
	return found
}

// embedded checks a line of the log against CloudWatch's "Specification: Embedded metric format",
// and returns its numbers.
func (s *stage) embedded(line string) map[string]float64 {
	s.Helper()
	var root map[string]any
	if err := json.Unmarshal([]byte(line), &root); err != nil {
		s.Fatalf("%s: %v", line, err)
	}
	var meta struct {
		AWS struct {
			Timestamp         int64
			CloudWatchMetrics []struct {
				Namespace  string
				Dimensions [][]string
				Metrics    []struct{ Name, Unit string }
			}
		} `json:"_aws"`
	}
	if err := json.Unmarshal([]byte(line), &meta); err != nil {
		s.Fatalf("%s: %v", line, err)
	}
	if at := time.UnixMilli(meta.AWS.Timestamp); at.After(s.World.Now()) || time.Since(at) > time.Minute {
		s.Errorf("it happened at %s, says a line that was written before %s", at, s.World.Now())
	}
	values := map[string]float64{}
	for _, d := range meta.AWS.CloudWatchMetrics {
		if d.Namespace != "SesSmtpRotator" || len(d.Dimensions) != 1 || len(d.Metrics) == 0 || len(d.Metrics) > 100 {
			s.Errorf("%+v", d)
		}
		for _, name := range slices.Concat(d.Dimensions...) {
			if text, ok := root[name].(string); !ok || text == "" {
				s.Errorf("the dimension %s is %v", name, root[name])
			}
		}
		for _, m := range d.Metrics {
			number, ok := root[m.Name].(float64)
			if _, twice := values[m.Name]; !ok || twice || !slices.Contains([]string{"Count", "Seconds"}, m.Unit) {
				s.Errorf("%s is %v (%s)", m.Name, root[m.Name], m.Unit)
			}
			if !slices.Contains(function.MetricNames(), m.Name) {
				s.Errorf("%s isn't among those that are published", m.Name)
			}
			values[m.Name] = number
		}
	}
	return values
}

func newMeasuredStage(t *testing.T) *stage {
	return newStage(t, map[string]string{"AWS_LAMBDA_FUNCTION_NAME": "rotator"})
}

func (s *stage) measures(want map[string]float64) {
	s.Helper()
	got := s.measured()
	for name, value := range want {
		exact := 0.0
		if name == "SecondsOverdue" { // on a slow day, time passes
			exact = (10 * time.Minute).Seconds()
		}
		if number, ok := got[name]; !ok || math.Abs(number-value) > exact {
			s.Errorf("%s is %v (%v), want %v", name, number, ok, value)
		}
	}
}

func TestWhatHappensIsMeasured(t *testing.T) {
	s := newMeasuredStage(t)
	s.must(`{}`, rotation.Rotated)
	if got := s.measured(); len(got) != 2 || got["Rotated"] != 1 || got["VerificationTime"] <= 0 {
		t.Errorf("%v", got)
	}
	s.after(31 * day)
	s.World.SetPropagation(hour)
	s.fails(`{}`, rotation.VerificationFailed)
	s.measures(map[string]float64{"VerificationFailed": 1, "SecondsOverdue": day.Seconds()})
	s.after(hour)
	s.must(`{}`, rotation.Rotated)
	if got := s.measured(); len(got) != 2 || got["Rotated"] != 1 || got["VerificationTime"] <= 0 {
		t.Errorf("%v", got)
	}
}

// TestAQuietHourCostsNothing: CloudWatch charges for each metric that is written in an hour.
func TestAQuietHourCostsNothing(t *testing.T) {
	s := newMeasuredStage(t)
	s.must(`{}`, rotation.Rotated)
	s.must(`{"action":"rotate"}`, rotation.Rotated)
	s.measured()
	for quiet, outcome := range map[string]rotation.Outcome{
		`{}`: rotation.Waiting, `{"action":"status"}`: rotation.Reported, `{"action":"plan"}`: rotation.Planned,
	} {
		s.after(hour)
		s.must(quiet, outcome)
		if log := s.log.String(); strings.Contains(log, `"_aws"`) {
			t.Errorf("%s is measured:\n%s", quiet, log)
		}
	}
}

func TestWhatAlarmsLookAtIsMeasured(t *testing.T) {
	t.Parallel()
	t.Run("blocked, and overdue", func(t *testing.T) {
		s := newMeasuredStage(t)
		s.must(`{}`, rotation.Rotated)
		stranger, _, err := s.World.CreateAccessKey(user)
		if err != nil {
			t.Fatal(err)
		}
		s.after(32 * day)
		s.World.UseKey(stranger, s.World.Now())
		s.must(`{}`, rotation.Blocked)
		s.measures(map[string]float64{"Blocked": 1, "RotationBlocked": 1, "SecondsOverdue": (2 * day).Seconds()})
		s.must(`{"action":"status"}`, rotation.Reported)
		s.measures(map[string]float64{"SecondsOverdue": (2 * day).Seconds()})
		s.fails(`{"action":"rotate"}`, rotation.RotationBlocked)
		if got := s.measured(); got["RotationBlocked"] != 1 || got["Blocked"] != 0 {
			t.Errorf("the metrics of a rotation asked for too early: %v", got)
		}
	})
	t.Run("a superseded key in use", func(t *testing.T) {
		s := newMeasuredStage(t)
		s.must(`{}`, rotation.Rotated)
		old := s.mailFlows().Username
		s.must(`{"action":"rotate"}`, rotation.Rotated)
		s.after(8 * day)
		s.World.UseKey(old, s.World.Now())
		s.must(`{}`, rotation.Waiting)
		s.measures(map[string]float64{"SupersededKeyInUse": 1})
	})
	t.Run("a broken credential", func(t *testing.T) {
		s := newMeasuredStage(t)
		s.must(`{}`, rotation.Rotated)
		if err := s.World.SetKeyStatus(s.mailFlows().Username, "Inactive"); err != nil {
			t.Fatal(err)
		}
		s.must(`{"action":"status"}`, rotation.Reported)
		s.measures(map[string]float64{"CurrentKeyBroken": 1})
		s.must(`{}`, rotation.Rotated)
		s.measures(map[string]float64{"CurrentKeyBroken": 1})
	})
	t.Run("what can't be served", func(t *testing.T) {
		s := newMeasuredStage(t)
		s.fails(`{"action":"none of them"}`, rotation.RequestError)
		s.measures(map[string]float64{"RequestError": 1})
		s.Env["GRACE_PERIOD"] = "soon"
		s.Restart()
		s.fails(`{}`, rotation.ConfigurationError)
		s.measures(map[string]float64{"ConfigurationError": 1})
	})
	t.Run("a call that fails", func(t *testing.T) {
		s := newMeasuredStage(t)
		s.World.Intercept(func(localaws.Call) *localaws.Fault { return &localaws.Fault{Code: "AccessDenied"} })
		s.fails(`{}`, rotation.AccessDenied)
		s.measures(map[string]float64{"AccessDenied": 1})
	})
}
