package recording

import (
	"context"
	"errors"
	"reflect"
	"strings"
	"sync"
	"sync/atomic"
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
		"dial tcp 192.168.1.5:51234->[2001:db8::1]:587: no":               "dial tcp {address}->{address}: no",
		"open /home/alice/.aws/sso/cache/x.json: denied":                  "open {file}: denied",
		"arn:aws:sts::210987654321:assumed-role/Admin/alice":              "{caller}",
		"identity/Shop.Example, identity/parent.example":                  "identity/{domain}, identity/{domain}",
		"ses-smtp-rehearsal-eu-west-1-20261129T184651Z-abcdef/credential": "{name}",
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

// TestAPermissionThatIsMissingCostsTheAnswersThatNeedItOnly: those have the reason instead.
func TestAPermissionThatIsMissingCostsTheAnswersThatNeedItOnly(t *testing.T) {
	for action, without := range map[string]string{
		"PutSecretValue": "secret.promoted", "UpdateSecretVersionStage": "secret.promoted",
		"DescribeSecret": "secret.promoted", "DeleteSecret": "secret.deleted", "ListAccessKeys": "key.listed",
		"GetAccessKeyLastUsed": "key.unused", "PutUserPolicy": "policy.effect", "DeleteUserPolicy": "policy.session",
		"UpdateAccessKey": "change.inactive", "DeleteAccessKey": "change.deleted", "CreateUser": "user.exists",
		"DeleteUser": "user.not-empty",
	} {
		t.Run(action, func(t *testing.T) {
			t.Parallel()
			w := imitating(t, nil)
			s := stageOn(t, w)
			w.Intercept(func(c localaws.Call) *localaws.Fault {
				if c.Action == action {
					return &localaws.Fault{Code: "AccessDenied", Message: "User: x is not authorized", Status: 403}
				}
				return nil
			})
			_, by := ask(t, s)
			if a := by[without]; a.Answer != "" || !strings.Contains(a.Unanswered, "is not authorized") {
				t.Errorf("%s: %+v", without, a)
			}
			for _, id := range []string{"secret.none", "key.third", "login.right", "login.wrong-password"} {
				if by[id].Answer == "" {
					t.Errorf("%s: %+v", id, by[id])
				}
			}
		})
	}
}

// TestNothingIsAskedOnceTheCredentialsHaveExpired: AWS answers each call with that, and it is no
// answer to anything.
func TestNothingIsAskedOnceTheCredentialsHaveExpired(t *testing.T) {
	w := imitating(t, nil)
	s := stageOn(t, w)
	w.Intercept(func(c localaws.Call) *localaws.Fault {
		if c.Action == "GetAccessKeyLastUsed" {
			return &localaws.Fault{Code: "ExpiredToken", Status: 403,
				Message: "The security token included in the request is expired"}
		}
		return nil
	})
	answers, err := s.Ask(t.Context())
	if err == nil || !strings.Contains(err.Error(), "ExpiredToken") {
		t.Errorf("got %v", err)
	}
	for _, a := range answers {
		if strings.Contains(a.Answer, "Expired") || strings.HasPrefix(a.ID, "login.") && a.Answer != "" {
			t.Errorf("%+v", a)
		}
	}
}

// TestAThrottledAccountGivesTheSameAnswers: SES takes one mail a second, as in its sandbox.
func TestAThrottledAccountGivesTheSameAnswers(t *testing.T) {
	quick, _ := ask(t, stageOn(t, imitating(t, nil)))
	w := imitating(t, nil)
	var mu sync.Mutex
	var last time.Time
	w.SetSMTPFault(func(_ string, _ int, stage, _ string) *localaws.SMTPReply {
		mu.Lock()
		defer mu.Unlock()
		if stage != "data" {
			return nil
		}
		if now := w.Now(); now.Sub(last) >= time.Second {
			last = now
			return nil
		}
		return &localaws.SMTPReply{Code: 454, Text: "Throttling failure: Maximum sending rate exceeded."}
	})
	slow, _ := ask(t, stageOn(t, w))
	for _, d := range Compare(quick, slow) {
		t.Error(d)
	}
	if differ := Compare(slow, quick); len(differ) > 0 || len(slow) != len(quick) {
		t.Errorf("%d and %d answers: %v", len(slow), len(quick), differ)
	}
	for i := range slow {
		if (slow[i].Answer == "") != (quick[i].Answer == "") {
			t.Errorf("%+v, and %+v", slow[i], quick[i])
		}
	}
}

// TestALoginThatIsReportedLateIsNoMail: IAM's only report of the key is of its login.
func TestALoginThatIsReportedLateIsNoMail(t *testing.T) {
	w := imitating(t, nil)
	w.SetLastUsedDelay(100 * time.Second)
	s := stageOn(t, w)
	_, by := ask(t, s)
	if by["use.login"].Answer != notInTime || by["use.mail"].Answer != "" ||
		!strings.Contains(by["use.mail"].Unanswered, "the login before it was reported as late as that") {
		t.Errorf("%+v, %+v", by["use.login"], by["use.mail"])
	}
}

// TestASessionThatTimesOutSaysNothing about its key or its policy: SES closes sessions for reasons
// of its own, here at the second mail.
func TestASessionThatTimesOutSaysNothing(t *testing.T) {
	w := imitating(t, nil)
	w.SetPropagation(20 * time.Second)
	s := stageOn(t, w)
	var watched atomic.Bool
	var mails atomic.Int64
	s.Progress = func(question string) {
		mails.Store(0)
		watched.Store(strings.Contains(question, "a key that is Inactive") ||
			strings.Contains(question, "policy is taken away"))
	}
	w.SetSMTPFault(func(_ string, _ int, stage, _ string) *localaws.SMTPReply {
		if !watched.Load() || stage != "mail" || mails.Add(1) != 2 {
			return nil
		}
		return &localaws.SMTPReply{Code: 451, Text: "4.4.2 Timeout waiting for data from client."}
	})
	_, by := ask(t, s)
	for _, id := range []string{"session.inactive", "policy.session"} {
		if a := by[id]; a.Answer != "" || !strings.Contains(a.Unanswered, "451 4.4.2") {
			t.Errorf("%+v", a)
		}
	}
	for id, begins := range map[string]string{"session.deleted": "535", "policy.from": "the header's"} {
		if a := by[id]; !strings.HasPrefix(a.Answer, begins) {
			t.Errorf("%+v", a)
		}
	}
}

func TestWhoIsStoppedHasTheAnswersSoFar(t *testing.T) {
	w := imitating(t, nil)
	s := stageOn(t, w)
	ctx, stop := context.WithCancel(t.Context())
	s.Progress = func(question string) {
		if strings.HasPrefix(question, "Does each server accept a new key") {
			stop()
		}
	}
	answers, err := s.Ask(ctx)
	if !errors.Is(err, context.Canceled) || len(answers) != len(questions) || answers[0].Answer == "" ||
		answers[len(answers)-1].Unanswered != "it was stopped before this was asked" {
		t.Errorf("%v, %+v", err, answers)
	}
}
