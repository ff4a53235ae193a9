package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"github.com/seed-486a873a/ses-smtp-rotator/deploy/smtprotate/internal/rehearse"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/localaws"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/localaws/awstest"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/localaws/recording"
)

// sandbox is an account with moto's IAM and Secrets Manager, and localaws's SMTP.
type sandbox struct {
	*testing.T
	world *localaws.World
	url   string
	calls atomic.Int64
	at    map[int64]func() // what happens before a call
	roots string
}

func inSandbox(t *testing.T) *sandbox {
	t.Helper()
	w, err := localaws.Start(localaws.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.Close() })
	w.EnforceSending(true)
	w.VerifyIdentity("example.com")
	w.SetSMTPPatience(5 * time.Second)
	mirror, err := awstest.Mirror(awstest.Moto(t), w)
	if err != nil {
		t.Fatal(err)
	}
	s := &sandbox{T: t, world: w, at: map[int64]func(){}, roots: filepath.Join(t.TempDir(), "roots.pem")}
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if happens := s.at[s.calls.Add(1)]; happens != nil {
			happens()
		}
		mirror.ServeHTTP(rw, r)
	}))
	t.Cleanup(server.Close)
	s.url = server.URL
	if err := os.WriteFile(s.roots, w.CertPEM(), 0o600); err != nil {
		t.Fatal(err)
	}
	return s
}

// command is the built program in the sandbox, at a pace of seconds.
func (s *sandbox) command(args ...string) (*exec.Cmd, *strings.Builder) {
	s.Helper()
	args = append([]string{"rehearse", "--yes", "--region", awstest.Region}, args...)
	cmd := exec.Command(program(s.T), args...)
	cmd.Env = append(os.Environ(), "AWS_ENDPOINT_URL="+s.url, "AWS_ACCESS_KEY_ID=AKIAOPERATOR00000000",
		"AWS_SECRET_ACCESS_KEY=nobodys", "AWS_CONFIG_FILE=/nonexistent", "AWS_SHARED_CREDENTIALS_FILE=/nonexistent",
		"AWS_EC2_METADATA_DISABLED=true", "SSL_CERT_FILE="+s.roots, "SSL_CERT_DIR=/nonexistent")
	var out strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &out
	return cmd, &out
}

// short are the arguments of a rehearsal that takes seconds.
func (s *sandbox) short(more ...string) []string {
	return append([]string{"--endpoint", s.world.SMTP(awstest.Region), "--from", "me@example.com", "--pace", "1s",
		"--patience", "3s"}, more...)
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

func TestARehearsalOnMotoIsWholeAndLeavesNothing(t *testing.T) {
	t.Parallel()
	s := inSandbox(t)
	file := filepath.Join(t.TempDir(), "recording.json")
	cmd, out := s.command(s.short("--record", file)...)
	if err := cmd.Run(); err != nil {
		t.Errorf("%v: %s", err, out)
	}
	t.Log(out)
	s.wantNothing()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	recorded, err := recording.Read(f)
	if err != nil {
		t.Fatal(err)
	}
	text, _ := json.Marshal(recorded)
	for _, secret := range s.world.Secrets() {
		if strings.Contains(string(text), secret) || strings.Contains(out.String(), secret) {
			t.Error("a secret is shown")
		}
	}
	_ = rehearse.Prefix
}

// TestARehearsalThatIsKilledIsCleanedUp kills the process at one call of each act, and has another
// one clean up.
func TestARehearsalThatIsKilledIsCleanedUp(t *testing.T) {
	t.Parallel()
	for _, n := range []int64{2, 3, 5, 7, 15, 40, 80, 110, 130} {
		t.Run(fmt.Sprintf("at call %d", n), func(t *testing.T) {
			s := inSandbox(t)
			cmd, out := s.command(s.short()...)
			s.at[n] = func() { _ = cmd.Process.Kill() }
			if err := cmd.Run(); cmd.ProcessState.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
				t.Errorf("it wasn't killed: %v: %s", err, out)
			}
			clean, out := s.command("--clean")
			if err := clean.Run(); err != nil {
				t.Errorf("%v: %s", err, out)
			}
			s.wantNothing()
		})
	}
}
