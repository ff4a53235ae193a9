package rotation

import (
	"context"
	"time"
)

// Budget is time to reserve before Lambda's deadline: Most, but no more than a share of the time
// that is left.
type Budget struct {
	Most  time.Duration
	Share int // 5 means a fifth; 0 means no such limit
}

// An invocation starts nothing that it can't finish before Lambda's deadline, and stops verifying
// in time to say why.
var (
	// ToAnswer is reserved for logging and returning the answer, so that even a call that never
	// returns is reported.
	ToAnswer = Budget{time.Second, 5}
	// ToAnswerCloudFormation is reserved for answering CloudFormation, which otherwise waits for an
	// hour.
	ToAnswerCloudFormation = Budget{15 * time.Second, 5}

	toPromote = Budget{5 * time.Second, 3}  // after verification: promote, or say why not
	toRevoke  = Budget{20 * time.Second, 3} // after verification in an emergency: promote and revoke
	toAct     = Budget{Most: time.Second}   // one command
	toStore   = Budget{Most: 3 * time.Second}
	toCopy    = Budget{10 * time.Second, 4} // in an emergency, before it revokes
	// toPromoteCopied is toPromote if copies are written after the promotion.
	toPromoteCopied = Budget{20 * time.Second, 3}
)

// Of returns the budget for the time that is left.
func (b Budget) Of(left time.Duration) time.Duration {
	if b.Share == 0 {
		return b.Most
	}
	return min(b.Most, left/time.Duration(b.Share))
}

// Keep returns a context that ends earlier than ctx by the budget. A context without a deadline
// stays as it is.
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

// verifyTime returns how long verification may take.
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
