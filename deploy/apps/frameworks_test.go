package apps_test

import (
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/localaws"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/rotation"
)

// python skips a test if a module is missing. APPS_PYTHONPATH names a folder with more modules.
func (s *stage) python(modules ...string) *exec.Cmd {
	s.Helper()
	cmd := s.command("python3", s.named("main.py"))
	cmd.Env = append(cmd.Env, "AWS_MAX_ATTEMPTS=1", "PYTHONPATH="+os.Getenv("APPS_PYTHONPATH"))
	for _, module := range modules {
		look := exec.Command("python3", "-c", "import "+module)
		look.Env, look.Dir = cmd.Env, s.dir // where no folder is called as a module is
		if err := look.Run(); err != nil {
			s.Skipf("python3 has no %s: %v", module, err)
		}
	}
	return cmd
}

func TestDjango(t *testing.T) {
	needs(t, "python3")
	inBothModes(t, func(s *stage) {
		cmd := s.django()
		s.talksTo(cmd).life(true)
		s.distrusts(cmd)
	})
}

// django returns a program that sends one mail for each line, or a mass mail for a line with many
// Message-IDs.
func (s *stage) django() *exec.Cmd {
	s.Helper()
	s.write("ses_mail.py", s.recipe("python/ses_mail.py"))
	s.write("ses_backend.py", s.recipe("django/ses_backend.py"))
	s.write("main.py", `
import os, sys
import django.conf
from django.core import mail

django.conf.settings.configure(EMAIL_BACKEND="ses_backend.EmailBackend", SES_SECRET="smtp/credential", EMAIL_TIMEOUT=30)
connection = mail.get_connection(fail_silently="SILENTLY" in os.environ)
if "OPEN" in os.environ:
    connection.open()
for line in sys.stdin:
    messages = [
        mail.EmailMessage("Hello", "Hello.", "app@example.com", ["you@example.net"], headers={"Message-ID": identifier})
        for identifier in line.split()
    ]
    try:
        sent = connection.send_messages(messages)
        print("ok" if sent == len(messages) else sent, flush=True)
    except Exception as error:
        print(repr(error), flush=True)
`)
	return s.python("django", "boto3")
}

func TestDjangosMassMailGoesOnWhenItsKeyDiesInTheMiddle(t *testing.T) {
	t.Parallel()
	needs(t, "python3")
	s := newStage(t)
	c := s.talksTo(s.django())
	mails := 0
	s.World.SetSMTPFault(func(_ string, _ int, stage, _ string) *localaws.SMTPReply {
		if stage == "mail" {
			if mails++; mails == 3 {
				s.invoke(`{"action":"emergency"}`, rotation.Revoked)
			}
		}
		return nil
	})
	var ids []string
	for n := range 6 {
		ids = append(ids, fmt.Sprintf("<mass.%d@app.example.com>", n))
	}
	if answer := c.ask(strings.Join(ids, " ")); answer != "ok" {
		t.Fatal(answer)
	}
	arrived := s.arrived()
	for _, id := range ids {
		if arrived[id] != 1 {
			t.Errorf("mail %s arrived %d times", id, arrived[id])
		}
	}
	if keys := s.sentWith(); len(keys) != 2 {
		t.Errorf("they were sent with %d keys", len(keys))
	}
}

// mailerInRuby sends one mail as ":ses" does.
const mailerInRuby = `ActionMailer::Base.delivery_method = :ses

class Mailer < ActionMailer::Base
  def hello(id)
    mail(from: "app@example.com", to: "you@example.net", subject: "Hello", message_id: id, body: "Hello.")
  end
end
`

