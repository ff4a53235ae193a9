package stack

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"testing"
)

// alarm is what one looks at, and when it tells.
type alarm struct {
	namespace, name, statistic, period string
	expression                         string // over that metric; empty: the metric itself
	comparison, threshold              string
	periods, datapoints, missing       string
	dimensions                         node
}

// alarmOf reads the template's properties of an alarm.
func alarmOf(p node) alarm {
	a := alarm{
		namespace: p.at("Namespace").String(), name: p.at("MetricName").String(),
		statistic: p.at("Statistic").String(), period: p.at("Period").String(), dimensions: p.at("Dimensions"),
		comparison: p.at("ComparisonOperator").String(), threshold: p.at("Threshold").String(),
		periods: p.at("EvaluationPeriods").String(), datapoints: p.at("DatapointsToAlarm").String(),
		missing: p.at("TreatMissingData").String(),
	}
	for _, query := range p.at("Metrics").list() {
		if expression := query.at("Expression"); expression.value != nil {
			a.expression = expression.String()
			continue
		}
		m := query.at("MetricStat")
		a.namespace, a.name = m.at("Metric", "Namespace").String(), m.at("Metric", "MetricName").String()
		a.statistic, a.period = m.at("Stat").String(), m.at("Period").String()
		a.dimensions = m.at("Metric", "Dimensions")
	}
	return a
}

// alarmOfTerraform reads the values of an aws_cloudwatch_metric_alarm.
func alarmOfTerraform(v node) alarm {
	a := alarm{
		namespace: v.at("namespace").String(), name: v.at("metric_name").String(),
		statistic: v.at("statistic").String(), period: v.at("period").String(), dimensions: v.at("dimensions"),
		comparison: v.at("comparison_operator").String(), threshold: v.at("threshold").String(),
		periods: v.at("evaluation_periods").String(), datapoints: v.at("datapoints_to_alarm").String(),
		missing: v.at("treat_missing_data").String(),
	}
	for _, query := range v.at("metric_query").list() {
		if expression := query.at("expression"); expression.value != nil && expression.String() != "" {
			a.expression = expression.String()
			continue
		}
		m := query.at("metric").list()[0]
		a.namespace, a.name = m.at("namespace").String(), m.at("metric_name").String()
		a.statistic, a.period, a.dimensions = m.at("stat").String(), m.at("period").String(), m.at("dimensions")
	}
	return a
}

// alarms are those of the template, by name.
func alarms(t *testing.T) map[string]node {
	t.Helper()
	found := map[string]node{}
	for name, r := range load(t, templateFile).at("Resources").fields() {
		if r.at("Type").String() == "AWS::CloudWatch::Alarm" {
			found[name] = r.at("Properties")
		}
	}
	if len(found) == 0 {
		t.Error("there is no alarm")
	}
	return found
}

// theSameAlarms: those of the module look at the same and tell at the same time. Resources are the
// module's, by address.
func theSameAlarms(t *testing.T, resources map[string]node) {
	t.Helper()
	for name, p := range alarms(t) {
		values, ok := resources[`aws_cloudwatch_metric_alarm.alarms["`+name+`"]`]
		if !ok {
			t.Errorf("the module has no alarm %s", name)
			continue
		}
		got, want := alarmOfTerraform(values), alarmOf(p)
		got.dimensions, want.dimensions = node{}, node{} // the module's resources have other names
		if fmt.Sprintf("%+v", got) != fmt.Sprintf("%+v", want) {
			t.Errorf("%s is\n%+v, want\n%+v", name, got, want)
		}
	}
}

// none is an hour in which nothing was measured.
var none = math.NaN()

// rings tells whether an alarm is in ALARM after these hours, the latest last ("Configuring how
// CloudWatch alarms treat missing data", Amazon CloudWatch User Guide): CloudWatch looks at more
// hours than EvaluationPeriods (two more in AWS's example), all real points count, and missing ones
// as few times as possible. FILL makes missing points real.
func (a alarm) rings(t *testing.T, hours ...float64) bool {
	t.Helper()
	number := func(text string) int {
		n, err := strconv.Atoi(text)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	periods, threshold := number(a.periods), float64(number(a.threshold))
	breaches := func(value float64) bool {
		if a.comparison == "LessThanThreshold" {
			return value < threshold
		}
		return value >= threshold
	}
	var points []bool // whether each breaches, the latest first
	for i := range min(len(hours), periods+2) {
		value := hours[len(hours)-1-i]
		if filler := regexp.MustCompile(`^FILL\(\w+, (\d+)\)$`).FindStringSubmatch(a.expression); filler != nil &&
			math.IsNaN(value) {
			value = float64(number(filler[1]))
		}
		if !math.IsNaN(value) {
			points = append(points, breaches(value))
		}
	}
	for len(points) < periods {
		points = append(points, a.missing == "breaching")
	}
	breaching := 0
	for _, b := range points[:periods] {
		if b {
			breaching++
		}
	}
	return breaching >= number(a.datapoints)
}

func TestThreeHoursWithoutASuccessAreToldAfterThreeHours(t *testing.T) {
	a := alarmOf(alarms(t)["NoSuccessfulTick"])
	if a.period != "3600" || a.periods != "3" || a.statistic != "Sum" || a.name != "Succeeded" {
		t.Errorf("it looks at %+v", a)
	}
	for _, c := range []struct {
		what  string
		hours []float64
		want  bool
	}{
		{"a success each hour", []float64{1, 1, 1, 1, 1, 1}, false},
		{"two hours without a tick", []float64{1, 1, 1, 1, none, none}, false},
		{"three hours without a tick", []float64{1, 1, 1, none, none, none}, true},
		{"three hours of failures", []float64{1, 1, 1, 0, 0, 0}, true},
		{"two hours of failures", []float64{1, 1, 1, 1, 0, 0}, false},
		{"both", []float64{1, 1, 1, 0, none, 0}, true},
		{"an hour between two ticks that are an hour and a quarter apart", []float64{1, none, 1, none, 2, none}, false},
		{"it is over", []float64{0, none, none, 0, none, 1}, false},
		{"nothing, ever", []float64{none, none, none, none, none, none}, true},
	} {
		if got := a.rings(t, c.hours...); got != c.want {
			t.Errorf("%s: in ALARM is %v, want %v", c.what, got, c.want)
		}
	}
}

// TestAnAlarmMayBeOverLaterThanItSays holds what the runbook says of those whose metric isn't there
// each hour.
func TestAnAlarmMayBeOverLaterThanItSays(t *testing.T) {
	a := alarmOf(alarms(t)["CredentialBroken"])
	for hours, want := range map[int]bool{0: true, 1: true, 2: true, 3: true, 4: false} {
		measured := append([]float64{none, none, 1}, slices.Repeat([]float64{none}, hours)...)
		if got := a.rings(t, measured...); got != want {
			t.Errorf("%d hours after: in ALARM is %v, want %v", hours, got, want)
		}
	}
}
