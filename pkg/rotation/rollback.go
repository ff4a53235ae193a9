package rotation

import (
	"time"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sessmtp"
)

// forRollbacks are the rules that make the previous credential current again, while its key exists.
// The Rotator has put that key's ID into the request, so that it stays the same while AWSPREVIOUS
// moves.
var forRollbacks = []rule{
	notOurs,
	store,
	doubt,
	{"mend", "an overlapping emergency may have revoked the key", (*planner).mendRollback},
	{"copy", copies.why, (*planner).copyRolledBack},
	{"done", "ticks do the rest", (*planner).rolledBackAlready},
	{"possible", "a key that is gone, or is about to be deleted, can't be current", (*planner).refuseRollback},
	{"activate", "a key in quarantine can't send", (*planner).activatePrevious},
	{"stage", "AWSPENDING travels with AWSCURRENT, or the next tick would undo the rollback",
		(*planner).stageForRollback},
	{"verify and promote", "SES must accept it", (*planner).finishRollback},
}

// rolledBack reports whether this run has made the previous credential current.
func (pl *planner) rolledBack() bool {
	id := pl.req.AccessKeyID
	return pl.Done.promoted() || id != "" && id == pl.Current.AccessKeyID()
}

// mendRollback replaces the credential if its key was revoked after this run had made it current. A
// pending credential is promoted even if SES hasn't accepted it yet: AWSCURRENT is dead, the next
// tick may be an hour away, and SES may accept the new key in a minute.
func (pl *planner) mendRollback() Decision {
	if !pl.rolledBack() || !pl.broken() {
		return Decision{}
	}
	if v, k, ok := pl.pending(); ok && k.Status == Active {
		return pl.finishAnyway(v, k)
	}
	return pl.replaceBroken()
}

// rolledBackAlready ends the run and says what a tick will do next.
func (pl *planner) rolledBackAlready() Decision {
	if pl.rolledBack() || pl.repeated() {
		return pl.outlook()
	}
	return Decision{}
}

// repeated reports whether another invocation rolled back a moment ago. Then this request is a
// retry of that one, whose answer was lost, and to carry it out would undo the rollback.
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
		return refuse("the value labelled AWSPREVIOUS isn't a credential of the user " + pl.User)
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
		return do(cmd(activateKey, k.ID, "the rollback makes it current again"))
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
	return pl.stagePrevious("the rollback makes it current again")
}

// finishRollback promotes the credential if SES accepts it. If not, AWSPENDING goes back to
// AWSCURRENT's version.
func (pl *planner) finishRollback() Decision {
	k, _ := pl.previousKey()
	v := pl.pendingVersion()
	switch verdict := pl.verdict(k); verdict.Meaning {
	case "":
		return do(cmd(verify, k.ID, "SES must accept it before it becomes current again").of(v))
	case sessmtp.Accepted:
		return do(pl.promotion(v, "rollback was asked for, and SES accepts it"))
	default:
		return pl.unstage("the rollback failed, and no tick may complete it later").thenFail(VerificationFailed,
			"rollback failed: access key %s wasn't made current, and applications go on with %s: %w", k.ID,
			pl.currentName(), verdict.Err)
	}
}
