package proof

import (
	"context"
	"time"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/rotation"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sessmtp"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/smtpparameter"
)

// A copy of the credential, for applications that read Parameter Store: the same promises hold for
// them. Here it is one parameter, with the whole value; pkg/rotation/copies_test.go tests the
// others.

const copyPath = "/mail/smtp"

// copiesOver returns the stage's copies, nil for none.
func (s *stage) copiesOver(c api) rotation.Copies {
	if !s.copies {
		return nil
	}
	return &smtpparameter.Copies{API: c, Path: copyPath, User: user}
}

// copyOf returns what the copy holds, and when it was written.
func (s *stage) copyOf() (text string, changed time.Time) {
	for _, p := range s.world.Parameters() {
		return p.Value, p.Modified
	}
	return "", time.Time{}
}

// copied is what the judge knows about the copy.
type copied struct {
	key string // that it names
	// excuse is why it may be dead. It ends when it is alive again.
	excuse string
}

// lookAtCopy is the look of an application that reads the copy. It comes after the look at
// AWSCURRENT.
func (s *stage) lookAtCopy(by *invocation, cause *call) {
	if !s.copies {
		return
	}
	j := s.judge
	text, _ := s.copyOf()
	c := credentialIn(text)
	if before := j.copied.key; before != c.Username {
		j.must(p1, c.Username != "" || j.removed || by != nil && by.req.Action == rotation.Decommission,
			"the copy is gone, after: %s", s.tell(by, cause))
		if before != "" && before != j.current {
			j.since[before] = s.now // an application that reads the copy had it until now
		}
	}
	j.copied.key = c.Username
	if c.Username == "" || j.removed {
		return
	}
	_, was := j.since[c.Username]
	j.must(p1, was || c.Username == j.current, "the copy names %s, which never was current, after: %s",
		s.names[c.Username], s.tell(by, cause))
	switch {
	case s.accepts(c):
		j.copied.excuse = ""
		j.checks[p1]++
	case cause == byPerson, j.frail, j.overlap:
		j.copied.excuse = "as AWSCURRENT"
	case by != nil && by.mayCutCopy():
		j.copied.excuse = "an emergency"
	default:
		j.must(p1, j.copied.excuse != "" || s.onlyLate(c), "the copy names %s, which SES doesn't accept, after: %s",
			s.names[c.Username], s.tell(by, cause))
	}
}

// mayCutCopy reports whether the copy may be dead after the invocation: an emergency goes on if the
// copy can't be written, or stops mail anyway if it contains first; and if two invocations overlap,
// the other may write what an emergency has revoked. The other, or the next tick, mends that.
func (inv *invocation) mayCutCopy() bool {
	beside := inv.beside && (inv.req.Action == rotation.Emergency || inv.other == rotation.Emergency ||
		inv.req.Action == rotation.Rollback || inv.other == rotation.Rollback)
	return beside || inv.req.Action == rotation.Emergency && (inv.copyFailed || inv.req.ContainFirst)
}

// copyEnded is called when invocations that ran at once have all answered, and none was killed:
// then the copy can send if AWSCURRENT can.
func (s *stage) copyEnded() {
	text, _ := s.copyOf()
	if c := credentialIn(text); s.copies && c.Username != "" && !s.judge.removed {
		_, current := s.current()
		s.judge.must(p1, s.accepts(c) || s.onlyLate(c) || !s.accepts(current),
			"all have answered, and the copy names %s, which SES doesn't accept", s.names[c.Username])
	}
}

