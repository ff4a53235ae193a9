package proof

import (
	"fmt"
	"strings"
	"time"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/localaws"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/rotation"
)

// settling has the pauses between ticks once the faults have stopped: a few short ones, then 25
// hours each. Together they are long enough for a given-up key to be deleted, for the rotation that
// waited for its slot, and for the key that this rotation superseded.
var settling = func() []time.Duration {
	pauses := []time.Duration{0, hour, hour, hour}
	for range 18 {
		pauses = append(pauses, 25*hour)
	}
	return pauses
}()

// mayFail is how many of those ticks may fail: SES may be late to accept, twice.
const mayFail = 4

// settle ticks until all is quiet, and checks that it is.
func (s *stage) settle() {
	if s.foreign != "" {
		s.refuse()
		return
	}
	failures := 0
	for i, pause := range settling {
		s.after(pause)
		if i == 2 {
			s.settleValue()
		}
		if k, ok := s.key(s.stranger); ok && k.Status == "Active" {
			s.use(s.stranger)
		}
		if a := s.run(&invocation{name: fmt.Sprintf("t%d", i),
			req: rotation.Request{Action: rotation.Tick}}); a.err != nil {
			failures++
			s.judge.must(p4, failures <= mayFail, "tick after tick fails: %v", a.err)
		}
		if s.stranger == "" && s.unquiet() == "" {
			break // with a stranger's key it goes on: the key has to outlive all ticks
		}
	}
	if s.noted {
		version, _ := s.current()
		s.judge.must(p8, strings.Contains(version.Value, note),
			"in the end the note that a person added to the value is gone")
	}
	noise := s.unquiet()
	s.judge.must(p4, noise == "", "in the end %s", noise)
	if k, ok := s.key(s.stranger); s.stranger != "" && !s.judge.revoked[s.stranger] {
		s.judge.must(p8, ok && k.Status == "Active", "in the end the stranger's key is %q", k.Status)
	}
	s.stored()
}

// settleValue does what the error asks a person to do.
func (s *stage) settleValue() {
	if s.unsettled == "" {
		return
	}
	version, _ := s.current()
	s.person(func(w *localaws.World) {
		_, _ = w.PutSecretValue(secret, strings.Replace(version.Value, s.unsettled+",", "", 1))
	})
}

// refuse checks that another's secret is only refused.
func (s *stage) refuse() {
	a := s.run(&invocation{name: "t", req: rotation.Request{Action: rotation.Tick}})
	s.judge.must(p8, rotation.TypeOf(a.err) == rotation.ConfigurationError,
		"a tick finds another's secret, but answers %q", a.outcome())
	k, ok := s.key(s.stranger)
	s.judge.must(p8, ok && k.Status == "Active" && len(s.world.Keys(user)) == 1,
		"with another's secret, the keys have changed")
	s.stored()
}

// remove removes the user's keys once more, undisturbed. No tick follows: the schedule is gone as
// well.
func (s *stage) remove() {
	s.run(&invocation{name: "r", req: remove})
	s.judge.must(p4, len(s.world.Keys(user)) == 0, "the user is decommissioned, but has %d keys",
		len(s.world.Keys(user)))
	s.judge.must(p4, len(s.world.Parameters()) == 0, "the user is decommissioned, but the copy is still there")
	s.stored()
}

// unquiet says what differs from how everything must end: with one Active key that AWSCURRENT names
// and SES accepts, nothing pending, and nothing left behind except a stranger's key.
func (s *stage) unquiet() string {
	version, c := s.current()
	if !s.accepts(c) {
		return fmt.Sprintf("AWSCURRENT names %q, which SES doesn't accept", s.names[c.Username])
	}
	for _, k := range s.world.Keys(user) {
		if k.ID != c.Username && k.ID != s.stranger {
			return s.names[k.ID] + " is left behind, " + k.Status
		}
	}
	if s.copies && s.judge.copied.key != c.Username {
		return fmt.Sprintf("the copy names %q", s.names[s.judge.copied.key])
	}
	pending, ok := s.world.Labelled(secret, string(rotation.Pending))
	if ok && pending.ID != version.ID && pending.ID != s.leftover.ID {
		return s.names[pending.ID] + " is pending"
	}
	return ""
}
