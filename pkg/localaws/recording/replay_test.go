package recording

import (
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// recordings are the files of testdata, by name.
func recordings(t *testing.T) map[string]Recording {
	t.Helper()
	files, err := filepath.Glob("../testdata/recordings/*.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("no recordings, %v", err)
	}
	all := map[string]Recording{}
	for _, name := range files {
		f, err := os.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		r, err := Read(f)
		_ = f.Close()
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		all[filepath.Base(name)] = r
	}
	return all
}

// TestLocalawsAnswersAsRecorded is what recordings are for: whoever has an account adds a file.
func TestLocalawsAnswersAsRecorded(t *testing.T) {
	for name, recorded := range recordings(t) {
		t.Run(name, func(t *testing.T) {
			answers, _ := ask(t, stageOn(t, imitating(t, recorded.Answers)))
			for _, d := range Compare(recorded.Answers, answers) {
				t.Error(d)
			}
			compared := 0
			for _, a := range recorded.Answers {
				isAct := strings.HasPrefix(a.ID, "act.") // the function's: pkg rehearse compares those
				if !isAct && !slices.ContainsFunc(answers, func(here Answer) bool { return here.ID == a.ID }) {
					t.Errorf("nobody asks %s", a.ID)
				}
				if a.Answer != "" && !isAct {
					compared++
				}
			}
			if compared == 0 {
				t.Error("it has nothing to compare")
			}
		})
	}
}

func TestARecordingThatSaysOtherwiseIsFoundOut(t *testing.T) {
	answers, _ := ask(t, stageOn(t, imitating(t, nil)))
	for i, a := range answers {
		if a.Answer == "" {
			continue
		}
		recorded := slices.Clone(answers)
		recorded[i].Answer += "!"
		if found := Compare(recorded, answers); len(found) != 1 || found[0].ID != a.ID {
			t.Errorf("%s: found %v", a.ID, found)
		}
	}
}

// TestWhatIsSlowIsRecordedAndImitated: a slow AWS is recorded, and a World that imitates the
// recording is asked the same.
func TestWhatIsSlowIsRecordedAndImitated(t *testing.T) {
	slow := imitating(t, nil)
	slow.SetPropagation(4*time.Second, 9*time.Second)
	slow.SetPolicyPropagation(6 * time.Second)
	slow.SetLastUsedDelay(20 * time.Second)
	recorded, by := ask(t, stageOn(t, slow))
	for id, want := range map[string]map[string]float64{
		"login.new":       {"first server after": 4, "all servers after": 9},
		"change.inactive": {"first server after": 4, "all servers after": 9},
		"policy.effect":   {"allowed after": 6},
		"use.login":       {"reported after": 20},
	} {
		for what, seconds := range want {
			late := 2.0 // a key is asked about once a second
			if id == "use.login" {
				late = 11 // and its last use every ten
			}
			if got := by[id].Seconds[what]; got < seconds-1 || got > seconds+late {
				t.Errorf("%s: %s %.1f s, want %.0f", id, what, got, seconds)
			}
		}
	}
	if ended := by["session.inactive"].Seconds["ended after"]; ended < 4 || ended > 11 { // it is on one server
		t.Errorf("the session ended after %.1f s, want what one server took", ended)
	}
	if want := "535 Authentication Credentials Invalid"; by["login.not-yet"].Answer != want {
		t.Errorf("to a key that isn't known yet: %+v, want %s", by["login.not-yet"], want)
	}
	again, byAgain := ask(t, stageOn(t, imitating(t, recorded)))
	for _, d := range Compare(recorded, again) {
		t.Error(d)
	}
	for _, id := range []string{"login.new", "policy.effect", "use.login"} {
		for what, seconds := range by[id].Seconds {
			if got := byAgain[id].Seconds[what]; math.Abs(got-seconds) > 11 {
				t.Errorf("%s: %s %.1f s, and %.1f s imitated", id, what, seconds, got)
			}
		}
	}
}
