package rehearse

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/localaws"
)

const region = "eu-west-1"

func newWorld(t *testing.T) *localaws.World {
	t.Helper()
	w, err := localaws.Start(localaws.Config{Regions: []string{region}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.Close() })
	return w
}

// rehearsal is one on a world, which is ready to run.
func rehearsal(t *testing.T, w *localaws.World) *Rehearsal {
	t.Helper()
	r, err := onWorld(t.Context(), w, region)
	if err != nil {
		t.Fatal(err)
	}
	r.Every = 100 * time.Millisecond
	r.Patience = 3 * time.Second
	return r
}

// wantNothing looks for what a rehearsal has left in the account, by the account's own lists.
func wantNothing(t *testing.T, r *Rehearsal) {
	t.Helper()
	left, err := r.account.Leftovers(context.WithoutCancel(t.Context()))
	if err != nil || len(left) > 0 {
		t.Errorf("left: %v, %v", left, err)
	}
}

// dies has all calls fail from the n-th on, as if the caller had been killed there, and kill
// called. If the n-th takes effect, its caller never hears of it.
func dies(w *localaws.World, n int, effect bool, kill func()) {
	w.ResetCalls()
	w.Intercept(func(c localaws.Call) *localaws.Fault {
		if c.N >= n {
			kill()
		}
		switch {
		case c.N < n:
			return nil
		case c.N == n && effect:
			return &localaws.Fault{After: true, Drop: true}
		}
		return &localaws.Fault{Drop: true}
	})
}

// impatient is the account with nothing tried again.
func impatient(a Account) Account {
	a.config.RetryMaxAttempts = 1
	a.iam, a.secrets = iam.NewFromConfig(a.config), secretsmanager.NewFromConfig(a.config)
	return a
}

// calls are those of one whole rehearsal, each as its service and action.
func calls(t *testing.T) (all []string) {
	t.Helper()
	w := newWorld(t)
	r := rehearsal(t, w)
	w.ResetCalls()
	if _, err := r.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, c := range w.Calls() {
		all = append(all, fmt.Sprintf("%s:%s", strings.Replace(c.Service, "secretsmanager", "secrets", 1), c.Action))
	}
	return all
}

// denied is IAM's answer to who lacks a permission.
func denied(c localaws.Call) *localaws.Fault {
	return &localaws.Fault{Code: "AccessDenied", Message: "User: me is not authorized to perform: iam:" + c.Action}
}
