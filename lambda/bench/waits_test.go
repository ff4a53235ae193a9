package bench

import (
	"fmt"
	"net"
	"strconv"
	"testing"
	"time"

	"github.com/seed-486a873a/ses-smtp-rotator/lambda/localfunction"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/localaws"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/rotation"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sessmtp"
)

// BenchmarkIdleTick times a tick with nothing to do in a new process, including everything that a
// process does only once.
func BenchmarkIdleTick(b *testing.B) {
	path := built(b, lambda)
	w := newWorld(b, region)
	w.invoke(`{}`, rotation.Rotated)
	w.far()
	env, err := w.Environ()
	if err != nil {
		b.Fatal(err)
	}
	var ticks, all []float64
	for b.Loop() {
		w.World.ResetCalls()
		p := start(b, path, env...)
		took := p.invoke(`{}`)
		ticks = append(ticks, trips(took))
		all = append(all, 1000*(took+p.polled.Sub(p.started)).Seconds())
		p.stop()
		if calls := len(w.World.Calls()); calls != 2 {
			b.Fatalf("an idle tick made %d AWS calls, and needs 2", calls)
		}
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(2, "AWS-calls")
	b.ReportMetric(median(ticks), "round-trips")
	b.ReportMetric(median(all), "ms/start-to-answer")
}

// mustBeInTurn counts the AWS calls of a rotation that each need an earlier answer: look, create,
// stage, promote.
const mustBeInTurn = 4

// BenchmarkRotation rotates with a round trip's delay on every AWS call and on every exchange with
// SES.
func BenchmarkRotation(b *testing.B) {
	w := newWorld(b, region)
	l := newLine(b, w.World.SMTP(region))
	w.Env["SMTP_ENDPOINT"] = l.address
	w.Restart()
	w.invoke(`{}`, rotation.Rotated)
	var aws, smtp, ratios []float64
	calls := 0
	for b.Loop() {
		w.World.Advance(31 * day)
		w.World.ResetCalls()
		l.inUse()
		w.far()
		took := w.invoke(`{}`, rotation.Rotated)
		w.World.Intercept(nil)
		calls = len(w.World.Calls())
		if calls > 6 {
			b.Fatalf("a rotation made %d AWS calls, and needs no more than 6", calls)
		}
		logins := l.inUse()
		aws, smtp = append(aws, trips(took-logins)), append(smtp, trips(logins))
		ratios = append(ratios, float64(took)/float64(mustBeInTurn*trip+3*w.login(l)))
		w.World.Advance(9 * day)
		w.invoke(`{}`, rotation.Retired)
		w.World.Advance(2 * day)
		w.invoke(`{}`, rotation.Deleted)
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(float64(calls), "AWS-calls")
	b.ReportMetric(median(aws), "round-trips-beside-SMTP")
	b.ReportMetric(median(smtp), "SMTP-round-trips")
	b.ReportMetric(median(ratios), "x-what-must-be")
}

// login returns how long one login takes over a line. Verification needs three in a row.
func (w *world) login(l *line) time.Duration {
	w.Helper()
	current, err := w.Current()
	if err != nil {
		w.Fatal(err)
	}
	login, err := current.Login(region)
	if err != nil {
		w.Fatal(err)
	}
	client := w.verifier().Client
	start := time.Now()
	if err := client.Login(w.Context(), login, ""); err != nil {
		w.Fatal(err)
	}
	return time.Since(start)
}

// BenchmarkVerification verifies a credential in ten Regions at once, and in one.
func BenchmarkVerification(b *testing.B) {
	regions := []string{region}
	for n := range 9 {
		regions = append(regions, fmt.Sprintf("us-east-%d", n+1))
	}
	w := newWorld(b, regions...)
	id, secret, err := w.World.CreateAccessKey(localfunction.User)
	if err != nil {
		b.Fatal(err)
	}
	var logins []sessmtp.Login
	for _, r := range regions {
		e, err := endpoint(r, newLine(b, w.World.SMTP(r)).address)
		if err != nil {
			b.Fatal(err)
		}
		logins = append(logins, sessmtp.Login{Endpoint: e, Username: id,
			Password: sessmtp.Password(localaws.SMTPPassword(secret, r))})
	}
	verify := func(logins []sessmtp.Login) float64 {
		start := time.Now()
		for _, r := range w.verifier().Verify(b.Context(), logins) {
			if r.Meaning != sessmtp.Accepted {
				b.Fatal(r.Err)
			}
		}
		return time.Since(start).Seconds()
	}
	var ratios []float64
	for b.Loop() {
		ratios = append(ratios, verify(logins)/verify(logins[:1]))
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(median(ratios), "x-one-Region")
}

func endpoint(region, address string) (sessmtp.Endpoint, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return sessmtp.Endpoint{}, err
	}
	number, err := strconv.Atoi(port)
	return sessmtp.Endpoint{Region: region, Host: host, Port: number}, err
}
