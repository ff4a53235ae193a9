package demo

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/seed-486a873a/ses-smtp-rotator/deploy/smtprotate/internal/timeline"
	"github.com/seed-486a873a/ses-smtp-rotator/deploy/smtprotate/internal/timeline/picture"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/localaws"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sessmtp"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/smtpcreds"
)

var update = flag.Bool("update", false, "write deploy/demo.svg anew")

// perform makes a play whose events go to show.
func perform(t *testing.T, show func(timeline.Event) error) *Play {
	t.Helper()
	p, err := New(show)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close() })
	return p
}

// What the World holds in the end is looked at here without the demo's own eyes.
func TestTheWholeLifeEndsAsPromised(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	var events []timeline.Event
	asText, asJSON := timeline.Text(&out, false), timeline.JSON(&out)
	p := perform(t, func(e timeline.Event) error {
		events = append(events, e)
		if e.Kind == timeline.Step {
			time.Sleep(30 * time.Millisecond) // as if somebody read along: applications go on sending
		}
		return errors.Join(asText(e), asJSON(e))
	})
	if err := p.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	w := p.World()
	keys := w.Keys(userName)
	current, _ := w.Labelled(secretID, "AWSCURRENT")
	if len(keys) != 1 || keys[0].Status != "Active" || !strings.Contains(current.Value, keys[0].ID) {
		t.Errorf("keys in the end: %+v", keys)
	}
	if pending, ok := w.Labelled(secretID, "AWSPENDING"); ok && pending.ID != current.ID {
		t.Errorf("version %s is pending in the end", pending.ID)
	}
	wantMail(t, w, events)
	for _, secret := range w.Secrets() {
		if strings.Contains(out.String(), secret) {
			t.Error("a secret is shown")
		}
	}
	wantSteps(t, events)
	wantPicture(t, events)
}

// wantPicture compares deploy/demo.svg with what just happened, or writes it. It is the same in
// every run.
func wantPicture(t *testing.T, events []timeline.Event) {
	t.Helper()
	const file = "../../../demo.svg"
	drawn := picture.SVG(events)
	if empty := picture.SVG(nil); drawn[:strings.Index(drawn, "role")] != empty[:strings.Index(empty, "role")] {
		t.Error("the whole demo needs more room than a picture has: make its width larger")
	}
	if *update {
		if err := os.WriteFile(file, []byte(drawn), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if committed, err := os.ReadFile(file); err != nil || string(committed) != drawn {
		t.Errorf("deploy/demo.svg shows something else: go test ./deploy/smtprotate/internal/demo -update (%v)", err)
	}
}

// wantMail compares what SES got with what the demo says.
func wantMail(t *testing.T, w *localaws.World, events []timeline.Event) {
	t.Helper()
	byKey, attacks := map[string]bool{}, map[string]bool{}
	sent := 0
	for _, m := range w.Mail() {
		if m.From == "attacker@example.com" {
			attacks[m.AccessKeyID] = true
			continue
		}
		sent++
		byKey[m.AccessKeyID] = true
	}
	summary := events[len(events)-1].Summary
	if summary.Mail.Sent != sent || summary.Mail.Failed != 0 || summary.Mail.CutOff != 2 {
		t.Errorf("SES got %d mails; summary %+v", sent, summary.Mail)
	}
	if len(byKey) != 4 || len(attacks) != 1 {
		t.Errorf("mails were sent with the keys %v, attacks with %v", byKey, attacks)
	}
	for _, promise := range summary.Promises {
		if !promise.Kept {
			t.Errorf("broken: %s", promise.Text)
		}
	}
}

// wantSteps looks for what each scene is about.
func wantSteps(t *testing.T, events []timeline.Event) {
	t.Helper()
	var steps []string
	for _, e := range events {
		switch e.Kind {
		case timeline.Scene:
			steps = append(steps, "/")
		case timeline.Step, timeline.Warning, timeline.Crash:
			steps = append(steps, e.What)
		}
		if e.What == "verify" && !strings.HasSuffix(e.Text, "accepts 3 logins in a row") &&
			!strings.HasSuffix(e.Text, "then accepts 3 in a row") {
			t.Errorf("verification: %s", e.Text)
		}
	}
	const want = "/ create stage verify promote / / create stage verify promote / SupersededKeyInUse / deactivate " +
		"delete / create crash verify stage promote deactivate delete / create stage verify promote deactivate delete /"
	if got := strings.Join(steps, " "); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if !slices.ContainsFunc(events, func(e timeline.Event) bool {
		return strings.Contains(e.Text, "SES says 535") &&
			e.What == "verify"
	}) {
		t.Error("no verification met a 535")
	}
}

func TestAPlayThatIsInterruptedStopsAndLeavesNothingBehind(t *testing.T) {
	before := runtime.NumGoroutine()
	ctx, interrupt := context.WithCancel(t.Context())
	p, err := New(func(e timeline.Event) error {
		if e.Scene == 3 && e.What == "create" {
			interrupt()
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Run(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	p.Close()
	deadline := time.Now().Add(10 * time.Second)
	for ; runtime.NumGoroutine() > before; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%d goroutines before, %d after", before, runtime.NumGoroutine())
		}
	}
}

func TestAPlayThatCannotBeShownEnds(t *testing.T) {
	p := perform(t, func(timeline.Event) error { return io.ErrClosedPipe })
	if err := p.Run(t.Context()); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("got %v", err)
	}
}

func TestABrokenPromiseIsAnError(t *testing.T) {
	var last timeline.Event
	p := perform(t, func(e timeline.Event) error { last = e; return nil })
	p.attackerSent = -1
	err := p.finish()
	for _, want := range []string{"After the emergency the attacker sent nothing", "One access key is left"} {
		if err == nil || !strings.Contains(err.Error(), "a promise was broken: "+want) {
			t.Errorf("no %q in: %v", want, err)
		}
	}
	if last.Kind != timeline.End {
		t.Errorf("the last event is %+v", last)
	}
}

func TestAMailThatIsRefusedWithoutAnEmergencyHasFailed(t *testing.T) {
	p := perform(t, func(timeline.Event) error { return nil })
	endpoints, err := sessmtp.ParseEndpoints(p.World().SMTP(region), []string{region})
	if err != nil {
		t.Fatal(err)
	}
	wrong := fmt.Sprintf(`{"username":"AKIANOBODY","password":"wrong","host":%q,"port":%d}`, endpoints[0].Host,
		endpoints[0].Port)
	p.shop.source = smtpcreds.SourceFunc(func(context.Context) (smtpcreds.Version, error) {
		return smtpcreds.Version{Value: wrong}, nil
	})
	p.shop.send(t.Context())
	if p.shop.mail != (timeline.Mail{Failed: 2}) { // the mail, and that there is no other credential to send it with
		t.Errorf("got %+v", p.shop.mail)
	}
	p.emergency.Store(true)
	p.shop.forgetful = true
	p.shop.send(t.Context())
	if p.shop.mail != (timeline.Mail{Failed: 2, CutOff: 1}) {
		t.Errorf("got %+v", p.shop.mail)
	}
}
