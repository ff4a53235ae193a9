package recording

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sessmtp"
)

// askChanges makes the spare key Inactive, Active and deleted, and looks at what new logins and an
// open session come to.
func (a *asker) askChanges(ctx context.Context) error {
	if a.From != "" {
		a.sender = a.spare
		if err := a.askNone(ctx); err != nil {
			return err
		}
		if err := a.askEffect(ctx); err != nil {
			return err
		}
	}
	deactivate := func() error { return a.setStatus(ctx, types.StatusTypeInactive) }
	activate := func() error { return a.setStatus(ctx, types.StatusTypeActive) }
	for _, c := range []struct {
		question, toSession string
		code                int
		change              func() error
	}{
		{"change.inactive", "session.inactive", refused, deactivate},
		{"change.active", "", accepted, activate},
		{"change.deleted", "session.deleted", refused, func() error { return a.deleteSpare(ctx) }},
	} {
		if err := a.change(ctx, c.question, c.toSession, c.code, c.change); err != nil {
			return err
		}
	}
	return a.askDeletedKey(ctx)
}

func (a *asker) setStatus(ctx context.Context, status types.StatusType) error {
	_, err := a.IAM.UpdateAccessKey(ctx,
		&iam.UpdateAccessKeyInput{UserName: &a.User, AccessKeyId: &a.spare.id, Status: status})
	return err
}

func (a *asker) deleteSpare(ctx context.Context) error {
	_, err := a.IAM.DeleteAccessKey(ctx, &iam.DeleteAccessKeyInput{UserName: &a.User, AccessKeyId: &a.spare.id})
	return err
}

// change answers one question about logins, and one about a session that was open before.
func (a *asker) change(ctx context.Context, question, toSession string, code int, change func() error) error {
	a.asking(question)
	open := &session{}
	if toSession != "" && a.From != "" {
		var err error
		if open, err = a.session(ctx, a.spare); err != nil {
			return err
		}
		defer open.close()
	}
	if err := change(); err != nil {
		return err
	}
	since := a.Clock.Now()
	w, err := a.watch(ctx, a.spare, since, code, func() error { return a.try(open, since) })
	if err != nil {
		return err
	}
	if w.done {
		a.timed(question, w.seconds(), "%v", w.last)
	} else {
		a.answer(question, "not all within %s: %v", a.Patience, w.last)
	}
	if toSession == "" {
		return nil
	}
	return a.fateOf(ctx, open, toSession, since)
}

// fateOf answers with what became of a session.
func (a *asker) fateOf(ctx context.Context, open *session, question string, since time.Time) error {
	if a.From == "" {
		a.unanswered(question, errSending.Error())
		return nil
	}
	ended, err := a.until(ctx, func() (bool, error) { return open.end != "", a.try(open, since) })
	switch {
	case err != nil:
		return err
	case ended:
		a.timed(question, map[string]float64{"ended after": open.after}, "%s", open.end)
	default:
		a.timed(question, map[string]float64{"watched for": a.since(since)}, "it goes on sending")
	}
	return nil
}

// session is one that is logged in.
type session struct {
	talk  *talk   // nil: there is none
	end   string  // how it ended; empty: it hasn't
	after float64 // seconds until then
}

func (a *asker) session(ctx context.Context, k key) (*session, error) {
	t, err := a.open(ctx, a.Addresses[0])
	if err != nil {
		return nil, err
	}
	r, err := t.auth(k.id, a.password(k))
	if err := unless(accepted, r, err); err != nil {
		t.quit()
		return nil, fmt.Errorf("logging in: %w", err)
	}
	return &session{talk: t}, nil
}

// try sends one more mail in the session.
func (a *asker) try(s *session, since time.Time) error {
	if s.talk == nil || s.end != "" {
		return nil
	}
	command, r, err := s.talk.send(a.to(mayAll))
	switch {
	case err != nil:
		s.end = "it is closed"
	case sessmtp.Classify("data", r.code, r.text) == sessmtp.Throttled:
		_, err = s.talk.say("RSET")
		return err
	case r.code != 250:
		s.end = fmt.Sprintf("%v, to %s", r, command)
	}
	s.after = a.since(since)
	return nil
}

func (s *session) close() {
	if s.talk != nil {
		s.talk.quit()
	}
}

// askDeletedKey asks IAM about the key that is gone. AccessDenied is an answer here: IAM finds the
// user through the key.
func (a *asker) askDeletedKey(ctx context.Context) error {
	a.asking("change.last-used")
	_, err := a.lastUsed(ctx, a.spare.id)
	said, err := refusal(err)
	if err != nil {
		return err
	}
	a.answer("change.last-used", "%s", said)
	a.asking("change.update")
	return a.refused("change.update", a.setStatus(ctx, types.StatusTypeActive))
}
