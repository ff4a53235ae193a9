package main_test

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/seed-486a873a/ses-smtp-rotator/lambda/localfunction"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/localaws"
)

// watcher looks at the world before each AWS call, as applications may at any moment, and checks
// what it sees. It can also kill the caller.
type watcher struct {
	*testing.T
	function *localfunction.Deployment

	mu          sync.Mutex
	hasOne      bool                 // AWSCURRENT has held a credential
	lastCurrent map[string]time.Time // when AWSCURRENT was last seen to name the access key

	emergency atomic.Bool // an emergency is running: keys may go at once
	contains  atomic.Bool // the emergency deactivates the leaked key before anything else
	outage    atomic.Bool // AWSCURRENT's key was deactivated on purpose, and no other is current yet
}

func watch(t *testing.T, function *localfunction.Deployment) *watcher {
	w := &watcher{T: t, function: function, lastCurrent: map[string]time.Time{}}
	w.onlyLook()
	return w
}

func (w *watcher) onlyLook() {
	w.function.World.Intercept(func(c localaws.Call) *localaws.Fault { w.look(c); return nil })
}

// killAt kills the process at the i-th AWS call from now on, before or after the call's effect;
// none of its other running calls takes effect. After the process has ended, killedAt returns that
// call, or nil.
func (w *watcher) killAt(i int, after bool, p *process) (killedAt func() *localaws.Call) {
	var mu sync.Mutex
	var calls []localaws.Call
	w.function.World.Intercept(func(c localaws.Call) *localaws.Fault {
		w.look(c)
		mu.Lock()
		defer mu.Unlock()
		if calls = append(calls, c); len(calls) <= i {
			return nil
		}
		p.kill()
		return &localaws.Fault{Drop: true, After: after && len(calls) == i+1}
	})
	return func() *localaws.Call {
		mu.Lock()
		defer mu.Unlock()
		if len(calls) <= i {
			return nil
		}
		return &calls[i]
	}
}

// look checks the promises that hold at every instant.
func (w *watcher) look(next localaws.Call) {
	w.mu.Lock()
	defer w.mu.Unlock()
	current, err := w.function.Current()
	if err != nil {
		w.Error(err)
	}
	if current.Username != "" {
		w.hasOne = true
		w.lastCurrent[current.Username] = w.function.World.Now()
	}
	w.mailFlows(current, next)
	if holder, copied := w.copy(); copied && holder != current.Username {
		w.copyFlows(holder, next)
	}
	if len(w.function.World.Keys(user)) > 2 {
		w.Errorf("before %s: more than two keys", next.Action)
	}
	if next.Action == "UpdateAccessKey" || next.Action == "DeleteAccessKey" {
		w.mayEnd(next)
	}
	if next.Action == "UpdateAccessKey" && next.AccessKeyID == current.Username && w.contains.Load() {
		w.outage.Store(true)
	}
}

// mailFlows checks that AWSCURRENT's credential is accepted, unless it was broken on purpose and
// not mended yet.
func (w *watcher) mailFlows(current localfunction.Credential, next localaws.Call) {
	switch {
	case current.Accepted:
		w.outage.Store(false)
	case w.hasOne && !w.outage.Load():
		w.Errorf("before %s: AWSCURRENT names %q, and SES doesn't accept it", next.Action, current.Username)
	}
}

// copyPath is the path of the copies, in the scenes that have them.
const copyPath = "/mail/smtp"

func (a *account) keepsCopies() {
	a.Env["PARAMETER_PATH"] = copyPath
	a.Restart()
}

// copy returns the access key that the copy of the credential names, if there is a copy.
func (w *watcher) copy() (holder string, ok bool) {
	for _, p := range w.function.World.Parameters() {
		if p.Name == copyPath+"/username" {
			return p.Value, true
		}
	}
	return "", false
}

// copyFlows checks a copy that is behind: its key was current, and is Active.
func (w *watcher) copyFlows(holder string, next localaws.Call) {
	w.lastCurrent[holder] = w.function.World.Now() // for those who read the copy
	for _, k := range w.function.World.Keys(user) {
		if k.ID == holder && k.Status == "Active" {
			return
		}
	}
	w.Errorf("before %s: the copy names %q, which isn't Active", next.Action, holder)
}

// mayEnd checks that a key about to be deactivated or deleted had its grace period and isn't in
// use.
func (w *watcher) mayEnd(next localaws.Call) {
	const grace, inUse = 7 * day, 24 * time.Hour
	now := w.function.World.Now()
	since, wasCurrent := w.lastCurrent[next.AccessKeyID]
	for _, k := range w.function.World.Keys(user) {
		switch {
		case k.ID != next.AccessKeyID || k.Status != "Active" || w.emergency.Load():
		case wasCurrent && now.Sub(since) < grace:
			w.Errorf("%s of access key %s, %v after it was current", next.Action, k.ID, now.Sub(since))
		case now.Sub(k.LastUsed) < inUse:
			w.Errorf("%s of access key %s, %v after it was used", next.Action, k.ID, now.Sub(k.LastUsed))
		}
	}
}
