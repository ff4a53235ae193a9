package rotation

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sessmtp"
)

// These helpers write the states of the tests.

const hour = time.Hour

var now = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

func ago(d time.Duration) time.Time { return now.Add(-d) }

func active(id string, age time.Duration) Key {
	return Key{ID: id, Status: Active, Created: ago(age)}
}

func inactive(id string, age time.Duration) Key {
	k := active(id, age)
	k.Status = Inactive
	return k
}

func (k Key) unused() Key { k.LastUsed = known(time.Time{}); return k }

func (k Key) used(before time.Duration) Key { k.LastUsed = known(ago(before)); return k }

// version returns a version that names the key; its ID is v- and the key's ID.
func version(keyID string, age time.Duration) Version {
	return Version{ID: "v-" + keyID, Created: ago(age), User: "sender", Logins: []sessmtp.Login{
		{Endpoint: sessmtp.Endpoint{Region: "eu-west-1", Host: "h", Port: 587}, Username: keyID},
	}}
}

func (v Version) as(id string) Version { v.ID = id; return v }

func seen(v Version) Fact[*Version] { return known(&v) }

// storing is what is known about the versions that name keys: versions has them by key, and no
// version names the keys in keys.
func storing(versions map[string]Version, keys ...string) map[string]Fact[*Version] {
	stored := map[string]Fact[*Version]{}
	for _, k := range keys {
		stored[k] = nothing
	}
	for k, v := range versions {
		stored[k] = seen(v)
	}
	return stored
}

var (
	nothing = known[*Version](nil)
	denied  = Fact[*Version]{Known: true, Denied: errors.New("ListSecretVersionIds is denied")}
	blank   = Version{ID: "v0", Created: ago(day), Blank: true}
)

func policy() Policy {
	p := DefaultPolicy()
	p.Regions = []string{"eu-west-1"}
	return p
}

func verdicts(keyID string, m sessmtp.Meaning) History {
	return History{{what: verified, key: keyID, verdict: Verdict{m, errors.New("535")}}}
}

// planCase is a state, a request in it, and what the plan decides.
type planCase struct {
	name  string
	req   Request
	state State
	want  string
	key   string // the decision's key, and @ its version's ID if that isn't v- and the key's
	fails ErrorType
}

func (c planCase) check(t *testing.T) (d Decision) {
	t.Run(c.name, func(t *testing.T) {
		c.state.User = "sender"
		d = Plan(c.state, policy(), c.req, now)
		key, id, named := strings.Cut(c.key, "@")
		decides(t, d, c.want, key, c.fails)
		if !named {
			id = "v-" + key
		}
		if v := d.command.version; v != nil && v.ID != id {
			t.Errorf("the command is about version %q; want %q", v.ID, id)
		}
	})
	return d
}

// decides checks a decision: the command, "wait", "fail", or "ask: " and a fact; its key; and the
// type of its error.
func decides(t *testing.T, d Decision, want, key string, errorType ErrorType) {
	t.Helper()
	what, about := string(d.command.kind), d.command.key
	switch d.kind {
	case asks:
		what, about = "ask: "+string(d.ask.about), d.ask.key
	case waits:
		what = "wait"
	case fails:
		what = "fail"
	}
	failure := ErrorType("")
	if d.Err != nil {
		failure = d.Err.Type
	}
	if what != want || about != key || failure != errorType {
		t.Errorf("got %q %q (%s) %s %v; want %q %q %s",
			what, about, d.command.reason, failure, d.Err, want, key, errorType)
	}
}
