package recording

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sessmtp"
)

// Reply codes to a login.
const (
	accepted = 235
	refused  = 535
)

// streak is how many rounds in a row, each of all addresses, must get the same answer. Behind one
// address there are many servers, which learn of a change one after the other. Few rounds would
// often miss one that lags.
const streak = 10

// watched is what servers did after a change.
type watched struct {
	done   bool
	first  float64   // seconds until the first server knew of it
	since  []float64 // per address, seconds until it began to answer so and never stopped; -1 if it doesn't
	before []string  // other replies
	last   reply
}

// seconds returns the times for an answer.
func (w watched) seconds() map[string]float64 {
	all := map[string]float64{"first server after": w.first, "all servers after": slices.Max(w.since)}
	for i, since := range w.since {
		if len(w.since) > 1 {
			all[fmt.Sprintf("server %d after", i+1)] = since
		}
	}
	return all
}

// watch logs in at each server, round after round, until all answer with the code or Patience is
// over. After each login it calls besides, if that isn't nil.
func (a *asker) watch(ctx context.Context, k key, since time.Time, code int, besides func() error) (watched, error) {
	w := watched{first: -1, since: slices.Repeat([]float64{-1}, len(a.Addresses))}
	alike := 0
	_, err := a.until(ctx, func() (bool, error) {
		for i, addr := range a.Addresses {
			is, err := a.look(ctx, &w, addr, k, code)
			if err == nil && besides != nil {
				err = besides()
			}
			switch {
			case err != nil:
				return false, err
			case !is:
				w.since[i] = -1
			case w.since[i] < 0:
				w.since[i] = a.since(since)
			}
			if is && w.first < 0 {
				w.first = w.since[i]
			}
		}
		if alike++; slices.Min(w.since) < 0 {
			alike = 0
		}
		w.done = alike == streak
		return w.done, nil
	})
	return w, err
}

// look logs in at one server, and reports whether it answers with the code. No answer counts as
// another answer.
func (a *asker) look(ctx context.Context, w *watched, addr string, k key, code int) (bool, error) {
	r, err := a.login(ctx, addr, k.id, a.password(k))
	if ctx.Err() != nil {
		return false, ctx.Err()
	}
	said := "nothing"
	if err == nil {
		w.last, said = r, r.String()
	}
	if err == nil && r.code == code {
		return true, nil
	}
	if !slices.Contains(w.before, said) {
		w.before = append(w.before, said)
	}
	return false, nil
}

// password returns the key's SMTP password in the stage's Region.
func (a *asker) password(k key) sessmtp.Password {
	return sessmtp.DerivePassword(k.secret, a.Endpoint.Region)
}
