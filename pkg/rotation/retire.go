package rotation

import (
	"slices"
	"time"
)

// retireOthers takes the first step that is due for a key that AWSCURRENT doesn't name.
func (pl *planner) retireOthers() Decision {
	for k := range pl.others() {
		if d := pl.retire(k); d.kind == does {
			return d
		}
	}
	return Decision{}
}

// waitForNext says what comes next: the rotation, or a step for another key before it.
func (pl *planner) waitForNext() Decision {
	next := Step{Kind: Create, Reason: "the access key reaches the rotation interval"}
	if k, ok := pl.key(pl.Current.AccessKeyID()); ok {
		next.At = k.Created.Add(pl.policy.RotationInterval)
	}
	d := wait(next)
	for k := range pl.others() {
		one := pl.retire(k)
		d.Warnings = append(d.Warnings, one.Warnings...)
		if at := one.Next.At; !at.IsZero() && (d.Next.At.IsZero() || at.Before(d.Next.At)) {
			d.Next = one.Next
		}
	}
	return d
}

// outlook says what a tick would do next, for a request that has done its own part. It says nothing
// if that depends on a fact that nobody has looked at: it isn't worth a call.
func (pl *planner) outlook() Decision {
	ahead := *pl
	d := ahead.retireOthers()
	if d.kind == does {
		d = wait(d.command.step())
	} else {
		d = ahead.waitForNext()
	}
	if ahead.missing != (ask{}) {
		return wait(Step{})
	}
	return d
}

// retire decides on a key that AWSCURRENT doesn't name: deactivate it, delete it, or wait.
func (pl *planner) retire(k Key) Decision {
	if d := pl.orphan(k); d.kind != passes {
		return d
	}
	// If nothing was promoted, or the secret was emptied, only a key that was current once is
	// superseded.
	if !pl.hasCredential() && !pl.isPrevious(k.ID) {
		return wait(Step{Kind: Wait, AccessKeyID: k.ID, Reason: "no version names it, and it is in use"})
	}
	return pl.superseded(k)
}

// orphan is the rule for keys that no labelled version names and that were never used: a crash or a
// lost answer left them behind, and nobody knows their secret. A key older than the current version
// may be the one that it superseded, so it is treated as that: it stays longer, never shorter, and
// the ticks of a grace period needn't read AWSPREVIOUS.
func (pl *planner) orphan(k Key) Decision {
	if pl.hasCredential() && !k.Created.After(pl.Current.Created) {
		return Decision{}
	}
	told := k.Created.Add(pl.policy.PromotionWindow + pl.policy.InUseWindow) // IAM reports use late
	next := Step{Kind: Deactivate, AccessKeyID: k.ID, At: told,
		Reason: "no version names it; if it is still unused by then, it is an orphan"}
	if k.Status == Inactive {
		next.Kind, next.At, next.Reason = Delete, told.Add(pl.policy.QuarantinePeriod), "the orphan's quarantine ends"
	}
	switch {
	case pl.now.Before(next.At):
		return wait(next)
	case !pl.lastUsed(k).IsZero(), pl.isPrevious(k.ID), pl.maybeStored(k.ID): // it may have been current
		return Decision{}
	case k.Status == Active:
		return do(cmd(deactivateKey, k.ID, "an orphan: no version names it, and it was never used"))
	case pl.Done.deactivated(k.ID):
		return wait(pl.laterInvocation(k))
	}
	return do(cmd(deleteKey, k.ID, "an orphan, and its quarantine is over"))
}

// maybeStored reports whether a version names the key, or may do so.
func (pl *planner) maybeStored(id string) bool {
	v, denied := pl.stored(id)
	return v != nil || denied != nil
}

// superseded is the rule for every other key: it stays Active for the grace period and while it is
// in use, is then quarantined, and then deleted.
func (pl *planner) superseded(k Key) Decision {
	graceOver := pl.supersededBy(k).Add(pl.policy.GracePeriod)
	if k.Status == Inactive {
		return pl.quarantined(k, graceOver)
	}
	next := Step{Kind: Deactivate, AccessKeyID: k.ID, At: graceOver, Reason: "its grace period ends"}
	if pl.now.Before(next.At) {
		return wait(next)
	}
	if from := pl.deactivatableFrom(k); pl.now.Before(from) {
		next.At, next.Reason = from, "it is out of use then, unless it is used again"
		if from.Equal(pl.lastRead(k).Add(pl.policy.GracePeriod)) {
			next.Reason = "its grace period ends, counted from when a copy of the credential was written"
		}
		if pl.lastUsed(k).Add(pl.policy.InUseWindow).After(from) {
			next.Reason = "its maximum grace period ends, whether or not it is in use"
		}
		return pl.warnInUse(wait(next), k)
	}
	if why := pl.copyInTheWay(); why != "" {
		return pl.warnInUse(wait(Step{Kind: Deactivate, AccessKeyID: k.ID, Reason: why}), k)
	}
	if !pl.inUse(k) {
		return do(cmd(deactivateKey, k.ID, "superseded, and its grace period is over; %s", lastUsed(k)))
	}
	// The maximum grace period is for keys that were ours. A stranger's key in use stays.
	if !pl.isPrevious(k.ID) {
		if v, _ := pl.stored(k.ID); v == nil {
			next.At = pl.lastUsed(k).Add(pl.policy.InUseWindow)
			next.Reason = pl.unnamed(k.ID) + "; it is out of use then, unless it is used again"
			return pl.warnInUse(wait(next), k)
		}
	}
	return do(cmd(deactivateKey, k.ID, "in use, but superseded for longer than the maximum grace period (%s)",
		Duration(pl.policy.MaxGracePeriod)))
}

