//go:build unix

package main

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/localaws"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/localaws/whole"
)

var (
	builtOnce sync.Once
	builtPath string
	errBuilt  error
)

// helpers are things that this test binary does instead of testing, by the value of
// SMTPROTATE_TEST_HELPER.
var helpers = map[string]func(){}

func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "guard" { // follow starts its guardian from this binary
		main()
		os.Exit(0)
	}
	if help := helpers[os.Getenv("SMTPROTATE_TEST_HELPER")]; help != nil {
		help()
		os.Exit(0)
	}
	code := m.Run()
	if builtPath != "" {
		os.RemoveAll(filepath.Dir(builtPath))
	}
	os.Exit(code)
}

// program returns the path of smtprotate, built once.
func program(t *testing.T) string {
	t.Helper()
	builtOnce.Do(func() {
		var dir string
		if dir, errBuilt = os.MkdirTemp("", "smtprotate"); errBuilt != nil {
			return
		}
		builtPath = filepath.Join(dir, "smtprotate")
		out, err := exec.Command("go", "build", "-o", builtPath, ".").CombinedOutput()
		if err != nil {
			errBuilt = fmt.Errorf("%w: %s", err, out)
		}
	})
	if errBuilt != nil {
		t.Fatal(errBuilt)
	}
	return builtPath
}

// followed is a secret, and a folder for the files of its follower.
type followed struct {
	*testing.T
	world      *localaws.World
	dir        string
	credential int
}

func newFollowed(t *testing.T) *followed {
	t.Helper()
	t.Parallel()
	world, err := localaws.Start(localaws.Config{Regions: []string{region}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { world.Close() })
	world.CreateSecret("mail", "{}")
	f := &followed{T: t, world: world, dir: t.TempDir()}
	f.write("tmpl", "{{.username}}\n")
	f.promote()
	return f
}

func (f *followed) promote() {
	f.Helper()
	f.credential++
	value := fmt.Sprintf(`{"username":"AKIA%d","password":"pw","host":"localhost","port":587}`, f.credential)
	if _, err := f.world.PutSecretValue("mail", value); err != nil {
		f.Fatal(err)
	}
}

// named returns the path of a file in the folder.
func (f *followed) named(name string) string { return filepath.Join(f.dir, name) }

func (f *followed) write(name, text string) {
	f.Helper()
	if err := os.WriteFile(f.named(name), []byte(text), 0o600); err != nil {
		f.Fatal(err)
	}
}

func (f *followed) content(name string) string {
	text, _ := os.ReadFile(f.named(name))
	return string(text)
}

// ordinary returns arguments that keep the file "out" in step.
func (f *followed) ordinary() []string {
	return []string{"--template", f.named("tmpl") + ":" + f.named("out")}
}

// command returns a smtprotate follow as anybody would run it.
func (f *followed) command(args ...string) (*exec.Cmd, *bytes.Buffer) {
	f.Helper()
	cmd := exec.Command(program(f.T), append([]string{"follow", "--secret", "mail"}, args...)...)
	cmd.Env = []string{
		"PATH=" + os.Getenv("PATH"), "AWS_REGION=" + region, "AWS_ENDPOINT_URL=" + f.world.URL(),
		"AWS_ACCESS_KEY_ID=AKIAFOLLOWER",
		"AWS_SECRET_ACCESS_KEY=its own", "AWS_CONFIG_FILE=/nonexistent", "AWS_SHARED_CREDENTIALS_FILE=/nonexistent",
	}
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	cmd.WaitDelay = 10 * time.Second // for processes that it shouldn't have left running
	return cmd, &said
}

// ends runs a command until it ends.
func (f *followed) ends(code int, says string, args ...string) {
	f.Helper()
	cmd, said := f.command(args...)
	err := cmd.Run()
	if exit, ok := errors.AsType[*exec.ExitError](err); err != nil && !ok {
		f.Fatal(exit, err)
	}
	if got := cmd.ProcessState.ExitCode(); got != code || !strings.Contains(said.String(), says) {
		f.Errorf("%q ended with %d, want %d, and said\n%s\nwant %q", args, got, code, said, says)
	}
}

// starts starts a command, and waits until it or its program has written the file "out".
func (f *followed) starts(args ...string) (*exec.Cmd, *bytes.Buffer) {
	f.Helper()
	cmd, said := f.command(args...)
	if err := cmd.Start(); err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { _ = cmd.Process.Signal(syscall.SIGTERM); _ = cmd.Wait() })
	f.soon("out", "AKIA1\n")
	return cmd, said
}

