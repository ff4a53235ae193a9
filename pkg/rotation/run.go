package rotation

import (
	"context"
	"errors"
	"slices"
	"strings"
)

// run is the state of one Run: what it knows and has done, and what it will answer.
type run struct {
	*Rotator
	req    Request
	state  State
	result Result

	decisions int // so far
}

// serve observes, and follows the plan until there is nothing left to do. It observes again after a
// conflict. It also does so before an emergency, a rollback or a decommission answers, to mend what
// an overlapping invocation may have broken.
func (run *run) serve(ctx context.Context) (Decision, error) {
	for looks := 1; ; looks++ {
		if err := run.observe(ctx); err != nil {
			return Decision{}, err
		}
		if old := run.oldNews(); (old || run.unlisted()) && looks < observations {
			run.Clock.giveWay(ctx, looks)
			continue
		} else if old {
			return Decision{},
				Errorf(Conflict, "Secrets Manager still returns the old AWSCURRENT; the next invocation goes on")
		}
		before := len(run.result.Steps)
		d, err := run.follow(ctx)
		switch {
		case err == nil && run.looksAgain() && changed(run.result.Steps[before:]) && looks < observations:
			// another look, to mend what an overlapping invocation may have broken meanwhile
		case err == nil:
			return d, nil
		case run.lostRace(d, err) && run.req.Action == Tick:
			return wait(Step{Kind: Verify, Reason: "AWSCURRENT moved meanwhile; the next tick looks again"}), nil
		case run.lostRace(d, err), TypeOf(err) != Conflict, looks >= observations:
			return d, err
		default:
			run.noteTooLate(d)
			run.Clock.giveWay(ctx, looks)
		}
	}
}

// changed reports whether any of the steps changed something that an overlapping invocation relies
// on.
func changed(steps []Step) bool {
	return slices.ContainsFunc(steps, func(s Step) bool { return s.Kind != Verify && s.Kind != CopyTo })
}

// oldNews reports whether Secrets Manager still returns the version from which this run has moved
// AWSCURRENT.
func (run *run) oldNews() bool { return run.state.Done.left(run.state.Current.ID) }

// unlisted reports whether this run made the current key and IAM doesn't list it yet.
func (run *run) unlisted() bool {
	id := run.state.Current.AccessKeyID()
	_, listed := run.state.key(id)
	return !listed && run.state.Done.made(id)
}

// lostRace reports whether another invocation moved AWSCURRENT before this tick or rotation could
// promote. The other may be about to revoke what this one verified, so this one doesn't try again.
func (run *run) lostRace(d Decision, err error) bool {
	return !run.looksAgain() && d.command.kind == promote && TypeOf(err) == Conflict && run.state.hasCredential()
}

// noteTooLate remembers a key that couldn't be promoted. If no version was current, AWSCURRENT can
// only have gone to this run's own first version, so the run wasn't too late.
func (run *run) noteTooLate(d Decision) {
	if d.command.kind == promote && run.state.Current.ID != "" {
		run.state = run.state.tooLate(d.command.key)
	}
}

// stillActive adds to the error of an emergency that the leaked key can still send, and what stops
// it at once.
func (run *run) stillActive(err error) error {
	k, listed := run.state.key(run.req.AccessKeyID)
	if run.req.Action != Emergency || run.req.ContainFirst || !listed || k.Status != Active ||
		TypeOf(err) == RequestError || strings.Contains(err.Error(), "contain") {
		return err
	}
	failure := Errorf(TypeOf(err), "%w; the leaked access key %s is still Active: run the emergency again, with "+
		"\"contain\":\"first\" if it can't wait (that stops mail until the replacement is current)", err, k.ID)
	if cause, ok := errors.AsType[*Error](err); ok {
		failure.Refused = cause.Refused
	}
	return failure
}

// looksAgain reports whether the action revokes or undoes, so that it observes once more before it
// answers. An emergency and a rollback then mend what is broken; a decommission deletes keys that
// were made meanwhile.
func (run *run) looksAgain() bool {
	return run.req.Action == Emergency || run.req.Action == Rollback || run.req.Action == Decommission
}

// mostDecisions is more than any run needs. It ends a plan that goes in circles, which is a bug of
// this package, before it makes thousands of calls.
const mostDecisions = 100

// follow does what the plan says until it says wait or fail.
func (run *run) follow(ctx context.Context) (Decision, error) {
	for {
		if run.decisions++; run.decisions > mostDecisions {
			return Decision{}, Errorf(RotationBlocked,
				"stopped after %d decisions without a result; this is a bug: please report it, with the log",
				mostDecisions)
		}
		d := Plan(run.state, run.Policy, run.requestToPlan(), run.Clock.now())
		if d.kind == asks {
			if err := run.look(ctx, d.ask); err != nil {
				return d, err
			}
			continue
		}
		if run.readOnly() {
			return run.preview(d), nil
		}
		run.warn(d.Warnings...)
		if d.kind == does {
			if err := run.do(ctx, d.command); err != nil {
				return d, err
			}
		}
		if d.Err != nil {
			return d, d.Err
		}
		if d.kind == waits {
			return d, nil
		}
	}
}

// requestToPlan returns the request that the plan gets: reports plan like a tick.
func (run *run) requestToPlan() Request {
	if run.readOnly() {
		return Request{Action: Tick}
	}
	return run.req
}

func (run *run) readOnly() bool { return run.req.Action == Status || run.req.Action == Preview }

// preview reports what would be done instead of doing it.
func (run *run) preview(d Decision) Decision {
	run.warn(d.Warnings...)
	if d.Err != nil {
		run.warn(Warning{WarningCode(d.Err.Type), d.Err.Error()})
	}
	if d.kind != does {
		return d
	}
	step := d.command.step()
	step.At = run.Clock.now().UTC()
	if run.req.Action == Preview {
		run.result.Steps = append(run.result.Steps, step)
	}
	d.Next = step
	return d
}

// warn notes each warning once.
func (run *run) warn(warnings ...Warning) {
	for _, w := range warnings {
		if !slices.Contains(run.result.Warnings, w) {
			run.result.Warnings = append(run.result.Warnings, w)
		}
	}
}

// record notes a step that was done.
func (run *run) record(s Step) {
	run.result.Steps = append(run.result.Steps, s)
	if run.OnStep != nil {
		run.OnStep(s)
	}
}
