//go:build unix

package main

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	commandsof "github.com/seed-486a873a/ses-smtp-rotator/deploy/internal/commands"
	"github.com/seed-486a873a/ses-smtp-rotator/deploy/smtprotate/internal/rehearse"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/localaws"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/localaws/awstest"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/localaws/recording"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sendpolicy"
)

// sandbox is an account with moto's IAM and Secrets Manager, and localaws's SMTP.
type sandbox struct {
	*testing.T
	world *localaws.World
	url   string
	dir   string
	roots string // a file

	mu     sync.Mutex // guards what follows
	calls  int
	at     int    // the call before which strike is called; 0: none
	strike func() // nil: nothing
}

func inSandbox(t *testing.T) *sandbox {
	t.Helper()
	s := onLocalaws(t)
	mirror, err := awstest.Mirror(awstest.Moto(t), s.world)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		s.called()
		mirror.ServeHTTP(rw, r)
	}))
	t.Cleanup(server.Close)
	s.url = server.URL
	return s
}

// onLocalaws is one with everything on localaws.
func onLocalaws(t *testing.T) *sandbox {
	t.Helper()
	w, err := localaws.Start(localaws.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.Close() })
	w.EnforceSending(true)
	w.VerifyIdentity("example.com")
	w.SetSMTPPatience(5 * time.Second)
	s := &sandbox{T: t, world: w, url: w.URL(), dir: t.TempDir()}
	s.roots = filepath.Join(s.dir, "roots.pem")
	if err := os.WriteFile(s.roots, w.CertPEM(), 0o600); err != nil {
		t.Fatal(err)
	}
	return s
}

// called counts a call, and strikes if it is the one.
func (s *sandbox) called() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.calls++; s.calls == s.at {
		s.strike()
	}
}

// struck runs a command that is struck before its n-th call.
func (s *sandbox) struck(cmd *exec.Cmd, n int, strike func(*os.Process)) error {
	s.mu.Lock()
	s.at, s.strike = n, func() { strike(cmd.Process) }
	err := cmd.Start()
	s.mu.Unlock()
	if err != nil {
		return err
	}
	return cmd.Wait()
}

// command is the built program's rehearse in the sandbox.
func (s *sandbox) command(args ...string) (cmd *exec.Cmd, stdout, stderr *bytes.Buffer) {
	s.Helper()
	cmd = exec.Command(program(s.T), append([]string{"rehearse", "--region", awstest.Region}, args...)...)
	cmd.Env = append(os.Environ(), "AWS_ENDPOINT_URL="+s.url, "AWS_ACCESS_KEY_ID=AKIAOPERATOR00000000",
		"AWS_SECRET_ACCESS_KEY=nobodys", "AWS_CONFIG_FILE=/nonexistent", "AWS_SHARED_CREDENTIALS_FILE=/nonexistent",
		"AWS_EC2_METADATA_DISABLED=true", "SSL_CERT_FILE="+s.roots, "SSL_CERT_DIR=/nonexistent",
		"GRACE_PERIOD=30d", "SECRET_KEYS=nonsense") // the operator's own, which the function must not get
	stdout, stderr = &bytes.Buffer{}, &bytes.Buffer{}
	cmd.Stdout, cmd.Stderr = stdout, stderr
	return cmd, stdout, stderr
}

// short are the arguments of a rehearsal that takes seconds.
func (s *sandbox) short(more ...string) []string {
	return append([]string{"--yes", "--endpoint", s.world.SMTP(awstest.Region), "--from", "me@example.com",
		"--pace", "1s", "--patience", "3s"}, more...)
}

// wantNothing asks moto itself.
func (s *sandbox) wantNothing() {
	s.Helper()
	cfg := awstest.Config(s.url)
	users, err := iam.NewFromConfig(cfg).ListUsers(s.Context(), &iam.ListUsersInput{})
	if err != nil || len(users.Users) > 0 {
		s.Errorf("%d users are left, %v", len(users.Users), err)
	}
	secrets, err := secretsmanager.NewFromConfig(cfg).ListSecrets(s.Context(), &secretsmanager.ListSecretsInput{})
	if err != nil || len(secrets.SecretList) > 0 {
		s.Errorf("%d secrets are left, %v", len(secrets.SecretList), err)
	}
}

