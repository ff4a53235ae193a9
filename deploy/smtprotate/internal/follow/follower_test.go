package follow

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/localaws"
)

func TestAChangeReachesTheFilesAndThenTheCommand(t *testing.T) {
	s := newStage(t)
	one, two := s.file("one", ordinary), s.file("two",
		"[{{.host}}]:{{.port}} {{json .username}} {{base64 .password}} {{.url}}\n")
	ran := filepath.Join(s.dir, "ran")
	s.follower.Command = "cat " + one + " >>" + ran
	s.start()
	s.holds(ran, line(1))
	s.holds(two, "[localhost]:587 \"AKIA1\" cGEvc3MrdzByZD0x smtp://AKIA1:pa%2Fss%2Bw0rd%3D1@localhost:587\n")
	s.promote()
	s.holds(ran, line(1)+line(2))
	s.holds(one, line(2))
	s.looks()
	if got := content(ran); got != line(1)+line(2) {
		t.Errorf("with nothing changed, the command ran again: %q", got)
	}
	s.only(s.dir, "one", "ran", "two")
	if err := s.ends(); err != nil {
		t.Errorf("it was stopped, and ended with %v", err)
	}
}

func TestOnlyTheOwnerCanReadAFile(t *testing.T) {
	s := newStage(t)
	private, shared := s.file("private", ordinary), s.file("shared", ordinary)
	s.follower.Files[1].Mode = 0o640
	s.start()
	s.holds(private, line(1))
	s.holds(shared, line(1))
	mode := func(path string) fs.FileMode {
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		return info.Mode()
	}
	if mode(private) != 0o600 || mode(shared) != 0o640 {
		t.Errorf("modes %v and %v", mode(private), mode(shared))
	}
	if err := os.Chmod(private, 0o644); err != nil {
		t.Fatal(err)
	}
	s.soon("its mode is mended", func() bool { return mode(private) == 0o600 })
}

func TestAFileThatWasChangedOrRemovedIsWrittenAgain(t *testing.T) {
	s := newStage(t)
	path := s.file("file", ordinary)
	s.start()
	s.holds(path, line(1))
	if err := os.WriteFile(path, []byte("the package's own"), 0o600); err != nil {
		t.Fatal(err)
	}
	s.holds(path, line(1))
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	s.holds(path, line(1))
}

func TestWhatALinkLeadsToIsReplaced(t *testing.T) {
	s := newStage(t)
	real, link := filepath.Join(s.dir, "real"), filepath.Join(s.dir, "link")
	if err := os.WriteFile(real, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("real", link); err != nil {
		t.Fatal(err)
	}
	s.file("link", ordinary)
	s.start()
	s.holds(real, line(1))
	if target, err := os.Readlink(link); err != nil || target != "real" {
		t.Errorf("the link leads to %q, %v", target, err)
	}
}

func TestANewVersionWithTheSameCredentialDisturbsNobody(t *testing.T) {
	s := newStage(t)
	path, ran := s.file("file", ordinary), filepath.Join(s.dir, "ran")
	s.follower.Command = "echo >>" + ran
	s.start()
	s.holds(ran, "\n")
	before, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	current, _ := s.world.Labelled(secret, "AWSCURRENT")
	s.put(current.Value)
	s.looks()
	after, err := os.Stat(path)
	if err != nil || !os.SameFile(before, after) || content(ran) != "\n" {
		t.Errorf("it was rewritten (%v), and the command ran %q", err, content(ran))
	}
}

func TestWhileAnythingFailsTheLastGoodFilesStay(t *testing.T) {
	answer := func(f localaws.Fault) func(*stage) {
		return func(s *stage) { s.world.Intercept(func(localaws.Call) *localaws.Fault { return &f }) }
	}
	value := func(text string) func(*stage) { return func(s *stage) { s.put(text) } }
	for name, c := range map[string]struct {
		trouble func(*stage)
		says    []string
	}{
		"the secret is gone": {answer(localaws.Fault{Code: "ResourceNotFoundException"}),
			[]string{"reading the secret mail", "check its name or ARN, and the Region"}},
		"the permission is lost": {answer(localaws.Fault{Code: "AccessDeniedException",
			Message: "User is not authorized"}), []string{"not authorized", "secretsmanager:GetSecretValue",
			"ReaderArns"}},
		"the key can't be used": {answer(localaws.Fault{Code: "DecryptionFailure"}), []string{"KMS key"}},
		"it is marked for deletion": {answer(localaws.Fault{Code: "InvalidRequestException",
			Message: "marked for deletion"}), []string{"restore-secret"}},
		"Secrets Manager fails":     {answer(localaws.Fault{Status: 500}), []string{"InternalFailure"}},
		"the connection is dropped": {answer(localaws.Fault{Drop: true}), []string{"reading the secret mail"}},
		"it is throttled": {answer(localaws.Fault{Code: "ThrottlingException"}),
			[]string{"ThrottlingException"}},
		"the value is emptied": {value("{}"), []string{"no credential yet", "first rotation writes it"}},
		"the value is no JSON": {value("text"), []string{"isn't a JSON object"}},
		"the value lacks a password": {value(`{"username":"AKIA","port":1}`),
			[]string{`"password" is missing; "host" is missing. Everything`}},
		"the value has another line": {value(`{"username":"AKIA","password":"a\nb","host":"h","port":1}`),
			[]string{`"password" has spaces or control characters`}},
		"the value has a wrong field": {value(`{"username":7,"password":"p","host":"h","port":1}`),
			[]string{`"username" isn't text`}},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t)
			path, ran := s.file("file", ordinary), filepath.Join(s.dir, "ran")
			s.follower.Command = "cat " + path + " >>" + ran
			s.start()
			s.holds(ran, line(1))
			c.trouble(s)
			s.says(1, "Everything stays as it is, and this is tried again.")
			for _, text := range c.says {
				s.says(1, text)
			}
			s.looks()
			if content(path) != line(1) || content(ran) != line(1) {
				t.Errorf("the file holds %q, and the command saw %q", content(path), content(ran))
			}
			s.world.Intercept(nil)
			s.promote()
			s.holds(ran, line(1)+line(2))
			s.says(1, "everything works again, after")
			s.only(s.dir, "file", "ran")
			if got := strings.Count(s.log.String(), "tried again"); got != 1 {
				t.Errorf("the trouble was reported %d times: %s", got, s.log.String())
			}
		})
	}
}

