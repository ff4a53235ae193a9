package proof

import "testing"

// Each promise of the README has its test here, by its name. They share one enumeration:
// campaign_test.go says what it explores, judge_test.go what breaks a promise, and
// TestEverySeededMistakeIsSeen checks that the judge sees it.

func TestP1AWSCURRENTLogsInAtEveryInstant(t *testing.T) { enumerate(t).total().holds(t, p1) }

func TestP2AKeyStaysActiveThroughItsGracePeriodAndWhileItIsInUse(t *testing.T) {
	enumerate(t).total().holds(t, p2)
}

func TestP3DeactivationComesBeforeDeletion(t *testing.T) { enumerate(t).total().holds(t, p3) }

func TestP4NeverMoreThanTwoKeysAndNoneIsLeftBehind(t *testing.T) { enumerate(t).total().holds(t, p4) }

func TestP5AfterAnEmergencyTheKeyCantSend(t *testing.T) { enumerate(t).total().holds(t, p5) }

func TestP6NothingSecretIsToldOrStored(t *testing.T) { enumerate(t).total().holds(t, p6) }

// TestP7TwoInvocationsAtOnceCantHarmEachOther is about all promises, in those explorations where
// two run at once.
func TestP7TwoInvocationsAtOnceCantHarmEachOther(t *testing.T) {
	all := enumerate(t)
	var atOnce []report
	for i, c := range all.campaigns {
		if len(c.trials[0].phases[0]) > 1 {
			atOnce = append(atOnce, all.reports[i]...)
		}
	}
	r := sum(atOnce)
	r.holds(t, p7)
	for p, n := range r.broken {
		t.Errorf("two invocations at once broke %s in %d states", p, n)
	}
	t.Logf("%s interleavings of two invocations, through %s states", number(r.ways), number(float64(r.states)))
}

func TestP8NothingStrangeIsDestroyed(t *testing.T) { enumerate(t).total().holds(t, p8) }

func TestTheAnswerTellsWhatIs(t *testing.T) { enumerate(t).total().holds(t, honest) }

// TestEverySeededMistakeIsSeen makes each mistake, and looks where it must show. If it goes unseen,
// the judge is wrong, or looks in the wrong place.
func TestEverySeededMistakeIsSeen(t *testing.T) {
	for i := range mistakes {
		m := &mistakes[i]
		t.Run(m.name, func(t *testing.T) {
			t.Parallel()
			if n := m.sightings(t); n == 0 {
				t.Error("nobody saw it")
			} else {
				t.Logf("%s was broken in %d of the states looked at", m.breaks, n)
			}
		})
	}
}

// sightings counts how often the mistake was seen to break its promise.
func (m *mistake) sightings(t *testing.T) int {
	n := 0
	for _, x := range m.seen {
		possible := faults
		if len(x.phases[0]) > 1 {
			possible = crashes
		}
		n += trial{sceneNamed(x.scene), x.phases, x.budget, possible, 0}.explorer(m).explore(t).broken[m.breaks]
	}
	return n
}

// TestWhatAnActorForgetsDoesntMatter explores some races with actors that keep all answers: the
// outcomes and the number of ways must be the same.
func TestWhatAnActorForgetsDoesntMatter(t *testing.T) {
	for _, tr := range []trial{
		{sceneNamed("fresh"), atOnce(rotate, rotate), 1, crashes, 0},
		{sceneNamed("fresh"), atOnce(tick, emergency), 1, crashes, 0},
		{sceneNamed("superseded, its grace period over"), atOnce(tick, rollback), 0, crashes, 0},
		{sceneNamed("superseded, in its grace period"), atOnce(rollback, rollback), 0, crashes, 0},
		{sceneNamed("broken, with the previous key"), atOnce(tick, rotate), 1, crashes, 0},
		{sceneNamed("fresh"), atOnce(emergency, contain), 0, crashes, 2},
	} {
		t.Run(tr.name(), func(t *testing.T) {
			t.Parallel()
			short := tr.explorer(nil).explore(t)
			whole := tr.explorer(nil)
			whole.forgetsNothing = true
			long := whole.explore(t)
			if short.ways != long.ways {
				t.Errorf("%s ways, and %s with actors that keep all answers", number(short.ways), number(long.ways))
			}
			for m := range long.outcomes {
				if short.outcomes[m] == 0 {
					t.Errorf("%+v comes only with actors that keep all answers", m)
				}
			}
			t.Logf("%d states, and %d with all answers", short.states, long.states)
		})
	}
}