func (f *followed) soon(name, want string) {
	f.Helper()
	for until := time.Now().Add(20 * time.Second); f.content(name) != want; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(until) {
			f.Fatalf("%s holds %q, want %q", name, f.content(name), want)
		}
	}
}

func (f *followed) signal(cmd *exec.Cmd, s os.Signal) {
	f.Helper()
	if err := cmd.Process.Signal(s); err != nil {
		f.Fatal(err)
	}
}

func TestFollowEndsCleanlyOnSIGTERM(t *testing.T) {
	f := newFollowed(t)
	cmd, said := f.starts(f.ordinary()...)
	f.signal(cmd, syscall.SIGTERM)
	if err := cmd.Wait(); err != nil {
		t.Errorf("it ended with %v: %s", err, said)
	}
	if !strings.Contains(said.String(), "smtprotate: wrote "+f.named("out")+" for access key AKIA1 (version ") {
		t.Errorf("it said %s", said)
	}
}

func TestFollowReadsTheSecretAtOnceOnSIGHUP(t *testing.T) {
	f := newFollowed(t)
	cmd, _ := f.starts(append(f.ordinary(), "--every", "1h")...)
	f.promote()
	f.signal(cmd, syscall.SIGHUP)
	f.soon("out", "AKIA2\n")
}

func TestFollowRunsAProgramAndPassesOnItsSignalsAndItsExitCode(t *testing.T) {
	f := newFollowed(t)
	script := "trap 'exit 7' USR2; echo $SMTP_USERNAME >" + f.named("out") + "; while :; do sleep 0.01; done"
	cmd, said := f.starts("--env", "A={{.username}}=b", "--", "/bin/sh", "-c", script, "--every", "x")
	f.signal(cmd, syscall.SIGUSR2)
	if err := cmd.Wait(); cmd.ProcessState.ExitCode() != 7 {
		t.Errorf("it ended with %v: %s", err, said)
	}
}

func TestFollowRestartsTheProgramOnAChange(t *testing.T) {
	f := newFollowed(t)
	f.starts("--every", "50ms", "--", "/bin/sh", "-c",
		"trap 'exit 0' TERM; echo $SMTP_USERNAME >>"+f.named("out")+"; while :; do sleep 0.01; done")
	f.promote()
	f.soon("out", "AKIA1\nAKIA2\n")
}

func TestFollowTellsSystemdWhenItIsReady(t *testing.T) {
	f := newFollowed(t)
	socket, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: f.named("notify"), Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer socket.Close()
	cmd, _ := f.command(f.ordinary()...)
	cmd.Env = append(cmd.Env, "NOTIFY_SOCKET="+f.named("notify"), "JOURNAL_STREAM=1:1")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = cmd.Process.Kill(); _ = cmd.Wait() }()
	message := make([]byte, 100)
	if err := socket.SetReadDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	n, err := socket.Read(message)
	if err != nil || string(message[:n]) != "READY=1" || f.content("out") != "AKIA1\n" {
		t.Errorf("it printed %q, %v, with %q written", message[:n], err, f.content("out"))
	}
}

func TestFollowOnce(t *testing.T) {
	f := newFollowed(t)
	f.ends(0, "wrote", append(f.ordinary(), "--once", "--run", "cat "+f.named("out")+" >"+f.named("ran"))...)
	f.soon("ran", "AKIA1\n")
	f.ends(5, "", "--once", "--", "/bin/sh", "-c", "exit 5")
	f.ends(1, `the command "exit 4" failed: exit status 4`, "--once", "--wait", "0s", "--run", "exit 4")
	f.ends(1, "check its name or ARN, and the Region",
		append(f.ordinary(), "--once", "--wait", "0s", "--secret", "other")...)
	arn := "arn:aws:secretsmanager:eu-west-1:111122223333:secret:mail-AbCdEf"
	f.ends(1, "reading the secret "+arn, append(f.ordinary(), "--once", "--wait", "0s", "--secret", arn)...)
}

