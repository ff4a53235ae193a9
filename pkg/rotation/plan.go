package rotation

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sessmtp"
)

// iamKeyQuota is IAM's limit of access keys per user, which can't be raised ("IAM and AWS STS quotas").
const iamKeyQuota = 2

// Decision is the one next step. Where that is to wait, Next says for what and until when.
type Decision struct {
	Step     Step
	Next     Step
	Blocked  bool
	Warnings []Warning
	// Err ends the invocation as failed, once Step is done.
	Err *Error
}

// Plan decides the next step from what was observed, the policy and the time. It is a pure function: the first rule
// that applies wins.
func Plan(s State, p Policy, req Request, now time.Time) Decision {
	pl := planner{State: s, policy: p, req: req, now: now}
	if err := pl.foreign(); err != nil {
		return Decision{Step: Step{Kind: Wait}, Err: err}
	}
	switch req.Action {
	case Emergency:
		return pl.emergency()
	case Rollback:
		return pl.rollback()
	}
	_, _, unfinished := pl.pending()
	switch {
	case s.Done.Fresh != nil:
		return pl.stage()
	case slices.ContainsFunc(s.Keys, func(k Key) bool { return k.ID == s.Done.GivenUp }):
		return pl.deleteGivenUp()
	case len(pl.others()) > 0 && !s.Pending.Known: // with no other key there is nothing to promote, and no need to look
		return look(lookPending, "")
	case pl.broken():
		return pl.replaceBroken()
	case unfinished:
		return pl.finish()
	case pl.pendingIsStale():
		return pl.unstage("AWSPENDING names no key that could become current")
	case pl.due() != "":
		return pl.rotate(pl.due())
	}
	return pl.retireOrWait()
}

// planner is one State under one Policy at one time. Its methods are the rules; each returns what it would do.
type planner struct {
	State
	policy Policy
	req    Request
	now    time.Time
}

func do(kind StepKind, keyID, reason string, args ...any) Decision {
	return Decision{Step: Step{Kind: kind, AccessKeyID: keyID, Reason: fmt.Sprintf(reason, args...)}}
}

func look(kind StepKind, keyID string) Decision { return do(kind, keyID, "") }

func wait(next Step) Decision { return Decision{Step: Step{Kind: Wait}, Next: next} }

func fail(t ErrorType, format string, args ...any) Decision {
	return Decision{Step: Step{Kind: Wait}, Err: Errorf(t, format, args...)}
}

func (d Decision) warn(code WarningCode, format string, args ...any) Decision {
	d.Warnings = append(d.Warnings, Warning{Code: code, Message: fmt.Sprintf(format, args...)})
	return d
}

// foreign refuses a secret that holds something else than our credential: nothing of it may be overwritten.
func (pl planner) foreign() *Error {
	check := func(label Label, v Version) *Error {
		if pl.ours(v) {
			return nil
		}
		why := v.Foreign
		if why == "" {
			why = fmt.Sprintf("it names the user %q and the access key %q, and neither is %s's", v.User, v.AccessKeyID(), pl.User)
		}
		return Errorf(ConfigurationError, "the value labelled %s (version %s) isn't a credential of the user %s: %s; "+
			"nothing was touched: name another secret, or set this one's value to {}", label, v.ID, pl.User, why)
	}
	if err := check(Current, pl.Current); err != nil {
		return err
	}
	if v := pl.Pending.Version; v != nil && pl.req.Action != Emergency {
		return check(Pending, *v)
	}
	return nil
}

// stage stores what was made a moment ago.
func (pl planner) stage() Decision {
	return do(Stage, pl.Done.Fresh[0].Username, "a new credential is stored before it is used")
}

// pendingIsStale: AWSPENDING sits on a version other than AWSCURRENT's and names no key, or the current one.
func (pl planner) pendingIsStale() bool {
	_, _, unfinished := pl.pending()
	return pl.Pending.Version != nil && pl.Pending.Version.ID != pl.Current.ID && !unfinished
}

// unstage moves AWSPENDING to where AWSCURRENT is: the two travel together, so that one read of AWSCURRENT tells that
// nothing else is pending.
func (pl planner) unstage(reason string) Decision {
	d := do(unstage, "", "%s", reason)
	d.Step.VersionID = pl.Pending.Version.ID
	return d
}

