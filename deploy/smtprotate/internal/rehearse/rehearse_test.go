package rehearse

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/localaws"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/localaws/recording"
)

// want are the answers to the acts, where all goes well.
var want = map[string]string{
	"act.first":      "it does, and SES accepts it",
	"act.rotation":   "it does, and SES accepts both",
	"act.retirement": "it is",
	"act.rollback":   "it does",
	"act.emergency":  "it does, and one key is left",
	"act.revoked":    "they all do",
	"act.mail":       "all of it",
}

// wantAnswers wants just these answers to the acts; an act without one must say why.
func wantAnswers(t *testing.T, recorded recording.Recording, want map[string]string) {
	t.Helper()
	for _, act := range acts {
		i := slices.IndexFunc(recorded.Answers, func(a recording.Answer) bool { return a.ID == act.id })
		if i < 0 {
			t.Errorf("%s isn't there", act.id)
			continue
		}
		a := recorded.Answers[i]
		if a.Answer != want[act.id] || a.Answer == "" && a.Unanswered == "" {
			t.Errorf("%s: %q %q, want %q", act.id, a.Answer, a.Unanswered, want[act.id])
		}
	}
}

// goesWell runs a rehearsal in which all acts end as they should, and nothing is left.
func goesWell(t *testing.T, r *Rehearsal) recording.Recording {
	t.Helper()
	recorded, err := r.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	wantAnswers(t, recorded, want)
	wantNothing(t, r)
	return recorded
}

func TestARehearsalIsWholeAndLeavesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := rehearsal(t, w)
	var said []string
	r.Say = func(text string) { said = append(said, text) }
	recorded := goesWell(t, r)
	if got := len(w.Mail()); got < 30 || got > r.mostMails() {
		t.Errorf("SES got %d mails; %d were announced at most", got, r.mostMails())
	}
	for _, m := range w.Mail() {
		for _, to := range m.To {
			if !strings.HasSuffix(to, "@simulator.amazonses.com") {
				t.Errorf("a mail went to %s", to)
			}
		}
	}
	text, err := json.Marshal(recorded)
	if err != nil {
		t.Fatal(err)
	}
	all := string(text) + strings.Join(said, "\n")
	for _, secret := range w.Secrets() {
		if strings.Contains(all, secret) {
			t.Error("a secret is shown")
		}
	}
	for _, private := range []string{"123456789012", r.User, "AKIA"} {
		if strings.Contains(string(text), private) {
			t.Errorf("the recording has %s in it", private)
		}
	}
}

func TestWithoutASenderTheApplicationLogsIn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := rehearsal(t, w)
	r.From = ""
	recorded, err := r.Run(t.Context())
	if err != nil || len(w.Mail()) > 0 {
		t.Errorf("%v; %d mails", err, len(w.Mail()))
	}
	wanted := map[string]string{}
	for id, answer := range want {
		wanted[id] = answer
	}
	wanted["act.mail"] = "all logins were accepted"
	wantAnswers(t, recorded, wanted)
	wantNothing(t, r)
}

// TestASlowAWSIsRehearsedToo: its servers hear of keys late, and one after the other.
func TestASlowAWSIsRehearsedToo(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.SetPropagation(300*time.Millisecond, time.Second) // the function waits in real time
	w.SetPolicyPropagation(5 * time.Second)
	r := rehearsal(t, w)
	r.Patience = 20 * time.Second
	goesWell(t, r)
}

// TestWhatTheFunctionFailsAtIsToldAndTheRestIsAsked: IAM denies a permission that an act needs.
func TestWhatTheFunctionFailsAtIsToldAndTheRestIsAsked(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := rehearsal(t, w)
	w.Intercept(func(c localaws.Call) *localaws.Fault {
		if c.Action == "UpdateAccessKey" && c.User == r.User {
			return denied(c)
		}
		return nil
	})
	recorded, err := r.Run(t.Context())
	if err == nil || !strings.Contains(err.Error(), "Is the old key deactivated") ||
		!strings.Contains(err.Error(), "iam:UpdateAccessKey") {
		t.Errorf("got %v", err)
	}
	wantAnswers(t, recorded, map[string]string{"act.first": want["act.first"], "act.rotation": want["act.rotation"],
		"act.mail": want["act.mail"]})
	i := slices.IndexFunc(recorded.Answers, func(a recording.Answer) bool { return a.ID == "change.inactive" })
	if i < 0 || recorded.Answers[i].Answer == "" {
		t.Error("the questions weren't asked")
	}
	w.Intercept(nil)
	wantNothing(t, r)
}

