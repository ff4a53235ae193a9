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

// invocation is one run of the function, as far as the judge and the explorer know it.
type invocation struct {
	name    string
	req     rotation.Request
	started time.Time

	leaked  string // the key that an emergency is about
	unknown bool   // the answer to its last CreateAccessKey was lost, and it hasn't looked at the keys since
	killed  bool
	calls   int
	// copyFailed means that it couldn't write the copy of the credential, or read it.
	copyFailed bool
	// deactivated is the key that it made Inactive last.
	deactivated string
	// beside means that others may act at the same time; other is what another invocation does
	// then, if there is one.
	beside bool
	other  rotation.Action
}

// answer is what an invocation answered in the end.
type answer struct {
	result rotation.Result
	steps  []rotation.Step
	err    error
}

// outcome returns the answer in a word.
func (a answer) outcome() string {
	if a.err != nil {
		return string(rotation.TypeOf(a.err))
	}
	return string(a.result.Outcome)
}

// text returns all that it answered.
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

// caller answers an invocation's calls.
type caller interface {
	call(c *call) (any, error)
}

// serve runs the function: the Rotator with its adapters, whose calls the caller answers.
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

// ticking is an invocation's clock. Each version that is written moves it on by a moment, so that
// no two versions have the same ID. Nothing else moves it, so that an invocation depends only on
// the answers that it gets.
type ticking struct {
	start  time.Time
	name   string
	writes int
}

func (t *ticking) now() time.Time {
	return t.start.Add(time.Duration(t.writes)*256 + time.Duration(t.name[len(t.name)-1]))
}

// invoke serves a request undisturbed.
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

// undisturbed answers calls, which take effect at once.
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

// perform makes a call take effect while the judge watches.
func (s *stage) perform(inv *invocation, c *call) (any, error) {
	s.before(inv, c)
	s.making = inv.name
	out, err := c.effect(s)
	if c.writes {
		s.nameVersions(inv.name)
		s.look(inv, c)
		if c.action == createKey || c.action == putValue { // each key and version has its own date
			s.now = s.now.Add(time.Second)
		}
	}
	return out, err
}

// learn notes what the judge needs to remember of an answer.
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
