//go:build unix

package apps_test

import (
	"errors"
	"fmt"
	"net"
	"net/smtp"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/seed-486a873a/ses-smtp-rotator/deploy/internal/apptest"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/localaws"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/localaws/awstest"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/localaws/whole"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/rotation"
)

// TestPostfixLosesNoMail relays mail through a real Postfix while the credential is rotated,
// retired and revoked and while Secrets Manager is down. Postfix and follow are set up as in the
// recipe.
func TestPostfixLosesNoMail(t *testing.T) {
	besideOthers(t)
	needs(t, "postfix", "postconf")
	s := newStage(t)
	p := s.startPostfix()
	senders := p.send(4)
	p.inStep()
	rotations := whole.Size(t, "rotations", 3, 20)
	outage := rotations / 3
	for n := range rotations {
		if n == outage {
			p.outage(false)
		}
		s.rotate()
		if n == outage {
			time.Sleep(time.Second) // mail goes on with the old credential
			p.outage(true)
		}
		p.inStep()
		s.retire()
	}
	s.Logf("after %d rotations %d mails", rotations, senders.total())
	s.invoke(`{"action":"emergency"}`, rotation.Revoked)
	p.inStep()
	p.outage(false) // and an emergency that Postfix can't learn of
	s.invoke(`{"action":"emergency"}`, rotation.Revoked)
	s.soon(time.Minute, "mail waits", func() bool { return p.waiting() > 0 })
	p.outage(true)
	p.inStep()
	mails := 50 * rotations
	s.soon(time.Minute, fmt.Sprintf("there are %d mails", mails), func() bool { return senders.total() >= mails })
	sent := senders.end()
	p.delivered(sent)
	if keys := s.sentWith(); len(keys) < rotations+3 {
		t.Errorf("mail was sent with %d keys, want %d", len(keys), rotations+3)
	}
}

// TestPostfixKeepsMailThatIsNotToBlame lets SES refuse mail because of its credential, but not at
// the login: on a connection whose key was revoked meanwhile, and because the policy denies it.
func TestPostfixKeepsMailThatIsNotToBlame(t *testing.T) {
	besideOthers(t)
	needs(t, "postfix", "postconf")
	s := newStage(t)
	p := s.startPostfix()
	var sent []string
	for i, c := range []struct {
		stage string
		reply localaws.SMTPReply
	}{
		{"mail", localaws.SMTPReply{Code: 535, Text: "Authentication Credentials Invalid"}},
		{"mail", localaws.SMTPReply{Code: 535, Enhanced: "5.7.8", Text: "Authentication credentials invalid"}},
		{"mail", localaws.SMTPReply{Code: 535, Text: "Account not subscribed to SES"}},
		{"mail", localaws.SMTPReply{Code: 530, Text: "Authentication required"}},
		{"data", localaws.SMTPReply{Code: 554,
			Text: "Access denied: User `arn:aws:iam::111122223333:user/x' is not authorized to perform `ses:SendRawEmail'"}},
	} {
		before := strings.Count(p.log(), "status=deferred")
		s.World.SetSMTPFault(func(_ string, _ int, stage, _ string) *localaws.SMTPReply {
			if stage == c.stage {
				return &c.reply
			}
			return nil
		})
		id, err := p.submit("kept", i)
		if err != nil {
			t.Fatal(err)
		}
		sent = append(sent, id)
		s.soon(time.Minute, fmt.Sprintf("a mail waits that met %v", &c.reply), func() bool {
			return strings.Count(p.log(), "status=deferred") > before
		})
		s.World.SetSMTPFault(nil)
	}
	p.delivered(sent)
}

