package rotation

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sessmtp"
)

// doubtList asks SES about a current key that IAM lists as Inactive although this run has just made
// it Active. The list may be as it was before; or somebody has deactivated the key since. If the
// key works after all, replacing it could make mail fail: SES may not accept the replacement yet.
func (pl *planner) doubtList() Decision {
	k, listed := pl.key(pl.Current.AccessKeyID())
	if !listed || k.Status == Active || !pl.Done.activated(k.ID) || pl.Done.verifiedSinceLook(k.ID) ||
		pl.policy.SkipVerification {
		return Decision{}
	}
	return pl.tryCurrent("this run made it Active, but IAM lists it as %s", k.Status)
}

// tryCurrent asks SES about AWSCURRENT.
func (pl *planner) tryCurrent(reason string, args ...any) Decision {
	return do(cmd(verify, pl.Current.AccessKeyID(), reason, args...).of(pl.currentVersion()))
}

// replaceBroken replaces an AWSCURRENT whose key is gone or Inactive: mail is failing. It never
// reactivates a key that somebody deactivated.
func (pl *planner) replaceBroken() Decision {
	if !pl.broken() {
		return Decision{}
	}
	state := "is gone"
	if k, ok := pl.key(pl.Current.AccessKeyID()); ok {
		state = "is " + string(k.Status)
	}
	return pl.replace().warn(WarnCurrentKeyBroken,
		"AWSCURRENT (version %s) names access key %q, which %s: mail is failing until "+
			"another credential is current", pl.Current.ID, pl.Current.AccessKeyID(), state)
}

// replace finds the quickest way to a living credential: one that is pending already, a new key, or
// an older one.
func (pl *planner) replace() Decision {
	// A pending key that SES refuses for good is given up, after a fence, unless it was current
	// before: then it may still be of use.
	if v, k, ok := pl.pending(); ok && k.Status == Active && (!pl.refusedForGood(k) || !pl.isPrevious(k.ID)) {
		return pl.finish(v, k)
	}
	if len(pl.Keys) < iamKeyQuota {
		return do(cmd(createKey, "", "AWSCURRENT names a key that can't send"))
	}
	if d := pl.restoreOlder(); d.kind != passes {
		return d
	}
	return pl.freeSlot()
}

// restoreOlder makes a stored credential current again if its key is Active.
func (pl *planner) restoreOlder() Decision {
	previous, ok := pl.previousKey()
	if k, ok := pl.lostReplacement(); ok {
		// it is deleted at once: if it were deactivated first, a crash would leave it in the slot
		// for days
		k.Status = Inactive
		return pl.revoke(k,
			"another invocation may have seen this key and be about to delete it; a key that is made now is safe")
	}
	// IAM answers with an error if a key is gone, so asking for the last use of each key detects a
	// stale list of keys. This has to come before AWSPREVIOUS is staged again: it may name a key
	// that is gone, and would then take the place of what another invocation has promoted
	// meanwhile.
	for k := range pl.others() {
		pl.lastUsed(k)
	}
	if ok && previous.Status == Active && !pl.triedInVain(previous) {
		return pl.stagePrevious("the previous credential's key is Active, and no slot is free")
	}
	return pl.stageStored()
}

// freeSlot gives the replacement a slot, or says why there is none.
func (pl *planner) freeSlot() Decision {
	if k, ok := pl.strayKey(); ok {
		return do(cmd(deleteKey, k.ID, "an orphan, deleted to free a slot"))
	}
	for k := range pl.others() {
		if k.Status == Inactive && !pl.Done.deactivated(k.ID) && (pl.isPrevious(k.ID) || pl.lastUsed(k).IsZero()) {
			return do(cmd(deleteKey, k.ID, "Inactive, and deleted to free a slot"))
		}
	}
	if d := pl.retireOthers(); d.kind != passes {
		return d // its slot will be free, though perhaps not in this invocation
	}
	for k := range pl.others() { // even if used: the invocation that made it may be verifying it
		if at := k.Created.Add(pl.policy.PromotionWindow); k.Status == Active && !pl.now.After(at) {
			return pl.noSlot("access key %s was made a moment ago, perhaps by an invocation that is still running; "+
				"after %s, a tick no longer waits for it", k.ID, at.UTC().Format(time.RFC3339))
		}
	}
	if k, ok := pl.key(pl.Current.AccessKeyID()); ok {
		return pl.takeDeadSlot(k)
	}
	return pl.noSlot("delete a key that nobody needs, and run a tick")
}

