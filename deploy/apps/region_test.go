package apps_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seed-486a873a/ses-smtp-rotator/deploy/internal/apptest"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/localaws"
)

// inAnotherRegion runs programs that send one mail with the secret in SMTP_SECRET, while another
// Region than the secret's is configured. As at AWS, Secrets Manager knows the secret only in its
// own Region: in another, it answers as if the secret didn't exist.
func (s *stage) inAnotherRegion(program func(env []string, id string) *exec.Cmd) {
	s.Helper()
	s.World.Intercept(func(call localaws.Call) *localaws.Fault {
		if call.Region != region {
			return &localaws.Fault{Code: "ResourceNotFoundException"}
		}
		return nil
	})
	send := func(name, id string) (said string, err error) {
		env := s.env("AWS_REGION=us-east-1", "AWS_DEFAULT_REGION=us-east-1", "AWS_MAX_ATTEMPTS=1", "SMTP_SECRET="+name)
		out, err := program(env, id).CombinedOutput()
		return string(out), err
	}
	if said, err := send(secretARN, "<arn@app.example.com>"); err != nil || s.arrived()["<arn@app.example.com>"] != 1 {
		s.Errorf("with an ARN of another Region: %v, %s", err, said)
	}
	if said, err := send(secret, "<name@app.example.com>"); err == nil || !strings.Contains(said, "ResourceNotFound") {
		s.Errorf("a name isn't looked for in the program's Region: %v, %s", err, said)
	}
	s.World.ResetCalls()
	const wanted = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:mail-AbCdEf"
	for name, says := range map[string]string{
		"arn:aws:ssm:eu-west-1:123456789012:parameter/mail":             wanted,
		"arn:aws:secretsmanager:eu-west-1:123456789012":                 wanted,
		secretARN + ":password::":                                       wanted,
		"arn:aws-cn:secretsmanager:eu-west-1:123456789012:secret:mail":  wanted,
		"AKIAIOSFODNN7EXAMPLE:BExampleExample":                          wanted,
		"arn:aws-cn:secretsmanager:cn-north-1:123456789012:secret:mail": "partition",
	} {
		said, err := send(name, "<refused@app.example.com>")
		if err == nil || !strings.Contains(said, says) || strings.Contains(said, "BExample") {
			s.Errorf("%s isn't refused by name: %v, %s", name, err, said)
		}
	}
	if calls := s.World.Calls(); len(calls) > 0 {
		s.Errorf("of what can't be a secret, Secrets Manager was asked %d times", len(calls))
	}
}

// secretOf returns SMTP_SECRET, which inAnotherRegion sets last.
func secretOf(env []string) string {
	_, name, _ := strings.Cut(env[len(env)-1], "=")
	return name
}

func TestPythonReadsAnARNInItsOwnRegion(t *testing.T) {
	t.Parallel()
	needs(t, "python3")
	s := newStage(t)
	s.write("ses_mail.py", s.recipe("python/ses_mail.py"))
	s.write("handler.py", s.recipe("lambda/handler.py"))
	s.write("main.py", `
import sys
from handler import handler

handler({"from": "app@example.com", "to": "you@example.net", "subject": "Hello", "message_id": sys.argv[1], "text": "Hello."}, None)
`)
	s.python("boto3")
	s.inAnotherRegion(func(env []string, id string) *exec.Cmd {
		cmd := exec.Command("python3", s.named("main.py"), id)
		cmd.Env = env
		return cmd
	})
}

func TestDjangoReadsAnARNInItsOwnRegion(t *testing.T) {
	t.Parallel()
	needs(t, "python3")
	s := newStage(t)
	s.django()
	s.write("main.py", `
import os, sys
import django.conf
from django.core import mail

django.conf.settings.configure(EMAIL_BACKEND="ses_backend.EmailBackend", SES_SECRET=os.environ["SMTP_SECRET"], EMAIL_TIMEOUT=30)
message = mail.EmailMessage("Hello", "Hello.", "app@example.com", ["you@example.net"], headers={"Message-ID": sys.argv[1]})
message.send()
`)
	s.inAnotherRegion(func(env []string, id string) *exec.Cmd {
		cmd := exec.Command("python3", s.named("main.py"), id)
		cmd.Env = append(env, "PYTHONPATH="+os.Getenv("APPS_PYTHONPATH"))
		return cmd
	})
}

