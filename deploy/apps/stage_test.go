package apps_test

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/mail"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/seed-486a873a/ses-smtp-rotator/deploy/internal/apptest"
	"github.com/seed-486a873a/ses-smtp-rotator/lambda/localfunction"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/localaws/whole"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/rotation"
)

const (
	secret = localfunction.Secret
	region = localfunction.Region
	hour   = time.Hour
	day    = 24 * hour
)

// stage is the function with its own imitation of AWS, where an application reads the secret and
// sends mail.
type stage struct {
	*testing.T
	*localfunction.Deployment
	dir string // the application's
	// implicitTLS says that SES's endpoint speaks TLS from the start.
	implicitTLS bool
	// inTheClear says that an attacker in the middle doesn't, on that endpoint's port.
	inTheClear atomic.Bool
	// machine is the name of the application's machine, if it has one of its own.
	machine string
}

// newStage returns a stage with a first credential, for the endpoint localhost. Settings change the
// function's environment.
func newStage(t *testing.T, settings ...string) *stage {
	t.Helper()
	function, err := localfunction.Start(localfunction.Config{
		Regions: []string{region, "us-east-1"}, Env: map[string]string{"VERIFY_TIMEOUT": "10s"},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { function.Close() })
	s := &stage{T: t, Deployment: function, dir: t.TempDir()}
	s.Env["SMTP_ENDPOINT"] = "localhost:" + s.port()
	s.deploy(settings...)
	s.invoke(`{}`, rotation.Rotated)
	s.write("ca.pem", string(s.World.CertPEM()))
	return s
}

// deploy changes settings of the function's environment.
func (s *stage) deploy(settings ...string) {
	s.Helper()
	for _, one := range settings {
		name, value, _ := strings.Cut(one, "=")
		s.Env[name] = value
	}
	if s.implicitTLS = s.Env["SMTP_ENDPOINT"] == tlsFirst; s.implicitTLS {
		s.listensWithTLS()
	}
	s.Restart()
}

// listensWithTLS opens the port of tlsFirst.
func (s *stage) listensWithTLS() {
	s.Helper()
	s.forward("127.0.0.1:2465", func() string {
		if s.inTheClear.Load() {
			return s.World.SMTP(region)
		}
		return s.World.SMTPS(region)
	})
}

// tlsFirst is an endpoint on a port for TLS from the start.
const tlsFirst = "localhost:2465"

// besideOthers lets a test's essential form run in parallel. The whole test needs the machine for
// itself.
func besideOthers(t *testing.T) {
	if !whole.Wanted() {
		t.Parallel()
	}
}

// inBothModes runs a test with an endpoint that uses STARTTLS, and with WHOLE=1 also with one that
// speaks TLS from the start.
func inBothModes(t *testing.T, test func(*stage)) {
	t.Parallel()
	if whole.Wanted() {
		t.Run("TLS from the start", func(t *testing.T) { test(newStage(t, "SMTP_ENDPOINT="+tlsFirst)) })
	}
	t.Run("STARTTLS", func(t *testing.T) { test(newStage(t)) })
}

// portInUse makes tests with TLS from the start wait for each other: there is one port for it.
var portInUse sync.Mutex

// forward passes connections on until the test ends.
func (s *stage) forward(from string, to func() string) {
	s.Helper()
	portInUse.Lock()
	s.Cleanup(portInUse.Unlock)
	var listener net.Listener
	s.soon(2*time.Minute, from+" is free: another run of these tests may have it", func() bool {
		var err error
		listener, err = net.Listen("tcp", from)
		return err == nil
	})
	s.Cleanup(func() { listener.Close() })
	go func() {
		for {
			in, err := listener.Accept()
			if err != nil {
				return
			}
			out, err := net.Dial("tcp", to())
			if err != nil {
				in.Close()
				continue
			}
			pass := func(a, b net.Conn) { _, _ = io.Copy(a, b); a.Close(); b.Close() }
			go pass(in, out)
			go pass(out, in)
		}
	}()
}

// port returns SES's port with STARTTLS.
func (s *stage) port() string {
	_, port, _ := strings.Cut(s.World.SMTP(region), ":")
	return port
}

// named returns the path of one of the application's files.
func (s *stage) named(name string) string { return filepath.Join(s.dir, name) }

func (s *stage) write(name, text string) {
	s.Helper()
	path := s.named(name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		s.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		s.Fatal(err)
	}
}

// recipe returns a recipe's file, as people copy it.
func (s *stage) recipe(path string) string {
	s.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		s.Fatal(err)
	}
	return string(text)
}

// invoke sends the function an event, and checks the outcome.
func (s *stage) invoke(event string, want rotation.Outcome) {
	s.Helper()
	if got := s.answer(event); got.Outcome != want {
		s.Fatalf("%s: outcome %s, want %s: %s", event, got.Outcome, want, got.Text)
	}
}

// answer returns the function's answer to an event.
func (s *stage) answer(event string) localfunction.Answer {
	s.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	answer, err := s.Invoke(ctx, event)
	if err != nil {
		s.Fatalf("%s: %v", event, err)
	}
	return answer
}

