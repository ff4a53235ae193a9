package proof

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/rotation"
)

// trial is one exploration: a scene, the requests in it, and how much may go wrong.
type trial struct {
	scene  scene
	phases [][]rotation.Request
	budget int
	faults func(c *call) []fault
	// preemptions is how often one of two may be paused for the other; 0 means no limit.
	preemptions int
}

// campaign is trials of a kind.
type campaign struct {
	name   string
	trials []trial
}

// requests are all requests that an invocation may get, in the order of the tables.
var requests = []rotation.Request{tick, rotate, emergency, contain, theOther, rollback, remove}

// crashes are what can happen to a call in a race: its process is killed before it. If it is killed
// after the call, it is killed before the next one.
func crashes(*call) []fault { return []fault{none, killedBefore} }

// singles tries one fault at any call, and ticks after it.
func singles() campaign {
	c := campaign{name: "one fault"}
	for _, sc := range scenes {
		for _, req := range requests {
			c.trials = append(c.trials, trial{sc, alone(req), 1, faults, 0})
		}
	}
	return c
}

// pairsOfFaults tries two faults, in the invocation and in the one that follows it: the same event
// again, or a tick.
func pairsOfFaults(wanted func(sc scene) bool) campaign {
	c := campaign{name: "two faults"}
	for _, sc := range scenes {
		if !wanted(sc) {
			continue
		}
		for _, req := range requests {
			c.trials = append(c.trials, trial{sc, twice(req), 2, faults, 0})
			if req != tick && req != remove {
				c.trials = append(c.trials, trial{sc, [][]rotation.Request{{req}, {tick}}, 2, faults, 0})
			}
		}
	}
	return c
}

// managed tries the four steps of Secrets Manager's own rotation, one after the other even if the
// one before failed, with a fault at any call.
func managed() campaign {
	c := campaign{name: "Secrets Manager's own rotation, one fault"}
	for _, sc := range scenes {
		c.trials = append(c.trials, trial{sc, fourSteps(), 1, faults, 0})
	}
	return c
}

func fourSteps() (steps [][]rotation.Request) {
	for _, action := range []rotation.Action{rotation.CreateSecret, rotation.SetSecret, rotation.TestSecret,
		rotation.FinishSecret} {
		steps = append(steps, []rotation.Request{{Action: action}})
	}
	return steps
}

// twoLeaks tries alarms that name both of the user's keys: the function revokes the other key
// before the current one.
func twoLeaks() campaign {
	c := campaign{name: "both keys leaked, one fault"}
	for _, sc := range scenes {
		c.trials = append(c.trials, trial{sc, [][]rotation.Request{{theOther}, {theCurrent}}, 1, faults, 0})
	}
	return c
}

// heavy reports whether two actions fence each other off again and again, so that there are too
// many interleavings to try all.
func heavy(a, b rotation.Request) bool {
	fences := func(r rotation.Request) bool { return r.Action == rotation.Emergency || r.Action == rotation.Rollback }
	return fences(a) && fences(b) && (a != rollback || b != rollback)
}

// races tries every pair of light actions at once, in every interleaving, with up to killed of the
// two killed at any call.
func races(killed int, wanted func(sc scene, a, b rotation.Request) bool) campaign {
	c := campaign{name: "two at once" + killedOf(killed)}
	c.add(killed, 0, func(sc scene, a, b rotation.Request) bool { return !heavy(a, b) && wanted(sc, a, b) })
	return c
}

// heavyRaces tries the heavy pairs, in every interleaving with at most so many preemptions.
func heavyRaces(killed, preemptions int, wanted func(sc scene) bool) campaign {
	c := campaign{name: fmt.Sprintf("emergencies and rollbacks at once, up to %d preemptions%s", preemptions,
		killedOf(killed))}
	c.add(killed, preemptions, func(sc scene, a, b rotation.Request) bool { return heavy(a, b) && wanted(sc) })
	return c
}

func killedOf(killed int) string {
	if killed > 0 {
		return ", one of them killed"
	}
	return ""
}

func (c *campaign) add(killed, preemptions int, wanted func(sc scene, a, b rotation.Request) bool) {
	c.addTo(scenes, killed, preemptions, wanted)
}

func (c *campaign) addTo(scenes []scene, killed, preemptions int, wanted func(sc scene, a, b rotation.Request) bool) {
	for _, sc := range scenes {
		for i, a := range requests {
			for _, b := range requests[i:] {
				if wanted(sc, a, b) {
					c.trials = append(c.trials, trial{sc, atOnce(a, b), killed, crashes, preemptions})
				}
			}
		}
	}
}

// heart reports whether the scene's races represent those of other scenes: one key, two keys,
// nothing yet, and something pending.
func heart(sc scene) bool {
	return slices.Contains([]string{
		"no credential yet", "fresh", "superseded, its grace period over", "pending", "broken, with the previous key",
	}, sc.name)
}

func allAtHeart(sc scene, _, _ rotation.Request) bool { return heart(sc) }

func ordinaryAtHeart(sc scene, a, b rotation.Request) bool {
	return heart(sc) && ordinary(a) && ordinary(b)
}

func ordinary(r rotation.Request) bool { return r == tick || r == rotate }

