package rotation

import (
	"fmt"
	"slices"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sessmtp"
)

// emergency replaces the leaked key, if it is the current one, and revokes it. The Rotator has put the key's ID into
// the request where the caller named none, so that it stays the same while AWSCURRENT moves.
func (pl *planner) emergency() Decision {
	leaked, listed := pl.key(pl.req.AccessKeyID)
	switch {
	case !pl.Pending.Known && pl.hasOthers():
		return look(lookPending, "")
	case pl.Done.Fresh != nil:
		return pl.stage()
	case !listed:
		return pl.afterRevocation()
	case pl.req.ContainFirst && leaked.Status == Active:
		return do(Deactivate, leaked.ID, "it leaked, and is to be contained first").evenIfCurrent()
	case leaked.ID == pl.Current.AccessKeyID():
		return pl.replaceLeaked(leaked)
	}
	if _, k, ok := pl.pending(); ok && pl.broken() && k.ID != leaked.ID && k.Status == Active {
		return pl.finishAnyway() // mail is failing already: first what mends it
	}
	return pl.revoke(leaked, "it leaked, and isn't current")
}

// replaceLeaked makes another key current, so that the leaked one can go.
func (pl *planner) replaceLeaked(leaked Key) Decision {
	if _, k, ok := pl.pending(); ok && k.Status == Active {
		return pl.finishAnyway()
	}
	if len(pl.Keys) < iamKeyQuota {
		return do(Create, "", "to replace access key %s, which leaked", leaked.ID)
	}
	other := slices.Collect(pl.others())[0]
	if leaked.Status != Active && other.Status == Active { // it can't send any more, and applications may send with the other
		return pl.revoke(leaked, "it leaked, and its slot is for the replacement").evenIfCurrent()
	}
	named, asked := pl.named(other.ID)
	switch {
	case !pl.Previous.Known:
		return look(lookPrevious, "")
	case !other.LastUsedKnown:
		return look(lookLastUsed, other.ID)
	case pl.inUse(other) && other.Status == Active && !pl.isPrevious(other.ID) && !asked:
		return look(lookStored, other.ID)
	case other.Status != Active || pl.isPrevious(other.ID) || !pl.inUse(other) || named:
		return pl.revoke(other, "to free a slot for the replacement of the key that leaked")
	}
	return fail(RotationBlocked, "access key %s can't be replaced: access key %s holds the second of the user's two slots, %s, "+
		"and somebody sends with it (%s); nothing was touched: delete that key, or run the emergency again with "+
		"\"contain\":\"first\", which stops mail until the replacement is current", leaked.ID, other.ID, pl.unnamed(other.ID), lastUsed(other))
}

// finishAnyway promotes the pending credential whether or not SES accepts it yet: the current one has to go.
func (pl *planner) finishAnyway() Decision {
	v, k, _ := pl.pending()
	verdict := pl.verdict(k)
	switch {
	case !pl.useful(v):
		return pl.revoke(k, errUseless.Error())
	case verdict.Meaning == "":
		return do(Verify, k.ID, "the replacement")
	case verdict.Meaning == sessmtp.Accepted:
		return pl.promote(v, "SES accepts the replacement")
	case verdict.Meaning == sessmtp.Refused && pl.givenUp(v, k):
		return pl.revoke(k, fmt.Sprintf("SES has refused it for longer than %s, so it can't be the replacement", Duration(refusedFor)))
	}
	d := pl.promote(v, "not verified, but the current key leaked")
	if d.Step.Kind == Promote {
		d = d.warn(WarnPromotedUnverified, "access key %s was made current in an emergency although SES hasn't accepted it yet: %v; "+
			"it may take minutes; check that mail is sent", k.ID, verdict.Err)
	}
	return d
}

