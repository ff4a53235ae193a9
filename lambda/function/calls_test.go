package function_test

import (
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/localaws"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/rotation"
)

// cost is how many AWS calls one event makes, and how many of them had to wait for another's
// answer.
func (s *stage) cost(event string, want rotation.Outcome) (calls, inTurn int) {
	s.Helper()
	s.World.ResetCalls()
	// Calls that are started together must overlap, even on a fast machine.
	s.World.Intercept(func(localaws.Call) *localaws.Fault { return &localaws.Fault{Delay: 30 * time.Millisecond} })
	defer s.World.Intercept(nil)
	s.must(event, want)
	made := s.World.Calls()
	slices.SortFunc(made, func(a, b localaws.Call) int { return a.Start.Compare(b.Start) })
	var end time.Time
	for _, c := range made {
		if c.Start.After(end) {
			inTurn++
			end = c.End
		}
	}
	return len(made), inTurn
}

func (s *stage) costs(event string, want rotation.Outcome, maxCalls, maxInTurn int) {
	s.Helper()
	calls, inTurn := s.cost(event, want)
	s.Logf("%s: %d AWS calls, %d in turn", want, calls, inTurn)
	if calls > maxCalls || inTurn > maxInTurn {
		s.Errorf("%s: %d AWS calls, %d in turn; at most %d and %d are wanted", want, calls, inTurn, maxCalls, maxInTurn)
	}
}

func TestEveryInvocationMakesNoMoreAWSCallsThanItNeeds(t *testing.T) {
	s := newStage(t, nil)
	s.costs(`{}`, rotation.Rotated, 6, 4)
	s.costs(`{}`, rotation.Waiting, 2, 1)
	s.after(30 * day)
	s.costs(`{}`, rotation.Rotated, 6, 4)
	s.after(3 * day)
	s.costs(`{}`, rotation.Waiting, 2, 1) // in the grace period
	s.after(5 * day)
	s.costs(`{}`, rotation.Retired, 6, 5)
	s.costs(`{}`, rotation.Waiting, 2, 1) // in quarantine
	s.after(day)
	s.costs(`{}`, rotation.Deleted, 6, 4)
	s.costs(`{}`, rotation.Waiting, 2, 1)
}

// TestATickLooksForAWaitingCredentialWhereTheLabelIsGone: promotion moves AWSPENDING to
// AWSCURRENT's version, and then one read returns both labels. Without the label, Secrets Manager
// is asked for it, twice: an adopted secret never had it, and RotateSecret removes it when it ends.
func TestATickLooksForAWaitingCredentialWhereTheLabelIsGone(t *testing.T) {
	s := newStage(t, nil)
	s.handMadeSecret()
	s.costsFour("before an adopted secret's first rotation")
	s.must(`{"action":"rotate"}`, rotation.Rotated)
	s.costs(`{}`, rotation.Waiting, 2, 1)
	v, _ := s.World.Labelled(secret, "AWSCURRENT")
	if err := s.World.MoveLabel(secret, "AWSPENDING", v.ID, ""); err != nil {
		t.Fatal(err)
	}
	s.costsFour("once the label is gone")
	page, err := os.ReadFile("../../deploy/docs/how-it-works.md")
	if err != nil {
		t.Fatal(err)
	}
	const says = "makes two AWS calls at the same time. It makes four if no version of the secret is labelled " +
		"AWSPENDING"
	if !strings.Contains(strings.Join(strings.Fields(string(page)), " "), says) {
		t.Errorf("how-it-works.md doesn't say that a tick %q", says)
	}
}

// costsFour compares an idle tick with what how-it-works.md says about the exception.
func (s *stage) costsFour(when string) {
	s.Helper()
	if calls, inTurn := s.cost(`{}`, rotation.Waiting); calls != 4 || inTurn != 3 {
		s.Errorf("%s, a tick makes %d calls, %d in turn; want 4 and 3", when, calls, inTurn)
	}
}

func TestWarmTicksUseTheConnectionsThatThereAre(t *testing.T) {
	s := newStage(t, nil)
	target, err := url.Parse(s.World.URL())
	if err != nil {
		t.Fatal(err)
	}
	var opened atomic.Int32
	proxy := httptest.NewUnstartedServer(httputil.NewSingleHostReverseProxy(target))
	proxy.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			opened.Add(1)
		}
	}
	proxy.Start()
	defer proxy.Close()
	s.Env["AWS_ENDPOINT_URL"] = proxy.URL
	s.Restart()
	s.must(`{}`, rotation.Rotated)
	for range 5 {
		s.must(`{}`, rotation.Waiting)
	}
	// Two connections are used at once. One that is returned while the next call begins may be
	// missed.
	if got, calls := opened.Load(), len(s.World.Calls()); got > 5 || calls != 15 {
		t.Errorf("%d calls opened %d connections", calls, got)
	}
}
