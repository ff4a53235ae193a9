package recording

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
)

// askChanges makes the spare key Inactive, then Active, then deletes it, and looks at what happens
// to new logins and to an open session.
func (a *asker) askChanges(ctx context.Context) error {
	if a.lasting.id == "" {
		return errKeys
	}
	unsent := a.mayNotSend(ctx)
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
		toSession := c.toSession
		if unsent != nil && toSession != "" {
			a.unanswered(toSession, unsent.Error())
			toSession = ""
		}
		if err := a.change(ctx, c.question, toSession, c.code, c.change); err != nil {
			return err
		}
	}
	return a.askDeletedKey(ctx)
}

// mayNotSend lets the spare key send. The error says why it can't. Questions about logins can be
// asked all the same.
func (a *asker) mayNotSend(ctx context.Context) error {
	if a.From == "" {
		return errSending
	}
	a.sender = a.spare
	if err := a.askNone(ctx); err != nil {
		return err
	}
	return a.askEffect(ctx)
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

// change makes a change, and answers a question about logins after it. If toSession isn't empty, it
// also answers that question, about a session that was open before.
func (a *asker) change(ctx context.Context, question, toSession string, code int, change func() error) error {
	a.asking(question)
	open := &session{}
	if toSession != "" {
		var err error
		if open, err = a.session(ctx, a.spare); err != nil {
			return err
		}
		defer open.close()
		if err := a.firstMail(ctx, open); err != nil {
			return err
		}
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
		a.timed(question, map[string]float64{"waited for": a.since(since)}, "not all %d, as long as was waited", code)
	}
	if toSession == "" {
		return nil
	}
	return a.fateOf(ctx, open, toSession, since)
}

// fateOf answers a question with what happened to a session.
func (a *asker) fateOf(ctx context.Context, open *session, question string, since time.Time) error {
	ended, err := a.until(ctx, func() (bool, error) { return open.end != "", a.try(open, since) })
	switch {
	case err != nil:
		return err
	case open.lost:
		a.unanswered(question, "the session ended for another reason: "+open.end)
	case ended:
		a.timed(question, map[string]float64{"ended after": open.after}, "%s", open.end)
	default:
		a.timed(question, map[string]float64{"watched for": a.since(since)}, "it goes on sending")
	}
	return nil
}

// session is an SMTP session that is logged in.
type session struct {
	talk  *talk     // nil if there is no session
	tried time.Time // when it last sent
	end   string    // how it ended; empty if it hasn't
	lost  bool      // it ended for a reason that has nothing to do with the key
	after float64   // seconds until the end
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

// firstMail sends a mail in a session before it is watched, to see that the session can send.
func (a *asker) firstMail(ctx context.Context, s *session) error {
	var r reply
	for range throttled {
		var err error
		if _, r, err = s.talk.send(a.to(mayAll)); err != nil {
			return err
		}
		if !isThrottled(r) {
			break
		}
		if err := a.sleep(ctx); err != nil {
			return err
		}
	}
	s.tried = a.Clock.Now()
	if err := unless(250, r, nil); err != nil {
		return fmt.Errorf("sending in a session: %w", err)
	}
	return nil
}

// try sends one more mail in the session, at most one in a.Every. SES closes sessions for other
// reasons, too, such as its own time limit, and says so with 421 or 451.
func (a *asker) try(s *session, since time.Time) error {
	if s.talk == nil || s.end != "" || a.Clock.Now().Sub(s.tried) < a.Every {
		return nil
	}
	_, r, err := s.talk.send(a.to(mayAll))
	s.tried = a.Clock.Now()
	s.after = a.since(since)
	switch {
	case err != nil:
		s.end = "it is closed"
	case isThrottled(r):
		_, err = s.talk.say("RSET")
		return err
	case r.code != 250:
		s.end, s.lost = r.String(), r.code < 500
	}
	return nil
}

func (s *session) close() {
	if s.talk != nil {
		s.talk.quit()
	}
}

// askDeletedKey asks IAM about the deleted key. Here AccessDenied is an answer, because IAM finds
// the user through the key.
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