// TestARehearsalOnMotoIsWhole: moto isn't AWS, and answers some questions in words of its own.
func TestARehearsalOnMotoIsWhole(t *testing.T) {
	t.Parallel()
	s := inSandbox(t)
	file := filepath.Join(t.TempDir(), "recording.json")
	cmd, stdout, stderr := s.command(s.short("--record", file)...)
	if err := cmd.Run(); err != nil {
		t.Errorf("%v: %s", err, stderr)
	}
	s.wantNothing()
	for _, want := range []string{
		"Does an emergency replace the key that leaked, and delete it?\n    it does, and one key is left",
		"≠ What does GetAccessKeyLastUsed say of a deleted key?\n    404 NoSuchEntity", "localaws: 403 AccessDenied",
	} {
		if !strings.Contains(stdout.String(), want) {
			t.Errorf("no %q in: %s", want, stdout)
		}
	}
	for line := range strings.Lines(stdout.String() + stderr.String()) {
		if n := len([]rune(line)); n > 101 {
			t.Errorf("%d columns: %s", n, line)
		}
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	recorded, err := recording.Read(bytes.NewReader(text))
	if err != nil || recorded.Region != awstest.Region {
		t.Errorf("%v: %s", err, text)
	}
	for _, secret := range s.world.Secrets() {
		if bytes.Contains(slices.Concat(text, stdout.Bytes(), stderr.Bytes()), []byte(secret)) {
			t.Error("a secret is shown")
		}
	}
}

// someCalls are those at which rehearsals on moto are stopped or killed. Package rehearse tries all
// of them on localaws.
func someCalls() []int {
	if os.Getenv("WHOLE") != "" {
		return []int{5, 40, 80, 120}
	}
	return []int{5, 110}
}

func TestARehearsalThatIsKilledIsCleanedUp(t *testing.T) {
	t.Parallel()
	for _, n := range someCalls() {
		t.Run(fmt.Sprintf("at call %d", n), func(t *testing.T) {
			s := inSandbox(t)
			cmd, _, stderr := s.command(s.short()...)
			err := s.struck(cmd, n, func(p *os.Process) { _ = p.Kill() })
			if cmd.ProcessState.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
				t.Errorf("it wasn't killed: %v: %s", err, stderr)
			}
			run := regexp.MustCompile(rehearse.Prefix + `[a-z0-9TZ-]+`).FindString(stderr.String())
			clean, _, stderr := s.command("--clean", "--yes")
			err = clean.Run()
			if words := strings.Join(strings.Fields(stderr.String()), " "); err == nil ||
				!strings.Contains(words, "It may still be going on. It is left alone; --run "+run+" removes it.") {
				t.Errorf("%v: %s", err, stderr)
			}
			for _, want := range []string{"It is removed.", "Nothing is left of a rehearsal"} {
				clean, stdout, stderr := s.command("--clean", "--yes", "--run", run)
				if err := clean.Run(); err != nil || !strings.Contains(stdout.String(), want) {
					t.Errorf("%v: %s%s", err, stdout, stderr)
				}
			}
			s.wantNothing()
		})
	}
}

func TestARehearsalThatIsInterruptedCleansUpItself(t *testing.T) {
	t.Parallel()
	for _, n := range someCalls() {
		t.Run(fmt.Sprintf("at call %d", n), func(t *testing.T) {
			s := inSandbox(t)
			cmd, _, stderr := s.command(s.short()...)
			err := s.struck(cmd, n, func(p *os.Process) { _ = p.Signal(os.Interrupt) })
			if exit, is := errors.AsType[*exec.ExitError](err); !is || exit.ExitCode() != exitInterrupted ||
				!strings.Contains(stderr.String(), "Stopping: what was made is being removed.") {
				t.Errorf("%v: %s", err, stderr)
			}
			s.wantNothing()
		})
	}
}

// TestARehearsalWhoseReaderIsGoneCleansUp: Ctrl-C ends tee as well, and what is written to it then
// would end the program.
func TestARehearsalWhoseReaderIsGoneCleansUp(t *testing.T) {
	t.Parallel()
	s := onLocalaws(t)
	cmd, _, _ := s.command(s.short()...)
	reader, writer, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stdout, cmd.Stderr = writer, writer
	s.world.Intercept(func(localaws.Call) *localaws.Fault {
		s.called()
		return nil
	})
	err = s.struck(cmd, 30, func(p *os.Process) {
		_ = reader.Close()
		_ = p.Signal(os.Interrupt)
	})
	_ = writer.Close()
	if exit, is := errors.AsType[*exec.ExitError](err); !is || exit.ExitCode() != exitInterrupted {
		t.Errorf("got %v", err)
	}
	s.world.Intercept(nil)
	s.wantNothing()
}

