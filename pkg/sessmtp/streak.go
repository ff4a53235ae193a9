package sessmtp

import (
	"context"
	"fmt"
	"slices"
)

// streak logs in at address after address, round after round, until enough logins in a row were
// accepted, and returns what broke the streak. The name is resolved anew for each round, because
// SES's answers vary.
func (t *trial) streak(ctx context.Context) error {
	accepted := 0
	reachable := make(map[string]bool) // has an entry for every address that was tried
	var unreached error
	for {
		addrs, err := t.Client.Addresses(ctx, t.login.Endpoint)
		if err != nil {
			t.count(t.login.Addr())
			return err
		}
		before := accepted
		for _, addr := range addrs {
			if answers, known := reachable[addr]; known && !answers {
				continue // once in a streak is enough: it may take the whole time-out
			}
			err := t.try(ctx, addr)
			switch reachable[addr] = !unreachable(err); {
			case err == nil:
				accepted++
			case unreachable(err) && ctx.Err() == nil:
				unreached = alongside(unreached, err)
			default:
				return err
			}
			if accepted >= t.wanted() && !slices.ContainsFunc(addrs, untried(reachable)) {
				return nil
			}
		}
		if accepted == before {
			return unreached
		}
	}
}

// try logs in once.
func (t *trial) try(ctx context.Context, addr string) error {
	t.count(addr)
	err := t.Client.Login(ctx, t.login, addr)
	if err == nil {
		t.verdict, t.failure = nil, nil
	}
	return err
}

// count notes an attempt.
func (t *trial) count(addr string) {
	t.logins++
	if !slices.Contains(t.tried, addr) {
		t.tried = append(t.tried, addr)
	}
}

// untried selects the addresses that aren't in the map.
func untried(tried map[string]bool) func(addr string) bool {
	return func(addr string) bool { _, known := tried[addr]; return !known }
}

// alongside puts a second error behind the first one, on the same line.
func alongside(first, second error) error {
	if first == nil {
		return second
	}
	return fmt.Errorf("%w; %w", first, second)
}
