package proof

import "testing"

// TestEverySeededMistakeIsSeen puts each mistake in, and looks where it ought to show. A mistake that goes unseen is a
// fault of the judge's, or of where it looks.
func TestEverySeededMistakeIsSeen(t *testing.T) {
	for i := range mistakes {
		m := &mistakes[i]
		t.Run(m.name, func(t *testing.T) {
			t.Parallel()
			if sightings := m.sightings(t); sightings == 0 {
				t.Error("nobody saw it")
			} else {
				t.Logf("%s was broken in %d of the states looked at", m.breaks, sightings)
			}
		})
	}
}

// sightings is how often the mistake was seen to break its promise.
func (m *mistake) sightings(t *testing.T) int {
	n := 0
	for _, x := range m.seen {
		faults := faults
		if len(x.phases[0]) > 1 {
			faults = crashes
		}
		e := &explorer{base: sceneNamed(x.scene).stage(m), phases: x.phases, budget: x.budget, faults: faults}
		r := e.explore(t)
		n += r.broken[m.breaks]
		if r.broken[m.breaks] == 0 {
			t.Logf("unseen in %q: %v", x.scene, r.broken)
		}
	}
	return n
}
