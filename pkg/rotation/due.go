package rotation

import "fmt"

// due says why a new credential is needed now, or nothing.
func (pl *planner) due() string {
	if pl.Done.Promoted {
		return "" // one is enough for an invocation
	}
	if !pl.hasCredential() {
		return "there is no credential yet"
	}
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
		return do(Create, "", "%s", reason)
	}
	if !pl.hasCredential() {
		if d := pl.stageStored(); d.Step.Kind != "" {
			return d
		}
	}
	var freed, kept Decision
	var holder Key
	for k := range pl.others() {
		if pl.req.asked() && k.Status == Active {
			return fail(RotationBlocked, "rotation refused: access key %s is still Active, and with %s it takes both of the "+
				"user's key slots; nothing was touched: wait until it is retired, or run an emergency", k.ID, pl.currentName())
		}
		d := pl.retire(k)
		switch {
		case d.Step.Kind != Wait && freed.Step.Kind == "":
			freed = d
		case d.Step.Kind == Wait && (kept.Step.Kind == "" || d.Next.At.Before(kept.Next.At)):
			kept, holder = d, k
		}
	}
	if freed.Step.Kind != "" {
		return freed
	}
	if pl.policy.InUseWindow > 0 && !holder.LastUsedKnown {
		return look(lookLastUsed, holder.ID) // to say who seems to use it
	}
	kept.Blocked = true
	kept.Next.Reason = fmt.Sprintf("%s; rotation is due (%s) and waits for its slot", kept.Next.Reason, reason)
	kept = kept.warn(WarnRotationBlocked, "%s, but access key %s holds the second of the user's two slots (%s, %s); %s",
		reason, holder.ID, holder.Status, lastUsed(holder), until(kept.Next))
	if pl.req.asked() {
		kept.Err = Errorf(RotationBlocked, "%s", kept.Warnings[len(kept.Warnings)-1].Message)
	}
	return kept
}
