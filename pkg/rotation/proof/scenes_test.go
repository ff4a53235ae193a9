package proof

import (
	"slices"
	"strings"
	"time"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/localaws"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/rotation"
)

// scene is a state of the world from which invocations start.
type scene struct {
	name  string
	build func(s *stage)
	empty bool // the secret has no version at first
	// copies means that the credential is copied to Parameter Store.
	copies bool
}

// stage plays the scene.
func (sc scene) stage(m *mistake) *stage {
	s := newStage()
	s.copies = sc.copies
	if !sc.empty {
		s.world.CreateSecret(secret, "{}")
		s.nameVersions("template")
	} else {
		s.world.CreateSecret(secret, "")
	}
	sc.build(s)
	s.judge.checks, s.judge.broken = [promises]int{}, nil
	s.mistake, s.judge.frail = m, s.judge.excuse != ""
	return s
}

// lateness is how long SES may take to know a key.
const lateness = 30 * time.Minute

var scenes = []scene{
	{name: "no credential yet", build: func(s *stage) {}},
	{name: "a secret without a version", build: func(s *stage) {}, empty: true},
	{name: "no credential yet, and SES is late", build: func(s *stage) { s.world.SetPropagation(lateness) }},
	{name: "no credential yet, with a hand-made key in use", build: func(s *stage) { s.strangerKey() }},
	{name: "an adopted secret", build: func(s *stage) { s.handMadeSecret() }},
	{name: "an adopted secret, due", build: func(s *stage) { s.handMadeSecret().after(30 * day) }},
	{name: "an adopted secret with another port, due", build: func(s *stage) {
		s.unsettled = `"port":465`
		s.handMadeSecret().after(30 * day)
	}},
	{name: "an adopted secret with another port, broken", build: func(s *stage) {
		s.unsettled = `"port":465`
		s.deactivate(s.handMadeSecret().currentKey()).after(hour)
	}},
	{name: "an adopted secret, broken, with a stranger's key in use", build: func(s *stage) {
		k := s.handMadeSecret().currentKey()
		s.strangerKey().deactivate(k).after(hour)
	}},
	{name: "another's secret, with a hand-made key in use",
		build: func(s *stage) { s.foreignSecret().strangerKey() }},
	{name: "fresh", build: func(s *stage) { s.tick().after(hour) }},
	{name: "due", build: func(s *stage) { s.tick().after(30 * day) }},
	{name: "due, and SES is late", build: func(s *stage) { s.tick().after(30 * day).world.SetPropagation(lateness) }},
	{name: "due, blocked by a stranger's key in use", build: func(s *stage) { s.tick().after(30 * day).strangerKey() }},
	{name: "superseded, in its grace period", build: func(s *stage) { s.rotated().after(hour) }},
	{name: "superseded, its grace period over", build: func(s *stage) { s.rotated().after(7*day + hour) }},
	{name: "superseded, its grace period over, in use",
		build: func(s *stage) { s.rotated().after(7*day + hour).use(s.otherKey()) }},
	{name: "quarantined", build: func(s *stage) { s.retired().after(hour) }},
	{name: "quarantined long enough", build: func(s *stage) { s.retired().after(25 * hour) }},
	{name: "an orphan", build: func(s *stage) { s.tick().after(hour).orphan().after(25 * hour) }},
	{name: "an orphan of days ago", build: func(s *stage) { s.tick().after(hour).orphan().after(60 * hour) }},
	{name: "an orphan, deactivated",
		build: func(s *stage) { s.tick().after(hour).orphan().after(25 * hour).tick().after(25 * hour) }},
	{name: "an orphan of a moment ago", build: func(s *stage) { s.tick().after(hour).orphan().after(time.Minute) }},
	{name: "a key that never was current, made first",
		build: func(s *stage) { s.orphan().after(time.Minute).tick().after(8*day + hour) }},
	{name: "broken", build: func(s *stage) { s.tick().after(hour).deactivate(s.currentKey()).after(hour) }},
	{name: "broken by deletion", build: func(s *stage) { s.tick().after(hour).delete(s.currentKey()).after(hour) }},
	{name: "broken, with the previous key",
		build: func(s *stage) { s.rotated().after(hour).deactivate(s.currentKey()).after(hour) }},
	{name: "broken, with an orphan",
		build: func(s *stage) { s.tick().after(hour).orphan().deactivate(s.currentKey()).after(hour) }},
	{name: "broken, with a stranger's key in use", build: func(s *stage) {
		s.tick().after(hour)
		k := s.currentKey()
		s.strangerKey().deactivate(k).after(hour)
	}},
	{name: "pending", build: func(s *stage) { s.pending().after(10 * time.Minute) }},
	{name: "pending for longer than the promotion window",
		build: func(s *stage) { s.pending().after(40 * time.Minute) }},
	{name: "pending, and refused for too long", build: func(s *stage) {
		s.tick().after(30 * day).world.SetPropagation(2 * hour)
		s.tick().after(61 * time.Minute).world.SetPropagation()
	}},
	{name: "pending, with its key gone", build: func(s *stage) { s.pending().delete(s.otherKey()).after(time.Minute) }},
	{name: "fresh, with another rotator's AWSPENDING", build: func(s *stage) { s.tick().leftPending().after(hour) }},
	{name: "due, with another rotator's AWSPENDING",
		build: func(s *stage) { s.tick().leftPending().after(30 * day) }},
	{name: "superseded, with another rotator's AWSPENDING",
		build: func(s *stage) { s.rotated().leftPending().after(7*day + hour) }},
	{name: "broken, with another rotator's AWSPENDING",
		build: func(s *stage) { s.tick().leftPending().deactivate(s.currentKey()).after(hour) }},
	{name: "broken, with the previous key and another rotator's AWSPENDING",
		build: func(s *stage) { s.rotated().leftPending().deactivate(s.currentKey()).after(hour) }},
	{name: "a Region added", build: func(s *stage) { s.tick().after(hour).configure(region, second) }},
	{name: "rolled back a day ago", build: func(s *stage) {
		s.rotated().after(hour).invoke(rotation.Request{Action: rotation.Rollback}).after(day)
	}},
}

