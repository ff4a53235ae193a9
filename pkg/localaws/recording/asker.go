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

	// spare is a key that is deactivated and deleted. lasting is one that stays. Nothing is sent
	// with it while spare exists, so that a login is its only use.
	spare, lasting key
	sender         key  // spare or lasting: the one that sends
	use            *use // the use that IAM hasn't reported yet; may be nil
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
	prefixes []string // what the IDs of its questions begin with
	ask      func(*asker, context.Context) error
}

// parts are in the order in which they are asked: each relies on what the earlier ones left.
var parts = []part{
	{[]string{"secret."}, (*asker).askSecrets},
	{[]string{"key."}, (*asker).askKeys},
	{[]string{"login.", "server."}, (*asker).askLogins},
	{[]string{"change.", "session."}, (*asker).askChanges},
	{[]string{"use."}, (*asker).askUses},
	{[]string{"policy.", "use.mail"}, (*asker).askPolicies},
	{[]string{"user."}, (*asker).askUser},
}

// Ask asks all questions, and returns an Answer for each. If one can't be answered, its Answer
// says why. The error is ctx's, or says that the credentials have expired.
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

// all returns the answers in the order of the questions; why is the reason if one is missing.
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

// without gives those questions of a part that have no answer a reason.
func (a *asker) without(p part, why string) {
	for _, q := range questions {
		for _, prefix := range p.prefixes {
			if _, is := a.answers[q.id]; !is && strings.HasPrefix(q.id, prefix) {
				a.answers[q.id] = Answer{Unanswered: why}
			}
		}
	}
}

// answer records an answer.
func (a *asker) answer(id, format string, args ...any) {
	a.answers[id] = Answer{Answer: a.hide.from(fmt.Sprintf(format, args...))}
}

// timed records an answer and how long things took, in seconds.
func (a *asker) timed(id string, seconds map[string]float64, format string, args ...any) {
	a.answer(id, format, args...)
	timed := a.answers[id]
	timed.Seconds = seconds
	a.answers[id] = timed
}

// unanswered records why a question has no answer.
func (a *asker) unanswered(id, why string) {
	a.answers[id] = Answer{Unanswered: a.hide.from(why)}
}

// asking reports the question that is asked now.
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

// sleep waits for a.Every, and then looks whether IAM has reported a use.
func (a *asker) sleep(ctx context.Context) error {
	if err := a.Clock.Sleep(ctx, a.Every); err != nil {
		return err
	}
	return a.lookAtUse(ctx)
}

// since returns how many seconds have passed.
func (a *asker) since(t time.Time) float64 { return a.Clock.Now().Sub(t).Seconds() }

// until waits for something to happen, and reports whether it has.
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

// createKey creates a key. It never retries, because a lost answer would leave a key that nobody
// knows.
func (a *asker) createKey(ctx context.Context) (key, error) {
	out, err := a.IAM.CreateAccessKey(ctx, &iam.CreateAccessKeyInput{UserName: &a.User}, once)
	if err != nil {
		return key{}, err
	}
	made := out.AccessKey
	a.hide.is(*made.AccessKeyId, "{key}")
	return key{*made.AccessKeyId, sessmtp.SecretAccessKey(*made.SecretAccessKey), a.Clock.Now()}, nil
}

// once keeps a call to IAM from being retried.
func once(o *iam.Options) { o.Retryer = aws.NopRetryer{} }

// errSending is the reason why questions that need mail aren't asked.
var errSending = errors.New("no sender was given, so nothing was sent")