// quarantined deletes an Inactive key when its quarantine is over, counted from the earliest moment
// at which it can have been deactivated.
func (pl *planner) quarantined(k Key, graceOver time.Time) Decision {
	next := Step{Kind: Delete, AccessKeyID: k.ID, At: graceOver.Add(pl.policy.QuarantinePeriod),
		Reason: "its quarantine ends"}
	if pl.now.Before(next.At) {
		return wait(next)
	}
	next.At = pl.deactivatableFrom(k).Add(pl.policy.QuarantinePeriod)
	switch {
	case pl.now.Before(next.At):
		return wait(next)
	case pl.Done.deactivated(k.ID):
		return wait(pl.laterInvocation(k))
	}
	return do(cmd(deleteKey, k.ID, "superseded, and its quarantine is over"))
}

// supersededBy returns the latest moment at which the key can have been superseded: promotion comes
// at most the window after the version was written.
func (pl *planner) supersededBy(k Key) time.Time {
	return latest(pl.Current.Created, k.Created).Add(pl.policy.PromotionWindow)
}

// lastRead returns the latest moment at which an application can have read the key's credential.
// Applications that read a copy read the old credential until the copy was written.
func (pl *planner) lastRead(k Key) time.Time {
	at := pl.supersededBy(k)
	copies, _ := pl.copies()
	for _, c := range copies {
		at = latest(at, c.Changed)
	}
	return at
}

// deactivatableFrom returns the earliest moment at which the key may be, or may have been,
// deactivated.
func (pl *planner) deactivatableFrom(k Key) time.Time {
	from := pl.lastRead(k).Add(pl.policy.GracePeriod)
	if pl.policy.InUseWindow > 0 {
		if used := pl.lastUsed(k); !used.IsZero() {
			from = latest(from, used.Add(pl.policy.InUseWindow))
		}
	}
	if pl.policy.MaxGracePeriod > 0 {
		if end := pl.supersededBy(k).Add(pl.policy.MaxGracePeriod); from.After(end) {
			from = end
		}
	}
	return from
}

// inUse reports whether the key was seen in use lately. IAM reports use late, so recent use is
// strong evidence and silence is weak.
func (pl *planner) inUse(k Key) bool {
	if pl.policy.InUseWindow == 0 {
		return false
	}
	used := pl.lastUsed(k)
	return !used.IsZero() && pl.now.Before(used.Add(pl.policy.InUseWindow))
}

// laterInvocation leaves time between deactivation and deletion in which a person can notice.
func (pl *planner) laterInvocation(k Key) Step {
	return Step{Kind: Delete, AccessKeyID: k.ID, At: pl.now,
		Reason: "it was deactivated just now, and a later invocation deletes it"}
}

// warnInUse warns that somebody still sends with a key that should be out of use.
func (pl *planner) warnInUse(d Decision, k Key) Decision {
	if !pl.inUse(k) {
		return d
	}
	return d.warn(WarnSupersededKeyInUse,
		"access key %s isn't current and its grace period is over, but somebody still sends with it (%s); to find "+
			"out who, look for the key's ID in the applications' settings, and in the events of a configuration set "+
			"for where the user's mail comes from (ses:source-ip, ses:caller-identity): CloudTrail doesn't log mail "+
			"over SMTP; the key stays Active until nobody has used it for %s%s",
		k.ID, lastUsed(k), Duration(pl.policy.InUseWindow), pl.maxGrace())
}

func (pl *planner) maxGrace() string {
	if pl.policy.MaxGracePeriod == 0 {
		return ""
	}
	return ", or until the maximum grace period ends"
}

func latest(times ...time.Time) time.Time { return slices.MaxFunc(times, time.Time.Compare) }
