package sessmtp_test

import (
	"context"
	"errors"
	"net"
	"slices"
	"testing"
	"time"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sessmtp"
)

// proof returns a verifier with a short backoff, for servers at 192.0.2.1, 192.0.2.2 and so on. A
// nil server is an address that can't be connected to.
func proof(ca *authority, servers ...*server) *sessmtp.Verifier {
	known, addrs := network{}, []string{}
	for i, s := range servers {
		ip := "192.0.2." + string(rune('1'+i))
		addrs = append(addrs, ip)
		if s != nil {
			known[ip+":587"] = s.addr
		}
	}
	return &sessmtp.Verifier{
		Client:  sessmtp.Client{TLS: ca.trust(), LookupHost: names(addrs...), DialContext: known.dial},
		Backoff: func(int) time.Duration { return time.Millisecond },
	}
}

// verify verifies the one login.
func verify(ctx context.Context, v *sessmtp.Verifier, l sessmtp.Login) sessmtp.Result {
	return v.Verify(ctx, []sessmtp.Login{l})[0]
}

// after refuses the first n logins, as if the server didn't know the key yet.
func after(n int) func(int) error {
	return func(login int) error {
		if login <= n {
			return errRefused
		}
		return nil
	}
}

// giveUp ends a verifier's time at its n-th failure.
func giveUp(t *testing.T, v *sessmtp.Verifier, n int) context.Context {
	ctx, cancel := context.WithCancel(t.Context())
	v.Backoff = func(attempt int) time.Duration {
		if attempt == n {
			cancel()
		}
		return 0
	}
	return ctx
}

func TestThreeLoginsInARowProveACredential(t *testing.T) {
	ca := newAuthority(t)
	s := (&server{TLS: ca.serve(host)}).start(t)
	got := verify(t.Context(), proof(ca, s), credential(587))
	if got.Meaning != sessmtp.Accepted || got.Err != nil || got.SendErr != nil || got.Logins != 3 || s.count() != 3 ||
		got.Region != "eu-west-1" || got.Took <= 0 {
		t.Errorf("got %+v, %d logins", got, s.count())
	}
}

func TestEveryAddressHasToAcceptTheCredential(t *testing.T) {
	ca := newAuthority(t)
	for _, c := range []struct {
		streak int
		want   []int
	}{
		{0, []int{1, 1, 1, 1}},
		{1, []int{1, 1, 1, 1}},
		{6, []int{2, 2, 1, 1}},
		{-1, []int{1, 1, 1, 1}},
	} {
		servers := make([]*server, 4)
		for i := range servers {
			servers[i] = (&server{TLS: ca.serve(host)}).start(t)
		}
		v := proof(ca, servers...)
		v.Streak = c.streak
		got := verify(t.Context(), v, credential(587))
		for i, s := range servers {
			if got.Meaning != sessmtp.Accepted || s.count() != c.want[i] {
				t.Errorf("streak %d: %+v, server %d had %d logins", c.streak, got, i+1, s.count())
			}
		}
	}
}

func TestAKeyThatServersLearnOneByOneIsAcceptedWhenAllKnowIt(t *testing.T) {
	ca := newAuthority(t)
	early := (&server{TLS: ca.serve(host), Auth: after(2)}).start(t)
	late := (&server{TLS: ca.serve(host), Auth: after(5)}).start(t)
	got := verify(t.Context(), proof(ca, early, late), credential(587))
	// early refuses 2, then accepts 5 before late's refusals and 2 in the last streak. late refuses
	// 5 and accepts 1.
	if got.Meaning != sessmtp.Accepted || early.count() != 9 || late.count() != 6 || got.Logins != 15 {
		t.Errorf("got %+v, logins %d and %d", got, early.count(), late.count())
	}
}

func TestATemporaryFailureBreaksTheStreak(t *testing.T) {
	ca := newAuthority(t)
	for _, fault := range []error{
		says(454, "Temporary authentication failure"), says(421, "Too many concurrent SMTP connections"),
		says(451, "Temporary service failure"), errRefused,
	} {
		s := (&server{TLS: ca.serve(host), Auth: func(n int) error {
			if n == 3 {
				return fault
			}
			return nil
		}}).start(t)
		got := verify(t.Context(), proof(ca, s), credential(587))
		if got.Meaning != sessmtp.Accepted || got.Logins != 6 {
			t.Errorf("%v: %+v", fault, got)
		}
	}
}

func TestAnAddressThatCannotBeConnectedToIsPassedOver(t *testing.T) {
	ca := newAuthority(t)
	for _, unreachable := range []int{0, 1} {
		s := (&server{TLS: ca.serve(host)}).start(t)
		servers := []*server{s, s}
		servers[unreachable] = nil
		got := verify(t.Context(), proof(ca, servers...), credential(587))
		if got.Meaning != sessmtp.Accepted || s.count() != 3 || got.Logins != 4 {
			t.Errorf("got %+v, %d logins", got, s.count())
		}
	}
}

