package sessmtp

import (
	"context"
	"fmt"
	"slices"
)

// streak logs in at each address in turn, round after round, until enough logins in a row were
// accepted. It returns what broke the streak. It resolves the name again for each round, because
// SES's DNS answers vary.
func (t *trial) streak(ctx context.Context) error {
	accepted := 0
	reachable := make(map[string]bool) // for each address that was tried
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
				continue // once per streak is enough, because a try may take the whole timeout
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

// try logs in once at addr.
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

// untried returns a function that reports whether an address isn't in the map.
func untried(tried map[string]bool) func(addr string) bool {
	return func(addr string) bool { _, known := tried[addr]; return !known }
}

// alongside joins two errors on one line.
func alongside(first, second error) error {
	if first == nil {
		return second
	}
	return fmt.Errorf("%w; %w", first, second)
}
