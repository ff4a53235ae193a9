package growth

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"go.yaml.in/yaml/v3"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/rotation"
)

// Stack is what of a stack's set-up the simulation depends on.
type Stack struct {
	RotationInterval time.Duration
	Every            time.Duration // the schedule's period
	// Window is the flexible window of the schedule: each tick comes within it, at random.
	Window time.Duration
	// KeptFor is how long the scheduler keeps trying to deliver a tick.
	KeptFor time.Duration
	// Invocations is how often Lambda tries one event.
	Invocations int
	// CallTries is how often the SDK tries one call.
	CallTries int
	// Alarms look at AlarmMetrics together.
	Alarms, AlarmMetrics int
	Secrets              int
	Memory               int // of the function, in MB
}

// ReadStack returns the Stack that a template sets up with its defaults.
func ReadStack(templateFile string) (Stack, error) {
	t, err := readTemplate(templateFile)
	if err != nil {
		return Stack{}, err
	}
	schedule, invoke := "Resources.Schedule.Properties.", "Resources.FunctionEventInvokeConfig.Properties."
	minutes := t.number(schedule + "FlexibleTimeWindow.MaximumWindowInMinutes")
	seconds := t.number(schedule + "Target.RetryPolicy.MaximumEventAgeInSeconds")
	s := Stack{
		RotationInterval: rotation.DefaultPolicy().RotationInterval,
		Every:            t.rate("Parameters.ScheduleExpression.Default"),
		Window:           time.Duration(minutes) * time.Minute,
		KeptFor:          time.Duration(seconds) * time.Second,
		Invocations:      1 + t.number(invoke+"MaximumRetryAttempts"),
		CallTries:        retry.DefaultMaxAttempts,
		Alarms:           t.count("AWS::CloudWatch::Alarm", false),
		AlarmMetrics:     t.alarmMetrics(),
		Secrets:          t.count("AWS::SecretsManager::Secret", false),
		Memory:           t.number("Resources.Function.Properties.MemorySize"),
	}
	if t.err != nil {
		return Stack{}, fmt.Errorf("%s: %w", templateFile, t.err)
	}
	return s, nil
}

// template is a CloudFormation template, and what was missing in it so far.
type template struct {
	document map[string]any
	err      error
}

func readTemplate(file string) (t template, err error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return t, err
	}
	if err := yaml.Unmarshal(text, &t.document); err != nil {
		return t, fmt.Errorf("%s: %w", file, err)
	}
	return t, nil
}

// at returns the text at a path of names, and "" if there is none.
func (t *template) at(path string) string {
	var here any = t.document
	for name := range strings.SplitSeq(path, ".") {
		fields, _ := here.(map[string]any)
		here = fields[name]
	}
	if here == nil {
		return ""
	}
	return fmt.Sprint(here)
}

func (t *template) number(path string) int {
	n, err := strconv.Atoi(t.at(path))
	if err != nil {
		t.err = errors.Join(t.err, fmt.Errorf("%s: %w", path, err))
	}
	return n
}

// rate reads a schedule expression such as rate(1 hour).
func (t *template) rate(path string) time.Duration {
	var n int
	var unit string
	text := t.at(path)
	_, err := fmt.Sscanf(text, "rate(%d %s", &n, &unit)
	units := map[string]time.Duration{"minute": time.Minute, "hour": time.Hour, "day": 24 * time.Hour}
	one := units[strings.TrimRight(unit, "s)")]
	if err != nil || n < 1 || one == 0 {
		t.err = errors.Join(t.err, fmt.Errorf("%s: %q is no rate", path, text))
	}
	return time.Duration(n) * one
}

// count returns how many resources of a type a stack has with its parameters' defaults; or, of
// those that are optional, how many more it can have. What is optional has a condition whose name
// begins with Has; a condition that begins with Makes or Sends holds by default.
func (t *template) count(kind string, optional bool) (n int) {
	resources, _ := t.document["Resources"].(map[string]any)
	for name := range resources {
		resource := "Resources." + name
		if t.at(resource+".Type") == kind && strings.HasPrefix(t.at(resource+".Condition"), "Has") == optional {
			n++
		}
	}
	return n
}

// alarmMetrics returns how many metrics the alarms look at: an expression can look at several.
func (t *template) alarmMetrics() (n int) {
	resources, _ := t.document["Resources"].(map[string]any)
	for _, r := range resources {
		resource := r.(map[string]any)
		if resource["Type"] != "AWS::CloudWatch::Alarm" {
			continue
		}
		queries, ok := resource["Properties"].(map[string]any)["Metrics"].([]any)
		if !ok {
			n++
			continue
		}
		for _, q := range queries {
			if q.(map[string]any)["MetricStat"] != nil {
				n++
			}
		}
	}
	return n
}
