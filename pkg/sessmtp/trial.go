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
	verdict error    // the last server's judgement on the login; nil if it accepted it
	failure error    // what failed since then and said nothing about the login
}

// run repeats the streak, and the mail if one is wanted, until there is a result.
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

// send sends a mail if From is set. A server that doesn't know the key yet may refuse this login,
// although others accepted theirs: that breaks the streak. Any other error is a warning.
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

// note remembers what broke a streak. If only the end of ctx did, it keeps an earlier error, which
// says more.
func (t *trial) note(ctx context.Context, err error) {
	switch meaning := MeaningOf(err); {
	case meaning == Refused || meaning == Misused:
		t.verdict, t.failure = err, nil
	case ctx.Err() == nil || t.verdict == nil && t.failure == nil:
		t.failure = err
	}
}

// conclusion returns the error of a trial that failed. It wraps only the error that decided.
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
