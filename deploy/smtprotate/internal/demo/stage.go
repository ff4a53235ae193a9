package demo

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"github.com/seed-486a873a/ses-smtp-rotator/deploy/smtprotate/internal/timeline"
	"github.com/seed-486a873a/ses-smtp-rotator/lambda/localfunction"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/localaws"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/rotation"
)

// Names of what the demo uses in the World.
const (
	region   = localfunction.Region
	userName = localfunction.User
	secretID = localfunction.Secret
)

// begin is the first moment of simulated time.
var begin = time.Date(2026, time.November, 23, 8, 20, 0, 0, time.UTC)

// invocationTimeout is longer than Lambda's default, and shorter than its limit.
const invocationTimeout = 5 * time.Minute

// errCut is returned for an invocation that the crash killed.
var errCut = errors.New("the invocation was cut off")

// stage holds what a Play needs: a local AWS, the deployed function in it, and the applications
// that send mail.
type stage struct {
	function *localfunction.Deployment
	world    *localaws.World // the function's
	clock    *clock
	view     *view

	invocations int
	tries       tries
	crash       crash

	applications []*application // those that send now
	emergency    atomic.Bool
}

func newStage(show func(timeline.Event) error) (_ *stage, err error) {
	s := &stage{clock: &clock{at: begin}}
	s.function, err = localfunction.Start(localfunction.Config{Now: s.clock.Now, Log: stepLog(s.step)})
	if err != nil {
		return nil, err
	}
	s.world = s.function.World
	s.view = &view{show: show, world: s.world, quiet: timeline.Event{Kind: timeline.Calm}}
	s.world.SetLastUsedDelay(15 * time.Minute)
	s.world.SetSMTPFault(s.watch)
	return s, nil
}

// invoke invokes the function with an event, while the applications send mail.
func (s *stage) invoke(ctx context.Context, event string) (result rotation.Result, err error) {
	alive, kill := context.WithTimeout(ctx, invocationTimeout)
	defer kill()
	s.crash.kill.Store(&kill)
	s.tries.reset()
	s.invocations++
	done := sendAlong(ctx, s.applications)
	answer, err := s.function.Invoke(alive, event)
	s.clock.run(false)
	done()
	switch {
	case ctx.Err() != nil:
		return result, ctx.Err()
	case s.view.err != nil:
		return result, s.view.err
	case errors.Is(alive.Err(), context.Canceled):
		return result, errCut
	case err != nil:
		return result, fmt.Errorf("the function failed: %w", err)
	}
	return answer.Result, nil
}

// tick moves time to the next full hour and invokes the function as the schedule does.
func (s *stage) tick(ctx context.Context) (rotation.Result, error) {
	now := s.world.Now()
	s.world.Advance(now.Truncate(time.Hour).Add(time.Hour).Sub(now))
	shown, sent, used := s.view.shown, s.sent(), s.used()
	result, err := s.invoke(ctx, "{}")
	if err != nil {
		return result, err
	}
	if s.view.shown == shown {
		s.view.calm(s.sent() - sent)
	}
	for i, a := range s.applications {
		if now := a.credential.Username; now != used[i] {
			s.view.say(timeline.People, a.name, "reads the secret again, and sends with "+now)
		}
	}
	return result, nil
}

// tickUntil ticks every hour until found accepts a tick's result. If none is accepted within forty
// days, its error names what it waited for.
func (s *stage) tickUntil(ctx context.Context, what string, found func(rotation.Result, error) bool) (rotation.Result,
	error) {
	const limit = 40 * 24
	for range limit {
		result, err := s.tick(ctx)
		if found(result, err) {
			return result, nil
		}
		if err != nil {
			return result, err
		}
	}
	return rotation.Result{}, fmt.Errorf("%d hourly ticks have passed without %s", limit, what)
}

// came returns a condition for tickUntil: a tick with this outcome.
func came(want rotation.Outcome) func(rotation.Result, error) bool {
	return func(result rotation.Result, err error) bool { return err == nil && result.Outcome == want }
}

// warned returns a condition for tickUntil: a tick with this warning.
func warned(want rotation.WarningCode) func(rotation.Result, error) bool {
	return func(result rotation.Result, err error) bool {
		return slices.ContainsFunc(result.Warnings, func(w rotation.Warning) bool { return w.Code == want })
	}
}

// step shows a step right after the function has done it. The clock stands still meanwhile, so that
// reading takes no simulated time. It runs from the staging of a credential on, because SES takes a
// while to accept that. If it ran earlier, a slow machine would create keys some seconds later, and
// rotate them an hour later.
func (s *stage) step(step rotation.Step) {
	flowing := s.clock.run(false)
	s.view.step(step, s.tries.verified())
	s.clock.run(flowing || step.Kind == rotation.Stage)
}

// sent returns how many mails the applications have sent.
func (s *stage) sent() (n int) {
	for _, a := range s.applications {
		n += a.mail.Sent
	}
	return n
}

// used returns the access keys that the applications sent with last.
func (s *stage) used() (ids []string) {
	for _, a := range s.applications {
		ids = append(ids, a.credential.Username)
	}
	return ids
}

// current returns the ID of the access key that AWSCURRENT names.
func (s *stage) current() string {
	v, _ := s.world.Labelled(secretID, "AWSCURRENT")
	return keyOf(v)
}
