//go:build unix

package apps_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/rotation"
)

func TestMsmtp(t *testing.T) {
	needs(t, "msmtp")
	inBothModes(t, func(s *stage) {
		s.keepsMsmtprc()
		c := &client{stage: s, ask: func(id string) string {
			s.soon(20*time.Second, "the file has the credential", func() bool {
				text, _ := os.ReadFile(s.named("msmtprc"))
				return strings.Contains(string(text), "user "+s.current()+"\n")
			})
			cmd := exec.Command("msmtp", "--file", s.named("msmtprc"), "you@example.net")
			cmd.Stdin = strings.NewReader("From: app@example.com\nMessage-ID: " + id + "\n\nHello.\n")
			if out, err := cmd.CombinedOutput(); err != nil || len(out) > 0 {
				return fmt.Sprintf("%v: %s", err, out)
			}
			return "ok"
		}}
		c.life(false)
		s.refusedByMsmtp()
	})
}

// refusedByMsmtp checks what the recipe says about calls with a revoked credential.
func (s *stage) refusedByMsmtp() {
	s.Helper()
	text, err := os.ReadFile(s.named("msmtprc"))
	if err != nil {
		s.Fatal(err)
	}
	s.write("old", string(text))
	s.invoke(`{"action":"emergency"}`, rotation.Revoked)
	cmd := exec.Command("msmtp", "--file", s.named("old"), "you@example.net")
	cmd.Stdin = strings.NewReader("Subject: refused\n\n")
	out, err := cmd.CombinedOutput()
	if exit, ok := errors.AsType[*exec.ExitError](err); !ok || exit.ExitCode() != 77 {
		s.Errorf("with a credential that is gone, it ended with %v, and said %s", err, out)
	}
}
