package rotation

import (
	"cmp"
	"context"
	"slices"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sessmtp"
)

// copyCurrent writes the current credential to each copy that differs. In a tick it comes before
// the rules that make or retire a key; if the copies can't be read or written, the run fails there.
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

// stale reports whether the copy differs from AWSCURRENT.
func (c Copy) stale() bool { return !c.UpToDate }

const untilCopied = "nothing is rotated or retired until the copies of the credential can be written"

// copyProven logs in with AWSCURRENT before it is copied, unless this run has done so already:
// people may have edited the value, and what SES doesn't accept isn't copied. An emergency copies
// the replacement as it is.
func (pl *planner) copyProven() Decision {
	verdict := pl.Done.verdict(pl.Current.AccessKeyID())
	if pl.policy.SkipVerification || pl.req.Action == Emergency {
		verdict.Meaning = sessmtp.Accepted
	}
	switch verdict.Meaning {
	case "":
		return pl.tryCurrent("before it is copied")
	case sessmtp.Accepted:
		return do(cmd(copyCurrent, pl.Current.AccessKeyID(), "it doesn't hold the current credential").
			of(pl.currentVersion()))
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

// copyManaged copies once a step of Secrets Manager's rotation has made the version current.
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
	return do(cmd(deleteCopies, "", "the copies of the credential are deleted with it"))
}

// copyInTheWay says why no Active key may be retired: a copy may name it. It is empty if none can.
func (pl *planner) copyInTheWay() string {
	copies, denied := pl.copies()
	if denied != nil {
		return "a copy of the credential may name it: the copies can't be read"
	}
	for _, c := range copies {
		if c.stale() && !c.Changed.IsZero() {
			return "a copy of the credential may name it: " + c.Name
		}
	}
	return ""
}

// noteCopies warns of copies that are out of date when a run ends.
func (pl *planner) noteCopies(d Decision) Decision {
	why := pl.copiesBehind()
	if d.kind != waits && d.kind != fails || why == "" {
		return d
	}
	consequence := "a key that a copy may name isn't retired"
	if pl.req.Action == Emergency {
		consequence = "applications that read it may be unable to send until a tick has written it"
	}
	return d.warn(WarnCopyFailed, "%s; %s", why, consequence)
}

// copiesBehind says which copy is out of date, and why, as far as this run has looked.
func (pl *planner) copiesBehind() string {
	if denied := pl.Copies.Denied; denied != nil {
		return "the copies of the credential may be out of date: " + denied.Error()
	}
	i := slices.IndexFunc(pl.Copies.Value, Copy.stale)
	if i < 0 {
		return ""
	}
	text := pl.Copies.Value[i].Name + " doesn't hold the current credential"
	if failure := pl.Done.last(failedToCopy).err; failure != nil {
		return text + ": " + failure.Error()
	}
	if refusal := pl.Done.verdict(pl.Current.AccessKeyID()).Err; refusal != nil {
		return text + ": SES doesn't accept AWSCURRENT: " + refusal.Error()
	}
	return text
}

// copy writes the copies that differ, as many as it can. Copies have no compare-and-swap, so
// another invocation may have made another credential current and copied it meanwhile: AWSCURRENT
// is read again, and if it moved, the run observes again and writes again.
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
				break // the copy that is written first says whose they all are
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
		if run.req.Action != Emergency { // an emergency goes on: the leaked key must not send any more
			return Errorf(TypeOf(failure), "%w; %s", failure, untilCopied)
		}
	}
	current, err := run.Secret.Read(ctx, Current)
	if err == nil && (current == nil || current.ID != c.version.ID) {
		err = Errorf(Conflict, "AWSCURRENT moved while it was copied")
	}
	return err
}

// lookAtCopies records a failure as a fact, not as an error: rules then spare a key that a copy may
// name.
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

// deleteCopies records one step, without a key, however often it deletes them.
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

// briefly limits the time that an emergency spends on copies: it has yet to revoke the key.
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
