package rotation

import "slices"

// replaceBroken is the rule for an AWSCURRENT whose key is gone or Inactive: mail is failing. It never reactivates a
// key that somebody deactivated.
func (pl planner) replaceBroken() Decision {
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
func (pl planner) replace() Decision {
	if _, k, ok := pl.pending(); ok && k.Status == Active {
		return pl.finish()
	}
	if len(pl.Keys) < iamKeyQuota {
		return do(Create, "", "AWSCURRENT names a key that can't send")
	}
	if !pl.Previous.Known {
		return look(lookPrevious, "")
	}
	for _, k := range pl.others() {
		if !k.LastUsedKnown {
			return look(lookLastUsed, k.ID)
		}
	}
	if k, ok := pl.strayKey(); ok {
		return do(Delete, k.ID, "an orphan, deleted to free a slot")
	}
	if k, ok := pl.previousKey(); ok && k.Status == Active {
		return pl.stagePrevious("the previous credential's key is the only one that is Active")
	}
	for _, k := range pl.others() {
		if k.Status == Inactive && (pl.isPrevious(k.ID) || k.LastUsed.IsZero()) {
			return do(Delete, k.ID, "Inactive, and deleted to free a slot")
		}
	}
	for _, k := range pl.others() {
		if d := pl.retire(k); d.Step.Kind != Wait {
			return d // its slot comes free, if not in this invocation
		}
	}
	if k, ok := pl.key(pl.Current.AccessKeyID()); ok && !slices.ContainsFunc(pl.others(), func(k Key) bool { return !pl.inUse(k) }) {
		// Nobody can send with it, and nothing else will ever free a slot.
		d := do(Delete, k.ID, "Inactive, and the other slot's key is in use: its own slot is the one to take").evenIfCurrent()
		d.Step.whileCurrent = pl.Current.ID
		return d
	}
	return fail(RotationBlocked, "AWSCURRENT names access key %q, which can't send, and no key slot can be freed: %s; "+
		"delete a key that nobody needs, and run a tick", pl.Current.AccessKeyID(), pl.describe(pl.others()))
}

// strayKey is a key that was never used, that no version names, and that no running invocation can be about to stage.
func (pl planner) strayKey() (Key, bool) {
	for _, k := range pl.others() {
		old := pl.now.Sub(k.Created) > pl.policy.PromotionWindow
		if old && k.LastUsedKnown && k.LastUsed.IsZero() && !pl.isPrevious(k.ID) {
			return k, true
		}
	}
	return Key{}, false
}

// previousKey is the living key that AWSPREVIOUS names, unless AWSCURRENT names it too.
func (pl planner) previousKey() (Key, bool) {
	if pl.Previous.Version == nil || pl.isPrevious(pl.Current.AccessKeyID()) {
		return Key{}, false
	}
	return pl.key(pl.Previous.Version.AccessKeyID())
}

func (pl planner) stagePrevious(reason string) Decision {
	d := do(restage, pl.Previous.Version.AccessKeyID(), "%s", reason)
	d.Step.VersionID = pl.Previous.Version.ID
	return d
}

func (pl planner) describe(keys []Key) string {
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
	return k == lookPending || k == lookPrevious || k == lookLastUsed || k == lookNamed
}
