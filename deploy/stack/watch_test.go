package stack

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/seed-486a873a/ses-smtp-rotator/lambda/function"
)

func TestEveryAlarmLooksAtWhatIsMeasuredAndTellsAPerson(t *testing.T) {
	for name, p := range alarms(t) {
		m := alarmOf(p)
		of := m.namespace + " " + m.name + " " + m.dimensions.list()[0].at("Value").String()
		switch metric, own := strings.CutPrefix(of, "SesSmtpRotator "); {
		case own && slices.Contains(function.MetricNames(), strings.Fields(metric)[0]) && strings.HasSuffix(metric,
			" map[Ref:Function]"):
		case slices.Contains([]string{"AWS/Lambda Errors map[Ref:Function]",
			"AWS/SQS NumberOfMessagesSent map[Fn::GetAtt:FailureQueue.QueueName]"}, of):
		default:
			t.Errorf("%s looks at %s, and nobody measures that", name, of)
		}
		for _, told := range []string{"AlarmActions", "OKActions"} {
			if to := p.at(told).String(); to != "[map[Ref:AlarmTopic]]" {
				t.Errorf("%s: %s is %s", name, told, to)
			}
		}
	}
}

func TestTheDashboardShowsWhatIsMeasured(t *testing.T) {
	text := load(t, templateFile).at("Resources", "Dashboard", "Properties", "DashboardBody", "Fn::Sub").String()
	text = regexp.MustCompile(`\$\{[\w:.]+\}`).ReplaceAllString(text, "name")
	var body struct {
		Widgets []struct {
			X, Y, Width, Height int
			Properties          struct {
				Metrics [][]any
				Alarms  []string
			}
		}
	}
	if err := json.Unmarshal([]byte(text), &body); err != nil {
		t.Fatal(err)
	}
	shown := 0
	for i, w := range body.Widgets {
		if w.X+w.Width > 24 {
			t.Errorf("widget %d is beyond the right edge", i)
		}
		for j, other := range body.Widgets[:i] {
			if w.X < other.X+other.Width && other.X < w.X+w.Width && w.Y < other.Y+other.Height &&
				other.Y < w.Y+w.Height {
				t.Errorf("widgets %d and %d overlap", j, i)
			}
		}
		for _, m := range w.Properties.Metrics {
			if m[0] != "SesSmtpRotator" {
				continue
			}
			shown++
			if !slices.Contains(function.MetricNames(), m[1].(string)) {
				t.Errorf("it shows %s, and nobody measures that", m[1])
			}
		}
		shown += len(w.Properties.Alarms)
	}
	if shown == 0 {
		t.Error("it shows nothing")
	}
}