// copiedScenes are those whose credential is copied.
var copiedScenes = []scene{
	{name: "no credential yet, with a copy", copies: true, build: func(s *stage) {}},
	{name: "no credential yet, with a copy, and SES is late", copies: true,
		build: func(s *stage) { s.world.SetPropagation(lateness) }},
	{name: "an adopted secret, due, with a copy", copies: true,
		build: func(s *stage) { s.handMadeSecret().after(30 * day) }},
	{name: "fresh, with a copy", copies: true, build: func(s *stage) { s.tick().after(hour) }},
	{name: "due, with a copy", copies: true, build: func(s *stage) { s.tick().after(30 * day) }},
	{name: "due, with a copy, and SES is late", copies: true,
		build: func(s *stage) { s.tick().after(30 * day).world.SetPropagation(lateness) }},
	{name: "superseded, its grace period over, with a copy", copies: true,
		build: func(s *stage) { s.rotated().after(7*day + hour) }},
	{name: "superseded, its grace period over, with a copy that is new", copies: true, build: func(s *stage) {
		s.copies = false
		s.rotated().after(7*day + hour).copies = true
	}},
	{name: "superseded, its grace period over, with a stale copy", copies: true, build: func(s *stage) {
		s.tick().after(5 * day).copies = false
		s.invoke(rotation.Request{Action: rotation.Rotate}).after(7*day + hour).copies = true
	}},
	{name: "quarantined long enough, with a copy", copies: true,
		build: func(s *stage) { s.retired().after(25 * hour) }},
	{name: "broken, with a copy", copies: true,
		build: func(s *stage) { s.tick().after(hour).deactivate(s.currentKey()).after(hour) }},
	{name: "broken, with the previous key and a copy", copies: true,
		build: func(s *stage) { s.rotated().after(hour).deactivate(s.currentKey()).after(hour) }},
	{name: "pending, with a copy", copies: true, build: func(s *stage) { s.pending().after(10 * time.Minute) }},
	{name: "a person's value made current, with a copy", copies: true,
		build: func(s *stage) { s.tick().after(5 * day).handMadeSecret().after(7*day + hour) }},
	{name: "a person's value with another port made current, with a copy", copies: true, build: func(s *stage) {
		s.unsettled = `"port":465`
		s.tick().after(5 * day).handMadeSecret().after(7*day + hour)
	}},
	{name: "rolled back a day ago, with a copy", copies: true, build: func(s *stage) {
		s.rotated().after(hour).invoke(rotation.Request{Action: rotation.Rollback}).after(day)
	}},
}

// withCopies tries the copied scenes with one fault at any call.
func withCopies() campaign {
	c := campaign{name: "with a copy in Parameter Store, one fault"}
	for _, sc := range copiedScenes {
		for _, req := range requests {
			c.trials = append(c.trials, trial{sc, alone(req), 1, faults, 0})
		}
		c.trials = append(c.trials, trial{sc, fourSteps(), 1, faults, 0})
	}
	return c
}

// racesWithCopies tries light pairs of actions at once, with up to killed of the two killed at any
// call. Emergencies have too many interleavings for more than one scene.
func racesWithCopies(killed int) campaign {
	c := campaign{name: "with a copy in Parameter Store, two at once" + killedOf(killed)}
	c.addTo(copiedScenes, killed, 0, func(sc scene, a, b rotation.Request) bool {
		switch sc.name {
		case "fresh, with a copy":
			return !heavy(a, b) && (killed == 0 || ordinary(a) && ordinary(b))
		case "superseded, its grace period over, with a stale copy":
			return ordinary(a) && ordinary(b)
		}
		return false
	})
	return c
}

// Mistakes with copies.

// leavesCopies takes each copy for up to date.
type leavesCopies struct{ rotation.Copies }

func (c leavesCopies) Read(ctx context.Context, v rotation.Version) ([]rotation.Copy, error) {
	copies, err := c.Copies.Read(ctx, v)
	for i := range copies {
		copies[i].UpToDate = copies[i].UpToDate || !copies[i].Changed.IsZero()
	}
	return copies, err
}

// forgetsWhen doesn't know when a copy was written.
type forgetsWhen struct{ rotation.Copies }

func (c forgetsWhen) Read(ctx context.Context, v rotation.Version) ([]rotation.Copy, error) {
	copies, err := c.Copies.Read(ctx, v)
	for i := range copies {
		copies[i].Changed = time.Time{}
	}
	return copies, err
}

// copiesEarly writes the copy as soon as a credential is stored.
type copiesEarly struct {
	rotation.Secret
	copies rotation.Copies
}

func (s copiesEarly) Stage(ctx context.Context, base rotation.Version, logins []sessmtp.Login,
	at time.Time) (rotation.Version, error) {
	v, err := s.Secret.Stage(ctx, base, logins, at)
	if err == nil {
		err = s.copies.Write(ctx, copyPath+"/"+smtpparameter.Whole, v)
	}
	return v, err
}
