package rotation

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sessmtp"
)

// pendingIsStale: AWSPENDING sits on a version other than AWSCURRENT's and names no key, or the current one. A key that
// isn't listed may have been made, by an invocation that overlaps, after the list was.
func (pl *planner) pendingIsStale() bool {
	v := pl.Pending.Version
	if _, _, unfinished := pl.pending(); v == nil || v.ID == pl.Current.ID || unfinished {
		return false
	}
	_, listed := pl.key(v.AccessKeyID())
	return listed || v.Blank || pl.now.Sub(v.Created) > invocation
}

// unstage moves AWSPENDING to where AWSCURRENT is: the two travel together, so that one read of AWSCURRENT tells that
// nothing else is pending.
func (pl *planner) unstage(reason string) Decision {
	d := do(unstage, "", "%s", reason)
	d.Step.VersionID = pl.Pending.Version.ID
	return d
}

// settle takes over what a person made current by hand: staged anew, it has AWSPENDING too, and the grace period of the
// key that it superseded counts from now.
func (pl *planner) settle() Decision {
	d := do(fence, pl.Current.AccessKeyID(), "a person made it current")
	d.Step.VersionID = pl.Current.ID
	return d
}

// finish verifies the pending credential and promotes it.
func (pl *planner) finish() Decision {
	v, k, _ := pl.pending()
	if !pl.useful(v) && !pl.broken() {
		return pl.giveUp(v, k, errUseless.Error())
	}
	switch verdict := pl.verdict(k); verdict.Meaning {
	case "":
		return do(Verify, k.ID, "SES must accept the pending credential before it becomes current")
	case sessmtp.Accepted:
		return pl.promote(v, "SES accepts the new credential")
	case sessmtp.Refused:
		return pl.refused(v, k, verdict)
	default:
		return fail(VerificationFailed, "access key %s stays pending, and applications go on with %s: nothing is known of the "+
			"new credential yet: %w", k.ID, pl.currentName(), verdict.Err)
	}
}

// useful: the version serves every Region that is configured. One that was made for others never can, because the secret
// of its access key is gone.
func (pl *planner) useful(v Version) bool {
	return !slices.ContainsFunc(pl.policy.Regions, func(region string) bool { return !v.serves(region) })
}

func (pl *planner) verdict(k Key) Verdict {
	switch {
	case k.Status != Active: // SES refuses it, and it is not ours to reactivate
		return Verdict{sessmtp.Refused, fmt.Errorf("access key %s is Inactive", k.ID)}
	case pl.policy.SkipVerification:
		return Verdict{Meaning: sessmtp.Accepted}
	}
	return pl.Done.Verdicts[k.ID]
}

// promote moves AWSCURRENT, after staging anew what was written too long ago for the grace period to count from.
func (pl *planner) promote(v Version, reason string) Decision {
	kind := Promote
	switch {
	case v.ID == pl.Done.Restaged:
	case pl.now.Sub(v.Created) > pl.policy.PromotionWindow:
		kind, reason = restage, "written longer ago than the promotion window, from which the grace period counts"
	case pl.Current.Created.After(v.Created):
		kind, reason = restage, "written before AWSCURRENT's value was, which people may have added to"
	case v.Outdated:
		kind, reason = restage, "written for other endpoints than those configured now"
	}
	d := do(kind, v.AccessKeyID(), "%s", reason)
	d.Step.VersionID = v.ID
	return d
}

// givenUp: SES has refused the pending credential for too long.
func (pl *planner) givenUp(v Version, k Key) bool {
	since := k.Created
	if v.Created.After(since) {
		since = v.Created // an older key, staged again
	}
	return pl.now.Sub(since) > refusedFor
}

func (pl *planner) refused(v Version, k Key, verdict Verdict) Decision {
	if !pl.givenUp(v, k) {
		return fail(VerificationFailed, "access key %s stays pending, and applications go on with %s: SES refuses the new "+
			"credential so far: %w", k.ID, pl.currentName(), verdict.Err)
	}
	return pl.giveUp(v, k, "SES has refused it for longer than "+Duration(refusedFor).String())
}

// giveUp deletes a pending key, after a fence: another invocation may find at this moment that SES accepts it.
func (pl *planner) giveUp(v Version, k Key, reason string) Decision {
	if !pl.Previous.Known {
		return look(lookPrevious, "")
	}
	// SES has accepted it before, where a person has made another value current since, for AWSPENDING would have moved with
	// any other; and where it was staged again, which comes after.
	accepted := pl.Current.Created.After(v.Created) || v.Created.Sub(k.Created) > pl.policy.PromotionWindow
	if accepted && !k.LastUsedKnown && !pl.isPrevious(k.ID) {
		return look(lookLastUsed, k.ID)
	}
	if pl.isPrevious(k.ID) || accepted && !k.LastUsed.IsZero() { // it was current once, so it retires as such keys do
		d := pl.unstage(reason)
		d.Err = Errorf(VerificationFailed, "access key %s, which was current before, isn't pending any more: %s", k.ID, reason)
		return d
	}
	d := do(fence, pl.Current.AccessKeyID(), "so that nobody can promote access key %s any more: %s", k.ID, reason)
	d.Step.VersionID, d.Step.givesUp = pl.Current.ID, k.ID
	return d
}

// deleteGivenUp ends the invocation: the next tick starts over.
func (pl *planner) deleteGivenUp() Decision {
	d := do(Delete, pl.Done.GivenUp, "given up")
	d.Err = Errorf(VerificationFailed, "access key %s was given up, and the next tick starts over: %w",
		pl.Done.GivenUp, cmp.Or(pl.Done.Verdicts[pl.Done.GivenUp].Err, errUseless))
	return d
}

// errUseless is why a credential is given up that SES wasn't asked about.
var errUseless = errors.New("it doesn't serve all of the configured Regions")
