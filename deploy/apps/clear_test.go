//go:build unix

package apps_test

import (
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/localaws"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/localaws/whole"
)

// wire records what clients send in the clear, on each of their connections.
type wire struct {
	mu    sync.Mutex
	heard map[int]string
}

// listens records what clients send from now on.
func (s *stage) listens() *wire {
	w := &wire{heard: map[int]string{}}
	s.World.Tap(func(connection int, sent []byte) {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.heard[connection] += string(sent)
	})
	return w
}

// commands returns what was sent in the clear, before each connection's TLS began.
func (w *wire) commands() (all []string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, heard := range w.heard {
		const records = "\x14\x15\x16\x17" // the first bytes of TLS's, and in no command
		if at := strings.IndexAny(heard, records); at >= 0 {
			heard = heard[:at]
		}
		all = append(all, strings.FieldsFunc(heard, func(r rune) bool { return r == '\r' || r == '\n' })...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// harmless matches commands that reveal nothing about the credential or the mail.
var harmless = regexp.MustCompile(`(?i)^(EHLO|HELO) [\x21-\x7e]+$|^(STARTTLS|QUIT|RSET|NOOP)$`)

// saysNothing checks that nothing secret was sent in the clear.
func (w *wire) saysNothing(t *testing.T, when string) {
	t.Helper()
	for _, command := range w.commands() {
		if !harmless.MatchString(command) {
			t.Errorf("%s it says in the clear: %.12q…", when, command)
		}
	}
}

// attack is what an attacker in the middle does.
type attack struct {
	name  string
	begin func(*testing.T, *stage)
	// taken means that a mail is still sent, over TLS.
	taken bool
}

// attacksOn returns the attacks in the columns of README.md's table, and what SES does last. SES
// itself offers AUTH before STARTTLS. Clients that are given smtps also meet an attacker who speaks
// in the clear there.
func attacksOn(w way) []attack {
	show := func(which localaws.Certificate) func(*testing.T, *stage) {
		return func(t *testing.T, s *stage) {
			if err := s.World.ShowCertificate(which); err != nil {
				t.Fatal(err)
			}
		}
	}
	inTheClear := func(hide bool) func(*testing.T, *stage) {
		return func(_ *testing.T, s *stage) {
			s.inTheClear.Store(w.tlsFirst)
			s.World.HideSTARTTLS(hide)
		}
	}
	all := []attack{
		{"STARTTLS left out", inTheClear(true), false},
		{"STARTTLS offered and refused", func(_ *testing.T, s *stage) {
			s.inTheClear.Store(w.tlsFirst)
			s.World.RefuseSTARTTLS(true)
		}, false},
		{"AUTH offered before TLS", inTheClear(false), !w.tlsFirst},
		{"a certificate of nobody's", show(localaws.OfNobody), false},
		{"another's certificate", show(localaws.OfAnother), false},
	}
	if w.tlsFirst {
		all = append(all, attack{"as SES does it", func(*testing.T, *stage) {}, true})
	}
	return all
}

// TestNobodySaysAPasswordInTheClear tries every way of sending with an attacker in the middle.
func TestNobodySaysAPasswordInTheClear(t *testing.T) {
	for _, w := range everyWay() {
		t.Run(w.name, func(t *testing.T) {
			t.Parallel()
			s := w.stage(t, "")
			send, heard := w.start(s), s.listens()
			for n, a := range attacksOn(w) {
				s.World.HideSTARTTLS(false)
				s.World.RefuseSTARTTLS(false)
				s.inTheClear.Store(false)
				if err := s.World.ShowCertificate(localaws.TheirOwn); err != nil {
					t.Fatal(err)
				}
				a.begin(t, s)
				logins := s.World.Logins()
				id := fmt.Sprintf("<%d@app.example.com>", n)
				err := send(id)
				heard.saysNothing(t, a.name+":")
				if a.taken {
					if err != nil || s.arrived()[id] != 1 {
						t.Errorf("%s: %v", a.name, err)
					}
				} else if logged := s.World.Logins() - logins; err == nil || logged > 0 {
					t.Errorf("%s: %v, and it logged in %d times", a.name, err, logged)
				} else {
					t.Logf("%s: %.150v", a.name, err)
				}
			}
		})
	}
}

// everyWay returns all ways; with WHOLE=1, also those with TLS first because of the value's port.
func everyWay() []way {
	all := slices.Clone(ways)
	if !whole.Wanted() {
		return all
	}
	for _, w := range ways {
		if w.followsPort {
			w.name, w.tlsFirst = w.name+", on port 2465", true
			all = append(all, w)
		}
	}
	return all
}

// stage returns a stage for a way to send. The machine may have a name of its own. If TLS comes
// first, the value has both URLs, as with SES's own endpoint on port 587, so a client that takes
// the other URL is found out.
func (w way) stage(t *testing.T, machine string) *stage {
	t.Helper()
	var settings []string
	if w.tlsFirst && w.followsPort {
		settings = []string{"SMTP_ENDPOINT=" + tlsFirst}
	}
	s := newStage(t, settings...)
	s.machine = machine
	if w.tlsFirst && !w.followsPort {
		s.listensWithTLS()
		s.changes(map[string]any{"smtps_url": s.smtpsURL()})
	}
	return s
}

// smtpsURL returns the credential's URL with TLS from the start.
func (s *stage) smtpsURL() string {
	s.Helper()
	c := s.credential()
	c.Port = 2465
	return c.URL()
}

// TestAKeptConnectionThatSESHasEndedLosesNoMail pauses for longer than SES waits for a client,
// which is 10 seconds: "451 4.4.2 Timeout waiting for data from client."
func TestAKeptConnectionThatSESHasEndedLosesNoMail(t *testing.T) {
	for _, w := range ways {
		if !w.keeps {
			continue
		}
		t.Run(w.name, func(t *testing.T) {
			t.Parallel()
			s := w.stage(t, "")
			const patience = 6 * time.Second
			s.World.SetSMTPPatience(patience)
			s.sendsOverAPause(w.start(s), patience+time.Second)
		})
	}
}

// An application may leave Django's connection open.
func TestDjangosOpenConnectionSurvivesAPause(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	const patience = 6 * time.Second
	s.World.SetSMTPPatience(patience)
	cmd, before := s.django(), s.World.Logins()
	cmd.Env = append(cmd.Env, "OPEN=1")
	s.sendsOverAPause(asked(func(*stage) *exec.Cmd { return cmd })(s), patience+time.Second)
	if logins := s.World.Logins() - before; logins != 2 {
		t.Errorf("it logged in %d times", logins)
	}
}

// sendsOverAPause sends mails in a row, pauses, and goes on.
func (s *stage) sendsOverAPause(send func(string) error, pause time.Duration) {
	s.Helper()
	for n := range 4 {
		if n == 2 {
			time.Sleep(pause)
		}
		if err := send(fmt.Sprintf("<%d@app.example.com>", n)); err != nil {
			s.Errorf("mail %d: %v", n, err)
		}
	}
	arrived := s.arrived()
	for n := range 4 {
		if times := arrived[fmt.Sprintf("<%d@app.example.com>", n)]; times != 1 {
			s.Errorf("mail %d arrived %d times", n, times)
		}
	}
}

// TestAMachineWhoseNameIsntASCII sends from such a machine. RFC 5321 allows only ASCII in EHLO.
func TestAMachineWhoseNameIsntASCII(t *testing.T) {
	needsAMachine(t)
	for _, w := range ways {
		if !w.ownName {
			continue
		}
		t.Run(w.name, func(t *testing.T) {
			t.Parallel()
			s := w.stage(t, "bürorechner.example.com")
			send := w.start(s)
			heard := s.listens()
			if err := send("<1@app.example.com>"); err != nil || s.arrived()["<1@app.example.com>"] != 1 {
				t.Errorf("it isn't sent: %v", err)
			}
			heard.saysNothing(t, "")
		})
	}
}

// TestTheREADMEHasEveryWayAndItsState compares README.md's table with what is tested here.
func TestTheREADMEHasEveryWayAndItsState(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(readme), "| client | STARTTLS left out, or refused | AUTH offered before TLS | "+
		"a certificate of nobody's, or another's | state |\n|---|---|---|---|---|\n")
	table, _, _ = strings.Cut(table, "\n\n")
	var want []string
	for _, w := range ways {
		early := "sent, over TLS"
		if w.tlsFirst {
			early = "nothing sent"
		}
		want = append(want, fmt.Sprintf("| %s | nothing sent | %s | nothing sent | %s |", w.name, early, w.state))
	}
	if table != strings.Join(want, "\n") {
		t.Errorf("README.md's table has to be\n%s", strings.Join(want, "\n"))
	}
}
