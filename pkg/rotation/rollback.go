package rotation

import (
	"time"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sessmtp"
)

// forRollbacks make the previous credential current again, while its key exists. The Rotator has
// put that key's ID into the request, so that it stays the same while AWSPREVIOUS moves.
var forRollbacks = []rule{
	notOurs,
	store,
	doubt,
	{"mend", "an emergency elsewhere took the key meanwhile", (*planner).mendRollback},
	{"copy", copies.why, (*planner).copyRolledBack},
	{"done", "the rest is for the ticks", (*planner).rolledBackAlready},
	{"possible", "a key that is gone, or goes soon, can't be current", (*planner).refuseRollback},
	{"activate", "a key in quarantine can't send", (*planner).activatePrevious},
	{"stage", "AWSPENDING travels with AWSCURRENT, or the next tick would undo the rollback",
		(*planner).stageForRollback},
	{"verify and promote", "SES must accept it", (*planner).finishRollback},
}

// rolledBack: this run has made the previous credential current.
func (pl *planner) rolledBack() bool {
	id := pl.req.AccessKeyID
	return pl.Done.promoted() || id != "" && id == pl.Current.AccessKeyID()
}

// mendRollback replaces the credential if its key went after this run had made it current. What is
// pending is promoted even if SES hasn't accepted it yet: AWSCURRENT is dead, the next tick may be
// an hour away, and SES may accept the new key in a minute.
func (pl *planner) mendRollback() Decision {
	if !pl.rolledBack() || !pl.broken() {
		return Decision{}
	}
	if v, k, ok := pl.pending(); ok && k.Status == Active {
		return pl.finishAnyway(v, k)
	}
	return pl.replaceBroken()
}

// rolledBackAlready ends the run, with what a tick will do next.
func (pl *planner) rolledBackAlready() Decision {
	if pl.rolledBack() || pl.repeated() {
		return pl.outlook()
	}
	return Decision{}
}

// repeated: another invocation rolled back a moment ago, and this is the same request, tried again
// because the answer was lost. Otherwise it would undo what that one did.
func (pl *planner) repeated() bool {
	previous, ok := pl.previousKey()
	if !ok || !pl.ours(pl.previousVersion()) {
		return false
	}
	current, ok := pl.key(pl.Current.AccessKeyID())
	return ok && current.Status == Active && previous.Created.After(current.Created) &&
		pl.now.Sub(pl.Current.Created) < invocation
}

// refuseRollback says why no rollback is possible, if it isn't.
func (pl *planner) refuseRollback() Decision {
	refuse := func(why string) Decision {
		return fail(RotationBlocked, "no rollback is possible: %s; nothing was touched", why)
	}
	k, ok := pl.previousKey()
	switch {
	case !ok:
		return refuse("AWSPREVIOUS names no access key that exists and isn't current")
	case !pl.ours(pl.previousVersion()):
		return refuse("the value labelled AWSPREVIOUS isn't ours")
	}
	// An invocation that is running now may be about to delete the key, for as long as one can run.
	if due := pl.deactivatableFrom(k).Add(pl.policy.QuarantinePeriod); pl.now.Add(invocation).After(due) {
		return refuse("access key " + k.ID + " is due for deletion at " + due.UTC().Format(time.RFC3339) +
			", and another invocation may be about to delete it")
	}
	return Decision{}
}

// activatePrevious undoes the rotator's own deactivation.
func (pl *planner) activatePrevious() Decision {
	if k, _ := pl.previousKey(); k.Status == Inactive {
		return do(cmd(activateKey, k.ID, "it is to be current again"))
	}
	return Decision{}
}

// stageForRollback writes the credential as a new version: grace then counts from now for the key
// that it supersedes, and AWSPENDING is where AWSCURRENT will be.
func (pl *planner) stageForRollback() Decision {
	k, _ := pl.previousKey()
	v := pl.pendingVersion()
	if v.names(k.ID) && v.ID != pl.Current.ID && !pl.setAside(v) {
		return Decision{}
	}
	return pl.stagePrevious("it is to be current again")
}

// finishRollback promotes what SES accepts. If it doesn't, the label goes back to AWSCURRENT.
func (pl *planner) finishRollback() Decision {
	k, _ := pl.previousKey()
	v := pl.pendingVersion()
	switch verdict := pl.verdict(k); verdict.Meaning {
	case "":
		return do(cmd(verify, k.ID, "SES must accept it before it becomes current again").of(v))
	case sessmtp.Accepted:
		return do(pl.promotion(v, "rollback was asked for, and SES accepts it"))
	default:
		return pl.unstage("the rollback failed, and must not happen by itself later").thenFail(VerificationFailed,
			"rollback: access key %s isn't current again, and applications go on with %s: %w", k.ID, pl.currentName(),
			verdict.Err)
	}
}
