package proof

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/rotation"
)

// explorer tries every way in which invocations can go on from a stage.
type explorer struct {
	base   *stage
	phases [][]rotation.Request // requests of a phase run at once, phases one after the other
	budget int                  // how many faults there may be
	faults func(c *call) []fault
	// preemptions is how often an invocation that could go on may be paused for the other one; 0
	// means no limit. ("Iterative Context Bounding for Systematic Testing of Multithreaded
	// Programs", Musuvathi and Qadeer, PLDI 2007)
	preemptions int

	playbook
	nodes map[digest]*node
	ended map[digest]bool // states that are known to end well
	report
}

// report is the result of an exploration.
type report struct {
	states   int
	ways     float64 // in which it can go; ways that lead to the same state are counted separately
	checks   [promises]int
	outcomes map[met]int // answers of the first phase
	broken   map[promise]int
	examples []string
}

// met is a fault that a call met, and how the invocation answered.
type met struct {
	action  string
	fault   fault
	outcome string
}

// node is a state in which there was something to choose.
type node struct {
	next []*node
	ways float64
}

// count returns in how many ways it goes on from here.
func (n *node) count() float64 {
	if n.ways == 0 {
		for _, next := range n.next {
			n.ways += next.count()
		}
	}
	return n.ways
}

// point is how far a run has got.
type point struct {
	stage    *stage
	actors   []actor
	earlier  []actor // of the first phase
	phase    int
	budget   int
	arriving []arrival
	trace    *trace

	preemptions int // that are left
	last        int // the actor whose turn it was, if preemptions are limited
}

// arrival is an effect that is late.
type arrival struct {
	by   invocation
	call *call
}

// trace is how a run got here, the last step first.
type trace struct {
	step    step
	told    string
	earlier *trace
}

// step is one way to go on from a point.
type step struct {
	actor   int
	call    *call
	fault   fault
	arrival int // the late effect that arrives now, counted from 1
}

// explore tries everything. It runs in a synctest bubble, so waiting costs nothing.
func (e *explorer) explore(t *testing.T) report {
	e.nodes, e.ended = map[digest]*node{}, map[digest]bool{}
	e.outcomes, e.broken = map[met]int{}, map[promise]int{}
	e.playbook.base, e.playbook.acts = e.base, map[digest]*act{}
	synctest.Test(t, func(*testing.T) {
		p := &point{stage: e.base.clone(), phase: -1, budget: e.budget, last: nobody}
		e.ways = e.visit(p).count()
		e.states = len(e.nodes)
	})
	return e.report
}

// nobody means that no actor has had a turn.
const nobody = -1

// end is where a run ends, well or not.
var end = &node{ways: 1}

// visit goes on from a point in all ways, unless it was here before. A nil point is an end.
func (e *explorer) visit(p *point) *node {
	for p != nil && !p.running() {
		p = e.nextPhase(p)
	}
	if p == nil {
		return end
	}
	key := p.key()
	if n := e.nodes[key]; n != nil {
		return n
	}
	n := &node{}
	e.nodes[key] = n
	if only := p.only(); only != nil {
		e.finish(p.stage, only)
		p.trace = &trace{told: only.name + " goes on -> " + only.outcome(), earlier: p.trace}
		p.stage.answered(&only.invocation, only.next.answer)
		n.next = append(n.next, e.visit(e.judged(p)))
		return n
	}
	for _, s := range e.steps(p) {
		n.next = append(n.next, e.visit(e.take(p, s)))
	}
	return n
}

// only returns the one actor that goes on, if nothing else can happen any more.
func (p *point) only() *actor {
	if p.budget > 0 || len(p.arriving) > 0 {
		return nil
	}
	var found *actor
	for i := range p.actors {
		if a := &p.actors[i]; a.running() && found == nil {
			found = a
		} else if a.running() {
			return nil
		}
	}
	return found
}

func (p *point) running() bool {
	return slices.ContainsFunc(p.actors, func(a actor) bool { return a.running() })
}

// steps returns all ways to go on, in an order that depends only on the state.
func (e *explorer) steps(p *point) []step {
	var all []step
	for i := range p.actors {
		a := &p.actors[i]
		if !a.running() || p.preempts(i) && p.preemptions == 0 {
			continue
		}
		calls := a.next.calls
		if e.invisible(calls[0]) {
			return []step{{actor: i, call: calls[0]}}
		}
		if len(p.actors) == 1 {
			calls = calls[:1] // two reads at once: nothing can come between them
		}
		for _, c := range calls {
			for _, f := range e.possible(p, c) {
				all = append(all, step{actor: i, call: c, fault: f})
			}
		}
	}
	for i := range p.arriving {
		all = append(all, step{arrival: i + 1})
	}
	return all
}

