//go:build linux

package products_test

import (
	"bytes"
	"context"
	"fmt"
	"net/mail"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/seed-486a873a/ses-smtp-rotator/deploy/internal/apptest"
	"github.com/seed-486a873a/ses-smtp-rotator/lambda/localfunction"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/localaws"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/rotation"
)

const (
	region = localfunction.Region
	// arn is follow's name for the secret, by which its calls are recognised.
	arn = "arn:aws:secretsmanager:" + region + ":123456789012:secret:" + localfunction.Secret
	day = 24 * time.Hour
)

// stage is the function with its own imitation of AWS, and a jail with the product of a page.
type stage struct {
	*testing.T
	*localfunction.Deployment
	*jail
	page
	ids   atomic.Int64
	heard atomic.Int64 // how often SES's endpoints have heard something
	// written has the files that follow writes.
	written []string
}

// newStage returns a stage with a first credential, for the endpoint localhost.
func newStage(t *testing.T, product string) *stage {
	t.Helper()
	t.Parallel()
	if testing.Short() {
		t.Skip("runs other people's programs, and -short was asked for")
	}
	function, err := localfunction.Start(localfunction.Config{Env: map[string]string{"VERIFY_TIMEOUT": "10s"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { function.Close() })
	s := &stage{T: t, Deployment: function, page: readPage(t, product)}
	s.Env["SMTP_ENDPOINT"] = "localhost:" + s.startTLS()
	s.Restart()
	s.invoke(`{}`, rotation.Rotated)
	s.World.Tap(func(int, []byte) { s.heard.Add(1) })
	s.jail = newJail(t, s.World.CertPEM(), []string{
		"AWS_REGION=" + region, "AWS_ENDPOINT_URL=" + s.World.URL(), "AWS_CONFIG_FILE=/nonexistent",
		"AWS_ACCESS_KEY_ID=AKIAAPPLICATION00000", "AWS_SECRET_ACCESS_KEY=its own",
		"AWS_SHARED_CREDENTIALS_FILE=/nonexistent",
	})
	program, err := apptest.Smtprotate()
	if err != nil {
		t.Fatal(err)
	}
	// The pages leave follow's interval at its default.
	s.put("/usr/local/bin/smtprotate", "#!/bin/sh\nshift\nexec "+program+` follow --every 200ms "$@"`+"\n", "0755")
	return s
}

// startTLS is SES's port with STARTTLS, and tlsFirst the one with TLS from the start.
func (s *stage) startTLS() string { return port(s.World.SMTP(region)) }
func (s *stage) tlsFirst() string { return port(s.World.SMTPS(region)) }

func port(address string) string {
	_, port, _ := strings.Cut(address, ":")
	return port
}

// install writes the page's files into the jail, with the test's endpoint.
func (s *stage) install() {
	s.Helper()
	for _, f := range s.files {
		s.put(f.path, s.adapt(f.text), "0644")
	}
}

// adapt puts the test's endpoint and secret into a page's text.
func (s *stage) adapt(text string) string {
	text = strings.NewReplacer("email-smtp.eu-west-1.amazonaws.com", "localhost",
		"--secret NAME", "--secret "+arn).Replace(text)
	text = regexp.MustCompile(`\b587\b`).ReplaceAllString(text, s.startTLS())
	return regexp.MustCompile(`\b465\b`).ReplaceAllString(text, s.tlsFirst())
}

// follow runs the page's smtprotate follow until the test ends, and waits for the files that it
// writes.
func (s *stage) follow() {
	s.Helper()
	command := s.command("smtprotate follow")
	written := regexp.MustCompile(`--template [^ :]+:(\S+)`).FindAllStringSubmatch(command, -1)
	if len(written) == 0 {
		s.Fatalf("no --template in %q", command)
	}
	for _, file := range written {
		s.runs("mkdir -p " + filepath.Dir(file[1])) // as the product's installation does
	}
	said := &output{}
	cmd := s.in("sh", "-c", "exec "+s.adapt(command))
	cmd.Stdout, cmd.Stderr = said, said
	if err := cmd.Start(); err != nil {
		s.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	s.Cleanup(func() {
		s.jail.close()
		<-ended
		if s.Failed() {
			s.Logf("smtprotate follow said:\n%s", said)
		}
	})
	for _, file := range written {
		s.written = append(s.written, file[1])
	}
	s.followed()
	if strings.Contains(command, " --run ") { // a reload that comes while the product starts ends some
		s.soon(30*time.Second, "follow has run the command", func() bool {
			return strings.Contains(said.String(), "the command")
		})
	}
}

// followed waits until the files that follow writes have the credential.
func (s *stage) followed() {
	s.Helper()
	for _, file := range s.written {
		s.soon(30*time.Second, file+" has the credential", func() bool {
			return s.in("grep", "-q", s.current(), file).Run() == nil
		})
	}
}

// invoke sends the function an event, and checks the outcome.
func (s *stage) invoke(event string, want rotation.Outcome) {
	s.Helper()
	if got := s.answer(event); got.Outcome != want {
		s.Fatalf("%s: outcome %s, want %s: %s", event, got.Outcome, want, got.Text)
	}
}

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

// current returns the access key in the secret.
func (s *stage) current() string {
	s.Helper()
	c, err := s.Deployment.Current()
	if err != nil {
		s.Fatal(err)
	}
	return c.Username
}

// product sends mail as its page says.
type product struct {
	*stage
	// send lets the product send one mail. The error says why it didn't accept the mail.
	send func(id string) error
	// queues says that an accepted mail waits while it can't be delivered.
	queues bool
	// flush makes the product retry waiting mail at once.
	flush func()
	// repeats says that a mail may come twice, as the page warns.
	repeats bool
}

// life checks what a page promises: a rotation refuses and loses no mail, and a leak loses none if
// the product has a queue.
func (p product) life() {
	p.Helper()
	sent := p.rotations()
	p.leak(&sent)
	if p.flush != nil {
		p.followed()
		p.flush() // some of it may wait for longer than a test does
	}
	p.inStep(&sent, !p.queues)
	p.arrivedOnce(sent)
}

// rotations runs a rotation, the end of its grace period and the deletion of the old key.
func (p product) rotations() (sent []string) {
	p.Helper()
	p.inStep(&sent, false)
	p.World.Advance(31 * day)
	p.invoke(`{}`, rotation.Rotated)
	p.inStep(&sent, false)
	p.World.Advance(9 * day)
	p.invoke(`{}`, rotation.Retired)
	p.inStep(&sent, false)
	p.World.Advance(3 * day)
	p.invoke(`{}`, rotation.Deleted)
	return sent
}

// inStep sends until the product uses the current credential.
func (p product) inStep(sent *[]string, mayFail bool) {
	p.Helper()
	p.soon(time.Minute, "it sends with the current credential", func() bool {
		id := p.id()
		if err := p.send(id); err != nil {
			if !mayFail {
				p.Fatalf("it doesn't send: %v", err)
			}
			return false
		}
		*sent = append(*sent, id)
		return p.key(id) == p.current()
	})
}

// leak lets the key leak; follow learns of it only after a mail has been refused.
func (p product) leak(sent *[]string) {
	p.Helper()
	p.World.Intercept(func(c localaws.Call) *localaws.Fault {
		if c.SecretID == arn {
			return &localaws.Fault{Status: 503}
		}
		return nil
	})
	p.invoke(`{"action":"emergency"}`, rotation.Revoked)
	before := p.World.Logins()
	id := p.id()
	switch err := p.send(id); {
	case err == nil && p.queues:
		p.soon(time.Minute, "the old credential was refused", func() bool { return p.World.Logins() > before })
		*sent = append(*sent, id)
	case err == nil:
		p.Error("it says that it has sent a mail with a credential that is gone")
	case p.queues:
		p.Errorf("it didn't take a mail while the credential was gone: %v", err)
	}
	p.World.Intercept(nil)
}

// key returns the access key with which a mail arrived.
func (p product) key(id string) (key string) {
	p.Helper()
	p.soon(time.Minute, "mail "+id+" arrives", func() bool {
		for _, m := range p.World.Mail() {
			if messageID(p.T, m) == id {
				key = m.AccessKeyID
				return true
			}
		}
		return false
	})
	return key
}

// arrived returns how often a mail arrived.
func (p product) arrived(id string) (times int) {
	p.Helper()
	for _, m := range p.World.Mail() {
		if messageID(p.T, m) == id {
			times++
		}
	}
	return times
}

func (p product) arrivedOnce(sent []string) {
	p.Helper()
	for _, id := range sent {
		p.key(id)
		if n := p.arrived(id); n != 1 && !p.repeats {
			p.Errorf("mail %s arrived %d times", id, n)
		}
	}
	if n := len(p.World.Mail()); n != len(sent) && !p.repeats {
		p.Errorf("%d mails arrived, want %d", n, len(sent))
	}
}

// messageID identifies a test's mail: by its Message-ID, or by the subject if the product makes the
// Message-ID.
func messageID(t *testing.T, m localaws.Mail) string {
	t.Helper()
	parsed, err := mail.ReadMessage(bytes.NewReader(m.Data))
	if err != nil {
		t.Fatal(err)
	}
	if subject := parsed.Header.Get("Subject"); strings.HasPrefix(subject, "<") {
		return subject
	}
	return parsed.Header.Get("Message-ID")
}

func (s *stage) id() string { return fmt.Sprintf("<%d@app.example.com>", s.ids.Add(1)) }

// showsNothing lets an attacker in the middle remove STARTTLS, or show an untrusted certificate,
// and checks that there is no login. It returns the mails that then wait, if the product queues.
func (p product) showsNothing() (waiting []string) {
	p.Helper()
	return []string{p.withoutTLS(), p.withAnyCertificate()}
}

func (p product) withoutTLS() (id string) {
	p.Helper()
	hide := func(hidden bool) func() { return func() { p.World.HideSTARTTLS(hidden) } }
	return p.attempts("STARTTLS is stripped", hide(true), hide(false))
}

func (p product) withAnyCertificate() (id string) {
	p.Helper()
	return p.attempts("the certificate isn't trusted", p.trustOther, func() { p.trust(p.World.CertPEM()) })
}

// arrive waits until the waiting mails have arrived.
func (p product) arrive(ids []string) {
	p.Helper()
	for _, id := range ids {
		p.key(id)
	}
}

// attempts lets the product try to send a mail that it must not send.
func (p product) attempts(what string, begin, end func()) (id string) {
	p.Helper()
	defer end()
	before, mails, clear := p.World.Logins(), len(p.World.Mail()), p.World.ClearLogins()
	heard := p.heard.Load()
	begin()
	id = p.id()
	err := p.send(id)
	if p.queues {
		if err != nil {
			p.Errorf("%s: it doesn't take mail: %v", what, err)
		}
		if p.flush != nil {
			p.flush()
		}
	}
	p.soon(time.Minute, what+", and it tries all the same", func() bool { return p.heard.Load() > heard })
	if p.queues {
		time.Sleep(2 * time.Second) // nothing more comes, which nothing tells of
	}
	if err == nil && !p.queues {
		p.Errorf("%s: it says that it has sent a mail", what)
	}
	if n := p.World.ClearLogins() - clear; n > 0 {
		p.Errorf("%s: %d logins in the clear", what, n)
	}
	if n := p.World.Logins() - before; n > 0 {
		p.Errorf("%s: %d logins", what, n)
	}
	if n := len(p.World.Mail()) - mails; n > 0 {
		p.Errorf("%s: %d mails", what, n)
	}
	return id
}

// soon waits until a condition holds.
func (s *stage) soon(patience time.Duration, what string, so func() bool) {
	s.Helper()
	for until := time.Now().Add(patience); !so(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(until) {
			s.Fatalf("in %v it didn't come to be that %s", patience, what)
		}
	}
}

// pipe runs a program in the jail with a text as its input, and returns its failure as an error.
func (s *stage) pipe(text string, args ...string) error {
	cmd := s.in(args...)
	cmd.Stdin = strings.NewReader(text)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%q: %w: %s", args, err, out)
	}
	return nil
}

// hello returns a mail as programs hand it to sendmail.
func hello(id string) string {
	return "From: app@example.com\nTo: you@example.net\nMessage-ID: " + id + "\nSubject: Hello\n\nHello.\n"
}

// recipe returns a file from the pages' folder.
func recipe(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestMain(m *testing.M) { apptest.Main(m) }

type output = apptest.Output
