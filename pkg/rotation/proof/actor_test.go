package proof

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing/synctest"
	"time"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/rotation"
)

// actor is an invocation that is run call by call. What it does next depends only on the answers
// that it has got so far, so an actor is just these answers, and copying it costs nothing.
type actor struct {
	invocation
	told *told
	next *act // what it does now

	// What it does depends on fewer answers than all: those to its writes, and to its reads since
	// it last began to observe. TestWhatAnActorForgetsDoesntMatter compares that with all answers.
	wrote  digest
	read   digest
	looked int
	doubts bool
}

// told is an answer that an actor got, with the answers before it.
type told struct {
	id      string // of the call
	out     any
	err     error
	earlier *told
}

// act is what an actor does at a point: it makes a call, or several at once, or answers.
type act struct {
	calls  []*call
	done   bool
	answer answer
}

// playbook remembers what actors do.
type playbook struct {
	base           *stage // of the settings
	forgetsNothing bool   // actors keep all answers
	acts           map[digest]*act
}

// start returns a new actor before its first call.
func (p *playbook) start(inv invocation) actor {
	w := writer{}
	w.text(fmt.Sprint(inv.name, inv.req, inv.started.Unix()))
	a := actor{invocation: inv, wrote: w.sum()}
	p.proceed(&a)
	return a
}

// tell gives an actor the answer to one of its calls, and finds out what it does next.
func (p *playbook) tell(s *stage, a *actor, c *call, out any, err error) {
	id := a.id(c)
	w := writer{}
	w.text(id)
	w.number(int64(a.looked)) // what was refused before a look is tried again after it
	s.writeAnswer(&w, c.version != "", out, err)
	doubted := c.action == getValue && a.doubts // it checks whether an earlier try of a refused move succeeded
	a.doubts = c.action == moveLabel && err != nil
	if c.writes || doubted || a.req.Action == rotation.Rollback && c.label == string(rotation.Previous) ||
		p.forgetsNothing {
		a.wrote.add(w.sum())
	} else {
		a.read.add(w.sum())
	}
	a.told = &told{id, out, err, a.told}
	a.learn(c, out, err)
	p.proceed(a)
}

// proceed finds out what the actor does now. If it asks for the keys and AWSCURRENT at once, it
// begins to observe.
func (p *playbook) proceed(a *actor) {
	a.next = p.act(a)
	if calls := a.next.calls; len(calls) > 1 && slices.ContainsFunc(calls,
		func(c *call) bool { return c.label == string(rotation.Current) }) {
		a.looked++
		a.read = digest{}
	}
}

// knows returns a digest of all that the actor's future depends on.
func (a *actor) knows() digest {
	w := writer{}
	w.b = append(append(w.b, a.wrote[:]...), a.read[:]...)
	w.number(int64(a.looked))
	w.text(a.leaked)
	w.yes(a.unknown)
	w.yes(a.doubts)
	return w.sum()
}

// id names a call by what it asks for, and by how many such calls there were before.
func (a *actor) id(c *call) string {
	about := c.about()
	n := 0
	for t := a.told; t != nil; t = t.earlier {
		if strings.HasPrefix(t.id, about) {
			n++
		}
	}
	return fmt.Sprint(about, n)
}

// about names what a call asks for.
func (c *call) about() string {
	return c.action + "|" + c.label + "|" + c.key + "|" + c.version + "|" + c.from + "|"
}

func (p *playbook) act(a *actor) *act {
	known := a.knows()
	if found := p.acts[known]; found != nil {
		return found
	}
	found := p.base.replay(a)
	p.acts[known] = found
	return found
}

// replay runs the invocation again, up to what it does after the last answer that it got.
func (s *stage) replay(a *actor) *act {
	r := newReplay(a)
	ctx, cancel := context.WithCancel(context.Background())
	inv := a.invocation
	var running sync.WaitGroup
	running.Go(func() { r.says(s.serve(ctx, &inv, r)) })
	for synctest.Wait(); r.pauses(); synctest.Wait() {
		time.Sleep(time.Minute) // of the bubble
	}
	found := r.act(a)
	cancel()
	close(r.end)
	running.Wait()
	return found
}

// act returns what the invocation does now. Nothing that it does from here on counts.
func (r *replay) act(a *actor) *act {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.used != len(r.known) {
		panic(fmt.Sprintf("%s was told %d answers, and asked for %d of them when it was played again; left: %v", a.name,
			len(r.known), r.used, r.left()))
	}
	r.ended = true
	found := &act{calls: r.waiting, done: r.said != nil}
	if found.done {
		found.answer = *r.said
	}
	slices.SortFunc(found.calls, func(a, b *call) int { return strings.Compare(a.about(), b.about()) })
	return found
}

// pauses reports whether the invocation neither calls nor has answered: it waits before it observes
// again.
func (r *replay) pauses() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.said == nil && len(r.waiting) == 0
}

func (r *replay) says(a answer) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.ended {
		r.said = &a
	}
}

// finish runs the actor to its end, undisturbed.
func (p *playbook) finish(s *stage, a *actor) {
	r := newReplay(a)
	r.live = &undisturbed{stage: s, inv: &a.invocation}
	a.next = &act{done: true, answer: p.base.serve(context.Background(), &a.invocation, r)}
}

// replay answers calls as they were answered before. It holds new calls, or lets them take effect.
type replay struct {
	known   map[string]*told
	mu      sync.Mutex
	counts  map[string]int
	waiting []*call
	said    *answer
	used    int
	ended   bool
	end     chan struct{}
	live    *undisturbed // answers new calls; nil: they are held
}

// newReplay has all answers that the actor got.
func newReplay(a *actor) *replay {
	r := &replay{known: map[string]*told{}, counts: map[string]int{}, end: make(chan struct{})}
	for t := a.told; t != nil; t = t.earlier {
		r.known[t.id] = t
	}
	return r
}

// left returns the answers that nobody asked for, and the calls that wait.
func (r *replay) left() (ids []string) {
	for id := range r.known {
		about := id[:strings.LastIndex(id, "|")+1]
		var n int
		fmt.Sscan(id[len(about):], &n)
		if n >= r.counts[about] {
			ids = append(ids, id)
		}
	}
	for _, c := range r.waiting {
		ids = append(ids, "waits: "+c.about())
	}
	return ids
}

func (r *replay) call(c *call) (any, error) {
	about := c.about()
	r.mu.Lock()
	id := fmt.Sprint(about, r.counts[about])
	r.counts[about]++
	t := r.known[id]
	if t != nil {
		r.used++
	}
	if t == nil && r.live == nil && !r.ended {
		r.waiting = append(r.waiting, c)
	}
	r.mu.Unlock()
	if t != nil {
		return t.out, t.err
	}
	if r.live != nil {
		return r.live.call(c)
	}
	<-r.end
	return nil, errKilled
}

// running reports whether the actor will make another call.
func (a *actor) running() bool { return !a.killed && !a.next.done }

// outcome returns its answer in a word.
func (a *actor) outcome() string {
	if a.killed {
		return "killed"
	}
	return a.next.answer.outcome()
}

// same reports whether two emergencies are the same one, run again.
func same(a, b rotation.Request) bool { return a == b && a.Action == rotation.Emergency }