// revoke deactivates and deletes a key now. The fence goes first: whoever observed the secret before it can't promote
// any more, and nothing is left pending for others to promote.
func (pl *planner) revoke(k Key, reason string) Decision {
	switch {
	case pl.Current.ID != "" && !pl.fenced():
		return pl.fence("so that no other invocation can promote what it saw before access key %s is deleted", k.ID)
	case k.Status == Active:
		return do(Deactivate, k.ID, "%s", reason)
	}
	return do(Delete, k.ID, "%s", reason)
}

// fence stages the current content anew, and moves AWSCURRENT to that version.
func (pl *planner) fence(reason, accessKeyID string) Decision {
	d := do(fence, pl.Current.AccessKeyID(), reason, accessKeyID)
	d.Step.VersionID = pl.Current.ID
	return d
}

// afterRevocation mends what is left, once the leaked key is gone.
func (pl *planner) afterRevocation() Decision {
	if !slices.Contains(pl.Done.Revoked, pl.req.AccessKeyID) {
		if d, known := pl.knownOnce(); !known {
			return d
		}
	}
	if pl.hasCredential() && !pl.broken() {
		if pl.unlistedYet() { // to delete a key that is gone does no harm
			return pl.revoke(Key{ID: pl.req.AccessKeyID}, "it leaked, and IAM may just not list it yet")
		}
		return pl.retireOrWait().onlyNext()
	}
	if _, k, ok := pl.pending(); ok && k.Status == Active {
		return pl.finishAnyway()
	}
	if !pl.hasCredential() {
		return pl.rotate("there is no credential")
	}
	return pl.replaceBroken()
}

// unlistedYet: the leaked key isn't listed, and the version that names it is so young that IAM may list the key late.
func (pl *planner) unlistedYet() bool {
	id := pl.req.AccessKeyID
	if id == pl.Current.AccessKeyID() || slices.Contains(pl.Done.Revoked, id) {
		return false
	}
	for _, seen := range []Seen{pl.Pending, pl.Previous, pl.Stored[id]} {
		if v := seen.Version; v != nil && v.AccessKeyID() == id && pl.now.Sub(v.Created) < invocation {
			return true
		}
	}
	return pl.fenced() && pl.Stored[id].Denied != nil
}

// fenced: this invocation has set a fence since it observed.
func (pl *planner) fenced() bool { return pl.Current.ID != "" && pl.Current.ID == pl.Done.CurrentBy }

// knownOnce tells whether a version names the key that isn't there: then an earlier run revoked it.
func (pl *planner) knownOnce() (Decision, bool) {
	id := pl.req.AccessKeyID
	named, asked := pl.named(id)
	switch {
	case id == pl.Current.AccessKeyID():
		return Decision{}, true
	case pl.Stored[id].Denied != nil && pl.fenced(): // it was known before the fence, which moved AWSPREVIOUS
		return Decision{}, true
	case !pl.Pending.Known:
		return look(lookPending, ""), false
	case !pl.Previous.Known:
		return look(lookPrevious, ""), false
	case pl.isPrevious(id) || pl.Pending.Version != nil && pl.Pending.Version.AccessKeyID() == id:
		return Decision{}, true
	case !asked: // a fence has moved the labels since
		return look(lookStored, id), false
	case named:
		return Decision{}, true
	case pl.req.IfOurs:
		return wait(Step{Kind: Wait}).warn(WarnKeyNotOurs, "access key %s isn't one of the user %s's; ignored", id, pl.User), false
	}
	return fail(RequestError, "access_key_id: %s isn't an access key of the user %s; nothing was touched", id, pl.User), false
}

func (d Decision) evenIfCurrent() Decision {
	d.Step.evenCurrent = true
	return d
}

// onlyNext turns what a tick would do into what the next tick will do.
func (d Decision) onlyNext() Decision {
	if d.Step.Kind == Wait || isLook(d.Step.Kind) {
		return Decision{Step: Step{Kind: Wait}, Next: d.Next, Warnings: d.Warnings}
	}
	return wait(d.Step)
}
