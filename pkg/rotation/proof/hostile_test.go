package proof

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/localaws"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/rotation"
)

// A hostile world is one life after another, each with its own seed: faults at any call,
// invocations that overlap, stale reads, late propagation, clocks that differ, schedules that stop,
// and people who do what they like. Then it calms down, and ticks have to bring everything into
// order.

// hostile is one life.
type hostile struct {
	*stage
	book playbook
	*rand.Rand
	invocations int
	staleSecret bool // reads of the secret are late
	log         []string
}

// chaos is how many things happen in a life before it calms down.
const chaos = 60

// How bad it gets.
const (
	listStale   = 90 * time.Second
	secretStale = 30 * time.Second
	skew        = time.Minute
)

// live plays a life until it ends or a promise is broken.
func live(seed uint64) *hostile {
	h := &hostile{stage: sceneNamed("no credential yet").stage(nil), Rand: rand.New(rand.NewPCG(seed, 0x5e5))}
	h.judge.hostile = true
	h.book = playbook{base: h.stage, acts: map[digest]*act{}}
	for range chaos {
		h.happen()
		if len(h.judge.broken) > 0 {
			return h
		}
	}
	h.calm()
	return h
}

// happen makes one thing happen.
func (h *hostile) happen() {
	h.imperfect()
	switch n := h.IntN(100); {
	case n < 45:
		h.note("tick")
		h.invocation(tick)
	case n < 62:
		h.invocation(h.request())
	case n < 72:
		h.overlap(h.request(), h.request())
	case n < 92:
		h.personActs()
	default:
		h.note("nothing is invoked")
	}
	h.after(h.pause())
}

func (h *hostile) pause() time.Duration {
	pauses := []time.Duration{time.Second, 20 * time.Second, 10 * time.Minute, hour, hour, hour, 5 * hour, day, day,
		3 * day, 8 * day, 31 * day}
	d := pauses[h.IntN(len(pauses))]
	h.note("%v pass", d)
	return d
}

// imperfect sets how late the world is for a while.
func (h *hostile) imperfect() {
	some := func(d time.Duration) time.Duration {
		if h.IntN(3) > 0 {
			return 0
		}
		return d
	}
	h.world.SetListStaleness(some(listStale))
	h.staleSecret = some(secretStale) > 0
	h.world.SetSecretStaleness(map[bool]time.Duration{true: secretStale}[h.staleSecret])
	h.lateUse = some(4 * hour)
	h.world.SetLastUsedDelay(h.lateUse)
	h.world.SetPropagation(some(lateness))
}

// request returns a request that somebody might make.
func (h *hostile) request() rotation.Request {
	switch h.IntN(8) {
	case 0, 1:
		return rotate
	case 2:
		return emergency
	case 3:
		return contain
	case 4:
		return rollback
	case 5:
		if keys := h.world.Keys(user); len(keys) > 0 {
			return rotation.Request{Action: rotation.Emergency, AccessKeyID: keys[h.IntN(len(keys))].ID}
		}
	}
	return tick
}

// invocation runs one invocation alone, with faults.
func (h *hostile) invocation(req rotation.Request) { h.play(h.newActor(req)) }

// overlap runs two at once, in any order of their calls.
func (h *hostile) overlap(a, b rotation.Request) {
	first, second := h.newActor(a), h.newActor(b)
	first.other, second.other = b.Action, a.Action
	h.play(first, second)
}

func (h *hostile) newActor(req rotation.Request) *invocation {
	h.invocations++
	drift := time.Duration(h.Int64N(int64(2*skew))) - skew
	return &invocation{name: fmt.Sprintf("n%d", h.invocations), req: req, leaked: req.AccessKeyID, beside: true,
		started: h.now.Add(drift)}
}

