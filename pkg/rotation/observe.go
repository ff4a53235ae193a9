package rotation

import (
	"context"
	"sync"
)

// observe looks at what every run needs: the keys and AWSCURRENT, at the same time. Facts that only
// some plans need are looked at when a plan asks for them.
func (run *run) observe(ctx context.Context) error {
	var (
		wg               sync.WaitGroup
		keys             []Key
		current          *Version
		keysErr, readErr error
	)
	wg.Go(func() { keys, keysErr = run.Keys.List(ctx) })
	if run.req.Action != Decommission { // the secret may be gone already
		wg.Go(func() { current, readErr = run.Secret.Read(ctx, Current) })
	}
	wg.Wait()
	if run.req.Action == Decommission && TypeOf(keysErr) == ConfigurationError {
		keysErr = nil // and so may the user
	}
	for _, err := range []error{keysErr, readErr} {
		if err != nil {
			return err
		}
	}
	// From here on, the plan relies on this look and on what the run itself does.
	run.state = run.state.observe(keys, current)
	if run.readOnly() {
		return run.observeAll(ctx)
	}
	return run.nameLeaked()
}

// observeAll looks at everything, for reports.
func (run *run) observeAll(ctx context.Context) error {
	all := []ask{{about: aboutPrevious}}
	if !run.state.Pending.Known {
		all = append(all, ask{about: aboutPending})
	}
	for _, k := range run.state.Keys {
		all = append(all, ask{aboutLastUse, k.ID})
	}
	if run.Copies != nil && run.state.hasCredential() {
		all = append(all, ask{about: aboutCopies})
	}
	for _, a := range all {
		if err := run.look(ctx, a); err != nil {
			return err
		}
	}
	return nil
}

// nameLeaked decides which key an emergency is about, before AWSCURRENT moves.
func (run *run) nameLeaked() error {
	if run.req.Action != Emergency || run.req.AccessKeyID != "" || !run.state.ours(&run.state.Current) {
		return nil // if the value isn't ours, the plan refuses it and says why
	}
	run.req.AccessKeyID = run.state.Current.AccessKeyID()
	if run.req.AccessKeyID == "" {
		return Errorf(RequestError, "there is no current credential to revoke; name the leaked key with access_key_id")
	}
	return nil
}

// look fetches one more fact for the plan.
func (run *run) look(ctx context.Context, a ask) error {
	switch a.about {
	case aboutPending:
		v, err := run.Secret.Read(ctx, Pending)
		if err != nil {
			return err
		}
		run.state = run.state.lookedAtPending(v)
	case aboutPrevious:
		v, err := run.Secret.Read(ctx, Previous)
		if err != nil {
			return err
		}
		run.state = run.state.lookedAtPrevious(v)
		run.nameRollback(v)
	case aboutLastUse:
		used, err := run.Keys.LastUsed(ctx, a.key)
		if err != nil {
			return err
		}
		run.state = run.state.lookedAtLastUse(a.key, used)
	case aboutStored:
		return run.lookForStored(ctx, a.key)
	case aboutCopies:
		return run.lookAtCopies(ctx)
	}
	return nil
}

// nameRollback decides which key a rollback is about, before AWSPREVIOUS moves.
func (run *run) nameRollback(previous *Version) {
	if run.req.Action != Rollback || run.req.AccessKeyID != "" || previous == nil {
		return
	}
	if id := previous.AccessKeyID(); id != run.state.Current.AccessKeyID() {
		run.req.AccessKeyID = id
	}
}

// lookForStored looks for a version that names the key. Only this look's permission may be missing:
// it needs ListSecretVersionIds, which most ticks don't. Rules treat a denial as "perhaps".
func (run *run) lookForStored(ctx context.Context, key string) error {
	v, err := run.Secret.Find(ctx, key)
	switch {
	case run.req.Action == Decommission && TypeOf(err) == ConfigurationError:
		err = nil // the secret is gone already, and names nothing
	case err != nil && TypeOf(err) != AccessDenied:
		return err
	}
	run.state = run.state.lookedForStored(key, v, err)
	return nil
}
