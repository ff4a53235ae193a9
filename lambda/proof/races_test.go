package proof

import (
	"fmt"
	"testing"
	"time"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/rotation"
)

// crashes are what can happen to a call in a race.
func crashes(*call) []fault { return []fault{none, killedBefore} }

func TestRaceSpeed(t *testing.T) {
	for budget := range 2 {
		for _, sc := range scenes {
			for i, first := range actions {
				for _, second := range actions[i:] {
					t.Run(fmt.Sprintf("%s, %s%v, %s%v, %d", sc.name, first.Action, first.ContainFirst, second.Action, second.ContainFirst, budget), func(t *testing.T) {
						t.Parallel()
						start := time.Now()
						e := &explorer{limit: 40000, base: sc.stage(nil), phases: [][]rotation.Request{{first, second}}, budget: budget, faults: crashes}
						r := e.explore(t)
						t.Logf("%d states, %.0f ways, %v; %v", r.states, r.ways, time.Since(start).Round(time.Millisecond), r.broken)
						for _, x := range r.examples[:min(1, len(r.examples))] {
							t.Log(x)
						}
					})
				}
			}
		}
	}
}
