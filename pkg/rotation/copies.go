package rotation

import (
	"context"
	"slices"
)

// copyCurrent writes what is current to each copy that differs. In a tick, it stands before all
// rules that make or retire a key, so none is retired while a copy names it.
func (pl *planner) copyCurrent() Decision {
	if pl.broken() || pl.Done.gaveUpCopies() {
		return Decision{}
	}
	for _, c := range pl.copies() {
		if !c.UpToDate {
			return do(cmd(copyCurrent, pl.Current.AccessKeyID(), "it doesn't hold what is current").
				of(pl.currentVersion()))
		}
	}
	return Decision{}
}

// copyRolledBack waits until the rollback has made its credential current.
func (pl *planner) copyRolledBack() Decision {
	if !pl.rolledBack() {
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
	if !pl.policy.Copies || pl.Done.deletedCopies() {
		return Decision{}
	}
	return do(cmd(deleteCopies, "", "the copies of the credential go with it"))
}

// copy writes the copies that differ. Nothing compares and swaps there, so another invocation may
// have made another credential current and copied it meanwhile: AWSCURRENT is read again, and if it
// moved, the run looks at the world anew and writes again.
func (run *run) copy(ctx context.Context, c command) error {
	within, cancel := run.briefly(ctx)
	defer cancel()
	for _, one := range run.state.Copies.Value {
		if one.UpToDate {
			continue
		}
		if err := run.Copies.Write(within, one.Name, *c.version); err != nil {
			return run.copyFailed(err)
		}
		run.state = run.state.copied(one.Name, run.Clock.now())
		step := c.step()
		step.Parameter = one.Name
		run.record(step)
	}
	run.result.Warnings = slices.DeleteFunc(run.result.Warnings,
		func(w Warning) bool { return w.Code == WarnCopyFailed })
	current, err := run.Secret.Read(ctx, Current)
	if err == nil && (current == nil || current.ID != c.version.ID) {
		err = Errorf(Conflict, "AWSCURRENT moved while it was copied")
	}
	return err
}

func (run *run) lookAtCopies(ctx context.Context) error {
	within, cancel := run.briefly(ctx)
	defer cancel()
	found, denied := run.Copies.Read(within, run.state.Current)
	if denied != nil {
		if err := run.copyFailed(denied); err != nil {
			return err
		}
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
	run.state = run.state.deletedCopies()
	return nil
}

// copyFailed ends the run: a tick tries again before it does anything else. An emergency goes on,
// because the leaked key must not send any more; and so does a report.
func (run *run) copyFailed(err error) error {
	if run.req.Action != Emergency && !run.readOnly() {
		return err
	}
	run.state = run.state.gaveUpCopies()
	run.warn(Warning{WarnCopyFailed, "a copy of the credential may not hold what is current: " + err.Error() +
		"; applications that read it may be unable to send until a tick has written it"})
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
