package function_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/localaws"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/localaws/whole"
)

// TestTwoInvocationsAtOnceCantHarmEachOther overlaps every pair of events, with calls delayed in
// varying patterns, and checks AWSCURRENT between any two calls.
func TestTwoInvocationsAtOnceCantHarmEachOther(t *testing.T) {
	t.Parallel()
	events := []string{`{}`, `{"action":"rotate"}`, `{"action":"emergency"}`}
	seeds := whole.Size(t, "patterns of delays", 2, 6)
	scenes := []scenario{scenarios[0], scenarios[1], scenarios[2], scenarios[3]}
	for _, sc := range scenes {
		for i, first := range events {
			for _, second := range events[i:] {
				if sc.name == "first credential" && (first != `{}` || second != `{}`) {
					continue // there is nothing yet to rotate or revoke
				}
				for seed := range seeds {
					t.Run(fmt.Sprintf("%s: %s beside %s, pattern %d", sc.name, first, second, seed),
						func(t *testing.T) {
							s := newStage(t, nil)
							sc.scene(s)
							w := s.watch(first)
							w.emergency = first == events[2] || second == events[2]
							s.World.Intercept(func(c localaws.Call) *localaws.Fault {
								w.look(c)
								return &localaws.Fault{Delay: pattern(seed, c.N)}
							})
							var both sync.WaitGroup
							for _, event := range []string{first, second} {
								both.Go(func() { _, _ = s.Function.Invoke(t.Context(), []byte(event)) })
							}
							both.Wait()
							s.World.Intercept(func(c localaws.Call) *localaws.Fault { w.look(c); return nil })
							s.mailFlows()
							// eleven days: longer than grace and quarantine, shorter than the
							// rotation
							// interval
							for range 22 {
								s.after(12 * hour)
								if _, err := s.invoke(`{}`); err != nil {
									t.Fatalf("a tick afterwards: %s: %s", err.Type, err.Message)
								}
							}
							s.quiet()
						})
				}
			}
		}
	}
}

// pattern interleaves the calls of two invocations, differently for each seed and in the same way
// on each run.
func pattern(seed, call int) time.Duration {
	return time.Duration((call*7+seed*13+call*call*seed)%9) * time.Millisecond
}