// preempts reports whether it is the turn of another actor, which could go on.
func (p *point) preempts(i int) bool {
	return p.last != nobody && p.last != i && p.actors[p.last].running()
}

// invisible reports whether the call reads what never changes, so that it doesn't matter when.
// Killing the process there is the same as killing it at its next call.
func (e *explorer) invisible(c *call) bool {
	return c.action == getValue && c.version != "" && len(e.phases[0]) > 1
}

func (e *explorer) possible(p *point, c *call) []fault {
	if p.budget == 0 {
		return []fault{none}
	}
	return e.faults(c)
}

// take goes one way to another point. It returns nil if that breaks a promise.
func (e *explorer) take(p *point, s step) *point {
	q := *p
	q.stage, q.actors, q.arriving = p.stage.clone(), slices.Clone(p.actors), slices.Clone(p.arriving)
	q.trace = &trace{step: s, earlier: p.trace}
	if s.arrival > 0 {
		q.arrive(s.arrival - 1)
		return e.judged(&q)
	}
	a := &q.actors[s.actor]
	if e.preemptions > 0 && !e.invisible(s.call) {
		if p.preempts(s.actor) {
			q.preemptions--
		}
		q.last = s.actor
	}
	q.trace.told = p.stage.tell(&a.invocation, s.call) + " " + string(s.fault)
	if s.fault != none {
		q.budget--
	}
	q.stage.patient(&a.invocation)
	q.stage.asked(&a.invocation, s.call)
	out, err := e.meet(&q, s)
	if a.killed {
		return e.judged(&q)
	}
	e.tell(q.stage, a, s.call, out, err)
	if a.next.done {
		q.trace.told += " -> " + a.outcome()
		q.stage.answered(&a.invocation, a.next.answer)
	}
	return e.judged(&q)
}

// meet returns what a call that meets a fault answers.
func (e *explorer) meet(q *point, s step) (out any, err error) {
	a, c := &q.actors[s.actor], s.call
	if err := s.fault.before(c.action); err != nil {
		a.killed = s.fault == killedBefore
		return nil, err
	}
	if s.fault == late {
		q.arriving = append(q.arriving, arrival{a.invocation, c})
		return nil, noAnswer(c.action)
	}
	out, err = q.stage.perform(&a.invocation, c)
	switch s.fault {
	case again:
		out, err = q.stage.perform(&a.invocation, c)
	case lost:
		out, err = nil, noAnswer(c.action)
	case killedAfter:
		a.killed = true
	}
	return out, err
}

// arrive makes the i-th late effect happen.
func (p *point) arrive(i int) {
	late := p.arriving[i]
	p.arriving = slices.Delete(slices.Clone(p.arriving), i, i+1)
	late.by.copyFailed = late.by.copyFailed || late.call.action == writeCopy // it got no answer
	_, _ = p.stage.perform(&late.by, late.call)
}

// nextPhase starts the next phase, once all have answered. After the last phase, late effects
// arrive, ticks come until all is quiet, and there is no next point.
func (e *explorer) nextPhase(p *point) *point {
	for p.phase+1 == len(e.phases) && len(p.arriving) > 0 {
		p.arrive(0)
	}
	e.close(p)
	if e.judged(p) == nil {
		return nil
	}
	p.phase++
	if p.phase == len(e.phases) {
		e.settle(p)
		return nil
	}
	p.actors, p.last, p.preemptions = nil, nobody, e.preemptions
	p.stage.begin()
	reqs := e.phases[p.phase]
	for i, req := range reqs {
		inv := invocation{name: string(rune('a' + 2*p.phase + i)), req: req, started: p.stage.now,
			leaked: req.AccessKeyID, beside: len(reqs) > 1 || len(p.arriving) > 0}
		if len(reqs) > 1 {
			inv.other = reqs[1-i].Action
		}
		p.actors = append(p.actors, e.start(inv))
	}
	return p
}

