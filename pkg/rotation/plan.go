package rotation

import (
	"fmt"
	"slices"
	"time"
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
	if req.Action == Decommission {
		return pl.decommission()
	}
	if err := pl.foreign(); err != nil {
		return Decision{Step: Step{Kind: Wait}, Err: err}
	}
	switch req.Action {
	case Emergency:
		return pl.emergency()
	case Rollback:
		return pl.rollback()
	case CreateSecret, SetSecret, TestSecret, FinishSecret:
		return pl.managed()
	}
	_, _, unfinished := pl.pending()
	switch {
	case s.Done.Fresh != nil:
		return pl.stage()
	case slices.ContainsFunc(s.Keys, func(k Key) bool { return k.ID == s.Done.GivenUp }):
		return pl.deleteGivenUp()
	case pl.hasOthers() && !s.Pending.Known: // with no other key there is nothing to promote, and no need to look
		return look(lookPending, "")
	case pl.broken():
		return pl.replaceBroken()
	case unfinished:
		return pl.finish()
	case pl.pendingIsStale() && s.setAside(*s.Pending.Version):
		return pl.settle()
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
func (pl *planner) foreign() *Error {
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
	v := pl.Pending.Version
	switch {
	case v == nil || pl.req.Action == Emergency:
		return nil
	case v.Foreign == "" && v.User == "" && v.AccessKeyID() != "": // a credential of a key that is gone; an adopted one doesn't name the user
		return nil
	}
	return check(Pending, *v)
}

// stage stores what was made a moment ago.
func (pl *planner) stage() Decision {
	return do(Stage, pl.Done.Fresh[0].Username, "a new credential is stored before it is used")
}

// retireOrWait retires one key, or says what comes next.
func (pl *planner) retireOrWait() Decision {
	due := Step{Kind: Create, Reason: "the access key reaches the rotation interval"}
	if k, ok := pl.key(pl.Current.AccessKeyID()); ok {
		due.At = k.Created.Add(pl.policy.RotationInterval)
	}
	waiting := wait(due)
	for k := range pl.others() {
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

func latest(times ...time.Time) time.Time { return slices.MaxFunc(times, time.Time.Compare) }
