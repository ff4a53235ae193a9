package rotation

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sessmtp"
)

// act takes one step and notes in the state what it changed, so that nothing is asked again for what is known.
func (v *invocationRun) act(ctx context.Context, s Step) error {
	if err := enoughTime(ctx, s); err != nil {
		return err
	}
	switch s.Kind {
	case lookPending, lookPrevious, lookLastUsed, lookStored:
		return v.look(ctx, s)
	case Create:
		return v.create(ctx, s)
	case Stage:
		return v.stage(ctx, s)
	case restage:
		return v.restage(ctx, s)
	case fence:
		return v.fence(ctx, s)
	case unstage:
		return v.unstage(ctx)
	case Verify:
		return v.verify(ctx, s)
	case Promote:
		return v.promote(ctx, s)
	case Activate:
		return v.setStatus(ctx, s, Active)
	case Deactivate:
		return v.setStatus(ctx, s, Inactive)
	case Delete:
		return v.delete(ctx, s)
	}
	return Errorf(RequestError, "the plan names an unknown step %q", s.Kind)
}

func (v *invocationRun) create(ctx context.Context, s Step) error {
	k, secret, err := v.Keys.Create(ctx)
	if err != nil {
		return err
	}
	v.state.Keys = append(v.state.Keys, k)
	v.state.Done.Made = append(v.state.Done.Made, k.ID)
	for _, e := range v.Endpoints {
		v.state.Done.Fresh = append(v.state.Done.Fresh,
			sessmtp.Login{Endpoint: e, Username: k.ID, Password: sessmtp.DerivePassword(secret, e.Region)})
	}
	s.AccessKeyID = k.ID
	v.record(s)
	return nil
}

// stage stores the new credential. Where AWS refused to, nothing holds the password and its key goes at once; where the
// answer is unknown, the password may be stored, and the next invocation sees which.
func (v *invocationRun) stage(ctx context.Context, s Step) error {
	staged, err := v.Secret.Stage(ctx, v.state.Current, v.state.Done.Fresh, v.now())
	if err != nil {
		if refusal, ok := errors.AsType[*Error](err); !ok || !refusal.Refused {
			return err
		}
		undo := v.delete(ctx, Step{Kind: Delete, AccessKeyID: s.AccessKeyID, Reason: "its password couldn't be stored"})
		return errors.Join(err, undo)
	}
	v.state.Done.Fresh = nil
	v.staged(staged, s)
	return nil
}

func (v *invocationRun) staged(version Version, s Step) {
	v.state.Pending = Seen{Known: true, Version: &version}
	s.VersionID = version.ID
	s.Kind = Stage
	v.record(s)
}

func (v *invocationRun) restage(ctx context.Context, s Step) error {
	version, err := v.Secret.Restage(ctx, v.state.Current, v.state.seen(s.VersionID), v.now())
	if err != nil {
		return err
	}
	v.state.Done.Restaged = version.ID
	v.staged(version, s)
	return nil
}

func (v *invocationRun) fence(ctx context.Context, s Step) error {
	version, err := v.Secret.Restage(ctx, v.state.Current, v.state.Current, v.now())
	if err != nil {
		return err
	}
	v.staged(version, s)
	if err := v.makeCurrent(ctx, version, s); err != nil {
		return err
	}
	v.state.Done.GivenUp = s.givesUp
	return nil
}

func (v *invocationRun) promote(ctx context.Context, s Step) error {
	if err := v.makeCurrent(ctx, *v.state.Pending.Version, s); err != nil {
		return err
	}
	v.state.Done.Promoted = true
	return nil
}

// makeCurrent moves AWSCURRENT from the version that was observed. AWSPENDING stays on the version, so that it travels
// with AWSCURRENT.
func (v *invocationRun) makeCurrent(ctx context.Context, version Version, s Step) error {
	if err := v.Secret.Move(ctx, Current, v.state.Current.ID, version.ID); err != nil {
		return err
	}
	previous := v.state.Current
	v.state.Done.Left = append(v.state.Done.Left, previous.ID)
	v.state.Previous = Seen{Known: true, Version: &previous}
	v.state.Current = version
	v.state.Pending = Seen{Known: true}
	v.state.Done.CurrentBy = version.ID
	s.Kind, s.VersionID = Promote, version.ID
	v.record(s)
	return nil
}