// TestPostfixLosesNoMailWhileTheAccountIsPaused lets SES refuse every mail of the account for a
// while, with each of its replies, and one mail because of an unverified address, which comes back.
func TestPostfixLosesNoMailWhileTheAccountIsPaused(t *testing.T) {
	besideOthers(t)
	needs(t, "postfix", "postconf")
	s := newStage(t)
	p := s.startPostfix()
	var sent []string
	for i, text := range []string{
		"Message rejected: Sending paused for this account. For more information, please check the inbox of the " +
			"email address associated with your AWS account.",
		"Message rejected: Sending suspended for this account. For more information, please check the inbox of the " +
			"email address associated with your AWS account.",
		"5.7.1 Transaction failed: Account is paused",
		"Message rejected: Email sending is disabled for your account",
		"Message rejected: Sending paused for configuration set marketing",
	} {
		s.World.SetSMTPFault(at("data", localaws.SMTPReply{Code: 554, Text: text}))
		for n := range 5 {
			id, err := p.submit(fmt.Sprint("paused.", i), n)
			if err != nil {
				t.Fatal(err)
			}
			sent = append(sent, id)
		}
		s.soon(time.Minute, fmt.Sprintf("%d mails wait after %q", len(sent), text), func() bool {
			return p.waiting() == len(sent) && strings.Contains(p.log(), strings.TrimPrefix(text, "5.7.1 "))
		})
	}
	s.World.SetSMTPFault(nil)
	p.delivered(sent)

	s.World.SetSMTPFault(at("data", localaws.SMTPReply{Code: 554, Text: "Message rejected: Email address is not " +
		"verified. The following identities failed the check in region EU-WEST-1: sending paused@example.com"}))
	if _, err := p.submit("unverified", 0); err != nil {
		t.Fatal(err)
	}
	s.soon(time.Minute, "a mail that is at fault itself comes back", func() bool {
		return strings.Contains(p.log(), "status=bounced")
	})
}

// at returns a fault at one stage.
func at(where string, reply localaws.SMTPReply) func(string, int, string, string) *localaws.SMTPReply {
	return func(_ string, _ int, stage, _ string) *localaws.SMTPReply {
		if stage == where {
			return &reply
		}
		return nil
	}
}

func TestSystemdKnowsAllThatTheUnitSays(t *testing.T) {
	t.Parallel()
	needs(t, "systemd-analyze")
	s := newStage(t)
	program, err := apptest.Smtprotate()
	if err != nil {
		t.Fatal(err)
	}
	s.write("smtprotate-postfix.service", strings.ReplaceAll(s.recipe("postfix/smtprotate-postfix.service"),
		"/usr/local/bin/smtprotate", program))
	if said := s.runs(exec.Command("systemd-analyze", "verify", "--man=no",
		s.named("smtprotate-postfix.service"))); said != "" {
		t.Error(said)
	}
}

// postfix is a Postfix with its own configuration, queue and port.
type postfix struct {
	*stage
	port string
}

func (s *stage) startPostfix() *postfix {
	s.Helper()
	if os.Getuid() != 0 {
		s.Skip("Postfix has to be started by root, and this isn't root")
	}
	// Postfix traverses all folders above its queue as another user, and names of sockets have to
	// be short.
	dir, err := os.MkdirTemp("", "postfix")
	if err != nil {
		s.Fatal(err)
	}
	s.Cleanup(func() { os.RemoveAll(dir) })
	s.dir = dir
	if err := os.Chmod(dir, 0o755); err != nil {
		s.Fatal(err)
	}
	p := &postfix{stage: s, port: awstest.FreePort(s.T)}
	s.write("ca.pem", string(s.World.CertPEM()))
	s.write("etc/ses/replies", s.recipe("postfix/replies"))
	p.configure()
	p.followIt()
	cmd := p.command("start")
	cmd.Env = s.env()
	s.runs(cmd)
	s.Cleanup(func() { _ = p.command("stop").Run() })
	s.soon(time.Minute, "Postfix listens", func() bool {
		conn, err := net.Dial("tcp", "127.0.0.1:"+p.port)
		if err != nil {
			return false
		}
		return conn.Close() == nil
	})
	return p
}

