package localaws_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/localaws"
)

// staged is a World whose secret has a current and a pending version, with methods that move labels
// between them.
type staged struct {
	*localaws.World
	current, pending string
	move             func(label, to, from string) error
}

func newStaged(t *testing.T) staged {
	w := start(t, localaws.Config{})
	w.CreateSecret("mail/smtp", "one")
	now, _ := w.Labelled("mail/smtp", "AWSCURRENT")
	client := secretsClient(t, w)
	return staged{w, now.ID, must(w.PutSecretValue("mail/smtp", "two", "AWSPENDING"))(t),
		func(label, to, from string) error {
			in := &secretsmanager.UpdateSecretVersionStageInput{SecretId: mailSecret, VersionStage: &label}
			if to != "" {
				in.MoveToVersionId = aws.String(to)
			}
			if from != "" {
				in.RemoveFromVersionId = aws.String(from)
			}
			_, err := client.UpdateSecretVersionStage(t.Context(), in)
			return err
		}}
}

func (s staged) wantOn(t *testing.T, label, version string) {
	t.Helper()
	if v, _ := s.Labelled("mail/smtp", label); v.ID != version {
		t.Errorf("%s is on %q, want %q", label, v.ID, version)
	}
}

func TestPromotionNamesTheVersionThatIsCurrent(t *testing.T) {
	s := newStaged(t)
	wantRefusal(t, s.move("AWSCURRENT", s.pending, ""), "InvalidParameterException",
		"The parameter RemoveFromVersionId can't be empty. Staging label AWSCURRENT is currently attached to version "+
			s.current+", so you must explicitly reference that version in RemoveFromVersionId.")
	wantRefusal(t, s.move("AWSCURRENT", s.pending, s.pending), "InvalidParameterException",
		"When you move staging label AWSCURRENT, if you specify RemoveFromVersionId, it must be set to the version "+
			"that currently has the staging label AWSCURRENT.")
	s.wantOn(t, "AWSCURRENT", s.current)
	if err := s.move("AWSCURRENT", s.pending, s.current); err != nil {
		t.Fatal(err)
	}
	s.wantOn(t, "AWSCURRENT", s.pending)
	s.wantOn(t, "AWSPREVIOUS", s.current)
	s.wantOn(t, "AWSPENDING", s.pending)
}

func TestPromotionHappensOnce(t *testing.T) {
	s := newStaged(t)
	if err := s.move("AWSCURRENT", s.pending, s.current); err != nil {
		t.Fatal(err)
	}
	wantRefusal(t, s.move("AWSCURRENT", s.pending, s.current), "InvalidParameterException", "")
	if err := s.move("AWSCURRENT", s.pending, ""); err != nil {
		t.Errorf("putting a label where it is: %v", err)
	}
	s.wantOn(t, "AWSPREVIOUS", s.current)
}

func TestRollingBackSwapsCurrentAndPrevious(t *testing.T) {
	s := newStaged(t)
	for _, way := range [][2]string{{s.pending, s.current}, {s.current, s.pending}} {
		if err := s.move("AWSCURRENT", way[0], way[1]); err != nil {
			t.Fatal(err)
		}
		s.wantOn(t, "AWSCURRENT", way[0])
		s.wantOn(t, "AWSPREVIOUS", way[1])
	}
}

func TestALabelIsTakenOff(t *testing.T) {
	s := newStaged(t)
	wantRefusal(t, s.move("AWSPENDING", "", s.current), "InvalidParameterException", "")
	if err := s.move("AWSPENDING", "", s.pending); err != nil {
		t.Fatal(err)
	}
	s.wantOn(t, "AWSPENDING", "")
	wantRefusal(t, s.move("AWSPENDING", "", s.pending), "InvalidParameterException", "")
	if err := s.move("AWSPENDING", s.pending, ""); err != nil {
		t.Errorf("putting a label back that is nowhere: %v", err)
	}
	s.wantOn(t, "AWSPENDING", s.pending)
}

func TestAWSCURRENTIsNeverTakenOff(t *testing.T) {
	s := newStaged(t)
	wantRefusal(t, s.move("AWSCURRENT", "", s.current), "InvalidParameterException", "You can only move staging label "+
		"AWSCURRENT to a different secret version. It can't be completely removed.")
	wantRefusal(t, s.move("AWSCURRENT", "", ""), "InvalidParameterException", "")
	wantRefusal(t, s.move("AWSCURRENT", strings.Repeat("x", 32), s.current), "ResourceNotFoundException", "")
	s.wantOn(t, "AWSCURRENT", s.current)
}
