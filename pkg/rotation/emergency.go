package rotation

import (
	"fmt"
	"slices"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sessmtp"
)

// forEmergencies are the rules that replace the leaked key, if it is the current one, and revoke
// it. The Rotator has put the key's ID into the request if the caller named none, so that it stays
// the same while AWSCURRENT moves.
var forEmergencies = []rule{
	notOurs,
	store,
	{"contain", "the request says that the leak is worse than an interruption of mail", (*planner).contain},
	{"replace", "applications need another credential before theirs goes", (*planner).replaceLeaked},
	copies,
	{"mend first", "mail is failing already, and a pending credential can restore it", (*planner).mendFirst},
	{"revoke", "the leaked key must not send any more", (*planner).revokeLeaked},
	{"known", "a key that was never the user's is the caller's mistake", (*planner).refuseUnknown},
	{"mend", "an overlapping invocation may have left no credential that works", (*planner).mend},
	{"revoke unseen", "IAM may not list a new key yet, and deleting one that is gone does no harm",
		(*planner).revokeUnlisted},
	{"answer", "ticks do the rest", (*planner).outlook},
}

// leaked returns the key that the emergency is about, if IAM lists it.
func (pl *planner) leaked() (Key, bool) { return pl.key(pl.req.AccessKeyID) }

// contain deactivates the leaked key before anything else.
func (pl *planner) contain() Decision {
	leaked, listed := pl.leaked()
	if !listed || !pl.req.ContainFirst || leaked.Status != Active {
		return Decision{}
	}
	return do(cmd(deactivateKey, leaked.ID, "it leaked, and the request wants it contained first").evenIfCurrent())
}

// replaceLeaked makes another key current, so that the leaked one can go.
func (pl *planner) replaceLeaked() Decision {
	leaked, listed := pl.leaked()
	if !listed || leaked.ID != pl.Current.AccessKeyID() {
		return Decision{}
	}
	if v, k, ok := pl.pending(); ok && k.Status == Active {
		return pl.finishAnyway(v, k)
	}
	if len(pl.Keys) < iamKeyQuota {
		return do(cmd(createKey, "", "to replace access key %s, which leaked", leaked.ID))
	}
	// An application that reads a stale copy sends with the other key, which is about to go.
	if d := pl.copyCurrent(); d.kind != passes {
		return d
	}
	return pl.freeSlotToReplace(leaked)
}

// freeSlotToReplace finds the slot for the replacement of the leaked key, which is current. Both of
// the user's slots are taken, so there is one other key.
func (pl *planner) freeSlotToReplace(leaked Key) Decision {
	other := slices.Collect(pl.others())[0]
	// it can't send any more, and applications may send with the other
	if leaked.Status != Active && other.Status == Active {
		d := pl.revoke(leaked, "it leaked, and the replacement needs its slot")
		d.command = d.command.evenIfCurrent()
		return d
	}
	if pl.isPrevious(other.ID) || other.Status != Active || !pl.inUse(other) || pl.isStored(other.ID) {
		return pl.revoke(other, "to free a slot for the leaked key's replacement")
	}
	return fail(RotationBlocked,
		"access key %s can't be replaced: access key %s holds the second of the user's two key slots, and somebody "+
			"sends with it (%s; %s); nothing was touched: delete that key, or run the emergency again with "+
			"\"contain\":\"first\", which stops mail until the replacement is current", leaked.ID, other.ID,
		pl.unnamed(other.ID), lastUsed(other))
}

// isStored reports whether a version names the key: then it was ours once.
func (pl *planner) isStored(id string) bool {
	v, _ := pl.stored(id)
	return v != nil
}

// mendFirst makes the pending credential current if AWSCURRENT is dead, although another key
// leaked.
func (pl *planner) mendFirst() Decision {
	leaked, listed := pl.leaked()
	if !listed || !pl.broken() {
		return Decision{}
	}
	if v, k, ok := pl.pending(); ok && k.ID != leaked.ID && k.Status == Active {
		return pl.finishAnyway(v, k)
	}
	return Decision{}
}