// unstage leaves no step in the result: no credential and no key changes.
func (v *invocationRun) unstage(ctx context.Context) error {
	if err := v.Secret.Move(ctx, Pending, v.state.Pending.Version.ID, v.state.Current.ID); err != nil {
		return err
	}
	v.state.Pending = Seen{Known: true}
	return nil
}

func (v *invocationRun) setStatus(ctx context.Context, s Step, status KeyStatus) error {
	if status == Inactive {
		if err := v.spareCurrent(ctx, s); err != nil {
			return err
		}
		v.state.Done.Deactivated = append(v.state.Done.Deactivated, s.AccessKeyID)
	}
	if err := v.Keys.SetStatus(ctx, s.AccessKeyID, status); err != nil {
		return err
	}
	v.state.edit(s.AccessKeyID, func(k *Key) { k.Status = status })
	v.record(s)
	if status == Inactive && !v.needsSecondLook() {
		return v.restoreCurrent(ctx, s)
	}
	return nil
}

// restoreCurrent undoes a deactivation where a rollback made the key current between the last look and the deactivation.
// An emergency and a rollback look over everything in the end; a tick looks at this.
func (v *invocationRun) restoreCurrent(ctx context.Context, s Step) error {
	current, err := v.Secret.Read(ctx, Current)
	if err == nil && (current == nil || current.AccessKeyID() != s.AccessKeyID) {
		return nil
	}
	s.Kind, s.Reason = Activate, "it became current in the moment of its deactivation, or that isn't known"
	if undo := v.Keys.SetStatus(ctx, s.AccessKeyID, Active); undo != nil {
		return errors.Join(err, undo)
	}
	v.record(s)
	if err != nil {
		return err
	}
	return Errorf(Conflict, "access key %s became current in the moment of its deactivation, and is Active again", s.AccessKeyID)
}

func (v *invocationRun) delete(ctx context.Context, s Step) error {
	if err := v.spareCurrent(ctx, s); err != nil {
		return err
	}
	if err := v.Keys.Delete(ctx, s.AccessKeyID); err != nil {
		return err
	}
	v.state.Keys = slices.DeleteFunc(v.state.Keys, func(k Key) bool { return k.ID == s.AccessKeyID })
	v.state.Done.Revoked = append(v.state.Done.Revoked, s.AccessKeyID)
	v.record(s)
	return nil
}

// spareCurrent reads AWSCURRENT again right before a key is touched: another invocation may have made it current since
// the state was observed.
func (v *invocationRun) spareCurrent(ctx context.Context, s Step) error {
	if s.evenCurrent && s.whileCurrent == "" {
		return nil
	}
	current, err := v.Secret.Read(ctx, Current)
	switch {
	case err != nil:
		return err
	case v.oldNews(current):
		return Errorf(Conflict, "Secrets Manager doesn't tell yet what this invocation made current; access key %s was left alone", s.AccessKeyID)
	case s.evenCurrent && current != nil && current.ID == s.whileCurrent:
		return nil
	case s.evenCurrent:
		return Errorf(Conflict, "AWSCURRENT moved meanwhile, and access key %s was left alone", s.AccessKeyID)
	}
	if current != nil && current.AccessKeyID() == s.AccessKeyID {
		return Errorf(Conflict, "access key %s became current meanwhile and was left alone", s.AccessKeyID)
	}
	return nil
}

// enoughTime: an invocation starts nothing that it can't finish before Lambda's deadline.
func enoughTime(ctx context.Context, s Step) error {
	deadline, ok := ctx.Deadline()
	if !ok {
		return nil
	}
	needed := time.Second
	if s.Kind == Create {
		needed = 3 * time.Second // it has to be staged, too
	}
	if left := time.Until(deadline); left < needed {
		return Errorf(AWSError, "%v before the deadline there is no time left for the step %q; the next invocation goes on from here",
			left.Round(time.Millisecond), s.Kind.published())
	}
	return nil
}