// finish verifies the pending credential and promotes it.
func (pl planner) finish() Decision {
	v, k, _ := pl.pending()
	if !pl.useful(v) {
		return pl.giveUp(k, errUseless.Error())
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

// useful: the version serves a Region that is configured. A Region that was mistyped, and corrected since, leaves one
// that never can.
func (pl planner) useful(v Version) bool {
	return len(pl.policy.Regions) == 0 || slices.ContainsFunc(pl.policy.Regions, v.serves)
}

func (pl planner) verdict(k Key) Verdict {
	switch {
	case k.Status != Active: // SES refuses it, and it is not ours to reactivate
		return Verdict{sessmtp.Refused, fmt.Errorf("access key %s is Inactive", k.ID)}
	case pl.policy.SkipVerification:
		return Verdict{Meaning: sessmtp.Accepted}
	}
	return pl.Done.Verdicts[k.ID]
}

// promote moves AWSCURRENT, after staging anew what was written too long ago for the grace period to count from.
func (pl planner) promote(v Version, reason string) Decision {
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
func (pl planner) givenUp(v Version, k Key) bool {
	since := k.Created
	if v.Created.After(since) {
		since = v.Created // an older key, staged again
	}
	return pl.now.Sub(since) > refusedFor
}

func (pl planner) refused(v Version, k Key, verdict Verdict) Decision {
	if !pl.givenUp(v, k) {
		return fail(VerificationFailed, "access key %s stays pending, and applications go on with %s: SES refuses the new "+
			"credential so far: %w", k.ID, pl.currentName(), verdict.Err)
	}
	return pl.giveUp(k, "SES has refused it for longer than "+Duration(refusedFor).String())
}

// giveUp deletes a pending key, after a fence: another invocation may find at this moment that SES accepts it.
func (pl planner) giveUp(k Key, reason string) Decision {
	if !pl.Previous.Known {
		return look(lookPrevious, "")
	}
	if pl.isPrevious(k.ID) { // it was current once, so it retires as such keys do
		d := pl.unstage(reason)
		d.Err = Errorf(VerificationFailed, "access key %s, which was current before, isn't pending any more: %s", k.ID, reason)
		return d
	}
	d := do(fence, pl.Current.AccessKeyID(), "so that nobody can promote access key %s any more: %s", k.ID, reason)
	d.Step.VersionID, d.Step.givesUp = pl.Current.ID, k.ID
	return d
}

// deleteGivenUp ends the invocation: the next tick starts over.
func (pl planner) deleteGivenUp() Decision {
	d := do(Delete, pl.Done.GivenUp, "given up")
	d.Err = Errorf(VerificationFailed, "access key %s was given up, and the next tick starts over: %w",
		pl.Done.GivenUp, cmp.Or(pl.Done.Verdicts[pl.Done.GivenUp].Err, errUseless))
	return d
}

// errUseless is why a credential is given up that SES wasn't asked about.
var errUseless = errors.New("it serves none of the configured Regions")

// due says why a new credential is needed now, or nothing.
func (pl planner) due() string {
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
func (pl planner) rotate(reason string) Decision {
	if len(pl.Keys) < iamKeyQuota {
		return do(Create, "", "%s", reason)
	}
	var freed, kept Decision
	var holder Key
	for _, k := range pl.others() {
		if pl.req.Action == Rotate && k.Status == Active {
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
	if pl.req.Action == Rotate {
		kept.Err = Errorf(RotationBlocked, "%s", kept.Warnings[len(kept.Warnings)-1].Message)
	}
	return kept
}

// retireOrWait retires one key, or says what comes next.
func (pl planner) retireOrWait() Decision {
	due := Step{Kind: Create, Reason: "the access key reaches the rotation interval"}
	if k, ok := pl.key(pl.Current.AccessKeyID()); ok {
		due.At = k.Created.Add(pl.policy.RotationInterval)
	}
	waiting := wait(due)
	for _, k := range pl.others() {
		d := pl.retire(k)
		if d.Step.Kind != Wait {
			return d
		}
		waiting.Warnings = append(waiting.Warnings, d.Warnings...)
		if !d.Next.At.IsZero() && (waiting.Next.At.IsZero() || d.Next.At.Before(waiting.Next.At)) {
			waiting.Next = d.Next
		}
	}
	if !pl.Pending.Known {
		return look(lookPending, "") // a label left behind is tidied away; usually AWSCURRENT's version has it
	}
	return waiting
}

func (pl planner) currentName() string {
	if id := pl.Current.AccessKeyID(); id != "" {
		return "access key " + id
	}
	return "no credential"
}

func lastUsed(k Key) string {
	switch {
	case !k.LastUsedKnown:
		return "last use not looked at"
	case k.LastUsed.IsZero():
		return "never seen in use"
	}
	return "last used " + k.LastUsed.UTC().Format(time.RFC3339)
}

func until(next Step) string {
	if next.At.IsZero() {
		return "it goes when a person deletes it, or when there is a credential to take its place"
	}
	return fmt.Sprintf("next step: %s at %s (%s)", next.Kind, next.At.UTC().Format(time.RFC3339), next.Reason)
}

func latest(times ...time.Time) time.Time { return slices.MaxFunc(times, time.Time.Compare) }