func TestATemplateThatCannotBeRenderedTouchesNoFile(t *testing.T) {
	s := newStage(t)
	first, second := s.file("first", ordinary), s.file("second", "{{.team}}\n")
	s.start()
	s.says(1, `rendering the template template: second.tmpl:1:2: executing "second.tmpl" at <.team>: map has no entry for key "team"`)
	s.only(s.dir)
	s.put(`{"username":"AKIA9","password":"p","host":"h","port":1,"team":"red"}`)
	s.holds(second, "red\n")
	s.holds(first, "AKIA9:p\n")
	s.says(1, "everything works again")
}

func TestATemplatesErrorDoesNotContainThePassword(t *testing.T) {
	s := newStage(t)
	s.file("file", "{{range .password}}{{end}}")
	s.start()
	s.says(1, "range can't iterate over [redacted]")
}

func TestACommandThatFailsRunsUntilItSucceeds(t *testing.T) {
	s := newStage(t)
	path, tries := s.file("file", ordinary), filepath.Join(s.dir, "tries")
	s.follower.Command = `echo try >>` + tries + `; [ $(wc -l <` + tries + `) -gt 2 ] || { echo broken; exit 7; }`
	s.start()
	s.holds(tries, "try\ntry\ntry\n")
	s.says(1, "broken\n")
	s.says(1, "failed: exit status 7. Everything stays as it is, and this is tried again.")
	s.says(1, "everything works again")
	s.looks()
	if content(tries) != "try\ntry\ntry\n" || content(path) != line(1) {
		t.Errorf("tries %q, file %q", content(tries), content(path))
	}
}

func TestACommandThatHangsIsEnded(t *testing.T) {
	s := newStage(t)
	alive := filepath.Join(s.dir, "alive")
	s.follower.Command = "while :; do echo >>" + alive + "; sleep 0.01; done & wait"
	s.follower.CommandTimeout = 100 * time.Millisecond
	s.start()
	s.says(1, "was ended because it took longer than 100ms. Everything stays as it is")
	s.ends()
	before := content(alive)
	time.Sleep(100 * time.Millisecond)
	if content(alive) != before {
		t.Error("a process that it started still runs")
	}
}

func TestTheCommandRunsAtTheStartBecauseNobodyKnowsWhetherItEverDid(t *testing.T) {
	s := newStage(t)
	path, ran := s.file("file", ordinary), filepath.Join(s.dir, "ran")
	if err := os.WriteFile(path, []byte(line(1)), 0o600); err != nil {
		t.Fatal(err)
	}
	s.follower.Command = "echo >>" + ran
	s.start()
	s.holds(ran, "\n")
	s.says(1, "the files already have access key AKIA1")
}

func TestACommandWithoutFilesRunsWhenTheCredentialChanges(t *testing.T) {
	s := newStage(t)
	ran := filepath.Join(s.dir, "ran")
	s.follower.Command = "echo >>" + ran
	s.start()
	s.holds(ran, "\n")
	s.promote()
	s.holds(ran, "\n\n")
}

func TestItWaitsForTheFirstCredential(t *testing.T) {
	s := newStage(t)
	ready := make(chan struct{})
	s.follower.Ready = func() { close(ready) }
	s.put("{}")
	path := s.file("file", ordinary)
	s.start()
	s.says(1, "no credential yet")
	select {
	case <-ready:
		t.Error("it was ready too soon")
	default:
	}
	s.promote()
	s.holds(path, line(2))
	<-ready
}

func TestItReadsTheSecretAtOnceWhenAsked(t *testing.T) {
	s := newStage(t)
	now := make(chan struct{})
	s.follower.Every, s.follower.Now = time.Hour, now
	path := s.file("file", ordinary)
	s.start()
	s.holds(path, line(1))
	s.promote()
	now <- struct{}{}
	s.holds(path, line(2))
}

func TestOnceSucceedsOnceOrSaysWhyNot(t *testing.T) {
	s := newStage(t)
	path := s.file("file", ordinary)
	if err := s.follower.Once(t.Context(), 0); err != nil {
		t.Fatal(err)
	}
	s.holds(path, line(1))
	s.promote()
	s.world.Intercept(func(localaws.Call) *localaws.Fault { return &localaws.Fault{Code: "AccessDeniedException"} })
	if err := s.follower.Once(t.Context(), 0); err == nil || !strings.Contains(err.Error(), "AccessDeniedException") {
		t.Errorf("with no permission: %v", err)
	}
	if content(path) != line(1) {
		t.Errorf("the file holds %q", content(path))
	}
	var asked atomic.Int32
	s.world.Intercept(func(localaws.Call) *localaws.Fault {
		if asked.Add(1) > 1 {
			return nil
		}
		return &localaws.Fault{Code: "AccessDeniedException"}
	})
	if err := s.follower.Once(t.Context(), time.Minute); err != nil {
		t.Errorf("it has the time to try again, and fails: %v", err)
	}
	s.holds(path, line(2))
}
