package rotation

import (
	"cmp"
	"context"
	"slices"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sessmtp"
)

// copyCurrent writes what is current to each copy that differs. In a tick, it stands before the
// rules that make or retire a key. If the copies can't be read or written, the run ends there.
func (pl *planner) copyCurrent() Decision {
	if pl.broken() || pl.Done.sinceLook(failedToCopy) {
		return Decision{}
	}
	switch copies, denied := pl.copies(); {
	case denied != nil && pl.req.Action != Emergency:
		return fail(TypeOf(denied), "%w; %s", denied, untilCopied)
	case slices.ContainsFunc(copies, Copy.stale):
		return pl.copyProven()
	}
	return Decision{}
}

// stale: it doesn't hold what AWSCURRENT holds.
func (c Copy) stale() bool { return !c.UpToDate }

const untilCopied = "until the copies of the credential can be written, nothing is rotated or retired"

// copyProven asks SES before it copies, unless this run has: people may have edited the value. What
// SES doesn't accept isn't copied. An emergency takes the replacement as it is.
func (pl *planner) copyProven() Decision {
	verdict := pl.Done.verdict(pl.Current.AccessKeyID())
	if pl.policy.SkipVerification || pl.req.Action == Emergency {
		verdict.Meaning = sessmtp.Accepted
	}
	switch verdict.Meaning {
	case "":
		return pl.tryCurrent("before it is copied")
	case sessmtp.Accepted:
		return do(cmd(copyCurrent, pl.Current.AccessKeyID(), "it doesn't hold what is current").of(pl.currentVersion()))
	}
	return Decision{}
}

// copyRolledBack waits until the rollback has made its credential current.
func (pl *planner) copyRolledBack() Decision {
	if !pl.rolledBack() && !pl.repeated() {
		return Decision{}
	}
	return pl.copyCurrent()
}

// copyManaged is for the step that made the version current.
func (pl *planner) copyManaged() Decision {
	if d := pl.managedAlready(); d.kind == passes {
		return Decision{}
	}
	return pl.copyCurrent()
}

func (pl *planner) deleteCopies() Decision {
	if !pl.policy.HasCopies || pl.Done.sinceLook(deletedCopies) {
		return Decision{}
	}
	return do(cmd(deleteCopies, "", "the copies of the credential go with it"))
}

// copyInTheWay says why no Active key may go: a copy may name it.
func (pl *planner) copyInTheWay() string {
	copies, denied := pl.copies()
	if denied != nil {
		return "whether a copy of the credential names it can't be told"
	}
	for _, c := range copies {
		if c.stale() && !c.Changed.IsZero() {
			return "a copy of the credential may name it: " + c.Name
		}
	}
	return ""
}

// noteCopies warns of copies that a run leaves behind what is current.
func (pl *planner) noteCopies(d Decision) Decision {
	why := pl.copiesBehind()
	if d.kind != waits && d.kind != fails || why == "" {
		return d
	}
	consequence := "no key is retired that a copy may name"
	if pl.req.Action == Emergency {
		consequence = "applications that read it may be unable to send until a tick has written it"
	}
	return d.warn(WarnCopyFailed, "%s; %s", why, consequence)
}

// copiesBehind says which copy doesn't hold what is current, and why, as far as anybody has looked.
func (pl *planner) copiesBehind() string {
	if denied := pl.Copies.Denied; denied != nil {
		return "the copies of the credential may not hold what is current: " + denied.Error()
	}
	i := slices.IndexFunc(pl.Copies.Value, Copy.stale)
	if i < 0 {
		return ""
	}
	text := pl.Copies.Value[i].Name + " doesn't hold what is current"
	if failure := pl.Done.last(failedToCopy).err; failure != nil {
		return text + ": " + failure.Error()
	}
	if refusal := pl.Done.verdict(pl.Current.AccessKeyID()).Err; refusal != nil {
		return text + ": SES doesn't accept AWSCURRENT: " + refusal.Error()
	}
	return text
}

// copy writes the copies that differ, all that it can. Nothing compares and swaps there, so another
// invocation may have made another credential current and copied it meanwhile: AWSCURRENT is read
// again, and if it moved, the run looks at the world anew and writes again.
func (run *run) copy(ctx context.Context, c command) error {
	within, cancel := run.briefly(ctx)
	defer cancel()
	var failure error
	for _, one := range run.state.Copies.Value {
		if one.UpToDate {
			continue
		}
		if err := run.Copies.Write(within, one.Name, *c.version); err != nil {
			failure = cmp.Or(failure, err)
			if one.Changed.IsZero() {
				break // what is written first tells whose all of them are
			}
			continue
		}
		run.state = run.state.copied(one.Name, run.Clock.now())
		step := c.step()
		step.Parameter = one.Name
		run.record(step)
	}
	if failure != nil {
		run.state = run.state.copiesFailed(failure)
		if run.req.Action != Emergency { // which goes on: the leaked key must not send any more
			return Errorf(TypeOf(failure), "%w; %s", failure, untilCopied)
		}
	}
	current, err := run.Secret.Read(ctx, Current)
	if err == nil && (current == nil || current.ID != c.version.ID) {
		err = Errorf(Conflict, "AWSCURRENT moved while it was copied")
	}
	return err
}

// lookAtCopies takes a failure for a fact: rules then spare what a copy may name.
func (run *run) lookAtCopies(ctx context.Context) error {
	within, cancel := run.briefly(ctx)
	defer cancel()
	run.result.Warnings = slices.DeleteFunc(run.result.Warnings, // of an earlier look
		func(w Warning) bool { return w.Code == WarnCopyFailed })
	found, denied := run.Copies.Read(within, run.state.Current)
	if denied != nil && ctx.Err() != nil {
		return denied // the run's time is over
	}
	run.state = run.state.lookedAtCopies(found, denied)
	return nil
}

// deleteCopies leaves one step, without a key, however often they are deleted.
func (run *run) deleteCopies(ctx context.Context, c command) error {
	if err := run.Copies.Delete(ctx); err != nil {
		return err
	}
	if !run.state.Done.has(deletedCopies, "") {
		run.record(c.step())
	}
	run.state = run.state.copiesDeleted()
	return nil
}

// briefly bounds what an emergency spends on copies: its key is still to be revoked.
func (run *run) briefly(ctx context.Context) (context.Context, context.CancelFunc) {
	if run.req.Action != Emergency {
		return ctx, func() {}
	}
	allowed := toCopy.Most
	if left, ok := run.Clock.left(ctx); ok {
		allowed = toCopy.Of(left)
	}
	return context.WithTimeout(ctx, allowed)
}
