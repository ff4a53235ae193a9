package rotation

import (
	"fmt"
	"slices"
	"time"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sessmtp"
)

// replaceBroken is the rule for an AWSCURRENT whose key is gone or Inactive: mail is failing. It never reactivates a
// key that somebody deactivated.
func (pl *planner) replaceBroken() Decision {
	d := pl.replace()
	state := "is gone"
	if k, ok := pl.key(pl.Current.AccessKeyID()); ok {
		state = "is " + string(k.Status)
	}
	if isLook(d.Step.Kind) {
		return d
	}
	return d.warn(WarnCurrentKeyBroken, "AWSCURRENT (version %s) names access key %q, which %s: mail is failing until "+
		"another credential is current", pl.Current.ID, pl.Current.AccessKeyID(), state)
}

// replace finds the quickest way to a living credential: one that is pending already, a new key, or the previous one.
func (pl *planner) replace() Decision {
	if _, k, ok := pl.pending(); ok && k.Status == Active {
		switch {
		case !pl.refusedForGood(k):
			return pl.finish()
		case !pl.Previous.Known:
			return look(lookPrevious, "")
		case !pl.isPrevious(k.ID): // it never was current: given up, behind a fence
			return pl.finish()
		}
	}
	if len(pl.Keys) < iamKeyQuota {
		return do(Create, "", "AWSCURRENT names a key that can't send")
	}
	if !pl.Previous.Known {
		return look(lookPrevious, "")
	}
	if k, ok := pl.overtakenReplacement(); ok {
		k.Status = Inactive // it is deleted at once: deactivated, and left there by a crash, it would hold the slot for days
		return pl.revoke(k, "another invocation may be about to delete any key that it can have seen; one that is made now is safe")
	}
	for k := range pl.others() {
		if !k.LastUsedKnown {
			return look(lookLastUsed, k.ID)
		}
	}
	if k, ok := pl.previousKey(); ok && k.Status == Active && !pl.triedInVain(k) {
		return pl.stagePrevious("the previous credential's key is Active, and no slot is free")
	}
	if d := pl.stageStored(); d.Step.Kind != "" {
		return d
	}
	if k, ok := pl.strayKey(); ok {
		return do(Delete, k.ID, "an orphan, deleted to free a slot")
	}
	for k := range pl.others() {
		if k.Status == Inactive && !pl.deactivatedNow(k) && (pl.isPrevious(k.ID) || k.LastUsed.IsZero()) {
			return do(Delete, k.ID, "Inactive, and deleted to free a slot")
		}
	}
	for k := range pl.others() {
		if d := pl.retire(k); d.Step.Kind != Wait {
			return d // its slot comes free, if not in this invocation
		}
	}
	for k := range pl.others() {
		if at := k.Created.Add(pl.policy.PromotionWindow); k.Status == Active && !pl.now.After(at) { // used or not: it may be verifying it
			return pl.noSlot("access key %s was made a moment ago, perhaps by an invocation that still runs; if it comes to nothing, "+
				"a tick after %s goes on without it", k.ID, at.UTC().Format(time.RFC3339))
		}
	}
	if k, ok := pl.key(pl.Current.AccessKeyID()); ok { // nobody can send with it, and nothing else will free a slot soon
		if pl.Current.User == "" && !pl.fenced() {
			return pl.fence("so that the value names the user, and is known for this user's once access key %s is gone", k.ID)
		}
		d := do(Delete, k.ID, "Inactive, and the other slot's key can't go: its own slot is the one to take").evenIfCurrent()
		d.Step.whileCurrent = pl.Current.ID
		return d
	}
	return pl.noSlot("delete a key that nobody needs, and run a tick")
}

func (pl *planner) noSlot(advice string, args ...any) Decision {
	return fail(RotationBlocked, "AWSCURRENT names access key %q, which can't send, and no key slot can be freed: %s; %s",
		pl.Current.AccessKeyID(), pl.describe(slices.Collect(pl.others())), fmt.Sprintf(advice, args...))
}

// refusedForGood: SES refused the key's credential just now, and the key is too old for that to be only late news. The value
// that was stored for it is wrong.
func (pl *planner) refusedForGood(k Key) bool {
	return pl.Done.Verdicts[k.ID].Meaning == sessmtp.Refused && pl.now.Sub(k.Created) > refusedFor
}

// overtakenReplacement is a key that this invocation made and couldn't promote, and nobody else has.
func (pl *planner) overtakenReplacement() (Key, bool) {
	for k := range pl.others() {
		if slices.Contains(pl.Done.Made, k.ID) && slices.Contains(pl.Done.Overtaken, k.ID) && !pl.isPrevious(k.ID) {
			return k, true
		}
	}
	return Key{}, false
}

// triedInVain: this invocation has tried to make the key current already.
func (pl *planner) triedInVain(k Key) bool {
	return pl.refusedForGood(k) || slices.Contains(pl.Done.Overtaken, k.ID)
}

// strayKey is a key that was never used, that no version names, and that no running invocation can be about to stage.
func (pl *planner) strayKey() (Key, bool) {
	for k := range pl.others() {
		old := pl.now.Sub(k.Created) > pl.policy.PromotionWindow
		if stored := pl.Stored[k.ID]; stored.Version != nil || stored.Denied != nil { // it may have been current
			continue
		}
		if old && k.LastUsedKnown && k.LastUsed.IsZero() && !pl.isPrevious(k.ID) {
			return k, true
		}
	}
	return Key{}, false
}

// previousKey is the living key that AWSPREVIOUS names, unless AWSCURRENT names it too.
func (pl *planner) previousKey() (Key, bool) {
	if pl.Previous.Version == nil || pl.isPrevious(pl.Current.AccessKeyID()) {
		return Key{}, false
	}
	return pl.key(pl.Previous.Version.AccessKeyID())
}

func (pl *planner) stagePrevious(reason string) Decision {
	d := do(restage, pl.Previous.Version.AccessKeyID(), "%s", reason)
	d.Step.VersionID = pl.Previous.Version.ID
	return d
}

// stageStored finds a credential in a version without a label: invocations that overlapped may have left one there whose
// key is Active, and then it is the quickest way back. The invocation that made the key may still run, and be about to delete
// it, because it couldn't promote it.
func (pl *planner) stageStored() Decision {
	for k := range pl.others() {
		anothers := pl.now.Sub(k.Created) < invocation && !slices.Contains(pl.Done.Made, k.ID)
		if k.Status != Active || pl.triedInVain(k) || anothers {
			continue
		}
		stored := pl.Stored[k.ID]
		if !stored.Known {
			return look(lookStored, k.ID)
		}
		if stored.Version != nil && pl.useful(*stored.Version) && pl.ours(*stored.Version) {
			d := do(restage, k.ID, "its key is Active, and its password is still stored")
			d.Step.VersionID = stored.Version.ID
			return d
		}
	}
	return Decision{}
}

func (pl *planner) describe(keys []Key) string {
	text := ""
	for i, k := range keys {
		if i > 0 {
			text += ", "
		}
		text += k.ID + " (" + string(k.Status) + ", " + lastUsed(k) + ")"
	}
	return text
}

func isLook(k StepKind) bool {
	return k == lookPending || k == lookPrevious || k == lookLastUsed || k == lookStored
}
