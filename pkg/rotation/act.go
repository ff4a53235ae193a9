package rotation

import (
	"context"
	"errors"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sessmtp"
)

// do carries out a command: the call, and its effect on what is known.
func (run *run) do(ctx context.Context, c command) error {
	if err := run.enoughTime(ctx, c); err != nil {
		return err
	}
	switch c.kind {
	case createKey:
		return run.create(ctx, c)
	case stage:
		return run.stage(ctx, c)
	case restage:
		return run.restage(ctx, c)
	case fence:
		return run.fence(ctx, c)
	case unstage:
		return run.unstage(ctx, c)
	case verify:
		return run.verify(ctx, c)
	case promote:
		return run.promote(ctx, c)
	case activateKey:
		return run.activate(ctx, c)
	case deactivateKey:
		return run.deactivate(ctx, c)
	case deleteKey:
		return run.delete(ctx, c)
	case copyCurrent:
		return run.copy(ctx, c)
	case deleteCopies:
		return run.deleteCopies(ctx, c)
	}
	return Errorf(RequestError, "the plan names an unknown command %q", c.kind)
}

// create makes a key and derives its passwords at once, so that its secret is never kept. It is
// never retried: each call that reaches IAM makes another key.
func (run *run) create(ctx context.Context, c command) error {
	k, secret, err := run.Keys.Create(ctx)
	if err != nil {
		return err
	}
	var credential []sessmtp.Login
	for _, e := range run.Endpoints {
		credential = append(credential, sessmtp.Login{Endpoint: e, Username: k.ID,
			Password: sessmtp.DerivePassword(secret, e.Region)})
	}
	run.state = run.state.created(k, credential)
	c.key = k.ID
	run.record(c.step())
	return nil
}

// stage stores the new credential. If AWS refuses, nothing holds the password, and the key is
// deleted at once. If the answer is lost, the password may be stored, and the next invocation finds
// out.
func (run *run) stage(ctx context.Context, c command) error {
	v, err := run.Secret.Stage(ctx, run.state.Current, run.state.Fresh, run.Clock.now())
	if err == nil {
		run.state = run.state.staged(v)
		run.record(c.of(&v).step())
		return nil
	}
	if refusal, ok := errors.AsType[*Error](err); !ok || !refusal.Refused {
		return err
	}
	return errors.Join(err, run.delete(ctx, cmd(deleteKey, c.key, "its password couldn't be stored")))
}

// restage writes an existing credential as a new version. The password stays the same; the
// version's date is new.
func (run *run) restage(ctx context.Context, c command) error {
	v, err := run.Secret.Restage(ctx, run.state.Current, *c.version, run.Clock.now())
	if err != nil {
		return err
	}
	run.state = run.state.restaged(v)
	run.record(c.of(&v).step())
	return nil
}

// fence writes the current credential as a new version and moves AWSCURRENT there. An invocation
// that observed the old version can't promote any more.
func (run *run) fence(ctx context.Context, c command) error {
	v, err := run.Secret.Restage(ctx, run.state.Current, *c.version, run.Clock.now())
	if err != nil {
		return err
	}
	c = c.of(&v)
	run.state = run.state.staged(v)
	run.record(c.step())
	if err := run.moveCurrent(ctx, v); err != nil {
		return err
	}
	run.state = run.state.moved(v)
	if c.givesUp != "" {
		run.state = run.state.gaveUp(c.givesUp)
	}
	c.kind = promote
	run.record(c.step())
	return nil
}

// promote makes another credential current.
func (run *run) promote(ctx context.Context, c command) error {
	if err := run.moveCurrent(ctx, *c.version); err != nil {
		return err
	}
	run.state = run.state.promoted(*c.version)
	run.record(c.step())
	return nil
}

// moveCurrent is a compare-and-swap: it moves AWSCURRENT from the version that was observed, or not
// at all.
func (run *run) moveCurrent(ctx context.Context, to Version) error {
	err := run.Secret.Move(ctx, Current, run.state.Current.ID, to.ID)
	if TypeOf(err) == Conflict {
		run.state = run.state.movedByOther()
	}
	return err
}

