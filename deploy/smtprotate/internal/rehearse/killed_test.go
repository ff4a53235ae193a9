package rehearse

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"slices"
	"testing"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/localaws"
)

var every = flag.Bool("every", false, "stop and kill rehearsals at every call; takes some minutes")

// makes are the calls that make or remove what could be left behind.
var makes = []string{"iam:CreateUser", "iam:CreateAccessKey", "iam:PutUserPolicy", "iam:DeleteUser",
	"secrets:CreateSecret", "secrets:DeleteSecret"}

// places are the calls at which a rehearsal is stopped or killed: the first of each kind that makes
// or removes something, or all of these if WHOLE is set.
func places(t *testing.T) map[string]int {
	t.Helper()
	all := map[string]int{}
	seen := map[string]bool{}
	for n, call := range calls(t) {
		if *every || slices.Contains(makes, call) && (!seen[call] || os.Getenv("WHOLE") != "") {
			all[fmt.Sprintf("%d %s", n, call)] = n
		}
		seen[call] = true
	}
	return all
}

func TestARehearsalThatIsStoppedLeavesNothing(t *testing.T) {
	t.Parallel()
	for name, n := range places(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			r := rehearsal(t, w)
			ctx, stop := context.WithCancel(t.Context())
			defer stop()
			w.ResetCalls()
			w.Intercept(func(c localaws.Call) *localaws.Fault {
				if c.N == n {
					stop()
				}
				return nil
			})
			if _, err := r.Run(ctx); err != nil && !errors.Is(err, context.Canceled) {
				t.Error(err)
			}
			w.Intercept(nil)
			wantNothing(t, r)
		})
	}
}

// TestWhatAKilledRehearsalLeavesIsFoundAndRemoved: after the n-th call the rehearsal reaches
// nothing any more, as if it had been killed, and another process cleans up.
func TestWhatAKilledRehearsalLeavesIsFoundAndRemoved(t *testing.T) {
	t.Parallel()
	for name, n := range places(t) {
		for _, effect := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s, effect %t", name, effect), func(t *testing.T) {
				t.Parallel()
				w := newWorld(t)
				r := rehearsal(t, w)
				r.account = impatient(r.account)
				ctx, kill := context.WithCancel(t.Context())
				defer kill()
				dies(w, n, effect, kill)
				_, _ = r.Run(ctx)
				w.Intercept(nil)
				another := rehearsal(t, w)
				left, err := another.account.Leftovers(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				for _, l := range left {
					if err := another.account.Remove(t.Context(), w, l); err != nil {
						t.Error(err)
					}
				}
				wantNothing(t, another)
			})
		}
	}
}