func TestFollowNamesWhatIsWrongWithItsFlags(t *testing.T) {
	f := newFollowed(t)
	f.write("bad", "{{.username")
	for says, args := range map[string][]string{
		"nothing to keep in step":              {},
		"--template x: give FROM:TO":           {"--template", "x"},
		"no such file or directory":            {"--template", "missing:x"},
		"bad:1: unclosed action":               {"--template", f.named("bad") + ":x"},
		"--mode 999: give an octal number":     append(f.ordinary(), "--mode", "999"),
		"--mode 0000: give an octal number":    append(f.ordinary(), "--mode", "0000"),
		"there is no user no-such":             append(f.ordinary(), "--owner", "no-such:0"),
		"there is no group no-such":            append(f.ordinary(), "--owner", "0:no-such"),
		"durations above 0":                    append(f.ordinary(), "--every", "0s"),
		"there is no such signal":              {"--signal", "HOP", "--", "sleep", "1"},
		"--signal and --env are for a program": append(f.ordinary(), "--env", "A=b"),
		"executable file not found":            {"--", "no-such-program"},
		"--env A:1: unclosed action":           {"--env", "A={{", "--", "sleep", "1"},
		`function "shell" not defined`:         {"--env", "A={{shell .password}}", "--", "sleep", "1"},
	} {
		f.ends(1, says, append(args, "--once")...)
	}
	cmd, said := f.command(f.ordinary()...)
	cmd.Env = slices.DeleteFunc(cmd.Env, func(v string) bool { return strings.HasPrefix(v, "AWS_REGION=") })
	if err := cmd.Run(); err == nil || !strings.Contains(said.String(), "no Region: give --region or set AWS_REGION") {
		t.Errorf("without a Region: %v, %s", err, said)
	}
}

// TestAKilledFollowLeavesAWholeFile kills follow as soon as it writes or some milliseconds later,
// until it was killed often enough before it had finished.
func TestAKilledFollowLeavesAWholeFile(t *testing.T) {
	f := newFollowed(t)
	const middle = 8 << 20
	f.write("tmpl", "{{.username}} "+strings.Repeat("x", middle)+" {{.username}}\n")
	args := append(f.ordinary(), "--once")
	f.ends(0, "wrote", args...)
	kills, halves, wanted := 0, 0, whole.Size(t, "kills while it writes", 2, 10)
	for ; halves < wanted; kills++ {
		if kills == 300 {
			t.Fatalf("in %d kills it was killed %d times while it wrote", kills, halves)
		}
		f.promote()
		f.killedWhileWriting(time.Duration(kills%5)*time.Millisecond, args...)
		got := f.content("out")
		user, rest, _ := strings.Cut(got, " ")
		if len(rest) != middle+len(" \n")+len(user) || !strings.HasSuffix(rest, " "+user+"\n") {
			t.Fatalf("kill %d left %d bytes, which begin with %.20q", kills, len(got), got)
		}
		halves += len(f.left())
	}
	t.Logf("%d kills, %d of them while it wrote", kills, halves)
	f.ends(0, "AKIA", args...)
	if left := f.left(); len(left) > 0 {
		t.Errorf("left behind: %q", left)
	}
	if !strings.HasPrefix(f.content("out"), fmt.Sprintf("AKIA%d ", f.credential)) {
		t.Errorf("the file begins with %.20q", f.content("out"))
	}
}

// left returns the half-written files in the folder.
func (f *followed) left() []string {
	f.Helper()
	names, err := filepath.Glob(f.named(".out.*"))
	if err != nil {
		f.Fatal(err)
	}
	return names
}

// killedWhileWriting runs a command, and kills it a while after it has begun to write.
func (f *followed) killedWhileWriting(after time.Duration, args ...string) {
	f.Helper()
	old := f.left()
	cmd, _ := f.command(args...)
	if err := cmd.Start(); err != nil {
		f.Fatal(err)
	}
	ended := make(chan struct{})
	go func() { _ = cmd.Wait(); close(ended) }()
	for writes := false; !writes; {
		select {
		case <-ended:
			return // it finished too soon
		default:
			now := f.left()
			writes = len(now) > 0 && !slices.Equal(now, old)
		}
	}
	time.Sleep(after)
	_ = cmd.Process.Kill()
	<-ended
}