// TestALostMailFailsTheRehearsal: SES refuses a mail for good once.
func TestALostMailFailsTheRehearsal(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := rehearsal(t, w)
	r.Say = func(text string) {
		if strings.Contains(text, "Is the old key deactivated") { // when the application alone sends
			w.SetSMTPFault(func(_ string, _ int, stage, _ string) *localaws.SMTPReply {
				if stage != "data" {
					return nil
				}
				w.SetSMTPFault(nil)
				return &localaws.SMTPReply{Code: 554, Text: "Message rejected: for no reason"}
			})
		}
	}
	recorded, err := r.Run(t.Context())
	if err == nil || !strings.Contains(err.Error(), "for no reason") || !strings.Contains(err.Error(), "1 of ") {
		t.Errorf("got %v", err)
	}
	lost := map[string]string{}
	for id, answer := range want {
		lost[id] = answer
	}
	lost["act.mail"] = ""
	wantAnswers(t, recorded, lost)
}

func TestASenderWhomSESDoesNotKnowEndsTheRehearsal(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := rehearsal(t, w)
	r.From = "me@unverified.example"
	_, err := r.Run(t.Context())
	if err == nil || !strings.Contains(err.Error(), "Email address is not verified") ||
		!strings.Contains(err.Error(), "verify me@unverified.example in SES, or leave it out") {
		t.Errorf("got %v", err)
	}
	wantNothing(t, r)
}

func TestNothingIsMadeIfSESCannotBeReached(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := rehearsal(t, w)
	nobody, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = nobody.Close()
	r.Endpoint.Port = nobody.Addr().(*net.TCPAddr).Port
	w.ResetCalls()
	_, err = r.Run(t.Context())
	if err == nil || !strings.Contains(err.Error(), "connecting to SES at "+r.Endpoint.Addr()) || len(w.Calls()) > 0 {
		t.Errorf("got %v after %v", err, w.Calls())
	}
}

// TestALaggingAWSIsRehearsedToo: Secrets Manager and IAM answer for a while with what was.
func TestALaggingAWSIsRehearsedToo(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.SetSecretStaleness(time.Second)
	r := rehearsal(t, w)
	r.Patience = 20 * time.Second
	goesWell(t, r)
}

// TestWhatIAMListsLateIsRemovedAllTheSame: it doesn't list the keys that a user was just given, and
// refuses to delete the user.
func TestWhatIAMListsLateIsRemovedAllTheSame(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := rehearsal(t, w)
	ctx, stop := context.WithCancel(t.Context())
	w.Intercept(func(c localaws.Call) *localaws.Fault {
		if c.Action == "CreateAccessKey" && c.User == r.Asked {
			w.SetListStaleness(40 * time.Second)
			stop()
		}
		return nil
	})
	if _, err := r.Run(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	wantNothing(t, r)
}

// TestAUserWhomIAMDoesNotKnowYetIsRemoved: a user that was just made is unknown to a list at first.
func TestAUserWhomIAMDoesNotKnowYetIsRemoved(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := rehearsal(t, w)
	lags := 0
	w.Intercept(func(c localaws.Call) *localaws.Fault {
		if lags++; (c.Action == "DeleteUser" || c.Action == "ListAccessKeys") && c.User == r.User && lags%2 == 0 {
			return &localaws.Fault{Code: "NoSuchEntity", Message: "The user with name " + c.User + " cannot be found."}
		}
		return nil
	})
	ctx, stop := context.WithCancel(t.Context())
	stop()
	_ = r.build(ctx)
	if err := r.remove(ctx); err != nil {
		t.Error(err)
	}
	w.Intercept(nil)
	wantNothing(t, r)
}

// TestTheSendersIdentityMayBeTheDomainAbove its own.
func TestTheSendersIdentityMayBeTheDomainAbove(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := rehearsal(t, w)
	r.From = "me@mail.example.com"
	recorded := goesWell(t, r)
	if text, _ := json.Marshal(recorded); strings.Contains(string(text), "example.com") {
		t.Error("the recording has the domain in it")
	}
}

// TestAServerThatHearsLateIsWaitedFor after an emergency: the second one behind the address.
func TestAServerThatHearsLateIsWaitedFor(t *testing.T) {
	t.Parallel()
	w, err := localaws.Start(localaws.Config{Regions: []string{region}, Servers: 2})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.Close() })
	r := rehearsal(t, w)
	r.From = ""
	r.Say = func(text string) {
		if strings.Contains(text, "Does an emergency") {
			w.SetPropagation(0, 3*time.Second)
		}
	}
	recorded, err := r.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(recorded.Answers, func(a recording.Answer) bool { return a.ID == "act.revoked" })
	if got := recorded.Answers[i].Seconds["last other reply after"]; got < 2 || got > 4 {
		t.Errorf("the last server refused the key after %.1f s, want 3", got)
	}
}