func TestCurlReadsAnARNInItsOwnRegion(t *testing.T) {
	t.Parallel()
	needs(t, "bash", "aws", "curl", "jq")
	s := newStage(t)
	s.inAnotherRegion(func(env []string, id string) *exec.Cmd {
		cmd := exec.Command("bash", "shell/send-mail.sh", secretOf(env), "app@example.com", "you@example.net")
		cmd.Env = append(env, "AWS_PAGER=")
		cmd.Stdin = strings.NewReader("From: app@example.com\nMessage-ID: " + id + "\n\nHello.\n")
		return cmd
	})
}

func TestNodemailerReadsAnARNInItsOwnRegion(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.nodeModules()
	s.write("ses-mail.mjs", s.recipe("nodemailer/ses-mail.mjs"))
	s.write("main.mjs", `
import { SesMail } from './ses-mail.mjs'

const mail = new SesMail({ secretId: process.env.SMTP_SECRET })
await mail.send({ from: 'app@example.com', to: 'you@example.net', messageId: process.argv[2], text: 'Hello.' })
`)
	s.inAnotherRegion(func(env []string, id string) *exec.Cmd {
		cmd := exec.Command("node", s.named("main.mjs"), id)
		cmd.Env = env
		return cmd
	})
}

func TestRailsReadsAnARNInItsOwnRegion(t *testing.T) {
	t.Parallel()
	needs(t, "ruby")
	if out, err := exec.Command("ruby", "-e", `require "action_mailer"`).CombinedOutput(); err != nil {
		t.Skipf("ruby has no actionmailer: %v: %s", err, out)
	}
	s := newStage(t)
	s.write("ses_delivery.rb", s.recipe("rails/ses_delivery.rb"))
	s.write("main.rb", clientInRuby+`
ActionMailer::Base.add_delivery_method :ses, SesDelivery, secret_id: ENV["SMTP_SECRET"]
`+mailerInRuby+`
Mailer.hello(ARGV[0]).deliver_now
`)
	s.inAnotherRegion(func(env []string, id string) *exec.Cmd {
		cmd := exec.Command("ruby", s.named("main.rb"), id)
		cmd.Env = env
		return cmd
	})
}

func TestFollowReadsAnARNInItsOwnRegion(t *testing.T) {
	t.Parallel()
	program, err := apptest.Smtprotate()
	if err != nil {
		t.Fatal(err)
	}
	s := newStage(t)
	// curl sends here with the file that follow keeps for Postfix, msmtp, PHP and Spring.
	s.write("mail.sh", `printf 'Message-ID: %s\n\nHello.\n' "$1" | curl --silent --show-error --ssl-reqd --crlf --mail-from app@example.com \
  --mail-rcpt you@example.net --upload-file - --user "$SMTP_USERNAME:$SMTP_PASSWORD" "smtp://$SMTP_HOST:$SMTP_PORT"`)
	needs(t, "bash", "curl")
	s.inAnotherRegion(func(env []string, id string) *exec.Cmd {
		cmd := exec.Command(program, "follow", "--once", "--wait", "0s", "--", "bash", s.named("mail.sh"), id)
		cmd.Env = append(env, "SMTPROTATE_SECRET="+secretOf(env))
		return cmd
	})
}

// TestEveryRecipeSaysWhichRegionAnARNIsReadIn looks for one plain sentence in each.
func TestEveryRecipeSaysWhichRegionAnARNIsReadIn(t *testing.T) {
	files, err := filepath.Glob("*/README.md")
	if err != nil {
		t.Fatal(err)
	}
	files = append(files, "README.md", "python/ses_mail.py", "nodemailer/ses-mail.mjs", "shell/send-mail.sh")
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(text), "ARN") || !strings.Contains(string(text), "own Region") {
			t.Errorf("%s doesn't say that an ARN is read in its own Region", file)
		}
	}
}