// configure writes what a package would write, and then the recipe, with the test's paths and
// times.
func (p *postfix) configure() {
	p.Helper()
	recipe := strings.NewReplacer(
		"[email-smtp.eu-west-1.amazonaws.com]:587", "[localhost]:"+p.stage.port(),
		"/etc/ssl/certs/ca-certificates.crt", p.named("ca.pem"),
		"/etc/postfix/ses", p.named("etc/ses"),
	).Replace(p.recipe("postfix/main.cf"))
	p.write("etc/main.cf", fmt.Sprintf(`compatibility_level = 3.6
queue_directory = %[1]s/queue
data_directory = %[1]s/data
maillog_file = %[1]s/log
maillog_file_prefixes = %[1]s
import_environment = MAIL_CONFIG TZ LANG=C
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
smtp_host_lookup = native
myhostname = relay.example.com
mydestination =
# What is refused is tried again within seconds here, and within minutes by default.
queue_run_delay = 2s
minimal_backoff_time = 1s
maximal_backoff_time = 2s
# Recipe:
%[2]s`, p.dir, recipe))
	// The queue manager wakes up within seconds here, and by default within five minutes: a mail
	// that it was delivering during the reload may wait until then.
	p.write("etc/master.cf", fmt.Sprintf(`127.0.0.1:%s inet n - n - - smtpd
pickup    unix  n - n 60 1 pickup
cleanup   unix  n - n - 0 cleanup
qmgr      unix  n - n 2 1 qmgr
tlsmgr    unix  - - n 1000? 1 tlsmgr
rewrite   unix  - - n - - trivial-rewrite
bounce    unix  - - n - 0 bounce
defer     unix  - - n - 0 bounce
trace     unix  - - n - 0 bounce
verify    unix  - - n - 1 verify
flush     unix  n - n 1000? 0 flush
proxymap  unix  - - n - - proxymap
smtp      unix  - - n - - smtp
relay     unix  - - n - - smtp
error     unix  - - n - - error
retry     unix  - - n - - error
discard   unix  - - n - - discard
anvil     unix  - - n - 1 anvil
scache    unix  - - n - 1 scache
postlog   unix-dgram n - n - 1 postlogd
`, p.port))
	for _, dir := range []string{"queue", "data"} {
		if err := os.MkdirAll(p.named(dir), 0o755); err != nil {
			p.Fatal(err)
		}
	}
	p.runs(exec.Command("chown", "postfix", p.named("data")))
	if err := os.Chmod(p.named("data"), 0o700); err != nil {
		p.Fatal(err)
	}
}