// sceneNamed finds a scene for a test that needs just that one.
func sceneNamed(name string) scene {
	for _, sc := range slices.Concat(scenes, copiedScenes) {
		if sc.name == name {
			return sc
		}
	}
	panic("no scene is called " + name)
}

// The parts of scenes.

func (s *stage) rotated() *stage {
	return s.tick().after(5 * day).invoke(rotation.Request{Action: rotation.Rotate})
}

func (s *stage) retired() *stage { return s.rotated().after(7*day + hour).tick() }

// pending has a new credential that SES doesn't accept before half an hour has passed.
func (s *stage) pending() *stage {
	s.tick().after(30 * day).world.SetPropagation(lateness)
	return s.tick()
}

// use is somebody who sends with a key.
func (s *stage) use(id string) *stage {
	s.world.UseKey(id, s.now)
	return s
}

func (s *stage) orphan() *stage {
	s.making = "lost"
	if _, _, err := s.world.CreateAccessKey(user); err != nil {
		panic(err)
	}
	return s
}

// strangerKey makes a key as a person who sends with it.
func (s *stage) strangerKey() *stage {
	return s.person(func(w *localaws.World) {
		id, _, err := w.CreateAccessKey(user)
		if err != nil {
			panic(err)
		}
		s.stranger = id
	}).use(s.stranger)
}

// note is what a person has added to the value.
const note = `"note":"ask Ops"`

func (s *stage) handMadeSecret() *stage {
	s.noted = true
	return s.person(func(w *localaws.World) {
		id, key, err := w.CreateAccessKey(user)
		if err != nil {
			panic(err)
		}
		value := `{"username":"` + id + `","password":"` + localaws.SMTPPassword(key, region) + `",` + note + `}`
		if s.unsettled != "" {
			value = strings.Replace(value, "{", "{"+s.unsettled+",", 1)
		}
		if _, err := w.PutSecretValue(secret, value); err != nil {
			panic(err)
		}
	})
}

// startRotation does Secrets Manager's part: it adds an empty version, labelled AWSPENDING.
func (s *stage) startRotation() (token string) {
	token, err := s.world.StartRotation(secret)
	if err != nil {
		panic(err)
	}
	s.nameVersions("rotation")
	return token
}

// foreignSecret is a secret whose value isn't a credential of ours.
func (s *stage) foreignSecret() *stage {
	s.foreign = `{"api_key":"of another service"}`
	return s.person(func(w *localaws.World) {
		if _, err := w.PutSecretValue(secret, s.foreign); err != nil {
			panic(err)
		}
	})
}

// leftPending is what AWS's sample rotator leaves if its rotation is cancelled.
func (s *stage) leftPending() *stage {
	return s.person(func(w *localaws.World) {
		const text = "AKIAIOSFODNN7EXAMPLE:B of another rotator"
		if _, err := w.PutSecretValue(secret, text, string(rotation.Pending)); err != nil {
			panic(err)
		}
		s.leftover, _ = w.Labelled(secret, string(rotation.Pending))
	})
}

func (s *stage) deactivate(id string) *stage {
	return s.person(func(w *localaws.World) {
		if err := w.SetKeyStatus(id, "Inactive"); err != nil {
			panic(err)
		}
	})
}

func (s *stage) delete(id string) *stage {
	return s.person(func(w *localaws.World) {
		if err := w.DeleteAccessKey(id); err != nil {
			panic(err)
		}
	})
}
