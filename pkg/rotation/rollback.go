package rotation

import (
	"time"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sessmtp"
)

// rollback makes the previous credential current again, while its key exists.
func (pl *planner) rollback() Decision {
	done := pl.Done.Promoted || pl.Done.RollbackTo != "" && pl.Done.RollbackTo == pl.Current.AccessKeyID()
	switch {
	case pl.Done.Fresh != nil:
		return pl.stage()
	case done && pl.broken(): // an emergency elsewhere took the key meanwhile
		if _, k, ok := pl.pending(); ok && k.Status == Active {
			return pl.finishAnyway()
		}
		return pl.replaceBroken()
	case done:
		return pl.retireOrWait().onlyNext()
	case !pl.Pending.Known:
		return look(lookPending, "")
	case !pl.Previous.Known:
		return look(lookPrevious, "")
	}
	k, ok := pl.previousKey()
	if !ok {
		return pl.noRollback("AWSPREVIOUS names no access key that exists and isn't current")
	}
	if !pl.ours(*pl.Previous.Version) {
		return pl.noRollback("the value labelled AWSPREVIOUS isn't ours")
	}
	if pl.rolledBack(k) {
		return pl.retireOrWait().onlyNext()
	}
	if pl.policy.InUseWindow > 0 && !k.LastUsedKnown {
		return look(lookLastUsed, k.ID)
	}
	if due := pl.deactivatable(k).Add(pl.policy.QuarantinePeriod); pl.now.Add(invocation).After(due) {
		return pl.noRollback("access key " + k.ID + " is due for deletion at " + due.UTC().Format(time.RFC3339) +
			", and another invocation may be about to delete it")
	}
	if k.Status == Inactive {
		return do(Activate, k.ID, "it is to be current again")
	}
	v := pl.Pending.Version
	if v == nil || v.ID == pl.Current.ID || v.AccessKeyID() != k.ID || pl.setAside(*v) {
		return pl.stagePrevious("it is to be current again")
	}
	switch verdict := pl.verdict(k); verdict.Meaning {
	case "":
		return do(Verify, k.ID, "SES must accept it before it becomes current again")
	case sessmtp.Accepted:
		return pl.promote(*v, "rollback was asked for, and SES accepts it")
	default:
		d := pl.unstage("the rollback failed, and must not happen by itself later")
		d.Err = Errorf(VerificationFailed, "rollback: access key %s isn't current again, and applications go on with %s: %w",
			k.ID, pl.currentName(), verdict.Err)
		return d
	}
}

// rolledBack: an invocation a moment ago has rolled back already, and this is the same request, tried again because the
// answer was lost. Otherwise it would undo what it did.
func (pl *planner) rolledBack(previous Key) bool {
	current, ok := pl.key(pl.Current.AccessKeyID())
	return ok && current.Status == Active && previous.Created.After(current.Created) && pl.now.Sub(pl.Current.Created) < invocation
}

func (pl *planner) noRollback(why string) Decision {
	return fail(RotationBlocked, "no rollback is possible: %s; nothing was touched", why)
}
