package recording

import (
	"context"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/localaws"
)

func TestARecordingIsReadAsItWasWritten(t *testing.T) {
	made := time.Date(2026, 11, 29, 1, 2, 3, 0, time.UTC)
	r := Recording{Format: Format, Source: "a test", Made: made, Region: "eu-west-1",
		Answers: []Answer{
			{ID: "a.b", Question: "Is it <so>?", Answer: "yes", Seconds: map[string]float64{"done after": 1.5}},
			{ID: "a.c", Question: "And this?", Unanswered: "nobody asked"},
		}}
	var text strings.Builder
	if err := r.Write(&text); err != nil {
		t.Fatal(err)
	}
	got, err := Read(strings.NewReader(text.String()))
	if err != nil || !reflect.DeepEqual(got, r) || !strings.Contains(text.String(), "Is it <so>?") {
		t.Errorf("%v, %+v of %s", err, got, text.String())
	}
}

func TestWhatIsNoRecordingIsRefused(t *testing.T) {
	for text, want := range map[string]string{
		``:             "EOF",
		`{"format":2}`: "its format is 2, and this program reads 1",
		`{"format":1,"source":"x","answers":[],"sauce":"y"}`:                                               `unknown field "sauce"`,
		`{"format":1,"answers":[{"id":"a","answer":"x"}]}`:                                                 "it has no source",
		`{"format":1,"source":"x"}`:                                                                        "it has no answers",
		`{"format":1,"source":"x","answers":[{"answer":"x"}]}`:                                             "answer 1 has no id",
		`{"format":1,"source":"x","answers":[{"id":"a","answer":"x"},{"id":"a","answer":"x"}]}`:            "a is there twice",
		`{"format":1,"source":"x","answers":[{"id":"a"}]}`:                                                 "a needs either an answer or a reason",
		`{"format":1,"source":"x","answers":[{"id":"a","answer":"x","unanswered":"because it is empty"}]}`: "a needs either",
	} {
		if _, err := Read(strings.NewReader(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
}

func TestAnswersHideWhoseTheyAre(t *testing.T) {
	s := Stage{User: "run-asked", Secret: "run-asked/secret", From: "me@shop.example"}
	s.Endpoint.Region = "eu-west-1"
	for text, want := range map[string]string{
		"arn:aws-cn:iam::210987654321:user/run-asked":                            "arn:aws:iam::{account}:user/{user}",
		"secret:run-asked/secret-a1B2c3.":                                        "secret:{secret}.",
		"me@shop.example of shop.example in EU-WEST-1":                           "{from} of {domain} in {REGION}",
		"Ok 0102018c1f2b3c4d-11111111-2222-3333-4444-555555555555-000000":        "Ok {id}",
		"key AKIAIOSFODNN7EXAMPLE, version 0f0e0d0c-0b0a-4908-8706-050403020100": "key {key}, version {id}",
		"User: arn:aws:sts::210987654321:assumed-role/a/b is not authorized to":  "User: {caller} is not authorized to",
		"two\n  lines": "two lines",
	} {
		if got := s.Hide(text); got != want {
			t.Errorf("%s: got %s, want %s", text, got, want)
		}
	}
}

func TestEveryQuestionHasOneAnswer(t *testing.T) {
	answers, by := ask(t, stageOn(t, imitating(t, nil)))
	if len(by) != len(answers) || len(answers) != len(questions) {
		t.Errorf("%d answers with %d IDs to %d questions", len(answers), len(by), len(questions))
	}
	// Of these, a perfect World has no answer.
	allowed := map[string]bool{"login.not-yet": true, "use.mail": true}
	for _, a := range answers {
		if a.Answer == "" && !allowed[a.ID] {
			t.Errorf("%s: %s", a.ID, a.Unanswered)
		}
	}
}

func TestWithoutASenderNothingIsSentAndTheRestIsAnswered(t *testing.T) {
	w := imitating(t, nil)
	s := stageOn(t, w)
	s.From = ""
	_, by := ask(t, s)
	if mails := w.Mail(); len(mails) > 0 {
		t.Errorf("%d mails were sent", len(mails))
	}
	for id, a := range by {
		needsMail := strings.HasPrefix(id, "policy.") || strings.HasPrefix(id, "session.") || id == "use.mail"
		if needsMail != (a.Unanswered == errSending.Error()) && id != "login.not-yet" {
			t.Errorf("%s: %+v", id, a)
		}
	}
}

// TestAPermissionThatIsMissingCostsItsOwnAnswersOnly: the part that it is asked in has none, with
// the reason, and the others have.
func TestAPermissionThatIsMissingCostsItsOwnAnswersOnly(t *testing.T) {
	w := imitating(t, nil)
	s := stageOn(t, w)
	w.Intercept(func(c localaws.Call) *localaws.Fault {
		if c.Action == "PutSecretValue" {
			return &localaws.Fault{Code: "AccessDeniedException", Message: "User: x is not authorized", Status: 400}
		}
		return nil
	})
	_, by := ask(t, s)
	for id, answered := range map[string]bool{
		"secret.none": true, "secret.promoted": false, "login.new": true, "policy.from": true,
	} {
		if (by[id].Answer != "") != answered || !answered && !strings.Contains(by[id].Unanswered, "is not authorized") {
			t.Errorf("%s: %+v", id, by[id])
		}
	}
}

func TestWhoIsStoppedHasTheAnswersSoFar(t *testing.T) {
	w := imitating(t, nil)
	s := stageOn(t, w)
	ctx, stop := context.WithCancel(t.Context())
	s.Progress = func(question string) {
		if strings.HasPrefix(question, "When does each server accept a new key") {
			stop()
		}
	}
	answers, err := s.Ask(ctx)
	if !errors.Is(err, context.Canceled) || len(answers) != len(questions) || answers[0].Answer == "" ||
		answers[len(answers)-1].Unanswered != "it was stopped before this was asked" {
		t.Errorf("%v, %+v", err, answers)
	}
}