// play runs invocations call by call until all have answered or died.
func (h *hostile) play(invs ...*invocation) {
	h.book.acts = map[digest]*act{}
	var actors []*actor
	for _, inv := range invs {
		a := h.book.start(*inv)
		actors = append(actors, &a)
		h.note("%s starts: %s %s", inv.name, inv.req.Action, h.names[inv.req.AccessKeyID])
	}
	p := point{stage: h.stage}
	for {
		running := slices.DeleteFunc(slices.Clone(actors), func(a *actor) bool { return !a.running() })
		if len(running) == 0 {
			break
		}
		if len(p.arriving) > 0 && h.IntN(4) == 0 {
			h.arrive(&p)
			continue
		}
		h.step(&p, actors, slices.Index(actors, running[h.IntN(len(running))]))
	}
	for len(p.arriving) > 0 {
		h.arrive(&p)
	}
	killed := slices.ContainsFunc(actors, func(a *actor) bool { return a.killed || a.next.answer.err != nil })
	h.allAnswered(killed || h.staleSecret)
}

func (h *hostile) arrive(p *point) {
	late := p.arriving[0]
	p.arriving = p.arriving[1:]
	h.note("late: %s", h.tell(&late.by, late.call))
	_, _ = h.perform(&late.by, late.call)
}

// step makes one call happen, or go wrong.
func (h *hostile) step(p *point, actors []*actor, i int) {
	a := actors[i]
	c := a.next.calls[h.IntN(len(a.next.calls))]
	f := none
	if h.IntN(25) == 0 {
		possible := faults(c)
		f = possible[h.IntN(len(possible))]
	}
	if k, _ := h.key(c.key); c.action == login && f == refused && h.now.Sub(k.Created) > hour {
		f = failed // SES may accept a key late, but doesn't refuse it afterwards
	}
	h.note("%s %s", h.tell(&a.invocation, c), f)
	h.patient(&a.invocation)
	h.asked(&a.invocation, c)
	var e explorer
	q := point{stage: h.stage, actors: []actor{*a}, arriving: nil}
	out, err := e.meet(&q, step{call: c, fault: f})
	a.invocation = q.actors[0].invocation
	p.arriving = append(p.arriving, q.arriving...)
	if a.killed {
		return
	}
	h.book.tell(h.stage, a, c, out, err)
	if a.next.done {
		h.note("%s answers %s %v", a.name, a.outcome(), a.next.answer.err)
		h.answered(&a.invocation, a.next.answer)
	}
}

// personActs is somebody at the console.
func (h *hostile) personActs() {
	keys, versions := h.world.Keys(user), h.world.Versions(secret)
	someKey := func(act func(k localaws.Key)) {
		if len(keys) > 0 {
			act(keys[h.IntN(len(keys))])
		}
	}
	some := versions[h.IntN(len(versions))]
	h.person(func(w *localaws.World) {
		switch h.IntN(10) {
		case 0:
			h.note("a person makes a key")
			if id, _, err := w.CreateAccessKey(user); err == nil {
				h.use(id)
			}
		case 1:
			someKey(func(k localaws.Key) {
				h.note("a person deactivates %s", h.names[k.ID])
				_ = w.SetKeyStatus(k.ID, "Inactive")
				h.judge.cut[k.ID] = true
			})
		case 2:
			someKey(func(k localaws.Key) {
				h.note("a person activates %s", h.names[k.ID])
				_ = w.SetKeyStatus(k.ID, "Active")
				delete(h.judge.cut, k.ID)
				h.judge.byHand[k.ID] = h.now
			})
		case 3:
			someKey(func(k localaws.Key) {
				h.note("a person deletes %s", h.names[k.ID])
				_ = w.DeleteAccessKey(k.ID)
				h.judge.cut[k.ID] = true
			})
		case 4, 5:
			someKey(h.send)
		case 6:
			label := []string{"AWSCURRENT", "AWSPENDING", "AWSPREVIOUS"}[h.IntN(3)]
			h.note("a person moves %s to %s", label, h.names[some.ID])
			h.moveByHand(label, some.ID)
		case 7:
			h.note("a person puts %s back", h.names[some.ID])
			_, _ = w.PutSecretValue(secret, some.Value)
		case 8:
			current, _ := w.Labelled(secret, "AWSCURRENT")
			if strings.HasSuffix(current.Value, "}") && len(current.Value) > 2 {
				h.note("a person adds a note")
				_, _ = w.PutSecretValue(secret, strings.TrimSuffix(current.Value, "}")+`,"note":"by hand"}`)
			}
		case 9:
			value := []string{"{}", `{"db":"other"}`, "not JSON"}[h.IntN(3)]
			h.note("a person writes %s", value)
			_, _ = w.PutSecretValue(secret, value)
		}
	})
}

