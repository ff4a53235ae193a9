package bench

import "testing"

// BenchmarkStart starts the function and bare in turn, until each asks for an event.
func BenchmarkStart(b *testing.B) {
	function, nothing := built(b, lambda), built(b, bare)
	env := []string{
		"AWS_REGION=eu-west-1", "AWS_ACCESS_KEY_ID=AKIAFUNCTIONROLE0000", "AWS_SECRET_ACCESS_KEY=the function's own",
		"SMTP_USER_NAME=smtp-sender", "SECRET_ID=mail",
	}
	var times, memories [2][]float64
	for b.Loop() {
		for i, path := range []string{nothing, function} {
			p := start(b, path, env...)
			times[i] = append(times[i], p.polled.Sub(p.started).Seconds())
			memories[i] = append(memories[i], p.peak())
			p.stop()
		}
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(1000*median(times[0]), "ms/bare")
	b.ReportMetric(1000*median(times[1]), "ms/function")
	b.ReportMetric(median(times[1])/median(times[0]), "x-bare-time")
	b.ReportMetric(median(memories[0])/1e6, "MB/bare")
	b.ReportMetric(median(memories[1])/1e6, "MB/function")
	b.ReportMetric(median(memories[1])/median(memories[0]), "x-bare-memory")
}
