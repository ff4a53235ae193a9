package rotation

import (
	"slices"
	"time"
)

// retire decides on a key that AWSCURRENT doesn't name: deactivate it, delete it, or wait.
func (pl *planner) retire(k Key) Decision {
	if orphan, d := pl.orphan(k); orphan {
		return d
	}
	if !pl.hasCredential() { // nothing was promoted, or the secret was emptied: only what was current once is superseded
		if !pl.Previous.Known {
			return look(lookPrevious, "")
		}
		if !pl.isPrevious(k.ID) {
			return wait(Step{Kind: Wait, AccessKeyID: k.ID, Reason: "no version names it, and it is in use"})
		}
	}
	return pl.superseded(k)
}

// orphan is the rule for keys that no labelled version names and that were never used: a crash, or a lost answer, left
// them behind, and nobody knows their secret. A key older than the current version may be the one that it superseded
// and is treated so: that is longer, never shorter, and costs no look at AWSPREVIOUS on every tick of a grace period.
func (pl *planner) orphan(k Key) (bool, Decision) {
	if pl.hasCredential() && !k.Created.After(pl.Current.Created) {
		return false, Decision{}
	}
	known := k.Created.Add(pl.policy.PromotionWindow + pl.policy.InUseWindow) // use is reported late
	gone := known.Add(pl.policy.QuarantinePeriod)
	next := Step{Kind: Deactivate, AccessKeyID: k.ID, At: known, Reason: "no version names it; if it is still unused then, it is an orphan"}
	if k.Status == Inactive {
		next.Kind, next.At, next.Reason = Delete, gone, "an orphan's quarantine ends"
	}
	switch {
	case pl.now.Before(next.At):
		return true, wait(next)
	case !k.LastUsedKnown:
		return true, look(lookLastUsed, k.ID)
	case !k.LastUsed.IsZero():
		return false, Decision{}
	case !pl.Previous.Known:
		return true, look(lookPrevious, "")
	case pl.isPrevious(k.ID):
		return false, Decision{}
	}
	switch named, asked := pl.named(k.ID); {
	case !asked: // it may have been current before AWSPREVIOUS moved on
		return true, look(lookStored, k.ID)
	case named || pl.Stored[k.ID].Denied != nil:
		return false, Decision{}
	case k.Status == Active:
		return true, do(Deactivate, k.ID, "an orphan: no version names it, and it was never used")
	case pl.deactivatedNow(k):
		return true, wait(pl.laterInvocation(k))
	}
	return true, do(Delete, k.ID, "an orphan, and its quarantine is over")
}

// superseded is the rule for every other key: a grace period, as long as it isn't in use; then quarantine; then gone.
func (pl *planner) superseded(k Key) Decision {
	graceOver := pl.supersededAt(k).Add(pl.policy.GracePeriod)
	next := Step{Kind: Deactivate, AccessKeyID: k.ID, At: graceOver, Reason: "its grace period ends"}
	if k.Status == Inactive {
		next = Step{Kind: Delete, AccessKeyID: k.ID, At: graceOver.Add(pl.policy.QuarantinePeriod), Reason: "its quarantine ends"}
	}
	if pl.now.Before(next.At) {
		return wait(next)
	}
	if pl.policy.InUseWindow > 0 && !k.LastUsedKnown {
		return look(lookLastUsed, k.ID)
	}
	idle := pl.deactivatable(k)
	if k.Status == Inactive {
		next.At = idle.Add(pl.policy.QuarantinePeriod)
		switch {
		case pl.now.Before(next.At):
			return wait(next)
		case pl.deactivatedNow(k):
			return wait(pl.laterInvocation(k))
		}
		return do(Delete, k.ID, "superseded, and its quarantine is over")
	}
	if pl.now.Before(idle) {
		next.At, next.Reason = idle, "unless it is used again, it is out of use then"
		return wait(next).warnInUse(pl, k)
	}
	if pl.inUse(k) {
		if d, ours := pl.wasOurs(k); !ours {
			return d
		}
		return do(Deactivate, k.ID, "in use, but superseded for longer than the maximum grace period (%s)", Duration(pl.policy.MaxGracePeriod))
	}
	return do(Deactivate, k.ID, "superseded, and its grace period is over; %s", lastUsed(k))
}

// wasOurs tells whether a version names the key. The maximum grace period ends those; a stranger's key in use stays.
func (pl *planner) wasOurs(k Key) (Decision, bool) {
	named, asked := pl.named(k.ID)
	switch {
	case !pl.Previous.Known:
		return look(lookPrevious, ""), false
	case pl.isPrevious(k.ID):
		return Decision{}, true
	case !asked:
		return look(lookStored, k.ID), false
	}
	idle := k.LastUsed.Add(pl.policy.InUseWindow)
	next := Step{Kind: Deactivate, AccessKeyID: k.ID, At: idle, Reason: pl.unnamed(k.ID) + "; unless it is used again, it is out of use then"}
	return wait(next).warnInUse(pl, k), named
}

// supersededAt is the latest moment at which the key can have been superseded: promotion comes at most the window
// after the version was written.
func (pl *planner) supersededAt(k Key) time.Time {
	return latest(pl.Current.Created, k.Created).Add(pl.policy.PromotionWindow)
}

// deactivatable is the earliest moment at which the key may be made Inactive, or may have been.
func (pl *planner) deactivatable(k Key) time.Time {
	graceOver := pl.supersededAt(k).Add(pl.policy.GracePeriod)
	idle := graceOver
	if pl.policy.InUseWindow > 0 && !k.LastUsed.IsZero() {
		idle = latest(idle, k.LastUsed.Add(pl.policy.InUseWindow))
	}
	if pl.policy.MaxGracePeriod > 0 {
		if end := pl.supersededAt(k).Add(pl.policy.MaxGracePeriod); idle.After(end) {
			idle = end
		}
	}
	return idle
}

func (pl *planner) inUse(k Key) bool {
	return pl.policy.InUseWindow > 0 && !k.LastUsed.IsZero() && pl.now.Before(k.LastUsed.Add(pl.policy.InUseWindow))
}

func (pl *planner) deactivatedNow(k Key) bool {
	return slices.Contains(pl.Done.Deactivated, k.ID)
}

func (pl *planner) laterInvocation(k Key) Step {
	return Step{Kind: Delete, AccessKeyID: k.ID, At: pl.now, Reason: "deletion is left to a later invocation than deactivation"}
}

func (d Decision) warnInUse(pl *planner, k Key) Decision {
	if !pl.inUse(k) {
		return d
	}
	return d.warn(WarnSupersededKeyInUse, "access key %s isn't current, its grace period is over, and somebody still sends with "+
		"it (%s); find who by its ID in CloudTrail or the application's settings; it stays Active until it is out of use for %s%s",
		k.ID, lastUsed(k), Duration(pl.policy.InUseWindow), pl.maxGrace())
}

func (pl *planner) maxGrace() string {
	if pl.policy.MaxGracePeriod == 0 {
		return ""
	}
	return ", or for the maximum grace period"
}