// finishAnyway promotes the pending credential whether or not SES accepts it yet: the current one
// has to go, or can't send any more.
func (pl *planner) finishAnyway(v *Version, k Key) Decision {
	verdict := pl.verdict(k)
	switch {
	case !pl.useful(v):
		return pl.revoke(k, errUseless.Error())
	case verdict.Meaning == "":
		return do(cmd(verify, k.ID, "it is the replacement").of(v))
	case verdict.Meaning == sessmtp.Accepted:
		return do(pl.promotion(v, pl.accepted("the replacement")))
	case verdict.Meaning == sessmtp.Refused && pl.refusedTooLong(v, k):
		return pl.revoke(k, fmt.Sprintf("SES has refused it for longer than %s, so it can't be the replacement",
			Duration(refusedFor)))
	}
	d := do(pl.promotion(v, "not verified, but the current key leaked or can't send"))
	if d.command.kind == promote {
		d = d.warn(WarnPromotedUnverified,
			"access key %s was made current although SES hasn't accepted it yet, because the key before it leaked or "+
				"can't send: %v; SES may take minutes to accept it: check that mail is sent", k.ID, verdict.Err)
	}
	return d
}

// revokeLeaked revokes the leaked key, which isn't current any more.
func (pl *planner) revokeLeaked() Decision {
	leaked, listed := pl.leaked()
	if !listed {
		return Decision{}
	}
	return pl.revoke(leaked, "it leaked, and isn't current")
}

// revoke deactivates and deletes a key now. The fence goes first: an invocation that observed the
// secret before it can't promote any more, and nothing is left pending for others to promote.
func (pl *planner) revoke(k Key, reason string) Decision {
	switch {
	case pl.Current.ID != "" && !pl.fenced():
		return pl.fence("before access key %s is deleted: no other invocation can then promote what it saw earlier",
			k.ID)
	case k.Status == Active:
		return do(cmd(deactivateKey, k.ID, "%s", reason))
	}
	return do(cmd(deleteKey, k.ID, "%s", reason))
}

// fence stages the current content anew, and moves AWSCURRENT to that version. If the current key
// is dead, nobody can send with the value, so it may be rewritten: then it names the user, and is
// still known to be this user's once the key is gone.
func (pl *planner) fence(reason string, args ...any) Decision {
	v := pl.currentVersion()
	v.Unsettled = v.Unsettled && !pl.broken()
	return do(cmd(fence, pl.Current.AccessKeyID(), reason, args...).of(v))
}

// refuseUnknown refuses a key that isn't listed, unless a version names it: then an earlier run has
// revoked it, or IAM doesn't list it yet.
func (pl *planner) refuseUnknown() Decision {
	id := pl.req.AccessKeyID
	switch {
	case pl.Done.deleted(id), pl.knownOnce(id):
		return Decision{}
	case pl.req.IfOurs:
		return wait(Step{Kind: Wait, Reason: "the alarm is about somebody else's access key"}).
			warn(WarnKeyNotOurs, "access key %s doesn't belong to the user %s; the alarm was ignored", id, pl.User)
	}
	return fail(RequestError, "access_key_id: %s isn't an access key of the user %s; nothing was touched", id, pl.User)
}

// knownOnce reports whether a version names the key. If versions can't be listed, it assumes so
// after a fence of this run, because the fence moved AWSPREVIOUS.
func (pl *planner) knownOnce(id string) bool {
	if id == pl.Current.AccessKeyID() || pl.fenced() && pl.Stored[id].Denied != nil {
		return true
	}
	return pl.pendingVersion().names(id) || pl.isPrevious(id) || pl.isStored(id)
}

// mend replaces a credential that can't send, once the leaked key is gone.
func (pl *planner) mend() Decision {
	if pl.hasCredential() && !pl.broken() {
		return Decision{}
	}
	if v, k, ok := pl.pending(); ok && k.Status == Active {
		return pl.finishAnyway(v, k)
	}
	if !pl.hasCredential() {
		return pl.rotate("there is no credential")
	}
	return pl.replaceBroken()
}

// revokeUnlisted deletes the leaked key by its ID, if the version that names it is so young that
// IAM may not list it yet.
func (pl *planner) revokeUnlisted() Decision {
	id := pl.req.AccessKeyID
	if id == pl.Current.AccessKeyID() || pl.Done.deleted(id) || !pl.unlistedYet(id) {
		return Decision{}
	}
	return pl.revoke(Key{ID: id}, "it leaked, and IAM may not list it yet")
}

// unlistedYet reports whether the key may be too new for IAM to list it. It reads only facts that
// are known: refuseUnknown has already looked for the version that names the key.
func (pl *planner) unlistedYet(id string) bool {
	for _, v := range []*Version{pl.Pending.Value, pl.Previous.Value, pl.Stored[id].Value} {
		if v.names(id) && pl.now.Sub(v.Created) < invocation {
			return true
		}
	}
	return pl.fenced() && pl.Stored[id].Denied != nil
}