// takeDeadSlot deletes the current key itself: nobody can send with it, and nothing else will free
// a slot soon. SES is asked first: IAM's list may be from before somebody activated the key, and a
// deletion can't be undone.
func (pl *planner) takeDeadSlot(k Key) Decision {
	if pl.Current.User == "" && !pl.fenced() {
		return pl.fence("so that the value names the user: once access key %s is gone, nothing else says whose it is",
			k.ID)
	}
	if !pl.policy.SkipVerification {
		if !pl.Done.verifiedSinceLook(k.ID) {
			return pl.tryCurrent("IAM lists it as %s, but that can be late: it is deleted only if SES refuses it too",
				k.Status)
		}
		if verdict := pl.Done.verdict(k.ID); verdict.Meaning != sessmtp.Refused {
			return pl.noSlot("SES couldn't be asked whether access key %s is really dead (%v); the next tick asks "+
				"again", k.ID, verdict.Err)
		}
	}
	c := cmd(deleteKey, k.ID,
		"Inactive, and the other key can't go: its replacement needs its slot").evenIfCurrent()
	c.whileCurrent = pl.Current.ID
	return do(c)
}

func (pl *planner) noSlot(advice string, args ...any) Decision {
	return fail(RotationBlocked,
		"AWSCURRENT names access key %q, which can't send, and no key slot can be freed; the user's other keys: %s; %s",
		pl.Current.AccessKeyID(), describe(slices.Collect(pl.others())), fmt.Sprintf(advice, args...))
}

// refusedForGood reports whether SES has just refused the key's credential although the key is old
// enough for SES to know it. The password that was stored for it is wrong then.
func (pl *planner) refusedForGood(k Key) bool {
	return pl.Done.verdict(k.ID).Meaning == sessmtp.Refused && pl.now.Sub(k.Created) > refusedFor
}

// lostReplacement returns a key that this run made but couldn't promote, and that nobody else
// promoted.
func (pl *planner) lostReplacement() (Key, bool) {
	for k := range pl.others() {
		if pl.Done.made(k.ID) && pl.Done.tooLate(k.ID) && !pl.isPrevious(k.ID) {
			return k, true
		}
	}
	return Key{}, false
}

// triedInVain reports whether this invocation has already failed to make the key current.
func (pl *planner) triedInVain(k Key) bool {
	return pl.refusedForGood(k) || pl.Done.tooLate(k.ID)
}

// strayKey returns an Active key that was never used, that no version names, and that is too old
// for a running invocation to be about to stage it.
func (pl *planner) strayKey() (Key, bool) {
	for k := range pl.others() {
		old := pl.now.Sub(k.Created) > max(pl.policy.PromotionWindow, invocation)
		if old && k.Status == Active && pl.lastUsed(k).IsZero() && !pl.isPrevious(k.ID) && !pl.maybeStored(k.ID) {
			return k, true
		}
	}
	return Key{}, false
}

// previousKey returns the key that AWSPREVIOUS names, if it exists and AWSCURRENT doesn't name it
// too.
func (pl *planner) previousKey() (Key, bool) {
	v := pl.previousVersion()
	if v == nil || v.names(pl.Current.AccessKeyID()) {
		return Key{}, false
	}
	return pl.key(v.AccessKeyID())
}

func (pl *planner) stagePrevious(reason string) Decision {
	v := pl.previousVersion()
	return do(cmd(restage, v.AccessKeyID(), "%s", reason).of(v))
}

// stageStored stages a credential from a version without a label: overlapping invocations may have
// left one whose key is Active, and then it is the quickest way back. A young key that another
// invocation made is left alone: that invocation may still be running, and may delete the key
// because it couldn't promote it.
func (pl *planner) stageStored() Decision {
	for k := range pl.others() {
		anothers := pl.now.Sub(k.Created) < invocation && !pl.Done.made(k.ID)
		if k.Status != Active || pl.triedInVain(k) || anothers {
			continue
		}
		if v, _ := pl.stored(k.ID); v != nil && pl.useful(v) && pl.ours(v) {
			return do(cmd(restage, k.ID, "its key is Active, and its password is still stored").of(v))
		}
	}
	return Decision{}
}

// describe lists keys with their status and last use, for a person who has to decide about them.
func describe(keys []Key) string {
	var texts []string
	for _, k := range keys {
		texts = append(texts, k.ID+" ("+string(k.Status)+", "+lastUsed(k)+")")
	}
	return strings.Join(texts, ", ")
}
