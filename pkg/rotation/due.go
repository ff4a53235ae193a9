package rotation

import "fmt"

// rotateIfDue makes a new credential, or says what is in the way.
func (pl *planner) rotateIfDue() Decision {
	reason := pl.due()
	if reason == "" {
		return Decision{}
	}
	return pl.rotate(reason)
}

// due says why a new credential is needed now. It is empty if none is.
func (pl *planner) due() string {
	if pl.Done.promoted() {
		return "" // one is enough for an invocation
	}
	if !pl.hasCredential() {
		return "there is no credential yet"
	}
	// The key's age counts: a version is also written anew for other reasons.
	if k, _ := pl.key(pl.Current.AccessKeyID()); pl.now.Sub(k.Created) >= pl.policy.RotationInterval {
		return fmt.Sprintf("access key %s is older than the rotation interval", k.ID)
	}
	for _, region := range pl.policy.Regions {
		if !pl.Current.serves(region) {
			return fmt.Sprintf("the credential doesn't serve the Region %s", region)
		}
	}
	if pl.req.Action == Rotate {
		return "rotation was asked for"
	}
	return ""
}

// rotate makes a new key if a slot is free, or frees one if it may.
func (pl *planner) rotate(reason string) Decision {
	if len(pl.Keys) < iamKeyQuota {
		return do(cmd(createKey, "", "%s", reason))
	}
	// Without a current credential, one that is stored somewhere is better than waiting for a slot.
	if !pl.hasCredential() {
		if d := pl.stageStored(); d.kind != passes {
			return d
		}
	}
	// A rotation that was asked for fails at once and says what is in the way; a tick waits.
	for k := range pl.others() {
		if pl.req.asked() && k.Status == Active {
			return fail(RotationBlocked,
				"rotation refused: access key %s is still Active and holds the second of the user's two key slots "+
					"(current: %s); nothing was touched: wait until it is retired, or run an emergency", k.ID,
				pl.currentName())
		}
	}
	if d := pl.retireOthers(); d.kind != passes {
		return d
	}
	return pl.blocked(reason)
}

// blocked says which key holds the slot that the rotation waits for, who seems to use it and until
// when.
func (pl *planner) blocked(reason string) Decision {
	var d Decision
	var holder Key
	for k := range pl.others() {
		if one := pl.retire(k); d.kind == passes || one.Next.At.Before(d.Next.At) {
			d, holder = one, k
		}
	}
	if pl.policy.InUseWindow > 0 {
		pl.lastUsed(holder) // to say who seems to use it
	}
	d.Blocked = true
	next := until(d.Next)
	d.Next.Reason = fmt.Sprintf("%s; rotation is due (%s) and waits for its slot", d.Next.Reason, reason)
	d = d.warn(WarnRotationBlocked, "%s, but access key %s holds the second of the user's two key slots (%s, %s); %s",
		reason, holder.ID, holder.Status, lastUsed(holder), next)
	if pl.req.asked() {
		d.kind, d.Err = fails, Errorf(RotationBlocked, "%s", d.Warnings[len(d.Warnings)-1].Message)
	}
	return d
}

// asked reports whether the request is for a rotation now, so that it fails, with the reason, if
// there can't be one.
func (r Request) asked() bool { return r.Action == Rotate || r.Action == CreateSecret }
