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

// TestTheBuiltFunctionKilledAtAnyAWSCallLosesNothing plays every scene up to its event, makes the
// built function serve that event, and kills the process at the first AWS call, at the second, and
// so on, before and after the call's effect, until a run ends by itself. A new process serves the
// next events, and ticks until nothing is left to do. Between any two calls AWSCURRENT's credential
// sends.
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

// killedAtEachCall plays the scene once for each AWS call of its event, twice if the call has an
// effect, and once more without a kill.
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

// hasEffect reports whether a call changes anything. If it doesn't, before and after are the same.
func hasEffect(c localaws.Call) bool {
	reads := func(verb string) bool { return strings.HasPrefix(c.Action, verb) }
	return !slices.ContainsFunc([]string{"Get", "List", "Describe"}, reads)
}

// killedAt plays the scene, kills the function at the i-th AWS call of its event, and returns that
// call, or nil if the event makes fewer.
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

// account is an AWS account with the function in it. The time before and after an event passes in
// this process, by the test's clock; the event itself goes to the built function, which has the
// real clock.
type account struct {
	*testing.T
	*localfunction.Deployment
	watch   *watcher
	printed strings.Builder // the output of every process that served here, and all answers

	ahead  time.Duration // how far the world's clock was moved
	leaked string        // the access key of an emergency
	wanted string        // the access key that must be current in the end, if that is known before
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

// start starts a new process of the built function.
func (a *account) start() *process {
	a.Helper()
	env, err := a.Environ()
	if err != nil {
		a.Fatal(err)
	}
	return startFunction(a.T, env)
}

// ago sets the world's clock to that long before now. With 0, it is the real time.
func (a *account) ago(d time.Duration) {
	a.World.Advance(longAgo - d - a.ahead)
	a.ahead = longAgo - d
}

// invoke makes the function in this process serve an event successfully.
func (a *account) invoke(event string) rotation.Result {
	a.Helper()
	answer, err := a.Invoke(a.Context(), event)
	if err != nil {
		a.Fatalf("%s, at %v: %v", event, a.World.Now(), err)
	}
	fmt.Fprintln(&a.printed, answer.Text)
	return answer.Result
}

// must is invoke with a known outcome. It returns the access key that is current afterwards.
func (a *account) must(event string, outcome rotation.Outcome) string {
	a.Helper()
	result := a.invoke(event)
	if result.Outcome != outcome || result.Credential == nil {
		a.Fatalf("%s: want %s, got %+v", event, outcome, result)
	}
	return result.Credential.AccessKeyID
}

// serve makes a new process of the built function serve an event successfully.
func (a *account) serve(event string) {
	a.Helper()
	p := a.start()
	defer a.ended(p)
	a.succeeded(event, p.invoke(event))
}

// serveNextTick makes a new process serve a tick. If mail is broken, a key that was just made may
// hold the last slot, and another invocation may be about to store it: that tick may be blocked,
// and the next one mends it.
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

// serveUntilKilled is serve, except that the process is killed at its i-th AWS call, before or
// after the call's effect. It returns that call, or nil if the event makes fewer and the process
// lived to answer.
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

// callsEnded waits until no call is running: the last call of a killed process may still take
// effect.
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

// mended checks how the next events leave things: mail flows, and the leaked key is gone.
func (a *account) mended() {
	a.Helper()
	a.watch.look(localaws.Call{})
	if a.watch.outage.Load() {
		a.Error("AWSCURRENT's key is still dead")
	}
	if slices.ContainsFunc(a.World.Keys(user), func(k localaws.Key) bool { return k.ID == a.leaked }) {
		a.Errorf("access key %s leaked, and still exists", a.leaked)
	}
}

// quiet checks the end of every scene: nothing is left to do, and the credential is for all
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
