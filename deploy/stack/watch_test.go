package stack

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/seed-486a873a/ses-smtp-rotator/lambda/function"
	"github.com/seed-486a873a/ses-smtp-rotator/lambda/localfunction"
)

func TestEveryAlarmLooksAtWhatIsMeasuredAndTellsAPerson(t *testing.T) {
	for name, p := range alarms(t) {
		m := alarmOf(p)
		of := m.namespace + " " + m.name + " " + m.dimensions.list()[0].at("Value").String()
		switch metric, own := strings.CutPrefix(of, "SesSmtpRotator "); {
		case own && slices.Contains(function.MetricNames(), strings.Fields(metric)[0]) && strings.HasSuffix(metric,
			" map[Ref:Function]"):
		case slices.Contains([]string{"AWS/Lambda Errors map[Ref:Function]", "AWS/Lambda Invocations map[Ref:Function]",
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

// dashboard is what a body of one shows.
type dashboard struct {
	Widgets []struct {
		X, Y, Width, Height int
		Properties          struct {
			Title, Query string
			Metrics      [][]any
			Alarms       []string
		}
	}
}

// templatesDashboard is the template's, with the names of its resources for their values.
func templatesDashboard(t *testing.T, file string) (d dashboard) {
	t.Helper()
	text := load(t, file).at("Resources", "Dashboard", "Properties", "DashboardBody", "Fn::Sub").String()
	text = regexp.MustCompile(`\$\{([\w:]+)[.\w]*\}`).ReplaceAllString(text, "$1")
	if err := json.Unmarshal([]byte(text), &d); err != nil {
		t.Fatal(err)
	}
	return d
}

func TestNoWidgetOfADashboardCoversAnother(t *testing.T) {
	for _, file := range []string{templateFile, "../dashboard.yaml"} {
		widgets := templatesDashboard(t, file).Widgets
		if len(widgets) == 0 {
			t.Errorf("%s shows nothing", file)
		}
		for i, w := range widgets {
			if w.X+w.Width > 24 {
				t.Errorf("%s: %q is beyond the right edge", file, w.Properties.Title)
			}
			for _, other := range widgets[:i] {
				if w.X < other.X+other.Width && other.X < w.X+w.Width && w.Y < other.Y+other.Height &&
					other.Y < w.Y+w.Height {
					t.Errorf("%s: %q and %q overlap", file, other.Properties.Title, w.Properties.Title)
				}
			}
		}
	}
}

func TestTheDashboardShowsEveryAlarm(t *testing.T) {
	var shown []string
	for _, w := range templatesDashboard(t, templateFile).Widgets {
		shown = append(shown, w.Properties.Alarms...)
	}
	slices.Sort(shown)
	if want := slices.Sorted(maps.Keys(alarms(t))); !slices.Equal(shown, want) {
		t.Errorf("it shows %v, and there are %v", shown, want)
	}
}

// TestTheFleetsDashboardSearchesForWhatIsMeasured, and for whatever an alarm looks at.
func TestTheFleetsDashboardSearchesForWhatIsMeasured(t *testing.T) {
	searched := map[string]bool{}
	for _, w := range templatesDashboard(t, "../dashboard.yaml").Widgets {
		expression := fmt.Sprint(w.Properties.Metrics[0][0].(map[string]any)["expression"])
		for _, name := range regexp.MustCompile(`"(\w+)"`).FindAllStringSubmatch(expression, -1) {
			searched[name[1]] = true
			if !slices.Contains(function.MetricNames(), name[1]) {
				t.Errorf("it shows %s, and nobody measures that", name[1])
			}
		}
	}
	for name, p := range alarms(t) {
		if a := alarmOf(p); a.namespace == "SesSmtpRotator" && !searched[a.name] {
			t.Errorf("it doesn't show what %s looks at", name)
		}
	}
}

// TestDashboardsShowWhatTheFunctionWrites looks for what their queries ask for in the log of a
// function that has made a credential, warned and failed.
func TestDashboardsShowWhatTheFunctionWrites(t *testing.T) {
	var log bytes.Buffer
	d, err := localfunction.Start(localfunction.Config{
		Log: slog.NewJSONHandler(&log, nil), Env: map[string]string{"AWS_LAMBDA_FUNCTION_NAME": "Function"},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	invoke := func(payload string) {
		_, err := d.Invoke(t.Context(), payload)
		if (err != nil) != (payload == `{"action":"no such"}`) {
			t.Fatal(err)
		}
	}
	invoke(`{}`)
	stranger, _, err := d.World.CreateAccessKey(localfunction.User)
	if err != nil {
		t.Fatal(err)
	}
	d.World.Advance(32 * 24 * time.Hour)
	d.World.UseKey(stranger, d.World.Now())
	invoke(`{}`)
	invoke(`{"action":"no such"}`)
	written := map[string]bool{"@timestamp": true, "@log": true}
	for line := range strings.Lines(log.String()) {
		var fields map[string]any
		if err := json.Unmarshal([]byte(line), &fields); err != nil {
			t.Fatal(err)
		}
		paths(fields, "", written)
	}
	queries := 0
	for _, file := range []string{templateFile, "../dashboard.yaml"} {
		for _, w := range templatesDashboard(t, file).Widgets {
			for _, names := range regexp.MustCompile(`\| (?:fields|filter|stats|sort) ([^|]*)`).
				FindAllStringSubmatch(w.Properties.Query, -1) {
				queries++
				text := regexp.MustCompile(`'[^']*'| as \w+`).ReplaceAllString(names[1], "")
				for _, name := range regexp.MustCompile(`[@a-z_]+[.a-z_]*`).FindAllString(text, -1) {
					if !written[name] && !slices.Contains([]string{"and", "in", "desc", "latest", "by"}, name) {
						t.Errorf("%s: %q asks for %s, which isn't written", file, w.Properties.Title, name)
					}
				}
			}
		}
	}
	if queries < 4 {
		t.Errorf("only %d queries were found", queries)
	}
}

// paths puts down what is in a line of the log as CloudWatch's queries name it.
func paths(fields map[string]any, before string, found map[string]bool) {
	for name, value := range fields {
		found[before+name] = true
		if inner, ok := value.(map[string]any); ok {
			paths(inner, before+name+".", found)
		}
	}
}