// close ends a phase.
func (e *explorer) close(p *point) {
	if p.phase == 0 {
		p.stage.allAnswered(slices.ContainsFunc(p.actors, func(a actor) bool { return a.killed }))
		if p.mends() {
			p.stage.mended()
		}
		if len(p.actors) > 1 && !p.failed() {
			p.stage.copyEnded()
		}
		p.earlier = p.actors
		action, f := p.trace.met()
		for i := range p.actors {
			e.outcomes[met{action, f, p.actors[i].outcome()}]++
		}
		return
	}
	_, f := p.trace.met()
	for i := range p.actors {
		for j := range p.earlier {
			p.stage.continued(&p.earlier[j], &p.actors[i])
			if f == none {
				p.stage.bothLeaked(&p.earlier[j], &p.actors[i])
			}
		}
	}
}

// mends reports whether all have answered without an error, and one of them has revoked or rolled
// back.
func (p *point) mends() bool {
	return !p.failed() && slices.ContainsFunc(p.actors, func(a actor) bool {
		o := a.next.answer.result.Outcome
		return o == rotation.Revoked || o == rotation.RolledBack
	})
}

// failed reports whether one was killed, or answered with an error.
func (p *point) failed() bool {
	return slices.ContainsFunc(p.actors, func(a actor) bool { return a.killed || a.next.answer.err != nil })
}

// continued checks an emergency that was run again: when it has answered, the key that the first
// run was to revoke is gone too.
func (s *stage) continued(first, second *actor) {
	if same(first.req, second.req) && second.outcome() == string(rotation.Revoked) {
		_, ok := s.key(first.leaked)
		s.judge.must(p5, !ok, "the emergency was run again, and %s is still there", s.names[first.leaked])
	}
}

// bothLeaked checks two emergencies for one key each, once both have answered undisturbed.
func (s *stage) bothLeaked(first, second *actor) {
	named := first.req.AccessKeyID != "" && second.req.AccessKeyID != ""
	if !named || first.leaked == second.leaked || s.foreign != "" {
		return
	}
	for _, a := range []*actor{first, second} {
		_, ok := s.key(a.leaked)
		s.judge.must(p5, !ok && a.outcome() == string(rotation.Revoked),
			"both keys leaked, and the emergency for %s answers %s", s.names[a.leaked], a.outcome())
	}
}

// met returns the first fault on the way.
func (t *trace) met() (action string, f fault) {
	for ; t != nil; t = t.earlier {
		if t.step.fault != none {
			action, f = t.step.call.action, t.step.fault
		}
	}
	return action, f
}

// key returns a digest of the state that the point is in.
func (p *point) key() digest {
	w := writer{b: make([]byte, 0, 2048)}
	w.number(int64(p.phase))
	w.number(int64(p.budget))
	w.number(int64(p.preemptions))
	w.number(int64(p.last))
	p.stage.write(&w)
	for i := range p.actors {
		p.actors[i].write(&w)
	}
	for i := range p.earlier {
		w.text(p.stage.names[p.earlier[i].leaked])
	}
	for _, l := range p.arriving {
		w.text(l.by.name + l.call.about())
	}
	return w.sum()
}

// write writes all that the future depends on.
func (a *actor) write(w *writer) {
	if !a.running() {
		w.text(a.leaked + a.outcome())
		return
	}
	knows := a.knows()
	w.b = append(w.b, knows[:]...)
}

// settle ticks until all is quiet, without faults.
func (e *explorer) settle(p *point) {
	w := writer{}
	p.stage.write(&w)
	key := w.sum()
	if e.ended[key] {
		return
	}
	if e.removes() {
		p.stage.remove()
	} else {
		p.stage.settle()
	}
	if e.judged(p) != nil {
		e.ended[key] = true
	}
}

// removes reports whether the user is decommissioned in the first phase.
func (e *explorer) removes() bool { return slices.Contains(e.phases[0], remove) }

// judged records what was checked and broken. It returns nil if anything was broken.
func (e *explorer) judged(p *point) *point {
	j := p.stage.judge
	for promise, n := range j.checks {
		e.checks[promise] += n
	}
	j.checks = [promises]int{}
	for _, b := range j.broken {
		e.broken[b.promise]++
		if len(e.examples) < 3 {
			e.examples = append(e.examples, fmt.Sprintf("%s: %s\n%s", b.promise, b.text, p.trace.text()))
		}
	}
	if len(j.broken) > 0 {
		return nil
	}
	return p
}

// text returns the way so far, for people.
func (t *trace) text() string {
	var lines []string
	for ; t != nil; t = t.earlier {
		line := t.told
		if t.step.arrival > 0 {
			line = "a late effect arrives"
		}
		lines = append(lines, "    "+line)
	}
	slices.Reverse(lines)
	return strings.Join(lines, "\n")
}
