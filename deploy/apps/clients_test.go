package apps_test

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/localaws"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/localaws/whole"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/rotation"
)

// client is a program that sends one mail for each Message-ID in its input, and answers ok or the
// error.
type client struct {
	*stage
	sent []string
	ask  func(id string) (answer string)
}

// sends lets the client send one mail, which has to succeed.
func (c *client) sends() {
	c.Helper()
	id := fmt.Sprintf("<%d@app.example.com>", len(c.sent))
	c.sent = append(c.sent, id)
	if answer := c.ask(id); answer != "ok" {
		c.Fatalf("mail %s: %s", id, answer)
	}
}

// life puts a client of the secret through rotations with the old key's end, leaks, and an outage
// of Secrets Manager.
func (c *client) life(outage bool) {
	c.Helper()
	c.sends()
	for range whole.Size(c, "rounds", 1, 2) {
		c.rotate()
		c.sends() // within the grace period, with either
		c.retire()
		c.sends() // what is cached by now is refused, or was read again
		c.invoke(`{"action":"emergency"}`, rotation.Revoked)
		c.sends()
		c.sends()
	}
	if outage {
		c.World.Intercept(func(call localaws.Call) *localaws.Fault {
			if call.Action == "GetSecretValue" {
				return &localaws.Fault{Status: 503}
			}
			return nil
		})
		c.sends()
		c.World.Intercept(nil)
	}
	arrived := c.arrived()
	for _, id := range c.sent {
		if arrived[id] != 1 {
			c.Errorf("mail %s arrived %d times", id, arrived[id])
		}
	}
	if len(arrived) != len(c.sent) {
		c.Errorf("%d mails were sent, and %d arrived", len(c.sent), len(arrived))
	}
	if last := c.World.Mail()[len(c.sent)-1].AccessKeyID; last != c.current() {
		c.Errorf("the last mail was sent with access key %s, and %s is current", last, c.current())
	}
}

// talksTo starts a program that reads a line for each mail, and writes one.
func (s *stage) talksTo(cmd *exec.Cmd) *client {
	s.Helper()
	in, err := cmd.StdinPipe()
	if err != nil {
		s.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		s.Fatal(err)
	}
	complaints := &output{}
	cmd.Stderr = complaints
	if err := cmd.Start(); err != nil {
		s.Fatal(err)
	}
	s.Cleanup(func() {
		_ = in.Close()
		time.AfterFunc(10*time.Second, func() { _ = cmd.Process.Kill() })
		_ = cmd.Wait()
		if s.Failed() {
			s.Logf("it complained:\n%s", complaints)
		}
	})
	lines := bufio.NewReader(out)
	return &client{stage: s, ask: func(id string) string {
		if _, err := io.WriteString(in, id+"\n"); err != nil {
			return err.Error()
		}
		line, err := lines.ReadString('\n')
		if err != nil {
			return "no answer: " + err.Error()
		}
		return strings.TrimSpace(line)
	}}
}

// every returns how many seconds a client goes on with a value: a long time, so that it learns of
// each change by a refusal; but none with STARTTLS if a test has two endpoints.
func every(s *stage) string {
	if s.implicitTLS || !whole.Wanted() {
		return "300"
	}
	return "0"
}

// smtplib returns a program that sends one mail for each line.
func (s *stage) smtplib() *exec.Cmd {
	s.Helper()
	needs(s.T, "python3")
	if err := exec.Command("python3", "-c", "import boto3").Run(); err != nil {
		s.Skip("python3 has no boto3:", err)
	}
	s.write("ses_mail.py", s.recipe("python/ses_mail.py"))
	s.write("main.py", `
import os, sys
from email.message import EmailMessage
from ses_mail import SesMail

mail = SesMail("smtp/credential", refresh_every=float(os.environ["EVERY"]))
for line in sys.stdin:
    message = EmailMessage()
    message["From"], message["To"], message["Message-ID"] = "app@example.com", "you@example.net", line.strip()
    message.set_content("Hello.")
    try:
        mail.send(message)
        print("ok", flush=True)
    except Exception as error:
        print(repr(error), flush=True)
`)
	cmd := s.command("python3", s.named("main.py"))
	cmd.Env = append(cmd.Env, "AWS_MAX_ATTEMPTS=1", "EVERY="+every(s))
	return cmd
}

func TestPythonsSmtplib(t *testing.T) {
	inBothModes(t, func(s *stage) {
		cmd := s.smtplib()
		s.talksTo(cmd).life(true)
		s.distrusts(cmd)
	})
}

// distrusts runs the program once more, on a machine that doesn't trust the server's certificate:
// the program must not send the password.
func (s *stage) distrusts(cmd *exec.Cmd) {
	s.Helper()
	logins := 0
	s.World.SetSMTPFault(func(_ string, _ int, stage, _ string) *localaws.SMTPReply {
		if stage == "auth" {
			logins++
		}
		return nil
	})
	stranger := exec.Command(cmd.Args[0], cmd.Args[1:]...)
	stranger.Env = append(slices.Clone(cmd.Env), "SSL_CERT_FILE="+os.DevNull, "NODE_EXTRA_CA_CERTS="+os.DevNull)
	if answer := s.talksTo(stranger).ask("<distrusted@app.example.com>"); answer == "ok" || logins > 0 {
		s.Errorf("with a certificate that nobody vouches for, it logged in %d times, and said %q", logins, answer)
	} else {
		s.Logf("with a certificate that nobody vouches for, it says %.200s", answer)
	}
}