// clientInRuby replaces the client of the gem aws-sdk-secretsmanager, which Debian doesn't have.
const clientInRuby = `
require "action_mailer"
require "net/http"
require_relative "ses_delivery"

module Aws
  module SecretsManager
    class Client
      Answer = Struct.new(:secret_string)

      def initialize(region: ENV["AWS_REGION"], http_open_timeout:, http_read_timeout:)
        @region = region
      end

      def get_secret_value(secret_id:, version_stage:)
        headers = { "X-Amz-Target" => "secretsmanager.GetSecretValue", "Content-Type" => "application/x-amz-json-1.1",
                    "Authorization" => "AWS4-HMAC-SHA256 Credential=AKIAAPPLICATION00000/20260101/#{@region}/secretsmanager/aws4_request" }
        body = JSON.generate("SecretId" => secret_id, "VersionStage" => version_stage)
        answer = Net::HTTP.post(URI(ENV["AWS_ENDPOINT_URL"]), body, headers)
        raise answer.body unless answer.code == "200"
        Answer.new(JSON.parse(answer.body)["SecretString"])
      end
    end
  end
end
`

// rails returns a program that sends one mail for each line.
func (s *stage) rails() *exec.Cmd {
	s.Helper()
	return s.inRuby(`
ActionMailer::Base.add_delivery_method :ses, SesDelivery, secret_id: "smtp/credential", refresh_every: Float(ENV["EVERY"])
` + mailerInRuby)
}

// inRuby returns a program that sets up Mailer and sends one mail for each line.
func (s *stage) inRuby(setUp string) *exec.Cmd {
	s.Helper()
	needs(s.T, "ruby")
	if out, err := exec.Command("ruby", "-e", `require "action_mailer"`).CombinedOutput(); err != nil {
		s.Skipf("ruby has no actionmailer: %v: %s", err, out)
	}
	s.write("ses_delivery.rb", s.recipe("rails/ses_delivery.rb"))
	s.write("main.rb", clientInRuby+setUp+`
$stdout.sync = true
while (line = gets)
  begin
    Mailer.hello(line.strip).deliver_now
    puts "ok"
  rescue StandardError => error
    puts error.inspect
  end
end
`)
	cmd := s.command("ruby", s.named("main.rb"))
	cmd.Env = append(cmd.Env, "EVERY="+every(s))
	return cmd
}

func TestRailsActionMailer(t *testing.T) {
	inBothModes(t, func(s *stage) {
		cmd := s.rails()
		s.talksTo(cmd).life(true)
		s.distrusts(cmd)
	})
}

// keptForPHP keeps the file for PHP; inStep waits until it has the current credential.
func (s *stage) keptForPHP() (file string, inStep func()) {
	s.Helper()
	file = s.named("ses.json")
	s.follow("--secret", secret, "--template", "php/credential.json.tmpl:"+file)
	return file, func() {
		s.Helper()
		s.soon(20*time.Second, "the file has the current credential", func() bool {
			text, _ := os.ReadFile(file)
			return strings.Contains(string(text), s.current())
		})
	}
}

// inPHP returns a program that sends one mail for each line, with the transport that setUp makes.
func (s *stage) inPHP(setUp string) *exec.Cmd {
	s.Helper()
	needs(s.T, "php")
	const load = `
require "Symfony/Component/DependencyInjection/autoload.php";
require "Symfony/Component/Mailer/autoload.php";
`
	if out, err := exec.Command("php", "-d", "include_path=/usr/share/php", "-r", load).CombinedOutput(); err != nil {
		s.Skipf("PHP has no Symfony Mailer: %v: %s", err, out)
	}
	s.write("send.php", `<?php `+load+setUp+`
$mailer = new Symfony\Component\Mailer\Mailer($transport);
while ($line = fgets(STDIN)) {
    $email = (new Symfony\Component\Mime\Email())->from('app@example.com')->to('you@example.net')->subject('Hello')->text('Hello.');
    $email->getHeaders()->addIdHeader('Message-ID', trim($line, "<>\n"));
    try {
        $mailer->send($email);
        echo "ok\n";
    } catch (Throwable $error) {
        echo strtr($error->getMessage(), "\r\n", '  '), "\n";
    }
}
`)
	return s.command("php", "-d", "include_path=/usr/share/php", s.named("send.php"))
}

// symfony returns a program that uses Symfony with the recipe's DSN.
func (s *stage) symfony() *exec.Cmd {
	s.Helper()
	dsn := regexp.MustCompile(`dsn: '(.*)'`).FindStringSubmatch(s.recipe("php/mailer.yaml"))
	return s.inPHP(`
$container = new Symfony\Component\DependencyInjection\ContainerBuilder();
$container->setParameter('dsn', '` + dsn[1] + `');
$container->compile(true);
$transport = Symfony\Component\Mailer\Transport::fromDsn($container->getParameter('dsn'));
`)
}

