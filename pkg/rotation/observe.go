package rotation

import (
	"context"
	"slices"
	"sync"
)

// observe looks at what every invocation needs: the keys and AWSCURRENT, at the same time. What only some plans need is
// looked at when they ask for it. Where AWSCURRENT's version has AWSPENDING too, nothing else is pending.
func (v *invocationRun) observe(ctx context.Context) error {
	var (
		wg               sync.WaitGroup
		keys             []Key
		current          *Version
		keysErr, readErr error
	)
	wg.Go(func() { keys, keysErr = v.Keys.List(ctx) })
	if v.req.Action != Decommission { // the secret may be gone already
		wg.Go(func() { current, readErr = v.Secret.Read(ctx, Current) })
	}
	wg.Wait()
	if v.req.Action == Decommission && TypeOf(keysErr) == ConfigurationError {
		keysErr = nil // so is the user
	}
	for _, err := range []error{keysErr, readErr} {
		if err != nil {
			return err
		}
	}
	keys = slices.DeleteFunc(keys, func(k Key) bool { return slices.Contains(v.state.Done.Revoked, k.ID) })
	v.state = State{User: v.User, Keys: keys, Stored: map[string]Seen{}, Done: v.state.Done}
	v.state.Done.Fresh = nil    // its key is an orphan now: it couldn't be stored
	v.state.Done.CurrentBy = "" // whoever observed since could promote: the next revocation needs a fence of its own
	if v.state.Done.Verdicts == nil {
		v.state.Done.Verdicts = map[string]Verdict{}
	}
	if current != nil {
		v.state.Current = *current
		v.state.Pending.Known = slices.Contains(current.Labels, Pending)
	}
	if v.readOnly() {
		return v.observeAll(ctx)
	}
	return v.nameLeaked()
}

// unlisted: AWSCURRENT names a key that this invocation made, and IAM doesn't list it, which it may be slow to do.
func (v *invocationRun) unlisted() bool {
	id := v.state.Current.AccessKeyID()
	_, listed := v.state.key(id)
	return !listed && slices.Contains(v.state.Done.Made, id)
}

// oldNews: this invocation has moved AWSCURRENT away from the version.
func (v *invocationRun) oldNews(current *Version) bool {
	return current != nil && slices.Contains(v.state.Done.Left, current.ID)
}

// observeAll looks at everything, for reports.
func (v *invocationRun) observeAll(ctx context.Context) error {
	if err := v.look(ctx, Step{Kind: lookPrevious}); err != nil {
		return err
	}
	if !v.state.Pending.Known {
		if err := v.look(ctx, Step{Kind: lookPending}); err != nil {
			return err
		}
	}
	for _, k := range v.state.Keys {
		if err := v.look(ctx, Step{Kind: lookLastUsed, AccessKeyID: k.ID}); err != nil {
			return err
		}
	}
	return nil
}

// nameLeaked settles which key an emergency is about, before AWSCURRENT moves.
func (v *invocationRun) nameLeaked() error {
	if v.req.Action != Emergency || v.req.AccessKeyID != "" {
		return nil
	}
	if !v.state.ours(v.state.Current) {
		return nil // the plan refuses it with the reason
	}
	v.req.AccessKeyID = v.state.Current.AccessKeyID()
	if v.req.AccessKeyID == "" {
		return Errorf(RequestError, "there is no current credential to revoke; name the leaked key with access_key_id")
	}
	return nil
}

// look fetches one more fact for the plan.
func (v *invocationRun) look(ctx context.Context, s Step) error {
	switch s.Kind {
	case lookStored:
		found, err := v.Secret.Find(ctx, s.AccessKeyID)
		switch {
		case v.req.Action == Decommission && TypeOf(err) == ConfigurationError:
			err = nil // the secret is gone already, and names nothing
		case err != nil && TypeOf(err) != AccessDenied:
			return err
		}
		// Where it is denied, each rule does what spares the key.
		v.state.Stored[s.AccessKeyID] = Seen{Known: true, Version: found, Denied: err}
		return nil
	case lookLastUsed:
		used, err := v.Keys.LastUsed(ctx, s.AccessKeyID)
		if err != nil {
			return err
		}
		v.state.edit(s.AccessKeyID, func(k *Key) { k.LastUsed, k.LastUsedKnown = used, true })
		return nil
	}
	label, seen := Pending, &v.state.Pending
	if s.Kind == lookPrevious {
		label, seen = Previous, &v.state.Previous
	}
	version, err := v.Secret.Read(ctx, label)
	if err != nil {
		return err
	}
	if label == Pending && version != nil && version.ID == v.state.Current.ID {
		version = nil // it has moved to where AWSCURRENT is
	}
	*seen = Seen{Known: true, Version: version}
	done := &v.state.Done
	if label == Previous && version != nil && done.RollbackTo == "" && version.AccessKeyID() != v.state.Current.AccessKeyID() {
		done.RollbackTo = version.AccessKeyID()
	}
	return nil
}

func (s *State) edit(id string, f func(*Key)) {
	for i := range s.Keys {
		if s.Keys[i].ID == id {
			f(&s.Keys[i])
		}
	}
}
