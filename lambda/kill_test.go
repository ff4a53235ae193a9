package main_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/seed-486a873a/ses-smtp-rotator/lambda/localfunction"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/localaws"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/localaws/awstest"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/localaws/whole"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/rotation"
)

// TestTheBuiltFunctionKilledAtAnyAWSCallLosesNothing plays every scene up to its event, lets the
// built function serve that event, and kills the process at the first AWS call, the second, and so
// on, before and after the call's effect, until a run ends by itself. A new process serves what
// follows, and ticks until all is quiet. Between any two calls AWSCURRENT's credential sends.
func TestTheBuiltFunctionKilledAtAnyAWSCallLosesNothing(t *testing.T) {
	t.Parallel()
	for _, sc := range scenes[:whole.Size(t, "scenes", 2, len(scenes))] {
		t.Run(sc.name, func(t *testing.T) {
			t.Parallel()
			before, after := sc.killedAtEachCall(t)
			t.Logf("%s: %d kills before a call, %d after its effect", sc.name, before, after)
			if before+after < 2 && !t.Failed() {
				t.Error("the function was hardly ever killed: nothing is tested here")
			}
		})
	}
}

// killedAtEachCall plays the scene once for each AWS call that its event makes, twice where the
// call has an effect, and once more without a kill.
func (sc scene) killedAtEachCall(t *testing.T) (before, after int) {
	for !t.Failed() {
		var call *localaws.Call
		t.Run(fmt.Sprintf("before call %d", before), func(t *testing.T) { call = sc.killedAt(t, before, false) })
		if call == nil {
			break
		}
		if hasEffect(*call) {
			t.Run(fmt.Sprintf("after %s, call %d", call.Action, before),
				func(t *testing.T) { sc.killedAt(t, before, true) })
			after++
		}
		before++
	}
	return before, after
}

// hasEffect: where a call only reads, before and after are the same.
func hasEffect(c localaws.Call) bool {
	reads := func(verb string) bool { return strings.HasPrefix(c.Action, verb) }
	return !slices.ContainsFunc([]string{"Get", "List", "Describe"}, reads)
}

// killedAt plays the scene with the function killed at the i-th AWS call of its event, and returns
// that call; nil where the event makes fewer.
func (sc scene) killedAt(t *testing.T, i int, after bool) *localaws.Call {
	a := newAccount(t)
	event := sc.play(a)
	a.ago(0)
	a.watch.emergency.Store(a.leaked != "")
	call := a.serveUntilKilled(event, i, after)
	switch {
	case call != nil && sc.askedAgain:
		a.serve(event)
	case call != nil:
		a.serveNextTick()
	}
	a.mended()
	a.watch.emergency.Store(false)
	// twelve days: longer than an orphan's life, grace and quarantine; shorter than the rotation
	// interval
	for range 24 {
		a.World.Advance(12 * time.Hour)
		a.invoke(`{}`)
	}
	a.quiet()
	onlyJSONWithoutSecrets(t, a.printed.String(), a.World.Secrets())
	return call
}

// account is an AWS account with the function in it. What leads up to an event and what comes of it
// happens in this process, by the test's clock; the event goes to the built function, which has the
// real clock.
type account struct {
	*testing.T
	*localfunction.Deployment
	watch   *watcher
	printed strings.Builder // by every process that served here, and all answers

	ahead  time.Duration // how far the world's clock was moved
	leaked string        // the access key that an emergency is about
	wanted string        // the access key that has to be current in the end, where that is known before
}

const (
	otherRegion = "us-east-1"
	longAgo     = 90 * day // when every scene begins
	day         = 24 * time.Hour
)

func newAccount(t *testing.T) *account {
	t.Helper()
	a := &account{T: t}
	var err error
	a.Deployment, err = localfunction.Start(localfunction.Config{
		Regions: []string{awstest.Region, otherRegion},
		Now:     func() time.Time { return time.Now().Add(-longAgo) },
		Log:     slog.NewJSONHandler(&a.printed, nil),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = a.Close() })
	a.watch = watch(t, a.Deployment)
	return a
}

// start begins a new process of the built function.
func (a *account) start() *process {
	a.Helper()
	env, err := a.Environ()
	if err != nil {
		a.Fatal(err)
	}
	return startFunction(a.T, env)
}

// ago sets the world's clock to so long before now. 0 is now, and in step with the built function's
// clock.
func (a *account) ago(d time.Duration) {
	a.World.Advance(longAgo - d - a.ahead)
	a.ahead = longAgo - d
}