// laravel returns a program that makes a transport from the recipe's configuration, as Laravel does
// (Illuminate\Mail\MailManager, createSmtpTransport).
func (s *stage) laravel() *exec.Cmd {
	s.Helper()
	s.write("mail.php", s.recipe("php/mail.php"))
	return s.inPHP(`
function env($name) { return getenv($name); }
$config = (require 'mail.php')['mailers']['smtp'];
$transport = (new Symfony\Component\Mailer\Transport\Smtp\EsmtpTransportFactory())->create(
    new Symfony\Component\Mailer\Transport\Dsn($config['scheme'], $config['host'], $config['username'], $config['password'],
        $config['port'], $config));
`)
}

func TestSymfonyAndLaravel(t *testing.T) {
	programs := map[string]func(*stage) *exec.Cmd{"Symfony": (*stage).symfony, "Laravel": (*stage).laravel}
	for name, program := range programs {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t, "SMTP_ENDPOINT="+tlsFirst)
			program(s) // or the test is skipped
			file, inStep := s.keptForPHP()
			c := &client{stage: s, ask: func(id string) string {
				inStep()
				cmd := program(s)
				cmd.Env = append(cmd.Env, "SES_CREDENTIAL_FILE="+file)
				cmd.Stdin = strings.NewReader(id + "\n")
				out, err := cmd.CombinedOutput()
				if err != nil {
					return fmt.Sprintf("%v: %s", err, out)
				}
				return strings.TrimSpace(string(out))
			}}
			c.life(false)
		})
	}
}

// An image is built without a credential: the configuration has to load there, and be cached.
func TestLaravelsConfigurationLoadsWithoutTheFile(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.write("old.json", `{"username":"AKIA","password":"B","host":"localhost","port":587}`)
	for file, says := range map[string]string{
		s.named("missing.json"): "there-is-no-ses-credential-file.invalid",
		"":                      "there-is-no-ses-credential-file.invalid",
		s.named("old.json"):     "the-ses-credential-has-no-smtps-url.invalid",
	} {
		cmd := s.laravel()
		cmd.Env = append(cmd.Env, "SES_CREDENTIAL_FILE="+file)
		cmd.Stdin = strings.NewReader("<1@app.example.com>\n")
		if out, err := cmd.CombinedOutput(); err != nil || !strings.Contains(string(out), says) {
			t.Errorf("with %q: %v, %s", file, err, out)
		}
	}
}

func TestSpringIsStartedAnew(t *testing.T) {
	t.Parallel()
	needs(t, "sh")
	s := newStage(t)
	// This replaces java, and resolves the properties as Spring does.
	s.write("java", `#!/bin/sh
. `+s.named("properties")+` >>`+s.named("started")+`
exec sleep 60
`)
	if err := os.Chmod(s.named("java"), 0o755); err != nil {
		t.Fatal(err)
	}
	var properties strings.Builder
	for _, one := range regexp.MustCompile(`(?m)^spring\.mail\.\w+=(\$\{\w+\})$`).FindAllStringSubmatch(s.recipe("spring/application.properties"), -1) {
		fmt.Fprintf(&properties, "printf '%%s ' %q\n", one[1])
	}
	s.write("properties", properties.String()+"echo\n")
	command := regexp.MustCompile(`(?m)^ +smtprotate follow (.* -- )java (.*)$`).FindStringSubmatch(s.recipe("spring/README.md"))
	args := strings.Fields(strings.ReplaceAll(command[1], "NAME", secret) + s.named("java") + " " + command[2])
	s.follow(args...)
	want := ""
	for n := range 2 {
		if n > 0 {
			s.rotate()
		}
		v := s.value()
		want += fmt.Sprintf("%s %d %s %s \n", v.Host, v.Port, v.Username, v.Password)
		s.soon(20*time.Second, "the application has "+v.Username, func() bool {
			text, _ := os.ReadFile(s.named("started"))
			return string(text) == want
		})
	}
}