// name returns the trial's name, for people.
func (tr trial) name() string {
	var phases []string
	for _, reqs := range tr.phases {
		var names []string
		for _, r := range reqs {
			names = append(names, nameOf(r))
		}
		phases = append(phases, strings.Join(names, " and "))
	}
	return tr.scene.name + ": " + strings.Join(phases, ", then ")
}

// explorer returns an explorer for the trial with its keys named, or nil if the scene doesn't have
// one of them.
func (tr trial) explorer(m *mistake) *explorer {
	e := &explorer{base: tr.scene.stage(m), budget: tr.budget, faults: tr.faults, preemptions: tr.preemptions}
	token := ""
	if tr.phases[0][0].Action == rotation.CreateSecret {
		token = e.base.startRotation()
	}
	for _, reqs := range tr.phases {
		reqs = slices.Clone(reqs)
		for i := range reqs {
			reqs[i].VersionID = token
			switch reqs[i].AccessKeyID {
			case theOther.AccessKeyID:
				reqs[i].AccessKeyID = e.base.otherKey()
			case theCurrent.AccessKeyID:
				reqs[i].AccessKeyID = e.base.currentKey()
			default:
				continue
			}
			if reqs[i].AccessKeyID == "" {
				return nil
			}
		}
		e.phases = append(e.phases, reqs)
	}
	return e
}

func nameOf(r rotation.Request) string {
	switch r {
	case theOther:
		return "emergency for the other key"
	case theCurrent:
		return "emergency for the current key"
	}
	if r.ContainFirst {
		return "emergency, contain first"
	}
	return string(r.Action)
}

// run explores each trial and returns the reports in their order.
func (c campaign) run(t *testing.T) []report {
	reports := make([]report, len(c.trials))
	t.Run(c.name, func(t *testing.T) {
		for i, tr := range c.trials {
			t.Run(tr.name(), func(t *testing.T) {
				t.Parallel()
				e := tr.explorer(nil)
				if e == nil {
					return // there is no other key here, so there is nothing to try
				}
				reports[i] = e.explore(t)
				for _, x := range reports[i].examples {
					t.Error(x)
				}
			})
		}
	})
	return reports
}

// explored counts the reports that explored something: if the scene has no other key, some trials
// have nothing to try.
func explored(reports []report) (n int) {
	for _, r := range reports {
		if r.states > 0 {
			n++
		}
	}
	return n
}

// sum joins reports.
func sum(reports []report) report {
	all := report{outcomes: map[met]int{}, broken: map[promise]int{}}
	for _, r := range reports {
		all.states += r.states
		all.ways += r.ways
		for p, n := range r.checks {
			all.checks[p] += n
		}
		for m, n := range r.outcomes {
			all.outcomes[m] += n
		}
		for p, n := range r.broken {
			all.broken[p] += n
		}
	}
	return all
}

// theWhole returns what MATRIX.md shows. The other scenes' races are in the long form.
func theWhole() []campaign {
	return []campaign{
		singles(),
		pairsOfFaults(everywhere),
		races(0, allAtHeart),
		races(1, ordinaryAtHeart),
		managed(),
		twoLeaks(),
		heavyRaces(0, 2, named("fresh", "pending")),
		withCopies(),
		racesWithCopies(0),
		racesWithCopies(1),
	}
}

// theEssential has each kind of fault, and each pair of actions in at least one scene. It takes a
// few seconds.
func theEssential() []campaign {
	some := named("fresh", "superseded, its grace period over")
	all := []campaign{singles(), races(0, ordinaryAtHeart), withCopies()}
	if raceDetector {
		return all
	}
	return append(all, pairsOfFaults(some), managed(), twoLeaks(),
		races(0, func(sc scene, _, _ rotation.Request) bool { return sc.name == "fresh" }))
}

func everywhere(scene) bool { return true }

func named(names ...string) func(scene) bool {
	return func(sc scene) bool { return slices.Contains(names, sc.name) }
}

// enumeration is what `go test` explores, once for all tests that use it.
type enumeration struct {
	campaigns []campaign
	reports   [][]report
}

var (
	enumerateOnce sync.Once
	enumerated    enumeration
)

func enumerate(t *testing.T) enumeration {
	t.Helper()
	enumerateOnce.Do(func() {
		enumerated.campaigns = theWhole()
		if !wholeWanted {
			t.Log("the essential part: one fault anywhere, and two faults and races in a few scenes; WHOLE=1 tries all")
			enumerated.campaigns = theEssential()
		}
		for _, c := range enumerated.campaigns {
			enumerated.reports = append(enumerated.reports, c.run(t))
		}
	})
	return enumerated
}

// total returns the sum of all reports.
func (e enumeration) total() report { return sum(slices.Concat(e.reports...)) }

// holds fails the test if a promise was broken, or wasn't checked.
func (r report) holds(t *testing.T, p promise) {
	t.Helper()
	if n := r.broken[p]; n > 0 {
		t.Errorf("%s was broken in %d states", p, n)
	}
	if r.checks[p] == 0 {
		t.Errorf("%s was never checked", p)
	}
	t.Logf("%s was checked %s times, over %s states; broken: %d", p, number(float64(r.checks[p])),
		number(float64(r.states)), r.broken[p])
}

// number writes a count with commas, a very large one as a power of ten.
func number(n float64) string {
	if n >= 1e12 {
		return fmt.Sprintf("%.1e", n)
	}
	text := fmt.Sprintf("%.0f", n)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}