// unstage moves AWSPENDING to AWSCURRENT's version. It records no step, because no credential and
// no key changes.
func (run *run) unstage(ctx context.Context, c command) error {
	if err := run.Secret.Move(ctx, Pending, c.version.ID, run.state.Current.ID); err != nil {
		return err
	}
	run.state = run.state.unstaged()
	return nil
}

// activate makes a key Active again, for a rollback only: a key that a person deactivated isn't the
// rotator's to reactivate.
func (run *run) activate(ctx context.Context, c command) error {
	if err := run.Keys.SetStatus(ctx, c.key, Active); err != nil {
		return err
	}
	run.state = run.state.activated(c.key)
	run.record(c.step())
	return nil
}

// deactivate stops a key from sending. It can be undone, which is why it comes before deletion.
func (run *run) deactivate(ctx context.Context, c command) error {
	if err := run.spareCurrent(ctx, c); err != nil {
		return err
	}
	run.state = run.state.deactivating(c.key)
	if err := run.Keys.SetStatus(ctx, c.key, Inactive); err != nil {
		return err
	}
	run.state = run.state.statusSet(c.key, Inactive)
	run.record(c.step())
	if run.looksAgain() {
		return nil // an emergency and a rollback look again and mend this; a decommission deletes every key
	}
	return run.restoreCurrent(ctx, c)
}

// restoreCurrent undoes a deactivation if a rollback made the key current between the last look and
// the deactivation.
func (run *run) restoreCurrent(ctx context.Context, c command) error {
	current, err := run.Secret.Read(ctx, Current)
	if err == nil && !current.names(c.key) {
		return nil
	}
	if undo := run.Keys.SetStatus(ctx, c.key, Active); undo != nil {
		return errors.Join(err, undo)
	}
	run.state = run.state.activated(c.key)
	run.record(cmd(activateKey, c.key,
		"it became current while it was being deactivated, or AWSCURRENT couldn't be read").step())
	if err != nil {
		return err
	}
	return Errorf(Conflict,
		"access key %s became current while it was being deactivated; it was made Active again", c.key)
}

// delete deletes a key, which can't be undone.
func (run *run) delete(ctx context.Context, c command) error {
	if err := run.spareCurrent(ctx, c); err != nil {
		return err
	}
	if err := run.Keys.Delete(ctx, c.key); err != nil {
		return err
	}
	run.state = run.state.deleted(c.key)
	run.record(c.step())
	return nil
}

// spareCurrent reads AWSCURRENT again right before a key is touched: another invocation may have
// made it current since the state was observed.
func (run *run) spareCurrent(ctx context.Context, c command) error {
	if c.evenCurrent && c.whileCurrent == "" {
		return nil
	}
	current, err := run.readCurrent(ctx)
	switch {
	case err != nil:
		return err
	case current != nil && run.state.Done.left(current.ID):
		return Errorf(Conflict, "Secrets Manager still returns the old AWSCURRENT; access key %s was left alone", c.key)
	case c.evenCurrent && current != nil && current.ID == c.whileCurrent:
		return nil
	case c.evenCurrent:
		return Errorf(Conflict, "AWSCURRENT moved meanwhile; access key %s was left alone", c.key)
	case current.names(c.key):
		return Errorf(Conflict, "access key %s became current meanwhile; it was left alone", c.key)
	}
	return nil
}

// readCurrent reads AWSCURRENT, and reads it again while Secrets Manager still returns the version
// that this run moved it from. Otherwise an emergency could never end while reads lag: it would
// fail right after its fence, and so would the next one, after a fence of its own.
func (run *run) readCurrent(ctx context.Context) (current *Version, err error) {
	for try := 1; ; try++ {
		current, err = run.Secret.Read(ctx, Current)
		if err != nil || current == nil || !run.state.Done.left(current.ID) || try == observations || ctx.Err() != nil {
			return current, err
		}
		run.Clock.giveWay(ctx, try)
	}
}
