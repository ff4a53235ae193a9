package recording

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sessmtp"
)

// asker asks the questions of one stage.
type asker struct {
	Stage
	answers map[string]Answer
	hide    *hider

	// spare is a key that is deactivated and deleted. lasting is one that stays, and with which
	// nothing is sent while spare is there, so that a login is its only use.
	spare, lasting key
	sender         key  // the one of them that sends
	use            *use // that IAM hasn't reported yet; nil: none
	looked         time.Time
}

// key is an access key of the stage's user.
type key struct {
	id     string
	secret sessmtp.SecretAccessKey
	made   time.Time
}

// part is a group of questions that are asked together.
type part struct {
	prefixes []string // of its questions' IDs
	ask      func(*asker, context.Context) error
}

// parts are all, in the order in which they are asked: each relies on what those before it left.
var parts = []part{
	{[]string{"secret."}, (*asker).askSecrets},
	{[]string{"key."}, (*asker).askKeys},
	{[]string{"login.", "server."}, (*asker).askLogins},
	{[]string{"change.", "session."}, (*asker).askChanges},
	{[]string{"use."}, (*asker).askUses},
	{[]string{"policy.", "use.mail"}, (*asker).askPolicies},
	{[]string{"user."}, (*asker).askUser},
}

// Ask asks all questions, and returns an Answer for each. What goes wrong with some of them is in
// their answers. The error is ctx's, or says that the credentials have expired.
func (s Stage) Ask(ctx context.Context) ([]Answer, error) {
	a := &asker{Stage: s, answers: map[string]Answer{}}
	a.hide = newHider(s)
	for _, p := range parts {
		err := p.ask(a, ctx)
		if ctx.Err() != nil {
			return a.all("it was stopped before this was asked"), ctx.Err()
		}
		if isExpired(err) {
			return a.all("the credentials had expired"), err
		}
		if err != nil {
			a.without(p, a.hide.from(err.Error()))
		}
	}
	return a.all("it was never asked"), nil
}

// all are the answers in the order of the questions.
func (a *asker) all(why string) (all []Answer) {
	for _, q := range questions {
		answer, is := a.answers[q.id]
		if !is {
			answer.Unanswered = why
		}
		answer.ID, answer.Question = q.id, q.text
		all = append(all, answer)
	}
	return all
}

// without says why questions of a part have no answer, if they have none.
func (a *asker) without(p part, why string) {
	for _, q := range questions {
		for _, prefix := range p.prefixes {
			if _, is := a.answers[q.id]; !is && strings.HasPrefix(q.id, prefix) {
				a.answers[q.id] = Answer{Unanswered: why}
			}
		}
	}
}

// answer keeps an answer.
func (a *asker) answer(id, format string, args ...any) {
	a.answers[id] = Answer{Answer: a.hide.from(fmt.Sprintf(format, args...))}
}

// timed keeps an answer and how long it took.
func (a *asker) timed(id string, seconds map[string]float64, format string, args ...any) {
	a.answer(id, format, args...)
	timed := a.answers[id]
	timed.Seconds = seconds
	a.answers[id] = timed
}

// unanswered says why a question has no answer.
func (a *asker) unanswered(id, why string) {
	a.answers[id] = Answer{Unanswered: a.hide.from(why)}
}

// asking says what is asked now.
func (a *asker) asking(id string) {
	if a.Progress == nil {
		return
	}
	for _, q := range questions {
		if q.id == id {
			a.Progress(q.text)
		}
	}
}

// sleep lets time pass until something is looked at again. Meanwhile IAM may report a use.
func (a *asker) sleep(ctx context.Context) error {
	if err := a.Clock.Sleep(ctx, a.Every); err != nil {
		return err
	}
	return a.lookAtUse(ctx)
}

// since is how many seconds have passed.
func (a *asker) since(t time.Time) float64 { return a.Clock.Now().Sub(t).Seconds() }

// until waits for something to happen, and tells whether it has.
func (a *asker) until(ctx context.Context, happened func() (bool, error)) (bool, error) {
	for began := a.Clock.Now(); ; {
		is, err := happened()
		if is || err != nil {
			return is, err
		}
		if a.Clock.Now().Sub(began) >= a.Patience {
			return false, nil
		}
		if err := a.sleep(ctx); err != nil {
			return false, err
		}
	}
}

// createKey makes a key. It isn't tried again: a lost answer would leave a key that nobody knows.
func (a *asker) createKey(ctx context.Context) (key, error) {
	out, err := a.IAM.CreateAccessKey(ctx, &iam.CreateAccessKeyInput{UserName: &a.User}, once)
	if err != nil {
		return key{}, err
	}
	made := out.AccessKey
	a.hide.is(*made.AccessKeyId, "{key}")
	return key{*made.AccessKeyId, sessmtp.SecretAccessKey(*made.SecretAccessKey), a.Clock.Now()}, nil
}

// once has a call of IAM's not tried again.
func once(o *iam.Options) { o.Retryer = aws.NopRetryer{} }

// errSending says why what needs mail isn't asked.
var errSending = errors.New("no sender was given, so nothing was sent")
