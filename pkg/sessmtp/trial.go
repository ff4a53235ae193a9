package sessmtp

import (
	"context"
	"fmt"
	"strings"
	"time"
)

// trial is the verification of one login.
type trial struct {
	*Verifier
	login Login

	logins  int
	tried   []string // addresses, in the order of their first try
	verdict error    // the last judgement on the login, nil after it was accepted
	failure error    // what failed since then without a judgement
}

// run tries until there is a result.
func (t *trial) run(ctx context.Context) Result {
	start := time.Now()
	result := Result{Region: t.login.Region}
	for attempt := 1; ; attempt++ {
		err := t.streak(ctx)
		if err == nil {
			result.SendErr, err = t.send(ctx)
		}
		if err != nil {
			t.note(ctx, err)
			if MeaningOf(err) != Misused && t.pause(ctx, attempt) {
				continue
			}
			err = t.conclusion()
		}
		result.Meaning, result.Err = MeaningOf(err), err
		result.Logins, result.Took = t.logins, time.Since(start)
		return result
	}
}

// send sends the mail that was asked for, if one was. A server that refuses the login, because it
// is the first one met that hasn't heard of the key, breaks the streak; everything else is a
// warning.
func (t *trial) send(ctx context.Context) (warning, broken error) {
	if t.From == "" {
		return nil, nil
	}
	err := t.Client.Send(ctx, t.login, t.From, simulator, mail(t.From))
	if MeaningOf(err) == Refused {
		return nil, err
	}
	return err, nil
}

// note remembers what broke a streak. The end of ctx breaks it too, but says less than what came
// before.
func (t *trial) note(ctx context.Context, err error) {
	switch meaning := MeaningOf(err); {
	case meaning == Refused || meaning == Misused:
		t.verdict, t.failure = err, nil
	case ctx.Err() == nil || t.verdict == nil && t.failure == nil:
		t.failure = err
	}
}

// conclusion is the error of a trial that failed. It wraps the decisive error only.
func (t *trial) conclusion() error {
	decisive, later := t.verdict, ""
	if decisive == nil {
		decisive = t.failure
	} else if t.failure != nil {
		later = "; since then, " + t.failure.Error()
	}
	return fmt.Errorf("verifying SMTP username %s in %s (tries: %d, at %s): %w%s",
		t.login.Username, t.login.Region, t.logins, strings.Join(t.tried, ", "), decisive, later)
}
