package rotation

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sessmtp"
)

// finishPending verifies and promotes a credential that an earlier run has stored.
func (pl *planner) finishPending() Decision {
	v, k, unfinished := pl.pending()
	if !unfinished {
		return Decision{}
	}
	return pl.finish(v, k)
}

// finish verifies the pending credential and promotes it.
func (pl *planner) finish(v *Version, k Key) Decision {
	if !pl.useful(v) && !pl.broken() {
		return pl.giveUp(v, k, errUseless.Error())
	}
	switch verdict := pl.verdict(k); verdict.Meaning {
	case "":
		return do(cmd(verify, k.ID, "SES must accept the pending credential before it becomes current").of(v))
	case sessmtp.Accepted:
		return do(pl.promotion(v, pl.accepted("the new credential")))
	case sessmtp.Refused:
		return pl.refused(v, k, verdict)
	default:
		return fail(VerificationFailed,
			"access key %s couldn't be verified and stays pending; applications go on with %s, and the next tick "+
				"tries again: %w", k.ID, pl.currentName(), verdict.Err)
	}
}

// takeOver stages anew what a person made current by hand: then it has AWSPENDING too, and the
// grace period of the key that it superseded counts from now.
func (pl *planner) takeOver() Decision {
	if pl.Current.Unsettled || !pl.pendingIsStale() || !pl.setAside(pl.Pending.Value) {
		return Decision{}
	}
	return pl.fence("a person made it current")
}

// clearPending takes AWSPENDING from a version that can't become current.
func (pl *planner) clearPending() Decision {
	if !pl.pendingIsStale() {
		return Decision{}
	}
	return pl.unstage("AWSPENDING names no key that could become current")
}

// pendingIsStale reports whether AWSPENDING is on a version other than AWSCURRENT's that can't
// become current: it names no key, or the current one, or an older one that the current one has
// overtaken; or a person has set it aside. A young version whose key isn't listed isn't stale: an
// overlapping invocation may have made the key after the keys were listed.
func (pl *planner) pendingIsStale() bool {
	if !pl.hasOthers() && pl.due() != "" {
		return false // the rotation that is due moves the label anyway, without this look
	}
	v := pl.pendingVersion()
	if _, _, unfinished := pl.pending(); v == nil || v.ID == pl.Current.ID || unfinished || pl.foreign(v) {
		return false
	}
	_, listed := pl.key(v.AccessKeyID())
	return listed || v.Blank || pl.now.Sub(v.Created) > invocation
}

// unstage moves AWSPENDING to where AWSCURRENT is: the two travel together, so one read of
// AWSCURRENT shows that nothing else is pending.
func (pl *planner) unstage(reason string) Decision {
	return do(cmd(unstage, "", "%s", reason).of(pl.Pending.Value))
}

// useful reports whether the version serves every Region that is configured. One that was made for
// others never can, because the secret of its access key isn't kept.
func (pl *planner) useful(v *Version) bool {
	return !slices.ContainsFunc(pl.policy.Regions, func(region string) bool { return !v.serves(region) })
}

func (pl *planner) verdict(k Key) Verdict {
	switch {
	case k.Status != Active: // SES refuses it, and it is not ours to reactivate
		return Verdict{sessmtp.Refused, fmt.Errorf("access key %s is Inactive", k.ID)}
	case pl.policy.SkipVerification:
		return Verdict{Meaning: sessmtp.Accepted}
	}
	return pl.Done.verdict(k.ID)
}

// accepted says why a credential may become current.
func (pl *planner) accepted(what string) string {
	if pl.policy.SkipVerification {
		return what + " isn't verified: the policy skips that"
	}
	return "SES accepts " + what
}

// promotion returns the command that moves AWSCURRENT to the version, or first the one that stages
// it again: if it is too old for the grace period to count from its date, or its content is out of
// date.
func (pl *planner) promotion(v *Version, reason string) command {
	kind := promote
	switch {
	case v.ID == pl.Done.restaged():
	case pl.now.Sub(v.Created) > pl.policy.PromotionWindow:
		kind, reason = restage, "the grace period counts from its version's date, which is too long ago"
	case pl.Current.Created.After(v.Created):
		kind, reason = restage, "its version is older than AWSCURRENT's, to which people may have added something"
	case v.Outdated:
		kind, reason = restage, "its version names other endpoints than those configured now"
	}
	return cmd(kind, v.AccessKeyID(), "%s", reason).of(v)
}

// refusedTooLong reports whether SES has refused the pending credential for too long.
func (pl *planner) refusedTooLong(v *Version, k Key) bool {
	since := k.Created
	if v.Created.After(since) {
		since = v.Created // an older key, staged again
	}
	return pl.now.Sub(since) > refusedFor
}

func (pl *planner) refused(v *Version, k Key, verdict Verdict) Decision {
	if !pl.refusedTooLong(v, k) {
		return fail(VerificationFailed,
			"SES refuses access key %s so far, and it stays pending; applications go on with %s, and the next tick "+
				"tries again: %w", k.ID, pl.currentName(), verdict.Err)
	}
	return pl.giveUp(v, k, "SES has refused it for longer than "+Duration(refusedFor).String())
}

// giveUp sets a fence before a pending key is deleted: at this moment, another invocation may find
// that SES accepts it.
func (pl *planner) giveUp(v *Version, k Key, reason string) Decision {
	// SES must have accepted it before, if a person has made another value current since (any other
	// promotion would have moved AWSPENDING too), or if it was staged again, which is only done
	// after that.
	accepted := pl.Current.Created.After(v.Created) || v.Created.Sub(k.Created) > pl.policy.PromotionWindow
	// it was current once, so it retires like any other such key
	if pl.isPrevious(k.ID) || accepted && !pl.lastUsed(k).IsZero() {
		return pl.unstage(reason).thenFail(VerificationFailed,
			"access key %s isn't pending any more, because %s; it was current before, so it retires like any other key",
			k.ID, reason)
	}
	d := pl.fence("so that nobody can promote access key %s any more: %s", k.ID, reason)
	d.command.givesUp = k.ID
	return d
}

// deleteGivenUp ends the invocation: the next tick starts over.
func (pl *planner) deleteGivenUp() Decision {
	id := pl.Done.givenUp()
	if _, listed := pl.key(id); !listed {
		return Decision{}
	}
	return do(cmd(deleteKey, id, "given up")).thenFail(VerificationFailed,
		"access key %s was given up and deleted, and the next tick starts over: %w", id,
		cmp.Or(pl.Done.verdict(id).Err, errUseless))
}

// errUseless is why a credential is given up without asking SES.
var errUseless = errors.New("it doesn't serve all of the configured Regions")