// rotate lets a month pass, so that a tick rotates.
func (s *stage) rotate() {
	s.Helper()
	s.World.Advance(31 * day)
	s.invoke(`{}`, rotation.Rotated)
}

// retire lets the grace period and the quarantine pass, with their ticks. Days pass in no time
// here, so a mail may be under way with the old key when the grace period ends; then the function
// waits until the key is out of use.
func (s *stage) retire() {
	s.Helper()
	s.World.Advance(9 * day)
	for tries := 1; ; tries++ {
		answer := s.answer(`{}`)
		if answer.Outcome == rotation.Retired {
			break
		}
		if answer.Outcome != rotation.Waiting || tries == 12 {
			s.Fatalf("the old key isn't retired: %s", answer.Text)
		}
		time.Sleep(200 * time.Millisecond)
		s.World.Advance(day + hour)
	}
	s.World.Advance(3 * day)
	s.invoke(`{}`, rotation.Deleted)
}

// value returns the secret's current value.
func (s *stage) value() localfunction.Credential {
	s.Helper()
	c, err := s.Current()
	if err != nil {
		s.Fatal(err)
	}
	return c
}

// current returns the access key in the secret.
func (s *stage) current() string { s.Helper(); return s.value().Username }

// env returns the application's environment. Its AWS identity isn't the SMTP user's.
func (s *stage) env(more ...string) []string {
	return append([]string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + s.dir, "AWS_REGION=" + region, "AWS_DEFAULT_REGION=" + region,
		"AWS_ENDPOINT_URL=" + s.World.URL(),
		"AWS_ACCESS_KEY_ID=AKIAAPPLICATION00000", "AWS_SECRET_ACCESS_KEY=its own", "AWS_CONFIG_FILE=/nonexistent",
		"AWS_SHARED_CREDENTIALS_FILE=/nonexistent",
		"SMTPROTATE_SECRET=" + secret, "SMTP_SECRET=" + secret, "SSL_CERT_FILE=" + s.named("ca.pem"),
		"NODE_EXTRA_CA_CERTS=" + s.named("ca.pem"),
	}, more...)
}

// command returns one of the application's programs, on its machine.
func (s *stage) command(program string, args ...string) *exec.Cmd {
	cmd := exec.Command(program, args...)
	if s.machine != "" {
		inside := []string{"--uts", "sh", "-c", `printf %s "$0" >/proc/sys/kernel/hostname && exec "$@"`, s.machine, program}
		cmd = exec.Command("unshare", append(inside, args...)...)
	}
	cmd.Env = s.env()
	return cmd
}

// runs runs a program, which has to succeed, and returns its output.
func (s *stage) runs(cmd *exec.Cmd) string {
	s.Helper()
	out, err := cmd.CombinedOutput()
	if err != nil {
		s.Fatalf("%q: %v\n%s", cmd.Args, err, out)
	}
	return string(out)
}

// needs skips a test if a program is missing, and with -short in any case: that runs no other
// people's programs.
func needs(t *testing.T, programs ...string) {
	t.Helper()
	if testing.Short() {
		t.Skipf("runs %s, and -short was asked for", strings.Join(programs, ", "))
	}
	for _, program := range programs {
		if _, err := exec.LookPath(program); err != nil {
			t.Skipf("%s isn't installed: %v", program, err)
		}
	}
}

// soon waits until a condition holds.
func (s *stage) soon(patience time.Duration, what string, so func() bool) {
	s.Helper()
	for until := time.Now().Add(patience); !so(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(until) {
			s.Fatalf("in %v it didn't come to be that %s", patience, what)
		}
	}
}

// arrived counts the mails that SES accepted, by their Message-IDs.
func (s *stage) arrived() map[string]int {
	s.Helper()
	counts := map[string]int{}
	for _, m := range s.World.Mail() {
		parsed, err := mail.ReadMessage(bytes.NewReader(m.Data))
		if err != nil {
			s.Fatal(err)
		}
		counts[parsed.Header.Get("Message-ID")]++
	}
	return counts
}

// sentWith returns the keys with which mails were sent, each once, in the order of their first
// mails.
func (s *stage) sentWith() (keys []string) {
	seen := map[string]bool{}
	for _, m := range s.World.Mail() {
		if !seen[m.AccessKeyID] {
			seen[m.AccessKeyID] = true
			keys = append(keys, m.AccessKeyID)
		}
	}
	return keys
}

func TestMain(m *testing.M) { apptest.Main(m) }

// follow runs smtprotate follow until the test ends, and returns its output.
func (s *stage) follow(args ...string) (said *output) {
	s.Helper()
	program, err := apptest.Smtprotate()
	if err != nil {
		s.Fatal(err)
	}
	cmd := exec.Command(program, append([]string{"follow", "--every", "200ms"}, args...)...)
	cmd.Env, said = s.env(), &output{}
	cmd.Stdout, cmd.Stderr = said, said
	if err := cmd.Start(); err != nil {
		s.Fatal(err)
	}
	s.Cleanup(func() {
		_ = cmd.Process.Signal(os.Interrupt)
		_ = cmd.Wait()
		if s.Failed() {
			s.Logf("smtprotate follow said:\n%s", said)
		}
	})
	return said
}

type output = apptest.Output
