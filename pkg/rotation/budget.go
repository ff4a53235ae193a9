package rotation

import (
	"context"
	"time"
)

// Budget is time that is kept of what is left before Lambda's deadline: so much, but no more than a
// share of what is left.
type Budget struct {
	Most  time.Duration
	Share int // 5 is a fifth; 0 doesn't bound it
}

// An invocation starts nothing that it can't finish before Lambda's deadline, and stops verifying
// in time to say why.
var (
	// ToAnswer is kept to log and return the answer, so that a call that never returns is told.
	ToAnswer = Budget{time.Second, 5}
	// ToAnswerCloudFormation is kept to reach CloudFormation, which waits for an hour if it hears
	// nothing.
	ToAnswerCloudFormation = Budget{15 * time.Second, 5}

	toPromote = Budget{5 * time.Second, 3}  // after verification: promote, or say why not
	toRevoke  = Budget{20 * time.Second, 3} // after verification in an emergency: promote and revoke
	toAct     = Budget{Most: time.Second}   // one command
	toStore   = Budget{Most: 3 * time.Second}
	toCopy    = Budget{10 * time.Second, 4} // in an emergency, where revoking comes next
	// toPromoteCopied is toPromote where the copies are written next.
	toPromoteCopied = Budget{20 * time.Second, 3}
)

// Of is the budget, where so much is left.
func (b Budget) Of(left time.Duration) time.Duration {
	if b.Share == 0 {
		return b.Most
	}
	return min(b.Most, left/time.Duration(b.Share))
}

// Keep ends ctx earlier by the budget. A context without a deadline stays as it is.
func (b Budget) Keep(ctx context.Context, clock Clock) (context.Context, context.CancelFunc) {
	left, ok := clock.left(ctx)
	if !ok {
		return ctx, func() {}
	}
	return context.WithTimeout(ctx, left-b.Of(left))
}

// enoughTime refuses a command that the deadline could cut off.
func (run *run) enoughTime(ctx context.Context, c command) error {
	needed := toAct
	if c.kind == createKey {
		needed = toStore // the new key has to be stored, too
	}
	left, ok := run.Clock.left(ctx)
	if !ok || left >= needed.Of(left) {
		return nil
	}
	return Errorf(AWSError,
		"%v left before the deadline: not enough for the step %q; the next invocation goes on from here",
		left.Round(time.Millisecond), c.step().Kind)
}

// verifyTime is how long verification may take.
func (run *run) verifyTime(ctx context.Context) time.Duration {
	allowed := run.Policy.VerifyTimeout
	left, ok := run.Clock.left(ctx)
	if !ok {
		return allowed
	}
	reserve := toPromote
	if run.Policy.HasCopies {
		reserve = toPromoteCopied
	}
	if run.req.Action == Emergency {
		reserve = toRevoke
	}
	return min(allowed, left-reserve.Of(left))
}
