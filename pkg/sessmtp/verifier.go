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
// A new access key is known to some of SES's servers seconds before it is known to all, so one
// login proves little. A Verifier wants several in a row, each on a fresh connection, over all
// addresses that the endpoint's name resolves to. An address that can't be connected to is passed
// over, as long as there is another: a name may resolve to IPv6 addresses that aren't reachable
// from here.
type Verifier struct {
	// Client makes the logins.
	Client Client

	// Streak is how many logins in a row a Region has to accept, and at least one per reachable
	// address. The default is 3.
	Streak int

	// From is the address of a sender. When it is set, one mail per Region goes from it to SES's
	// mailbox simulator after the logins. A login proves the password; only a mail proves the
	// permission to send.
	From string

	// Backoff is how long to wait after the attempt-th failure, counted from 1. The default doubles
	// from 250 milliseconds to 10 seconds, of which a random part is waited ("Exponential Backoff
	// And Jitter", AWS Architecture Blog).
	Backoff func(attempt int) time.Duration
}

// Result is what a Verifier found out about one login.
type Result struct {
	Region  string
	Meaning Meaning       // Accepted, Refused, Unknown or Misused
	Logins  int           // attempts, those that reached no server included
	Took    time.Duration // from the first attempt to the result
	Err     error         // nil when Accepted; else says what was tried, and ends with the decisive answer
	SendErr error         // why the mail wasn't sent though the login was accepted; a warning, not a failure
}

// Verify tries all logins at once, each until it has its streak or ctx ends, and returns the
// results in the order of logins. It tries each at least once, and cuts off logins that still run
// when ctx ends. A login that is Misused isn't tried again. One that is not accepted in time is
// Refused if the last server that judged the credential refused it, else Unknown;
// MeaningOf(result.Err) is always result.Meaning.
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

// wanted is the shortest streak that proves a login.
func (v *Verifier) wanted() int { return max(1, cmp.Or(v.Streak, defaultStreak)) }

// pause waits after the attempt-th failure, and says whether there is time left.
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
