package proof

import (
	"context"
	"encoding/json"
	"errors"
	"sync"
	"time"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/iamkey"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/rotation"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/smtpsecret"
)

// invocation is one run of the function, as far as the judge and the schedule know it.
type invocation struct {
	name    string
	req     rotation.Request
	started time.Time

	leaked  string // the key that an emergency is about
	unknown bool   // the answer to its last CreateAccessKey was lost, and it hasn't looked at the keys since
	killed  bool
	calls   int
	// copyFailed: it couldn't write the copy of the credential, or look at it.
	copyFailed bool
	// deactivated is the key that it made Inactive last.
	deactivated string
	// beside tells that others may act at once; other is what another invocation does at once,
	// where there is one.
	beside bool
	other  rotation.Action
}

// answer is what an invocation said in the end.
type answer struct {
	result rotation.Result
	steps  []rotation.Step
	err    error
}

// outcome is the answer in a word.
func (a answer) outcome() string {
	if a.err != nil {
		return string(rotation.TypeOf(a.err))
	}
	return string(a.result.Outcome)
}

// text is all that it said.
func (a answer) text() string {
	text, err := json.Marshal(struct {
		Result rotation.Result
		Steps  []rotation.Step
	}{a.result, a.steps})
	if err != nil {
		panic(err)
	}
	if a.err != nil {
		return string(text) + a.err.Error()
	}
	return string(text)
}

// caller is how an invocation's calls are answered.
type caller interface {
	call(c *call) (any, error)
}

// serve runs the function: the Rotator, with its adapters, over calls that are answered as the
// caller says.
func (s *stage) serve(ctx context.Context, inv *invocation, by caller) answer {
	var a answer
	clock := &ticking{start: inv.started, name: inv.name}
	c := s.mistake.client(client{by, clock})
	p := s.mistake.wrap(ports{
		Keys: &iamkey.Keys{API: c, User: user},
		Secret: &smtpsecret.Secret{API: c, ID: secret, User: user, Endpoints: s.endpoints,
			NextVersionID: inv.req.VersionID},
		Verifier: c,
		copies:   s.copiesOver(c),
	}, c)
	rotator := rotation.Rotator{
		User: user, Keys: p.Keys, Secret: p.Secret, Verifier: p.Verifier, Copies: p.copies, Endpoints: s.endpoints,
		Policy: s.mistake.edit(s.policy), Clock: rotation.Clock{Now: clock.now},
		OnStep: func(step rotation.Step) { a.steps = append(a.steps, step) },
	}
	a.result, a.err = p.answer(rotator.Run(ctx, inv.req))
	return a
}

// ticking is an invocation's clock. It goes on by a moment with each version that is written, so
// that no two have one ID, and by nothing else, so that an invocation depends only on what it is
// told.
type ticking struct {
	start  time.Time
	name   string
	writes int
}

func (t *ticking) now() time.Time {
	return t.start.Add(time.Duration(t.writes)*256 + time.Duration(t.name[len(t.name)-1]))
}

// invoke serves a request with nothing in its way.
func (s *stage) invoke(req rotation.Request) *stage {
	s.invoked++
	s.run(&invocation{name: "i" + string(rune('0'+s.invoked)), req: req})
	return s
}

// run serves an invocation from beginning to end.
func (s *stage) run(inv *invocation) answer {
	inv.started = s.now
	s.begin()
	a := s.serve(context.Background(), inv, &undisturbed{stage: s, inv: inv})
	s.answered(inv, a)
	return a
}

// undisturbed calls take effect at once.
type undisturbed struct {
	stage *stage
	inv   *invocation
	mu    sync.Mutex
}

func (u *undisturbed) call(c *call) (any, error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if !u.stage.patient(u.inv) {
		return nil, errKilled
	}
	u.stage.asked(u.inv, c)
	out, err := u.stage.perform(u.inv, c)
	u.inv.learn(c, out, err)
	return out, err
}

// perform lets a call take effect before the eyes of the judge.
func (s *stage) perform(inv *invocation, c *call) (any, error) {
	s.before(inv, c)
	s.making = inv.name
	out, err := c.effect(s)
	if c.writes {
		s.nameVersions(inv.name)
		s.look(inv, c)
		if c.action == createKey || c.action == putValue { // what has a date gets one of its own
			s.now = s.now.Add(time.Second)
		}
	}
	return out, err
}

// learn is what the judge remembers of an answer.
func (inv *invocation) learn(c *call, out any, err error) {
	switch {
	case c.action == createKey:
		inv.unknown = isNoAnswer(err)
	case c.action == listKeys:
		inv.unknown = false
	case err != nil && (c.action == readCopy || c.action == writeCopy):
		inv.copyFailed = true
	case c.action == getValue && c.label == string(rotation.Current) && err == nil &&
		inv.leaked == "" && inv.req.Action == rotation.Emergency:
		inv.leaked = valueIn(out).Username
	}
}

var errKilled = errors.New("killed")
