package function

import (
	"context"
	"log/slog"
	"maps"
	"slices"
	"time"

	"github.com/seed-486a873a/ses-smtp-rotator/lambda/event"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/rotation"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sendpolicy"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sessmtp"
)

// namespace is where CloudWatch shows the metrics, by function.
const namespace = "SesSmtpRotator"

// metric is one number that CloudWatch takes from the log.
type metric struct {
	name  string
	unit  string // "StandardUnit", CloudWatch's MetricDatum
	value float64
}

func count(name string, n int) metric { return metric{name, "Count", float64(n)} }

func seconds(name string, d time.Duration) metric { return metric{name, "Seconds", d.Seconds()} }

// outcomes are the metrics of what an invocation came to. Of the others there is nothing to tell.
var outcomes = map[rotation.Outcome]string{
	rotation.Rotated:        "Rotated",
	rotation.Retired:        "Retired",
	rotation.Deleted:        "Deleted",
	rotation.Revoked:        "Revoked",
	rotation.RolledBack:     "RolledBack",
	rotation.Decommissioned: "Decommissioned",
	rotation.Blocked:        "Blocked",
}

// severities are the metrics that count findings of an audit.
var severities = []struct {
	severity sendpolicy.Severity
	name     string
}{
	{sendpolicy.High, "HighFindings"},
	{sendpolicy.Medium, "MediumFindings"},
	{sendpolicy.Low, "LowFindings"},
}

// MetricNames are all metrics that there are: those below, the error types, and the warnings'
// codes.
func MetricNames() []string {
	names := []string{"SecondsOverdue", "VerificationTime"}
	for _, s := range severities {
		names = append(names, s.name)
	}
	for _, name := range outcomes {
		names = append(names, name)
	}
	for _, t := range rotation.ErrorTypes() {
		names = append(names, string(t))
	}
	for _, code := range append(rotation.WarningCodes(), event.WarnLeakUnanswered) {
		names = append(names, string(code))
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// measure tells what an invocation did, what it warns of and why it failed. One that has nothing to
// tell writes nothing: CloudWatch charges for a metric by the hour in which it has data ("Amazon
// CloudWatch Pricing"). How often the function runs and fails, Lambda itself measures, and charges
// nothing.
func measure(result rotation.Result, err error, verified time.Duration, interval time.Duration,
	now time.Time) []metric {
	all := measureDelay(result.Keys, interval, now)
	told := map[string]bool{}
	for _, w := range result.Warnings {
		told[string(w.Code)] = true
	}
	switch name, ok := outcomes[result.Outcome]; {
	case result.Action == rotation.Status || result.Action == rotation.Preview: // they do nothing
	case err != nil:
		told[string(rotation.TypeOf(err))] = true
	case ok:
		told[name] = true
	}
	if verified > 0 {
		all = append(all, seconds("VerificationTime", verified))
	}
	for _, name := range slices.Sorted(maps.Keys(told)) {
		all = append(all, count(name, 1))
	}
	return all
}

// measureDelay tells how long ago the current key should have been replaced. Any invocation tells
// it, and what it warns of: who asks for the status every hour keeps the alarm NoTick quiet.
func measureDelay(known []rotation.KeyReport, interval time.Duration, now time.Time) []metric {
	for _, k := range known {
		if due := k.Created.Add(interval); k.Role == rotation.RoleCurrent && interval > 0 && now.After(due) {
			return []metric{seconds("SecondsOverdue", now.Sub(due))}
		}
	}
	return nil
}

// measureAudit tells how much an audit found.
func measureAudit(a event.Answer, err error) (all []metric) {
	if err != nil {
		return []metric{count(string(rotation.TypeOf(err)), 1)}
	}
	found := map[sendpolicy.Severity]int{}
	for _, f := range a.Findings {
		found[f.Severity]++
	}
	for _, s := range severities {
		// No high finding is told, too: it shows that the audit ran.
		if found[s.severity] > 0 || s.severity == sendpolicy.High {
			all = append(all, count(s.name, found[s.severity]))
		}
	}
	if slices.ContainsFunc(a.Warnings, isBroken) {
		all = append(all, count(string(rotation.WarnCurrentKeyBroken), 1))
	}
	return all
}

func isBroken(w rotation.Warning) bool { return w.Code == rotation.WarnCurrentKeyBroken }

// publish writes metrics as a line of the log from which CloudWatch takes them ("Specification:
// Embedded metric format"). Where there is no Lambda, there is nobody to take them.
func (f *Function) publish(ctx context.Context, log *slog.Logger, metrics []metric) {
	if f.name == "" || len(metrics) == 0 {
		return
	}
	type definition struct{ Name, Unit string }
	type directive struct {
		Namespace  string
		Dimensions [][]string
		Metrics    []definition
	}
	d := directive{Namespace: namespace, Dimensions: [][]string{{"FunctionName"}}}
	attrs := []slog.Attr{slog.String("FunctionName", f.name)}
	for _, m := range metrics {
		d.Metrics = append(d.Metrics, definition{m.name, m.unit})
		attrs = append(attrs, slog.Float64(m.name, m.value))
	}
	attrs = append(attrs, slog.Any("_aws", struct {
		Timestamp         int64
		CloudWatchMetrics []directive
	}{f.now().UnixMilli(), []directive{d}}))
	log.LogAttrs(ctx, slog.LevelInfo, "metrics", attrs...)
}

// stopwatch measures how long verification takes.
type stopwatch struct {
	rotation.Verifier
	took time.Duration
}

func (s *stopwatch) Verify(ctx context.Context, logins []sessmtp.Login) []sessmtp.Result {
	began := time.Now()
	defer func() { s.took += time.Since(began) }()
	return s.Verifier.Verify(ctx, logins)
}