func TestARehearsalsFileIsOpenedBeforeAnythingIsMade(t *testing.T) {
	t.Parallel()
	s := onLocalaws(t)
	cmd, _, stderr := s.command(s.short("--record", "/nonexistent/recording.json")...)
	if err := cmd.Run(); err == nil || !strings.Contains(stderr.String(), "--record: open /nonexistent/") {
		t.Errorf("%v: %s", err, stderr)
	}
	for _, c := range s.world.Calls() {
		if c.Service != "sts" {
			t.Errorf("%s was called", c.Action)
		}
	}
}

func TestNothingIsRehearsedUnlessItIsAgreedTo(t *testing.T) {
	w := inAccount(t, nil)
	operator(t, map[string]*localaws.World{"it": w})
	for _, c := range []struct {
		args, typed string
		says        []string
	}{
		{"rehearse", "", []string{"there is nobody to ask whether to go on: say --yes"}},
		{"rehearse --from me@example.com", "n\n", []string{"in account 123456789012, Region eu-west-1",
			"assumed-role/rotator/session", "from me@example.com to success@simulator.amazonses.com",
			"Cost less than $",
			"nothing was done"}},
		{"rehearse --from example.com", "y\n", []string{"--from example.com: it isn't a mail address"}},
		{"rehearse --pace 10ms", "y\n", []string{"--pace 10ms: it must be at least 1s"}},
		{"rehearse --patience 1s", "y\n", []string{"--patience 1s: it must be at least"}},
		{"rehearse --endpoint mail", "y\n", []string{"mail"}},
		{"rehearse --region eu-south-1", "y\n", []string{"eu-south-1"}}, // SES has no SMTP there
	} {
		var out, err strings.Builder
		code := run(t.Context(), strings.Fields(c.args),
			&console{in: strings.NewReader(c.typed), out: &out, err: &err, interactive: c.typed != ""})
		words := strings.Join(strings.Fields(err.String()), " ")
		for _, want := range c.says {
			if code != exitFailed || !strings.Contains(words, want) {
				t.Errorf("%s: exit code %d, no %q in: %s", c.args, code, want, words)
			}
		}
	}
	for _, call := range w.Calls() {
		if call.Service != "sts" {
			t.Errorf("%s was called", call.Action)
		}
	}
}

// TestARehearsalsPermissionsAreThoseOfItsPage compares the policy of the page with all calls of a
// rehearsal, and of cleaning up.
func TestARehearsalsPermissionsAreThoseOfItsPage(t *testing.T) {
	t.Parallel()
	s := onLocalaws(t)
	for _, args := range [][]string{s.short(), {"--clean", "--yes"}} {
		cmd, stdout, stderr := s.command(args...)
		if err := cmd.Run(); err != nil {
			t.Errorf("%v: %s%s", err, stdout, stderr)
		}
	}
	called := map[string]bool{}
	for _, c := range s.world.Calls() {
		if c.Service != "sts" { // which needs no permission ("GetCallerIdentity", AWS STS API Reference)
			called[c.Service+":"+c.Action] = true
		}
	}
	page, err := os.ReadFile("../rehearse.md")
	if err != nil {
		t.Fatal(err)
	}
	_, text, _ := strings.Cut(string(page), "```json\n")
	text, _, _ = strings.Cut(text, "```")
	policy, err := sendpolicy.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	allowed := map[string]bool{}
	for _, statement := range policy.Statements {
		for _, action := range statement.Action {
			allowed[action] = true
		}
	}
	if !maps.Equal(called, allowed) {
		t.Errorf("called %v\nallowed %v", slices.Sorted(maps.Keys(called)), slices.Sorted(maps.Keys(allowed)))
	}
}

// TestARehearsalDoesWhatItsPageSays runs the page's commands, in the sandbox and in short.
func TestARehearsalDoesWhatItsPageSays(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../rehearse.md")
	if err != nil {
		t.Fatal(err)
	}
	s := onLocalaws(t)
	ran := 0
	for _, command := range commandsof.Of(string(page)) {
		args, is := strings.CutPrefix(command, "smtprotate rehearse ")
		if !is {
			continue
		}
		ran++
		cmd, stdout, stderr := s.command(append(s.short(), strings.Fields(args)...)...)
		cmd.Dir = s.dir
		if err := cmd.Run(); err != nil || stdout.Len() == 0 {
			t.Errorf("%s: %v: %s%s", command, err, stdout, stderr)
		}
	}
	if _, err := os.Stat(filepath.Join(s.dir, "recording.json")); err != nil || ran != 3 {
		t.Errorf("%d commands ran, %v", ran, err)
	}
}
