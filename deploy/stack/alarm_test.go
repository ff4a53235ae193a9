package stack

import (
	"fmt"
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
	function, queue := resources["aws_lambda_function.function"], resources["aws_sqs_queue.failure_queue"]
	names := map[string]string{
		"map[Ref:Function]":                      function.at("function_name").String(),
		"map[Fn::GetAtt:FailureQueue.QueueName]": queue.at("name").String(),
	}
	for name, p := range alarms(t) {
		values, ok := resources[`aws_cloudwatch_metric_alarm.alarms["`+name+`"]`]
		if !ok {
			t.Errorf("the module has no alarm %s", name)
			continue
		}
		got, want := alarmOfTerraform(values), alarmOf(p)
		of := want.dimensions.list()[0]
		dimension := fmt.Sprintf("map[%s:%s]", of.at("Name"), names[of.at("Value").String()])
		known := got.dimensions.value != nil // a plan doesn't know what isn't made yet
		if known && got.dimensions.String() != dimension {
			t.Errorf("%s looks at %s, want %s", name, got.dimensions, dimension)
		}
		got.dimensions, want.dimensions = node{}, node{}
		if fmt.Sprintf("%+v", got) != fmt.Sprintf("%+v", want) {
			t.Errorf("%s is\n%+v, want\n%+v", name, got, want)
		}
	}
}
