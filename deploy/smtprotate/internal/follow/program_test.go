//go:build unix

package follow

import (
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/smtpcreds"
)

// program makes the Follower run a shell script that sets its traps, writes one line to a file, and
// goes on. It returns the file's path.
func (s *stage) program(traps, line, rest string) string {
	s.Helper()
	out := filepath.Join(s.dir, "out")
	s.follower.Program = &Program{
		Args:      []string{"/bin/sh", "-c", traps + "\necho " + line + " >>" + out + "\n" + rest},
		KillAfter: 10 * time.Second,
		Stdout:    &s.log, Stderr: &s.log,
	}
	return out
}

const (
	endsWhenAsked = "trap 'exit 0' TERM"
	goesOn        = "while :; do sleep 0.01; done"
)

func TestAProgramGetsAURLWithTLSFromTheStart(t *testing.T) {
	for host, want := range map[string]string{
		"email-smtp.eu-west-1.amazonaws.com": "SMTP_SMTPS_URL=smtps://AKIAIOSFODNN7EXAMPLE:pass@" +
			"email-smtp.eu-west-1.amazonaws.com:465",
		"relay.example.com": "SMTP_SMTPS_URL=", // this host has no known port for it
	} {
		c, err := parse(smtpcreds.Version{Value: `{"username":"AKIAIOSFODNN7EXAMPLE","password":"pass","host":"` + host +
			`","port":587}`})
		if err != nil {
			t.Fatal(err)
		}
		if got, err := new(Program).environment(c); err != nil || !slices.Contains(got, want) {
			t.Errorf("%s: %q (%v), want %s", host, got, err, want)
		}
	}
}

func TestAProgramGetsTheCredentialAndIsRestartedWithTheNextOne(t *testing.T) {
	s := newStage(t)
	template, err := ParseTemplate("DSN", "dsn={{.url}}")
	if err != nil {
		t.Fatal(err)
	}
	out := s.program(endsWhenAsked, "$SMTP_USERNAME $SMTP_PASSWORD $SMTP_HOST $SMTP_PORT $SMTP_URL $DSN", goesOn)
	s.follower.Program.Environment = map[string]*Template{"DSN": template}
	s.start()
	url := "smtp://AKIA1:pa%2Fss%2Bw0rd%3D1@localhost:587"
	first := "AKIA1 " + password(1) + " localhost 587 " + url + " dsn=" + url + "\n"
	s.holds(out, first)
	s.looks()
	s.holds(out, first)
	s.promote()
	s.holds(out, first+second(first))
	if err := s.ends(); err != nil {
		t.Errorf("it was stopped, and ended with %v", err)
	}
}

// second returns the program's output with the second credential, made from that with the first.
func second(first string) string {
	return strings.NewReplacer("AKIA1", "AKIA2", "w0rd=1", "w0rd=2", "%3D1", "%3D2").Replace(first)
}

func TestAProgramThatReadsFilesGetsASignal(t *testing.T) {
	s := newStage(t)
	file := s.file("file", ordinary)
	out := s.program(endsWhenAsked+"; trap 'cat "+file+" >>"+filepath.Join(s.dir, "out")+"' HUP", "started", goesOn)
	s.follower.Program.Signal = syscall.SIGHUP
	s.start()
	s.holds(out, "started\n")
	s.promote()
	s.holds(out, "started\n"+line(2))
	s.looks()
	s.holds(out, "started\n"+line(2))
}

func TestAProgramStartsWithTheFirstCredentialAndNoSooner(t *testing.T) {
	s := newStage(t)
	s.put("{}")
	out := s.program(endsWhenAsked, "$SMTP_USERNAME", goesOn)
	s.start()
	s.says(1, "no credential yet")
	s.looks()
	if content(out) != "" {
		t.Errorf("it ran with %q", content(out))
	}
	s.promote()
	s.holds(out, "AKIA2\n")
}

func TestAProgramGoesOnWhileAnythingFails(t *testing.T) {
	s := newStage(t)
	out := s.program(endsWhenAsked, "$SMTP_USERNAME", goesOn)
	s.start()
	s.holds(out, "AKIA1\n")
	s.put("{}")
	s.says(1, "no credential yet")
	s.looks()
	s.holds(out, "AKIA1\n")
}

func TestFollowEndsWhenTheProgramEnds(t *testing.T) {
	for script, want := range map[string]Exit{"exit 0": 0, "exit 7": 7, "kill -KILL $$": 137} {
		t.Run(script, func(t *testing.T) {
			s := newStage(t)
			s.follower.Every = time.Hour
			s.program("", "", script)
			for name, run := range map[string]func() error{
				"Run":  func() error { return s.follower.Run(t.Context()) },
				"Once": func() error { return s.follower.Once(t.Context(), 0) },
			} {
				s.follower.Program.running = nil
				err := run()
				var code Exit
				if err != nil && !errors.As(err, &code) || code != want {
					t.Errorf("%s ended with %v, want exit code %d", name, err, want)
				}
			}
		})
	}
}

func TestAProgramThatIgnoresSIGTERMIsKilled(t *testing.T) {
	s := newStage(t)
	out := s.program("trap '' TERM", "started", goesOn)
	s.follower.Program.KillAfter = 200 * time.Millisecond
	s.start()
	s.holds(out, "started\n")
	if err := s.ends(); !errors.Is(err, Exit(137)) {
		t.Errorf("it ended with %v", err)
	}
	s.says(1, "didn't end within 200ms, so it was killed")
}

func TestAProgramThatCannotBeStartedIsReported(t *testing.T) {
	s := newStage(t)
	s.follower.Program = &Program{Args: []string{filepath.Join(s.dir, "missing")}}
	s.start()
	s.says(1, "starting the program: fork/exec")
	s.says(1, "no such file or directory. Everything stays as it is, and this is tried again.")
}

func TestSignalsReachTheProgram(t *testing.T) {
	s := newStage(t)
	out := s.program(endsWhenAsked+"; trap 'echo got it >>"+filepath.Join(s.dir, "out")+"' USR1", "started", goesOn)
	s.follower.Program.Forward(syscall.SIGUSR1) // nothing is running yet
	s.start()
	s.holds(out, "started\n")
	s.follower.Program.Forward(syscall.SIGUSR1)
	s.holds(out, "started\ngot it\n")
}