func TestAnAddressThatSwallowsConnectionsIsTriedOnceInAStreak(t *testing.T) {
	ca := newAuthority(t)
	s := (&server{TLS: ca.serve(host)}).start(t)
	v, swallowed := proof(ca, s), 0
	dial := v.Client.DialContext
	v.Streak = 6
	v.Client.LookupHost = names("192.0.2.1", "2001:db8::1")
	v.Client.DialContext = func(ctx context.Context, network, addr string) (net.Conn, error) {
		if addr == "192.0.2.1:587" {
			return dial(ctx, network, addr)
		}
		swallowed++
		return nil, context.DeadlineExceeded
	}
	got := verify(t.Context(), v, credential(587))
	if got.Meaning != sessmtp.Accepted || s.count() != 6 || swallowed != 1 {
		t.Errorf("got %+v, %d logins, %d swallowed", got, s.count(), swallowed)
	}
}

func TestNoAddressThatCanBeConnectedToIsUnknown(t *testing.T) {
	v := proof(newAuthority(t), nil, nil)
	got := verify(giveUp(t, v, 3), v, credential(587))
	if got.Meaning != sessmtp.Unknown || got.Logins != 6 ||
		!mentions(got.Err, []string{"192.0.2.1:587", "192.0.2.2:587", "network is unreachable"}) {
		t.Errorf("got %+v", got)
	}
}

func TestANameThatCannotBeResolvedIsUnknown(t *testing.T) {
	l := credential(587)
	l.Host = "nowhere.example"
	v := proof(newAuthority(t))
	got := verify(giveUp(t, v, 3), v, l)
	if got.Meaning != sessmtp.Unknown || got.Logins != 3 ||
		!mentions(got.Err, []string{"nowhere.example:587", "no such host"}) {
		t.Errorf("got %+v", got)
	}
}

func TestTheNameIsResolvedAnewForEachRound(t *testing.T) {
	ca := newAuthority(t)
	var servers []*server
	for range 4 {
		servers = append(servers, (&server{TLS: ca.serve(host)}).start(t))
	}
	v, lookups := proof(ca, servers...), 0
	v.Client.LookupHost = func(context.Context, string) ([]string, error) {
		lookups++
		if lookups == 1 {
			return []string{"192.0.2.1", "192.0.2.2"}, nil
		}
		return []string{"192.0.2.3", "192.0.2.4"}, nil
	}
	got := verify(t.Context(), v, credential(587))
	for i, s := range servers {
		if got.Meaning != sessmtp.Accepted || s.count() != 1 {
			t.Errorf("got %+v, server %d had %d logins", got, i+1, s.count())
		}
	}
}

func TestRegionsAreVerifiedAtOnceAndReportedInOrder(t *testing.T) {
	ca := newAuthority(t)
	// Each server waits for the other's login, so verifying one Region after the other would hang.
	first, second := make(chan struct{}), make(chan struct{})
	meet := func(mine, other chan struct{}) func(int) error {
		return func(n int) error {
			if n == 1 {
				close(mine)
				<-other
			}
			return nil
		}
	}
	good := (&server{TLS: ca.serve(host), Auth: meet(first, second)}).start(t)
	also := (&server{TLS: ca.serve("127.0.0.1"), Auth: meet(second, first)}).start(t)
	v := proof(ca, good)
	v.Client.DialContext = network{"192.0.2.1:587": good.addr, "127.0.0.1:587": also.addr}.dial
	one, two := credential(587), credential(587)
	two.Region, two.Host = "us-east-1", "127.0.0.1"
	got := v.Verify(t.Context(), []sessmtp.Login{one, two})
	if len(got) != 2 || got[0].Region != "eu-west-1" || got[1].Region != "us-east-1" ||
		got[0].Meaning != sessmtp.Accepted || got[1].Meaning != sessmtp.Accepted {
		t.Errorf("got %+v", got)
	}
}

func TestEachLoginIsTriedEvenIfTimeIsUp(t *testing.T) {
	ca := newAuthority(t)
	s := (&server{TLS: ca.serve(host)}).start(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	got := verify(ctx, proof(ca, s), credential(587))
	if got.Meaning != sessmtp.Unknown || got.Logins != 1 || !errors.Is(got.Err, context.Canceled) {
		t.Errorf("got %+v", got)
	}
}

func TestNoLoginsNoResults(t *testing.T) {
	if got := new(sessmtp.Verifier).Verify(t.Context(), nil); len(got) != 0 {
		t.Errorf("got %+v", got)
	}
}

func TestTheBackoffCountsFailures(t *testing.T) {
	ca := newAuthority(t)
	s := (&server{TLS: ca.serve(host), Auth: after(3)}).start(t)
	v := proof(ca, s)
	var attempts []int
	v.Backoff = func(attempt int) time.Duration { attempts = append(attempts, attempt); return 0 }
	got := verify(t.Context(), v, credential(587))
	if got.Meaning != sessmtp.Accepted || !slices.Equal(attempts, []int{1, 2, 3}) {
		t.Errorf("got %+v, attempts %v", got, attempts)
	}
}