func TestWhatCannotBeRemovedIsNamed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := rehearsal(t, w)
	r.account = impatient(r.account)
	w.Intercept(func(c localaws.Call) *localaws.Fault {
		if c.Action == "DeleteUser" && c.User == r.User {
			return denied(c)
		}
		return nil
	})
	_, err := r.Run(t.Context())
	for _, want := range []string{"IAM user " + r.User + " is left", "iam:DeleteUser", "smtprotate rehearse --clean"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("no %q in: %v", want, err)
		}
	}
	left, err := r.account.Leftovers(t.Context())
	if err != nil || len(left) != 1 || left[0].Run != r.Names.Run {
		t.Errorf("left: %v, %v", left, err)
	}
}

// TestOnlyWhatIsARehearsalsIsRemoved: other users and secrets may have nearly such names.
func TestOnlyWhatIsARehearsalsIsRemoved(t *testing.T) {
	w := newWorld(t)
	r := rehearsal(t, w)
	for _, name := range []string{"ses-smtp-rehearsal-mine", "shop", "ses-smtp-rehearsal-20261129T1200-abcdef"} {
		w.CreateUser(name)
		if err := w.SetUserPath(name, Path); err != nil {
			t.Fatal(err)
		}
		w.CreateSecret(name+"/credential", "{}")
	}
	wantNothing(t, r)
}

// TestARehearsalsRecordingIsReplayed: what one rehearsal on localaws records is written, read, and
// answered in the same words by another.
func TestARehearsalsRecordingIsReplayed(t *testing.T) {
	t.Parallel()
	recorded, err := Local(t.Context(), region, nil)
	if err != nil {
		t.Fatal(err)
	}
	var file strings.Builder
	if err := recorded.Write(&file); err != nil {
		t.Fatal(err)
	}
	read, err := recording.Read(strings.NewReader(file.String()))
	if err != nil {
		t.Fatal(err)
	}
	again, err := Local(t.Context(), region, read.Answers)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range recording.Compare(read.Answers, again.Answers) {
		t.Error(d)
	}
	if len(again.Answers) != len(read.Answers) || len(read.Answers) < 50 {
		t.Errorf("%d and %d answers", len(read.Answers), len(again.Answers))
	}
}

// TestTheRecordingsOfAccountsAreWhatTheFunctionDoesHere replays the acts of recordings; package
// recording replays the rest.
func TestTheRecordingsOfAccountsAreWhatTheFunctionDoesHere(t *testing.T) {
	const folder = "../../../../pkg/localaws/testdata/recordings/"
	local, err := Local(t.Context(), region, nil)
	if err != nil {
		t.Fatal(err)
	}
	files, err := os.ReadDir(folder)
	if err != nil || len(files) == 0 {
		t.Fatal(err)
	}
	for _, file := range files {
		if !strings.HasSuffix(file.Name(), ".json") {
			continue
		}
		f, err := os.Open(folder + file.Name())
		if err != nil {
			t.Fatal(err)
		}
		recorded, err := recording.Read(f)
		_ = f.Close()
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range recording.Compare(recorded.Answers, local.Answers) {
			if strings.HasPrefix(d.ID, "act.") {
				t.Errorf("%s: %v", file.Name(), d)
			}
		}
	}
}
