package proof

import (
	"time"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/localaws"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/rotation"
)

// scene is a state of the world from which invocations start.
type scene struct {
	name  string
	build func(s *stage)
}

// stage plays the scene.
func (sc scene) stage(m *mistake) *stage {
	s := newStage()
	sc.build(s)
	s.judge.checks, s.judge.broken = [promises]int{}, nil
	s.mistake = m
	return s
}

// lateness is how long SES may take to hear of a key.
const lateness = 30 * time.Minute

var scenes = []scene{
	{"no credential yet", func(s *stage) {}},
	{"no credential yet, and SES is late", func(s *stage) { s.world.SetPropagation(lateness) }},
	{"no credential yet, beside a hand-made key in use", func(s *stage) { s.strangerKey() }},
	{"an adopted secret", func(s *stage) { s.handMadeSecret() }},
	{"an adopted secret, due", func(s *stage) { s.handMadeSecret().after(30 * day) }},
	{"fresh", func(s *stage) { s.tick().after(hour) }},
	{"due", func(s *stage) { s.tick().after(30 * day) }},
	{"due, and SES is late", func(s *stage) { s.tick().after(30 * day).world.SetPropagation(lateness) }},
	{"due, blocked by a stranger's key in use", func(s *stage) { s.tick().after(30 * day).strangerKey() }},
	{"superseded, in its grace period", func(s *stage) { s.rotated().after(hour) }},
	{"superseded, its grace period over", func(s *stage) { s.rotated().after(7*day + hour) }},
	{"superseded, its grace period over, in use", func(s *stage) { s.rotated().after(7*day + hour).use(s.otherKey()) }},
	{"quarantined", func(s *stage) { s.retired().after(hour) }},
	{"quarantined long enough", func(s *stage) { s.retired().after(25 * hour) }},
	{"an orphan", func(s *stage) { s.tick().after(hour).orphan().after(25 * hour) }},
	{"an orphan, deactivated", func(s *stage) { s.tick().after(hour).orphan().after(25 * hour).tick().after(25 * hour) }},
	{"an orphan of a moment ago", func(s *stage) { s.tick().after(hour).orphan().after(time.Minute) }},
	{"a key that never was current, made first", func(s *stage) { s.orphan().after(time.Minute).tick().after(8*day + hour) }},
	{"broken", func(s *stage) { s.tick().after(hour).deactivate(s.currentKey()).after(hour) }},
	{"broken by deletion", func(s *stage) { s.tick().after(hour).delete(s.currentKey()).after(hour) }},
	{"broken, beside the previous key", func(s *stage) { s.rotated().after(hour).deactivate(s.currentKey()).after(hour) }},
	{"broken, beside an orphan", func(s *stage) { s.tick().after(hour).orphan().deactivate(s.currentKey()).after(hour) }},
	{"broken, beside a stranger's key in use", func(s *stage) {
		s.tick().after(hour)
		k := s.currentKey()
		s.strangerKey().deactivate(k).after(hour)
	}},
	{"pending", func(s *stage) { s.pending().after(10 * time.Minute) }},
	{"pending for longer than the promotion window", func(s *stage) { s.pending().after(40 * time.Minute) }},
	{"pending, and refused for too long", func(s *stage) {
		s.tick().after(30 * day).world.SetPropagation(2 * hour)
		s.tick().after(61 * time.Minute).world.SetPropagation()
	}},
	{"pending, with its key gone", func(s *stage) { s.pending().delete(s.otherKey()).after(time.Minute) }},
	{"a Region added", func(s *stage) { s.tick().after(hour).configure(region, second) }},
	{"rolled back a day ago", func(s *stage) {
		s.rotated().after(hour).invoke(rotation.Request{Action: rotation.Rollback}).after(day)
	}},
}

// sceneNamed finds a scene for a test that needs just that one.
func sceneNamed(name string) scene {
	for _, sc := range scenes {
		if sc.name == name {
			return sc
		}
	}
	panic("no scene is called " + name)
}

// What scenes are made of.

func (s *stage) rotated() *stage {
	return s.tick().after(5 * day).invoke(rotation.Request{Action: rotation.Rotate})
}

func (s *stage) retired() *stage { return s.rotated().after(7*day + hour).tick() }

// pending has a new credential that SES hadn't accepted yet, and does so from half an hour on.
func (s *stage) pending() *stage {
	s.tick().after(30 * day).world.SetPropagation(lateness)
	return s.tick()
}

// use is somebody sending with a key.
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

// strangerKey is one that a person made and sends with.
func (s *stage) strangerKey() *stage {
	return s.person(func(w *localaws.World) {
		id, _, err := w.CreateAccessKey(user)
		if err != nil {
			panic(err)
		}
		s.stranger = id
	}).use(s.stranger)
}

func (s *stage) handMadeSecret() *stage {
	return s.person(func(w *localaws.World) {
		id, key, err := w.CreateAccessKey(user)
		if err != nil {
			panic(err)
		}
		value := `{"username":"` + id + `","password":"` + localaws.SMTPPassword(key, region) + `","note":"ask Ops"}`
		if _, err := w.PutSecretValue(secret, value); err != nil {
			panic(err)
		}
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