// invoke has the function in this process serve an event, with success.
func (a *account) invoke(event string) rotation.Result {
	a.Helper()
	answer, err := a.Invoke(a.Context(), event)
	if err != nil {
		a.Fatalf("%s, at %v: %v", event, a.World.Now(), err)
	}
	fmt.Fprintln(&a.printed, answer.Text)
	return answer.Result
}

// must is invoke where the outcome is known. It returns the access key that is current then.
func (a *account) must(event string, outcome rotation.Outcome) string {
	a.Helper()
	result := a.invoke(event)
	if result.Outcome != outcome || result.Credential == nil {
		a.Fatalf("%s: want %s, got %+v", event, outcome, result)
	}
	return result.Credential.AccessKeyID
}

// serve has a new process of the built function serve an event, with success.
func (a *account) serve(event string) {
	a.Helper()
	p := a.start()
	defer a.ended(p)
	a.succeeded(event, p.invoke(event))
}

// serveNextTick has a new process serve a tick. Where mail is broken, a key that was made a moment
// ago may hold the last slot, and may be another invocation's, about to be stored: that tick may be
// blocked, and the one after it mends.
func (a *account) serveNextTick() {
	a.Helper()
	p := a.start()
	defer a.ended(p)
	got := p.invoke(`{}`)
	if got.errorType == string(rotation.RotationBlocked) && a.watch.outage.Load() {
		a.World.Advance(time.Hour)
		a.must(`{}`, rotation.Rotated)
		return
	}
	a.succeeded(`{}`, got)
}

// serveUntilKilled is serve where the process is killed at its i-th AWS call, before or after the
// call's effect. It returns that call; nil where the event makes fewer, and the process lived to
// answer.
func (a *account) serveUntilKilled(event string, i int, after bool) *localaws.Call {
	a.Helper()
	p := a.start()
	defer a.ended(p)
	killedAt := a.watch.killAt(i, after, p)
	got, alive := p.invokeUntilKilled(event)
	a.callsEnded()
	a.watch.onlyLook()
	call := killedAt()
	switch {
	case alive:
		a.succeeded(event, got)
	case call == nil:
		a.Fatalf("the function died of %s by itself; it printed: %s", event, p.output.String())
	}
	return call
}

// callsEnded waits until no call is under way: the last call of a process that was killed may take
// effect yet.
func (a *account) callsEnded() {
	underWay := func(c localaws.Call) bool { return c.End.IsZero() }
	for slices.ContainsFunc(a.World.Calls(), underWay) {
		time.Sleep(time.Millisecond)
	}
}

func (a *account) succeeded(event string, got answer) {
	a.Helper()
	fmt.Fprintf(&a.printed, "%s\n", got.body)
	if got.errorType != "" || !json.Valid(got.body) {
		a.Fatalf("%s, served by the built function: %s", event, got.body)
	}
}

// ended stops a process and keeps what it printed.
func (a *account) ended(p *process) {
	p.stop()
	a.printed.Write(p.output.Bytes())
}

// mended is how the follow-up leaves things: mail flows, and what leaked is gone.
func (a *account) mended() {
	a.Helper()
	a.watch.look(localaws.Call{})
	if a.watch.outage.Load() {
		a.Error("AWSCURRENT's key is dead still")
	}
	if slices.ContainsFunc(a.World.Keys(user), func(k localaws.Key) bool { return k.ID == a.leaked }) {
		a.Errorf("access key %s leaked, and is there still", a.leaked)
	}
}

// quiet checks how every scene ends: nothing is left to do, and the credential is for all
// configured Regions.
func (a *account) quiet() {
	a.Helper()
	a.watch.look(localaws.Call{})
	if err := a.Unsettled(); err != nil {
		a.Error(err)
	}
	current, err := a.Current()
	if err != nil {
		a.Fatal(err)
	}
	a.served(current)
	if holder, copied := a.watch.copy(); copied && holder != current.Username {
		a.Errorf("the copy names %s, and AWSCURRENT %s", holder, current.Username)
	}
	if a.wanted != "" && current.Username != a.wanted {
		a.Errorf("AWSCURRENT names %s, want %s", current.Username, a.wanted)
	}
}

// served checks that the credential is accepted in every configured Region.
func (a *account) served(value localfunction.Credential) {
	a.Helper()
	for _, region := range strings.Split(a.Env["SMTP_REGIONS"], ",") {
		if region == "" {
			region = a.Env["AWS_REGION"]
		}
		if !a.World.Accepts(region, value.Username, value.Regions[region].Password) {
			a.Errorf("SES doesn't accept in %s what AWSCURRENT holds (%s)", region, value.Username)
		}
	}
}
