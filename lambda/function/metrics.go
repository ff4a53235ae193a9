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

// namespace is CloudWatch's namespace of the metrics, which have the function as dimension.
const namespace = "SesSmtpRotator"

// metric is one number that CloudWatch reads from the log.
type metric struct {
	name  string
	unit  string // "StandardUnit", CloudWatch's MetricDatum
	value float64
}

func count(name string, n int) metric { return metric{name, "Count", float64(n)} }

func seconds(name string, d time.Duration) metric { return metric{name, "Seconds", d.Seconds()} }

// outcomes maps an invocation's outcome to its metric. The other outcomes have none.
var outcomes = map[rotation.Outcome]string{
	rotation.Rotated:        "Rotated",
	rotation.Retired:        "Retired",
	rotation.Deleted:        "Deleted",
	rotation.Revoked:        "Revoked",
	rotation.RolledBack:     "RolledBack",
	rotation.Decommissioned: "Decommissioned",
	rotation.Blocked:        "Blocked",
}

// severities maps an audit's severities to the metrics that count the findings.
var severities = []struct {
	severity sendpolicy.Severity
	name     string
}{
	{sendpolicy.High, "HighFindings"},
	{sendpolicy.Medium, "MediumFindings"},
	{sendpolicy.Low, "LowFindings"},
}

// MetricNames lists all metrics: those defined here, the error types, and the codes of the
// warnings.
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

// measure returns the metrics of what an invocation did, what it warns of and why it failed. An
// invocation without news publishes nothing, because CloudWatch charges a metric for each hour in
// which it has data ("Amazon CloudWatch Pricing"). Lambda itself counts invocations and failures,
// free of charge.
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

// measureDelay returns how long ago the current key should have been replaced. Every invocation
// publishes that, and its warnings, so somebody who asks for the status every hour keeps the alarm
// NoTick quiet.
func measureDelay(known []rotation.KeyReport, interval time.Duration, now time.Time) []metric {
	for _, k := range known {
		if due := k.Created.Add(interval); k.Role == rotation.RoleCurrent && interval > 0 && now.After(due) {
			return []metric{seconds("SecondsOverdue", now.Sub(due))}
		}
	}
	return nil
}

// measureAudit counts an audit's findings.
func measureAudit(a event.Answer, err error) (all []metric) {
	if err != nil {
		return []metric{count(string(rotation.TypeOf(err)), 1)}
	}
	found := map[sendpolicy.Severity]int{}
	for _, f := range a.Findings {
		found[f.Severity]++
	}
	for _, s := range severities {
		// HighFindings is published even if it is 0, to show that the audit ran.
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

// publish writes metrics as a line of the log, from which CloudWatch reads them ("Specification:
// Embedded metric format"). Outside Lambda it writes nothing, because nobody would read them.
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