// followIt runs the command of the recipe's systemd unit, with the test's paths.
func (p *postfix) followIt() {
	p.Helper()
	var args []string
	for line := range strings.Lines(p.recipe("postfix/smtprotate-postfix.service")) {
		switch name, value, _ := strings.Cut(strings.TrimSuffix(strings.TrimSpace(line), `\`), " "); name {
		case "--template", "--run":
			args = append(args, name, strings.Trim(strings.TrimSpace(value), "'"))
		}
	}
	if len(args) != 4 {
		p.Fatalf("the unit's arguments are %q", args)
	}
	p.write("etc/ses/sasl_passwd.tmpl", p.recipe("postfix/sasl_passwd.tmpl"))
	for i := range args {
		args[i] = strings.ReplaceAll(args[i], "/etc/postfix/ses", p.named("etc/ses"))
		args[i] = strings.ReplaceAll(args[i], "postfix status", "postfix -c "+p.named("etc")+" status")
		args[i] = strings.ReplaceAll(args[i], "postfix reload", "postfix -c "+p.named("etc")+" reload")
		args[i] = strings.ReplaceAll(args[i], "postfix flush", "postfix -c "+p.named("etc")+" flush")
	}
	arn := "arn:aws:secretsmanager:" + region + ":123456789012:secret:" + secret // by which its calls are known
	p.stage.follow(append(args, "--secret", arn)...)
	p.soon(30*time.Second, "the first credential is there", func() bool {
		_, err := os.Stat(p.named("etc/ses/sasl_passwd"))
		return err == nil
	})
}

func (p *postfix) command(args ...string) *exec.Cmd {
	return exec.Command("postfix", append([]string{"-c", p.named("etc")}, args...)...)
}

// inStep waits until Postfix sends with the current credential: in real life the grace period is
// longer than that takes.
func (p *postfix) inStep() {
	p.Helper()
	current := p.current()
	p.soon(2*time.Minute, "Postfix sends with the current credential", func() bool {
		mails := p.World.Mail()
		return len(mails) > 0 && mails[len(mails)-1].AccessKeyID == current
	})
}

// outage begins or ends an outage of Secrets Manager for follow. The function's own calls name the
// secret differently.
func (p *postfix) outage(over bool) {
	if over {
		p.World.Intercept(nil)
		return
	}
	p.World.Intercept(func(c localaws.Call) *localaws.Fault {
		if strings.HasPrefix(c.SecretID, "arn:") {
			return &localaws.Fault{Status: 503}
		}
		return nil
	})
}

// waiting returns the number of mails in the queue.
func (p *postfix) waiting() int {
	out, err := exec.Command("postqueue", "-c", p.named("etc"), "-j").Output()
	if err != nil {
		p.Errorf("postqueue: %v", err)
	}
	return strings.Count(string(out), "\n")
}

// delivered waits until the queue is empty, and then compares SES's mails with those that were
// sent.
func (p *postfix) delivered(sent []string) {
	p.Helper()
	p.Cleanup(func() {
		out, _ := exec.Command("postqueue", "-c", p.named("etc"), "-j").CombinedOutput()
		if p.Failed() && len(out) > 0 {
			p.Logf("in the queue there are still\n%s", out)
		}
	})
	for left := p.waiting(); left > 0; left = p.waiting() { // for as long as it gets shorter
		p.soon(time.Minute, "the queue gets shorter", func() bool { return p.waiting() < left })
	}
	log := p.log()
	p.Logf("%d mails sent; Postfix's log: %d times sent, %d deferred, %d bounced", len(sent),
		strings.Count(log, "status=sent"), strings.Count(log, "status=deferred"), strings.Count(log, "status=bounced"))
	arrived := p.arrived()
	for _, id := range sent {
		if arrived[id] != 1 {
			p.Errorf("mail %s arrived %d times", id, arrived[id])
		}
		delete(arrived, id)
	}
	for id := range arrived {
		p.Errorf("mail %s arrived, and nobody sent it", id)
	}
	if strings.Contains(log, "status=bounced") || strings.Contains(log, "status=expired") {
		p.Errorf("mail went back; the log says\n%s", log)
	}
}

func (p *postfix) log() string {
	p.Helper()
	text, err := os.ReadFile(p.named("log"))
	if err != nil {
		p.Fatal(err)
	}
	return string(text)
}

// submit hands Postfix a mail, as an application on the machine would.
func (p *postfix) submit(sender string, n int) (id string, err error) {
	id = fmt.Sprintf("<%s.%d@app.example.com>", sender, n)
	msg := fmt.Sprintf("From: app@example.com\r\nTo: you@example.net\r\nMessage-ID: %s\r\n\r\nHello.\r\n", id)
	return id, p.hand(msg)
}

// hand is smtp.SendMail with a deadline: a Postfix that doesn't answer must not block the test.
func (p *postfix) hand(msg string) error {
	conn, err := net.DialTimeout("tcp", "127.0.0.1:"+p.port, time.Minute)
	if err != nil {
		return err
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(time.Minute)); err != nil {
		return err
	}
	c, err := smtp.NewClient(conn, "localhost")
	if err != nil {
		return err
	}
	if err := errors.Join(c.Mail("app@example.com"), c.Rcpt("you@example.net")); err != nil {
		return err
	}
	data, err := c.Data()
	if err != nil {
		return err
	}
	if _, err := data.Write([]byte(msg)); err != nil {
		return err
	}
	if err := data.Close(); err != nil {
		return err
	}
	_ = c.Quit() // it has the mail
	return nil
}

// senders submits mails until it is stopped.
type senders struct {
	mu      sync.Mutex
	sent    []string // Message-IDs that Postfix has taken
	stop    chan struct{}
	once    sync.Once
	running sync.WaitGroup
}

func (p *postfix) send(number int) *senders {
	all := &senders{stop: make(chan struct{})}
	p.Cleanup(func() { all.end() })
	for n := range number {
		all.running.Go(func() {
			for i := 0; ; i++ {
				id, err := p.submit(fmt.Sprint(n), i)
				if err != nil {
					p.Errorf("Postfix didn't take mail %s: %v", id, err)
					return
				}
				all.mu.Lock()
				all.sent = append(all.sent, id)
				all.mu.Unlock()
				select {
				case <-all.stop:
					return
				case <-time.After(50 * time.Millisecond):
				}
			}
		})
	}
	return all
}

func (a *senders) total() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return len(a.sent)
}

func (a *senders) end() []string {
	a.once.Do(func() { close(a.stop) })
	a.running.Wait()
	return a.sent
}