// send is an application that sends with a key whose secret somebody knows.
func (h *hostile) send(k localaws.Key) {
	if k.Status == "Active" && (h.strange(k) || !h.judge.since[k.ID].IsZero() || h.judge.current == k.ID) {
		h.note("somebody sends with %s", h.names[k.ID])
		h.use(k.ID)
	}
}

// moveByHand moves a label as a person does with the AWS CLI.
func (s *stage) moveByHand(label, to string) {
	from, _ := s.world.Labelled(secret, label)
	_ = s.world.MoveLabel(secret, label, from.ID, to)
}

// calm stops faults, people and imperfections, replaces what isn't ours as the errors ask, and
// ticks every half day until all is in order. A password that a person broke stays broken until the
// next rotation.
func (h *hostile) calm() {
	h.world.SetListStaleness(0)
	h.world.SetSecretStaleness(0)
	h.world.SetLastUsedDelay(0)
	h.world.SetPropagation()
	h.lateUse = 0
	h.note("calm")
	for i := range 200 {
		h.after(12 * hour)
		h.invocations++
		a := h.stage.run(&invocation{name: fmt.Sprintf("c%d", i), req: tick})
		h.note("c%d: %s %v", i, a.outcome(), a.err)
		if a.err != nil && rotation.TypeOf(a.err) == rotation.ConfigurationError {
			h.note("the value is set to {}")
			h.person(func(w *localaws.World) { _, _ = w.PutSecretValue(secret, "{}", "AWSCURRENT", "AWSPENDING") })
		}
		if a.err == nil && a.result.Outcome == rotation.Blocked && h.judge.current == "" {
			h.note("a person makes room, as the warning asks for")
			h.delete(h.world.Keys(user)[0].ID)
		}
		if len(h.judge.broken) > 0 || h.unquiet() == "" {
			break
		}
	}
	noise := h.unquiet()
	h.judge.must(p4, noise == "", "in the end %s", noise)
	h.stored()
}

func (h *hostile) note(format string, args ...any) {
	h.log = append(h.log, h.now.Format("2006-01-02 15:04:05 ")+fmt.Sprintf(format, args...))
}

// TestAHostileWorldBreaksNothing plays some lives. TestTheLongForm plays more.
func TestAHostileWorldBreaksNothing(t *testing.T) {
	t.Logf("%s invocations in %d lives from seed %d on", number(float64(playLives(t, 1, lives))), lives, 1)
}

const lives = 120

// playLives plays n lives from seed on, two at a time, and returns how many invocations there were.
func playLives(t *testing.T, seed uint64, n int) int {
	const shards = 2
	var played [shards]int
	t.Run("lives", func(t *testing.T) {
		for shard := range shards {
			t.Run(fmt.Sprint(shard), func(t *testing.T) {
				t.Parallel()
				for i := shard; i < n; i += shards {
					played[shard] += playLife(t, seed+uint64(i))
				}
			})
		}
	})
	return played[0] + played[1]
}

// playLife plays one life and fails with what was broken in it.
func playLife(t *testing.T, seed uint64) int {
	var h *hostile
	synctest.Test(t, func(*testing.T) { h = live(seed) })
	for _, b := range h.judge.broken {
		t.Errorf("seed %d: %s: %s\n%s", seed, b.promise, b.text, strings.Join(h.log, "\n"))
	}
	return h.invocations
}
