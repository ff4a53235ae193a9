package recording

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// use is a use of a key that IAM hasn't reported yet.
type use struct {
	question string
	key      key
	at       time.Time
}

// notInTime is the answer if something wasn't reported while Patience lasted.
const notInTime = "not within the time that was waited"

// lookAtUse asks IAM whether it reports the awaited use, at most once in ten a.Every.
func (a *asker) lookAtUse(ctx context.Context) error {
	if a.use == nil || a.Clock.Now().Sub(a.looked) < 10*a.Every {
		return nil
	}
	a.looked = a.Clock.Now()
	last, err := a.lastUsed(ctx, a.use.key.id)
	switch {
	case ctx.Err() != nil || isExpired(err):
		return err
	case err != nil: // the error concerns only this question, whatever is asked now
		a.unanswered(a.use.question, err.Error())
		a.use = nil
		return nil
	case last.LastUsedDate == nil:
		return nil
	}
	if last.LastUsedDate.Before(a.use.at.Add(-useTolerance)) { // IAM reports the login
		a.unanswered(a.use.question, "the login before it was reported as late as that, and no mail")
		a.use = nil
		return nil
	}
	a.timed(a.use.question, map[string]float64{"reported after": a.since(a.use.at)}, "it does, as %s in %s",
		aws.ToString(last.ServiceName), aws.ToString(last.Region))
	a.use = nil
	return nil
}

// useTolerance is how much IAM's clock may differ from this machine's.
const useTolerance = 5 * time.Second

// askUses waits until IAM reports a login as a use.
func (a *asker) askUses(ctx context.Context) error {
	if a.use == nil {
		return nil
	}
	a.asking("use.login")
	return a.awaitUse(ctx)
}

// awaitUse waits until IAM reports the use, or until Patience has passed since the use.
func (a *asker) awaitUse(ctx context.Context) error {
	_, err := a.until(ctx, func() (bool, error) {
		err := a.lookAtUse(ctx)
		return a.use == nil || a.since(a.use.at) >= a.Patience.Seconds(), err
	})
	if err == nil && a.use != nil {
		a.timed(a.use.question, map[string]float64{"waited for": a.since(a.use.at)}, notInTime)
		a.use = nil
	}
	return err
}

// sendNow makes mail that is sent from now on the awaited use, unless IAM has reported one already.
func (a *asker) sendNow() {
	if a.answers["use.login"].Answer != notInTime {
		a.unanswered("use.mail", "a login was reported already, and IAM records no other use within 15 minutes")
		return
	}
	a.use = &use{"use.mail", a.lasting, a.Clock.Now()}
}
