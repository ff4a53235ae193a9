package stack

import (
	"fmt"
	"math"
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

// further is how many periods before those that it evaluates CloudWatch looks for data where some
// are missing: two in AWS's example. How many it is for an hour isn't published, so what holds here
// has to hold with any number.
var further = []int{0, 1, 2, 5, 24}

// rings tells whether an alarm is in ALARM after these hours, the latest last ("Configuring how
// CloudWatch alarms treat missing data", Amazon CloudWatch User Guide): of the hours that
// CloudWatch looks at, which are more than EvaluationPeriods, all real points count, and missing
// ones as few times as possible. FILL makes missing points real, if there is any.
func (a alarm) rings(t *testing.T, hours ...float64) bool {
	t.Helper()
	answer := a.ringsWith(t, further[0], hours)
	for _, more := range further[1:] {
		if a.ringsWith(t, more, hours) != answer {
			t.Errorf("%s, after %v: that depends on how far back CloudWatch looks", a.name, hours)
		}
	}
	return answer
}

func (a alarm) ringsWith(t *testing.T, further int, hours []float64) bool {
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
	looked := hours[max(0, len(hours)-periods-further):]
	filled := slices.ContainsFunc(looked, func(v float64) bool { return !math.IsNaN(v) }) &&
		a.expression == "FILL(measured, 0)"
	var points []bool // whether each breaches, the latest first
	for _, value := range slices.Backward(looked) {
		if filled && math.IsNaN(value) {
			value = 0
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

// TestAlarmsTellWhenTheySay holds what the descriptions, README.md and the runbook say of hours.
func TestAlarmsTellWhenTheySay(t *testing.T) {
	all := alarms(t)
	quiet := slices.Repeat([]float64{none}, 30)
	for _, c := range []struct {
		alarm, what string
		hours       []float64
		want        bool
	}{
		{"NoTick", "one each hour", []float64{1, 1, 1, 1, 1, 1}, false},
		{"NoTick", "two hours without", []float64{1, 1, 1, 1, none, none}, false},
		{"NoTick", "three hours without", []float64{1, 1, 1, none, none, none}, true},
		{"NoTick", "ticks an hour and a quarter apart", []float64{1, none, 1, none, 2, none}, false},
		{"NoTick", "it is over", []float64{none, none, none, none, none, 1}, false},
		{"NoTick", "nothing for a day", append([]float64{1}, quiet...), true},
		{"NoTick", "nothing, ever", quiet, true},
		{"InvocationsFail", "never", slices.Repeat([]float64{0}, 6), false},
		{"InvocationsFail", "two of four hours", []float64{0, 0, 3, 0, 3}, false},
		{"InvocationsFail", "three of four hours", []float64{0, 3, none, 2, 1}, true},
		{"InvocationsFail", "the attempts of one tick, in two hours", []float64{0, 0, 2, 1}, false},
		{"InvocationsFail", "three hours, of which nothing ran in one since", []float64{0, 3, 3, 3, none}, true},
		{"InvocationsFail", "it is over", []float64{3, 3, 3, 0, 0}, false},
		{"InvocationsFail", "three failures within a week", append([]float64{3, 3, 3}, quiet...), false},
	} {
		if got := alarmOf(all[c.alarm]).rings(t, c.hours...); got != c.want {
			t.Errorf("%s, %s: in ALARM is %v, want %v", c.alarm, c.what, got, c.want)
		}
	}
}

// TestAlarmsAboutOneNumberLastTwoHours: they tell within the hour, and that it is over two hours
// after the last time. Ticks are up to an hour and a quarter apart, so one hour wouldn't do.
func TestAlarmsAboutOneNumberLastTwoHours(t *testing.T) {
	for name, p := range alarms(t) {
		if slices.Contains([]string{"NoTick", "InvocationsFail", "PolicyTooWide"}, name) {
			continue
		}
		a := alarmOf(p)
		bad, err := strconv.ParseFloat(a.threshold, 64)
		if err != nil {
			t.Fatal(err)
		}
		for hours, want := range []bool{true, true, false, false, false} {
			measured := append([]float64{none, none, bad}, slices.Repeat([]float64{none}, hours)...)
			if got := a.rings(t, measured...); got != want {
				t.Errorf("%s, %d hours after: in ALARM is %v, want %v", name, hours, got, want)
			}
		}
		if a.rings(t, none, none, none) || a.rings(t, none, bad-1, none) {
			t.Errorf("%s tells of nothing", name)
		}
	}
}

// TestTheAuditsAlarmLastsUntilAnAuditFindsNothing: an audit that is late changes nothing.
func TestTheAuditsAlarmLastsUntilAnAuditFindsNothing(t *testing.T) {
	a := alarmOf(alarms(t)["PolicyTooWide"])
	if a.period != "86400" || a.periods != "1" || a.missing != "ignore" || a.expression != "" {
		t.Errorf("it is %+v", a)
	}
}
