package proof

import (
	"testing"
	"time"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/rotation"
)

var actions = []rotation.Request{tick, rotate, emergency, contain, rollback}

func TestSpeed(t *testing.T) {
	for _, sc := range scenes {
		for _, req := range actions {
			start := time.Now()
			e := &explorer{base: sc.stage(nil), phases: [][]rotation.Request{{req}, {req}}, budget: 1, faults: faults}
			r := e.explore(t)
			t.Logf("%s, %s %v: %d states, %.0f ways, %v; %v", sc.name, req.Action, req.ContainFirst, r.states, r.ways, time.Since(start).Round(time.Millisecond), r.broken)
			for _, x := range r.examples[:min(1, len(r.examples))] {
				t.Log(x)
			}
		}
	}
}
