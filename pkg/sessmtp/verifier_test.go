package sessmtp_test

import (
	"context"
	"errors"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sessmtp"
)

// proof is a verifier for servers at 192.0.2.1, 192.0.2.2 and so on, that doesn't dawdle. A nil server is an
// address that can't be connected to.
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

// after refuses the first n logins: the key isn't known yet.
func after(n int) func(int) error {
	return func(login int) error {
		if login <= n {
			return errRefused
		}
		return nil
	}
}

// shortly is a context that ends after a while; nothing that is awaited takes that long.
func shortly(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	t.Cleanup(cancel)
	return ctx
}

func TestThreeLoginsInARowProveACredential(t *testing.T) {
	ca := newAuthority(t)
	s := (&server{TLS: ca.serve(host)}).start(t)
	got := verify(t.Context(), proof(ca, s), credential(587))
	if got.Meaning != sessmtp.Accepted || got.Err != nil || got.SendErr != nil || got.Logins != 3 || s.count() != 3 || got.Region != "eu-west-1" || got.Took <= 0 {
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
	// early: 2 refused, 5 accepted before late's refusals, 2 in the last streak; late: 5 refused, 1 accepted.
	if got.Meaning != sessmtp.Accepted || early.count() != 9 || late.count() != 6 || got.Logins != 15 {
		t.Errorf("got %+v, logins %d and %d", got, early.count(), late.count())
	}
}

func TestATemporaryFailureBreaksTheStreak(t *testing.T) {
	ca := newAuthority(t)
	for _, fault := range []error{
		says(454, "Temporary authentication failure"), says(421, "Too many concurrent SMTP connections"), says(451, "Temporary service failure"), errRefused,
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
	got := verify(shortly(t), proof(newAuthority(t), nil, nil), credential(587))
	if got.Meaning != sessmtp.Unknown || got.Logins < 2 || !mentions(got.Err, []string{"192.0.2.1:587", "192.0.2.2:587", "network is unreachable"}) {
		t.Errorf("got %+v", got)
	}
}

func TestANameThatCannotBeResolvedIsUnknown(t *testing.T) {
	l := credential(587)
	l.Host = "nowhere.example"
	got := verify(shortly(t), proof(newAuthority(t)), l)
	if got.Meaning != sessmtp.Unknown || got.Logins < 1 || !mentions(got.Err, []string{"nowhere.example:587", "no such host"}) {
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

func TestACredentialThatIsRefusedToTheEndIsRefused(t *testing.T) {
	ca := newAuthority(t)
	s := (&server{TLS: ca.serve(host)}).start(t)
	l := credential(587)
	l.Password = "BH+jbMzper5WwlwUar9E1ySBqHa9whi0GPo+sJ0mVYJj"
	got := verify(shortly(t), proof(ca, s), l)
	if got.Meaning != sessmtp.Refused || sessmtp.MeaningOf(got.Err) != sessmtp.Refused || got.Logins < 2 {
		t.Errorf("got %+v", got)
	}
	want := []string{username, "eu-west-1", "192.0.2.1:587", "tries: ", "535 Authentication Credentials Invalid"}
	if !mentions(got.Err, want) || strings.Contains(got.Err.Error(), string(l.Password)) {
		t.Error(got.Err)
	}
}

func TestTheLastVerdictDecides(t *testing.T) {
	ca := newAuthority(t)
	temporary := says(454, "Temporary authentication failure")
	for _, c := range []struct {
		name    string
		replies []error // the last one stays
		want    sessmtp.Meaning
		text    []string
	}{
		{"only temporary failures", []error{temporary}, sessmtp.Unknown, []string{"454"}},
		{"refused, then temporary failures", []error{errRefused, temporary}, sessmtp.Refused, []string{"535", "since then", "454"}},
		{"accepted, then temporary failures", []error{errRefused, nil, temporary}, sessmtp.Unknown, []string{"454"}},
		{"accepted, then refused", []error{nil, nil, errRefused}, sessmtp.Refused, []string{"535"}},
	} {
		s := (&server{TLS: ca.serve(host), Auth: func(n int) error { return c.replies[min(n, len(c.replies))-1] }}).start(t)
		got := verify(shortly(t), proof(ca, s), credential(587))
		if got.Meaning != c.want || sessmtp.MeaningOf(got.Err) != c.want || !mentions(got.Err, c.text) {
			t.Errorf("%s: %+v", c.name, got)
		}
	}
}

func TestWhatIsMisusedIsNotTriedAgain(t *testing.T) {
	ca := newAuthority(t)
	s := (&server{TLS: ca.serve(host), Auth: func(int) error { return says(530, "Must issue a STARTTLS command first") }}).start(t)
	got := verify(t.Context(), proof(ca, s), credential(587))
	if got.Meaning != sessmtp.Misused || got.Logins != 1 || !mentions(got.Err, []string{"530"}) {
		t.Errorf("got %+v", got)
	}
}

func TestRegionsAreVerifiedAtOnceAndReportedInOrder(t *testing.T) {
	ca := newAuthority(t)
	// Each server waits for the other's login, so verifying one after the other would never end.
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
	if len(got) != 2 || got[0].Region != "eu-west-1" || got[1].Region != "us-east-1" || got[0].Meaning != sessmtp.Accepted || got[1].Meaning != sessmtp.Accepted {
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

func TestOneMailPerRegionGoesToTheMailboxSimulator(t *testing.T) {
	ca := newAuthority(t)
	s := (&server{TLS: ca.serve(host)}).start(t)
	v := proof(ca, s)
	v.From = from
	got := verify(t.Context(), v, credential(587))
	sent := s.sent()
	if got.Meaning != sessmtp.Accepted || got.SendErr != nil || got.Logins != 3 || len(sent) != 1 {
		t.Fatalf("got %+v, mails %q", got, sent)
	}
	if !strings.HasPrefix(sent[0], from+", "+to+": From: "+from+"\r\nTo: "+to+"\r\n") {
		t.Errorf("got %q", sent[0])
	}
}

func TestAMailThatIsNotSentIsAWarning(t *testing.T) {
	ca := newAuthority(t)
	for want, reply := range map[sessmtp.Meaning]error{
		sessmtp.SendDenied:       says(554, "Access denied: User `arn:aws:iam::123456789012:user/smtp' is not authorized to perform `ses:SendRawEmail'"),
		sessmtp.IdentityRejected: says(554, "Message rejected: Email address is not verified."),
		sessmtp.Throttled:        says(454, "Throttling failure: Maximum sending rate exceeded."),
		sessmtp.Unknown:          says(451, "Temporary service failure"),
	} {
		s := (&server{TLS: ca.serve(host), Data: reply}).start(t)
		v := proof(ca, s)
		v.From = from
		got := verify(t.Context(), v, credential(587))
		if got.Meaning != sessmtp.Accepted || got.Err != nil || sessmtp.MeaningOf(got.SendErr) != want {
			t.Errorf("%s: %+v", want, got)
		}
	}
}

func TestAServerThatRefusesTheMailsLoginBreaksTheStreak(t *testing.T) {
	ca := newAuthority(t)
	s := (&server{TLS: ca.serve(host), Auth: func(n int) error {
		if n == 4 { // the login for the mail
			return errRefused
		}
		return nil
	}}).start(t)
	v := proof(ca, s)
	v.From = from
	got := verify(t.Context(), v, credential(587))
	if got.Meaning != sessmtp.Accepted || got.SendErr != nil || got.Logins != 6 || len(s.sent()) != 1 {
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
