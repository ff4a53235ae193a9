package function_test

import (
	"encoding/json"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/localaws"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/localaws/whole"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/rotation"
)

// scenario is a state of the world and an event that acts on it.
type scenario struct {
	name  string
	scene func(s *stage)
	event string
}

var scenarios = []scenario{
	{"first credential", func(s *stage) {}, `{}`},
	{"rotation", func(s *stage) { s.must(`{}`, rotation.Rotated); s.after(30 * day) }, `{}`},
	{"deactivation", func(s *stage) {
		s.must(`{}`, rotation.Rotated)
		s.after(30 * day)
		s.must(`{}`, rotation.Rotated)
		s.after(8 * day)
	}, `{}`},
	{"deletion", func(s *stage) {
		s.must(`{}`, rotation.Rotated)
		s.after(30 * day)
		s.must(`{}`, rotation.Rotated)
		s.after(8 * day)
		s.must(`{}`, rotation.Retired)
		s.after(2 * day)
	}, `{}`},
	{"emergency", func(s *stage) { s.must(`{}`, rotation.Rotated); s.after(hour) }, `{"action":"emergency"}`},
	{"emergency with a superseded key", func(s *stage) {
		s.must(`{}`, rotation.Rotated)
		s.after(hour)
		s.must(`{"action":"rotate"}`, rotation.Rotated)
		s.after(hour)
	}, `{"action":"emergency"}`},
	{"rollback", func(s *stage) {
		s.must(`{}`, rotation.Rotated)
		s.after(hour)
		s.must(`{"action":"rotate"}`, rotation.Rotated)
		s.after(hour)
	}, `{"action":"rollback"}`},
}

// TestACrashAtAnyCallLosesNoMailAndLeavesNothingBehind ends the invocation at each AWS call, before
// or after its effect, starts the function anew and ticks until nothing is left to do. Between any
// two effects, AWSCURRENT's credential logs in.
func TestACrashAtAnyCallLosesNoMailAndLeavesNothingBehind(t *testing.T) {
	points := []bool{true, false} // before a call is almost the same as after the one before it
	points = points[:whole.Size(t, "points at each call", 1, 2)]
	for _, sc := range scenarios {
		for _, after := range points {
			for i := 0; ; i++ {
				crashed := true
				t.Run(fmt.Sprintf("%s, call %d, effect done: %v", sc.name, i, after), func(t *testing.T) {
					s := newSerialStage(t, map[string]string{"AWS_MAX_ATTEMPTS": "1"})
					sc.scene(s)
					watch := s.watch(sc.event)
					crashed = watch.crashAt(i, after)
					s.Restart()
					if sc.event == `{"action":"emergency"}` && crashed {
						s.must(sc.event, rotation.Revoked)
					}
					for range 30 {
						s.after(12 * hour)
						if result, err := s.invoke(`{}`); err != nil {
							t.Fatalf("a tick after the crash: %s: %s", err.Type, err.Message)
						} else if result.Credential == nil {
							t.Fatalf("no credential after a tick: %+v", result)
						}
					}
					s.quiet()
				})
				if !crashed || t.Failed() {
					break
				}
			}
		}
	}
}

// watcher is the application, which looks between any two calls, and the history of the keys that
// were current.
type watcher struct {
	*stage
	event     string
	mu        sync.Mutex
	current   bool                 // a credential has been promoted
	lastSeen  map[string]time.Time // when a key was last AWSCURRENT's
	emergency bool
}

func (s *stage) watch(event string) *watcher {
	w := &watcher{stage: s, event: event, lastSeen: map[string]time.Time{},
		emergency: event == `{"action":"emergency"}`}
	w.look(localaws.Call{})
	s.World.Intercept(func(c localaws.Call) *localaws.Fault { w.look(c); return nil })
	return w
}

// crashAt runs the event and stops everything from call i on, or from after its effect on. It
// reports whether the event made that many calls.
func (w *watcher) crashAt(i int, after bool) bool {
	n, crashed := -1, false
	w.World.Intercept(func(c localaws.Call) *localaws.Fault {
		w.look(c)
		w.mu.Lock()
		defer w.mu.Unlock()
		n++
		if n < i {
			return nil
		}
		crashed = true
		return &localaws.Fault{Drop: true, After: after && n == i}
	})
	_, _ = w.invoke(w.event)
	w.World.Intercept(func(c localaws.Call) *localaws.Fault { w.look(c); return nil })
	return crashed
}

// look checks the promises that hold at every instant.
func (w *watcher) look(next localaws.Call) {
	w.mu.Lock()
	defer w.mu.Unlock()
	version, _ := w.World.Labelled(secret, "AWSCURRENT")
	var value struct{ Username, Password string }
	if err := json.Unmarshal([]byte(version.Value), &value); err != nil {
		w.Errorf("AWSCURRENT isn't JSON: %v", err)
	}
	if value.Username == "" && w.current {
		w.Errorf("before %s: AWSCURRENT holds no credential any more", next.Action)
	}
	if value.Username != "" {
		w.current = true
		w.lastSeen[value.Username] = w.World.Now()
		if !w.World.Accepts(region, value.Username, value.Password) {
			w.Errorf("before %s: AWSCURRENT names %s, and SES doesn't accept it", next.Action, value.Username)
		}
	}
	if len(w.World.Keys(user)) > 2 {
		w.Error("more than two keys")
	}
	if next.Action == "UpdateAccessKey" && !w.emergency {
		k, _ := w.key(next.AccessKeyID)
		if seen, ok := w.lastSeen[next.AccessKeyID]; ok && k.Status == "Active" &&
			w.World.Now().Sub(seen) < 7*day-12*hour {
			w.Errorf("access key %s is deactivated %v after it was current", next.AccessKeyID, w.World.Now().Sub(seen))
		}
	}
}
