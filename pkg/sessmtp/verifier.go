package sessmtp

import (
	"cmp"
	"context"
	"math/rand/v2"
	"sync"
	"time"
)

const defaultStreak = 3

// Verifier proves that SES accepts credentials. The zero value works.
//
// A new access key works on some of SES's servers seconds before it works on all, so one login
// proves little. A Verifier wants several successful logins in a row, each on a new connection, at
// all addresses that the endpoint's name resolves to. It skips an address that it can't connect to,
// as long as it can reach another: a name may have IPv6 addresses that can't be reached from here.
type Verifier struct {
	// Client logs in and sends.
	Client Client

	// Streak is how many logins in a row each Region must accept. Every reachable address must
	// accept at least one, so there may be more. The default is 3.
	Streak int

	// From is a sender's address. If it is set, the Verifier also sends one mail per Region from it
	// to SES's mailbox simulator after the logins. A login proves only the password; a mail proves
	// the permission to send.
	From string

	// Backoff returns how long to wait after the attempt-th failure, counted from 1. The default is
	// a random part of a limit that doubles from 250 milliseconds to 10 seconds ("Exponential
	// Backoff And Jitter", AWS Architecture Blog).
	Backoff func(attempt int) time.Duration
}

// Result is what a Verifier found out about one login.
type Result struct {
	Region  string
	Meaning Meaning       // Accepted, Refused, Unknown or Misused
	Logins  int           // attempts, including those that reached no server
	Took    time.Duration // from the first attempt to the result
	Err     error         // nil if Accepted; otherwise what was tried, and the answer that decided
	SendErr error         // why the mail wasn't sent although the login was accepted; only a warning
}

// Verify tries all logins concurrently, each until it has its streak or ctx ends, and returns the
// results in the order of logins. It tries each login at least once, and interrupts those that are
// still running when ctx ends. It doesn't retry a login that is Misused. If a login isn't accepted
// in time, its result is Refused if the last server that judged the credential refused it, and
// otherwise Unknown. MeaningOf(result.Err) always equals result.Meaning.
func (v *Verifier) Verify(ctx context.Context, logins []Login) []Result {
	results := make([]Result, len(logins))
	var group sync.WaitGroup
	for i, login := range logins {
		group.Go(func() {
			t := trial{Verifier: v, login: login}
			results[i] = t.run(ctx)
		})
	}
	group.Wait()
	return results
}

// wanted returns how many logins in a row prove a credential.
func (v *Verifier) wanted() int { return max(1, cmp.Or(v.Streak, defaultStreak)) }

// pause waits after the attempt-th failure, and reports whether there is time left.
func (v *Verifier) pause(ctx context.Context, attempt int) bool {
	backoff := v.Backoff
	if backoff == nil {
		backoff = exponential
	}
	timer := time.NewTimer(backoff(attempt))
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
	return ctx.Err() == nil
}

// exponential is the default backoff, with full jitter.
func exponential(attempt int) time.Duration {
	const shortest, longest = 250 * time.Millisecond, 10 * time.Second
	ceiling := min(longest, shortest<<min(attempt-1, 10))
	return rand.N(ceiling)
}
