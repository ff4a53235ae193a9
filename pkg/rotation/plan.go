package rotation

import (
	"cmp"
	"fmt"
	"sync"
	"time"
)

// iamKeyQuota is IAM's limit of access keys per user, which can't be raised ("IAM and AWS STS
// quotas").
const iamKeyQuota = 2

// Plan decides the next step from what was observed, the policy and the time. It is a pure
// function: the first rule that applies wins. If that rule read a fact that nobody has looked at,
// the decision is to look.
func Plan(s State, p Policy, req Request, now time.Time) Decision {
	pl := planners.Get().(*planner)
	defer planners.Put(pl)
	*pl = planner{State: s, policy: p, req: req, now: now}
	for _, r := range rules[req.Action] {
		d := r.decide(pl)
		if d.kind != passes && pl.missing == (ask{}) {
			d = pl.noteCopies(pl.noteValue(pl.noteForeign(d)))
		}
		if pl.missing != (ask{}) {
			return Decision{kind: asks, ask: pl.missing}
		}
		if d.kind != passes {
			return d
		}
	}
	return fail(RequestError, "there is no rule for the action %q", req.Action)
}

// planner is one State under one Policy at one time. Its methods are the rules and what they share.
type planner struct {
	State
	policy  Policy
	req     Request
	now     time.Time
	missing ask // the first fact that a rule read and nobody has looked at
}

// planners are pooled: rules are called through a table, so each new planner would be allocated on
// the heap.
var planners = sync.Pool{New: func() any { return new(planner) }}

// rule is one line of a table of rules. A rule that doesn't apply decides nothing.
type rule struct {
	name   string
	why    string
	decide func(*planner) Decision
}

// rules has each action's rules, in the order in which Plan asks them. deploy/docs/how-it-works.md
// lists a tick's, except the three that matter only within one run: store, given up and doubt.
var rules = map[Action][]rule{
	Tick: forTicks, Rotate: forTicks,
	Emergency:    forEmergencies,
	Rollback:     forRollbacks,
	Decommission: forDecommissions,
	CreateSecret: managed((*planner).createSecret),
	SetSecret:    managed((*planner).setSecret),
	TestSecret:   managed((*planner).testSecret),
	FinishSecret: managed((*planner).finishSecret),
}

var (
	notOurs = rule{"not ours", "what isn't understood is never overwritten", (*planner).refuseForeign}
	store   = rule{"store", "a key was just made, and nobody but this run knows its password", (*planner).storeFresh}
	copies  = rule{"copy", "applications that read a copy need what SES has accepted", (*planner).copyCurrent}
	doubt   = rule{"doubt", "IAM may list a key as it was before this run activated it", (*planner).doubtList}
)

var forTicks = []rule{
	notOurs,
	store,
	{"given up", "nobody can promote that key any more, and it holds a slot", (*planner).deleteGivenUp},
	doubt,
	{"broken", "mail is failing", (*planner).replaceBroken},
	{"unsettled", "applications send with what people wrote into the value", (*planner).settleFirst},
	{"unfinished", "an earlier run stored a credential but didn't make it current",
		(*planner).finishPending},
	{"taken over", "a person moved AWSCURRENT, and the grace period has to count from now", (*planner).takeOver},
	{"left over", "a label that is left behind costs each tick a call", (*planner).clearPending},
	copies,
	{"due", "the older a credential is, the more places it may have leaked from", (*planner).rotateIfDue},
	{"retire", "a key that nobody needs can still leak", (*planner).retireOthers},
	{"wait", "there is nothing to do now", (*planner).waitForNext},
}

// currentVersion returns a copy of AWSCURRENT's version, for decisions: they outlive the planner.
func (pl *planner) currentVersion() *Version {
	v := pl.Current
	return &v
}

// refuseForeign refuses a secret whose AWSCURRENT isn't the rotator's credential. A foreign
// AWSPENDING stops nothing: see noteForeign.
func (pl *planner) refuseForeign() Decision {
	v := pl.currentVersion()
	if pl.ours(v) {
		return Decision{}
	}
	return fail(ConfigurationError, "the value of %s (AWSCURRENT, version %s) isn't a credential of the user %s: "+
		"%s; nothing was touched: use another secret (a new one with the value {} gets a first credential)",
		pl.secretName(), v.ID, pl.User, pl.whyForeign(v))
}

func (pl *planner) whyForeign(v *Version) string {
	if text := cmp.Or(v.Foreign, v.Differs); text != "" {
		return text
	}
	if v.User == "" {
		return fmt.Sprintf("it names no access key of %s; if it is another user's, configure that user", pl.User)
	}
	return fmt.Sprintf("it names another user and no access key of %s", pl.User)
}

// noteForeign warns of an AWSPENDING that isn't ours: another rotator, or a rotation that was
// cancelled, has left it ("CancelRotateSecret", Secrets Manager API reference). Its value stays as
// a version. A command that takes the label waits for a look at AWSPENDING, so that the warning
// names the version that loses it. A first credential doesn't: a new secret has no such label.
func (pl *planner) noteForeign(d Decision) Decision {
	v := pl.Pending.Value
	if d.kind == does && d.command.takesPending() && pl.hasCredential() {
		v = pl.pendingVersion()
	}
	if v == nil || !pl.foreign(v) {
		return d
	}
	return d.warn(WarnForeignPending, "version %s of the secret is labelled AWSPENDING but isn't a credential of the "+
		"user %s: %s; its value stays, but the rotator's next credential takes the label: if another program rotates "+
		"this secret too, stop that; to read the value, ask for the version's ID", v.ID, pl.User, pl.whyForeign(v))
}

// foreign reports whether the version isn't ours, or people wrote it for other endpoints. One that
// names no user and a key that is gone may be an adopted credential, so it is only stale.
func (pl *planner) foreign(v *Version) bool {
	return v.Unsettled || !pl.ours(v) && (v.Foreign != "" || v.User != "" || v.AccessKeyID() == "")
}

// storeFresh stores the credential of a key that this run has made.
func (pl *planner) storeFresh() Decision {
	if pl.Fresh == nil {
		return Decision{}
	}
	return do(cmd(stage, pl.Fresh[0].Username, "a new credential is stored before it is used"))
}
