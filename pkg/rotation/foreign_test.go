package rotation_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/localaws"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/rotation"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/smtpsecret"
)

// leftovers are values that other rotators and cancelled rotations leave as AWSPENDING.
var leftovers = map[string]string{
	"AWS's sample's text":       "AKIAIOSFODNN7EXAMPLE:BEYxIYw8zvzkWkq8+z5fuX4Md+kYjnXfuqbTBKY0cbJ7",
	"another user's credential": `{"iam_user":"other","username":"AKIAIOSFODNN7EXAMPLE","password":"x"}`,
	"another service's":         `{"api_key":"x"}`,
}

func TestAForeignPendingValueStopsNothingAndIsKept(t *testing.T) {
	const version = "0123456789abcdef0123456789abcdef"
	restored := []rotation.StepKind{rotation.Stage, rotation.Verify, rotation.Promote}
	rotates := append([]rotation.StepKind{rotation.Create}, restored...)
	for _, c := range []struct {
		name  string
		keys  int
		then  func(s *stage) // after it was left behind
		req   rotation.Request
		want  rotation.Outcome
		steps []rotation.StepKind
	}{
		{"with nothing due, it stays", 1, nil, tick, rotation.Waiting, nil},
		{"beside a superseded key, too", 2, nil, tick, rotation.Waiting, nil},
		{"what is due is rotated", 1, func(s *stage) { s.after(30 * day) }, tick, rotation.Rotated, rotates},
		{"and what is asked for", 1, nil, rotate, rotation.Rotated, rotates},
		{"a dead credential is replaced at once", 1, func(s *stage) { s.setCurrent("Inactive") }, tick,
			rotation.Rotated, rotates},
		{"by the previous one, if no slot is free", 2, func(s *stage) { s.setCurrent("Inactive") }, tick,
			rotation.Rotated, restored},
		{"a leaked key goes", 1, nil, rotation.Request{Action: rotation.Emergency}, rotation.Revoked,
			append(rotates[:4:4], rotation.Deactivate, rotation.Delete)},
		{"a rollback is possible", 2, nil, rollback, rotation.RolledBack, restored},
		{"Secrets Manager's rotation begins", 1, nil,
			rotation.Request{Action: rotation.CreateSecret, VersionID: version}, rotation.Waiting, rotates[:2]},
	} {
		for what, value := range leftovers {
			t.Run(c.name+": "+what, func(t *testing.T) {
				s := newStage(t)
				if c.keys == 2 {
					s.rotated()
				} else {
					s.comes(tick, rotation.Rotated, rotates...)
				}
				left, err := s.world.PutSecretValue(secret, value, "AWSPENDING")
				if err != nil {
					t.Fatal(err)
				}
				if s.after(hour); c.then != nil {
					c.then(s)
				}
				s.rotator.Secret.(*smtpsecret.Secret).NextVersionID = c.req.VersionID
				s.keeps(left, value, s.comes(c.req, c.want, c.steps...))
				if c.req.Action == rotation.Tick {
					s.keeps(left, value, s.after(hour).comes(tick, rotation.Waiting))
				}
			})
		}
	}
}

func (s *stage) setCurrent(status string) {
	current, _ := s.world.Labelled(secret, "AWSCURRENT")
	for _, k := range s.world.Keys(user) {
		if strings.Contains(current.Value, k.ID) {
			if err := s.world.SetKeyStatus(k.ID, status); err != nil {
				s.Fatal(err)
			}
		}
	}
}

// keeps checks that a version still has its value and, while it has the label, that the result
// warns of it.
func (s *stage) keeps(id, value string, r rotation.Result) {
	s.Helper()
	versions := s.world.Versions(secret)
	i := slices.IndexFunc(versions, func(v localaws.Version) bool { return v.ID == id })
	if i < 0 || versions[i].Value != value {
		s.Fatal("the version is gone, or has another value")
	}
	warned := slices.ContainsFunc(r.Warnings, func(w rotation.Warning) bool {
		return w.Code == rotation.WarnForeignPending && strings.Contains(w.Message, id)
	})
	if labelled := len(versions[i].Labels) > 0; !warned && (labelled || len(r.Steps) > 0) {
		s.Errorf("nothing says that version %s was in the way: %v", id, r.Warnings)
	}
}

func TestAVersionThatSecretsManagerChoseAndAnotherHasFilledIsRefusedBeforeAKeyIsMade(t *testing.T) {
	s := newStage(t)
	s.comes(tick, rotation.Rotated, rotation.Create, rotation.Stage, rotation.Verify, rotation.Promote)
	left, err := s.world.PutSecretValue(secret, `{"api_key":"x"}`, "AWSPENDING")
	if err != nil {
		t.Fatal(err)
	}
	got := s.fails(rotation.Request{Action: rotation.CreateSecret, VersionID: left}, rotation.Conflict,
		"cancel-rotate-secret")
	if len(got.Steps) != 0 {
		t.Errorf("before it was refused: %v", kinds(got))
	}
}