func TestPythonsThreadsShareOneRead(t *testing.T) {
	t.Parallel()
	needs(t, "python3")
	if err := exec.Command("python3", "-c", "import boto3").Run(); err != nil {
		t.Skip("python3 has no boto3:", err)
	}
	s := newStage(t)
	s.write("ses_mail.py", s.recipe("python/ses_mail.py"))
	s.write("main.py", `
import sys, threading
from email.message import EmailMessage
from ses_mail import SesMail

mail = SesMail("smtp/credential")

def send(identifier, faults):
    message = EmailMessage()
    message["From"], message["To"], message["Message-ID"] = "app@example.com", "you@example.net", identifier
    message.set_content("Hello.")
    try:
        mail.send(message)
    except Exception as error:
        faults.append(error)

for line in sys.stdin:
    faults = []
    threads = [threading.Thread(target=send, args=(f"{line.strip()[:-1]}.{n}>", faults)) for n in range(20)]
    for thread in threads: thread.start()
    for thread in threads: thread.join()
    print(faults or "ok", flush=True)
`)
	cmd := exec.Command("python3", s.named("main.py"))
	cmd.Env = s.env()
	c := s.talksTo(cmd)
	c.sends()
	s.invoke(`{"action":"emergency"}`, rotation.Revoked)
	s.World.ResetCalls()
	c.sends()
	reads := slices.DeleteFunc(s.World.Calls(),
		func(call localaws.Call) bool { return call.Action != "GetSecretValue" })
	if len(reads) != 1 || len(s.arrived()) != 40 {
		t.Errorf("the secret was read %d times, and %d mails arrived", len(reads), len(s.arrived()))
	}
}

func TestCurl(t *testing.T) {
	needs(t, "bash", "aws", "curl", "jq")
	inBothModes(t, (*stage).sendsWithCurl)
}

func (s *stage) sendsWithCurl() {
	c := &client{stage: s, ask: func(id string) string {
		cmd := s.command("bash", "shell/send-mail.sh", secret, "app@example.com", "you@example.net")
		cmd.Env = append(cmd.Env, "AWS_PAGER=")
		cmd.Stdin = strings.NewReader(fmt.Sprintf("From: app@example.com\nTo: you@example.net\nMessage-ID: "+
			"%s\n\nHello.\n\n", id))
		if out, err := cmd.CombinedOutput(); err != nil || len(out) > 0 {
			return fmt.Sprintf("%v: %s", err, out)
		}
		return "ok"
	}}
	c.life(false) // it has no value to go on with
	if mail := string(s.World.Mail()[0].Data); !strings.HasSuffix(mail, "Hello.\r\n\r\n") {
		s.Errorf("it sent %q", mail)
	}
	s.World.Intercept(func(localaws.Call) *localaws.Fault { return &localaws.Fault{Code: "AccessDeniedException"} })
	if answer := c.ask("<denied@app.example.com>"); !strings.Contains(answer, "AccessDeniedException") {
		s.Errorf("without a permission it says %q", answer)
	}
}

// nodeModules gives the application Nodemailer, or skips the test if it isn't installed.
func (s *stage) nodeModules() {
	s.Helper()
	needs(s.T, "node")
	modules := os.Getenv("APPS_NODE_MODULES")
	if modules == "" {
		modules = "nodemailer/node_modules"
	}
	if _, err := os.Stat(filepath.Join(modules, "nodemailer")); err != nil {
		s.Skip("Nodemailer isn't installed: run npm ci in deploy/apps/nodemailer, or name another node_modules in "+
			"APPS_NODE_MODULES:", err)
	}
	modules, err := filepath.Abs(modules)
	if err != nil {
		s.Fatal(err)
	}
	if err := os.Symlink(modules, s.named("node_modules")); err != nil {
		s.Fatal(err)
	}
}

// nodemailer returns a program that sends one mail for each line.
func (s *stage) nodemailer() *exec.Cmd {
	s.Helper()
	s.nodeModules()
	s.write("ses-mail.mjs", s.recipe("nodemailer/ses-mail.mjs"))
	s.write("main.mjs", `
import { createInterface } from 'node:readline'
import { SesMail } from './ses-mail.mjs'

const mail = new SesMail({ secretId: process.env.SMTP_SECRET, refreshEvery: 1000 * process.env.EVERY })
for await (const messageId of createInterface({ input: process.stdin })) {
  try {
    await mail.send({ from: 'app@example.com', to: 'you@example.net', messageId, text: 'Hello.' })
    console.log('ok')
  } catch (error) {
    console.log(String(error).replaceAll('\n', ' '))
  }
}
`)
	cmd := s.command("node", s.named("main.mjs"))
	cmd.Env = append(cmd.Env, "AWS_MAX_ATTEMPTS=1", "EVERY="+every(s))
	return cmd
}

func TestNodemailer(t *testing.T) {
	inBothModes(t, func(s *stage) {
		cmd := s.nodemailer()
		s.talksTo(cmd).life(true)
		s.distrusts(cmd)
	})
}
