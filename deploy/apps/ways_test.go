//go:build unix

package apps_test

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/smtp"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/wneessen/go-mail"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sessmtp"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/smtpcreds"
)

// way is one way of sending mail from the documents, and a row of the table in README.md.
type way struct {
	name string
	// state says which part of it runs here.
	state string
	// tlsFirst says that it is given a URL with smtps, and never begins in the clear.
	tlsFirst bool
	// followsPort says that it uses TLS first if the value's port is for that.
	followsPort bool
	// keeps says that one program sends all mails, so it might keep a connection.
	keeps bool
	// ownName says that it sends its own name in EHLO, whatever the machine's name is.
	ownName bool
	// start prepares the way, and returns a function that sends a mail. Its error says why it
	// failed.
	start func(*stage) func(id string) error
}

var ways = []way{
	{name: "pkg/smtpcreds: SendMail and Dial", followsPort: true, state: "run",
		start: (*stage).sendsWithSmtpcreds},
	{name: "pkg/smtpcreds: Auth, with net/smtp", state: "run", start: (*stage).sendsWithAuth},
	{name: "pkg/smtpcreds: go-mail", followsPort: true, state: "run", start: (*stage).sendsWithGoMail},
	{name: "pkg/sessmtp, and so the function", followsPort: true, state: "run",
		start: (*stage).sendsWithSessmtp},
	{name: "python, lambda", followsPort: true, state: "run", keeps: true, ownName: true,
		start: asked((*stage).smtplib)},
	{name: "django", followsPort: true, state: "run, Django 3.2", keeps: true, ownName: true,
		start: asked((*stage).django)},
	{name: "django, with the environment", followsPort: true, state: "run, Django 3.2", keeps: true,
		start: asked((*stage).djangoByEnvironment)},
	{name: "rails", followsPort: true, state: "run, Action Mailer 6.1", keeps: true, ownName: true,
		start: asked((*stage).rails)},
	{name: "rails, with the environment",
		state:       "run, Action Mailer 6.1",
		followsPort: true, keeps: true, ownName: true, start: asked((*stage).railsByEnvironment)},
	{name: "nodemailer", followsPort: true, state: "run, Nodemailer 10.6", keeps: true, ownName: true,
		start: asked((*stage).nodemailer)},
	{name: "Nodemailer, given `smtps_url`", state: "run, Nodemailer 10.6", tlsFirst: true, keeps: true,
		start: asked((*stage).nodemailerByURL)},
	{name: "php: Symfony", state: "run, Symfony Mailer 5.4", tlsFirst: true, keeps: true, ownName: true,
		start: asked(withFile((*stage).symfony))},
	{name: "php: Laravel",
		state:    "run in part: the configuration, and the transport that Laravel makes of it",
		tlsFirst: true, keeps: true, ownName: true, start: asked(withFile((*stage).laravel))},
	{name: "spring",
		state: "run in part: Spring 4.3's JavaMailSender with the properties; Spring Boot read only",
		keeps: true, ownName: true, start: asked((*stage).spring)},
	{name: "shell", followsPort: true, state: "run, curl 7.88", ownName: true, start: (*stage).sendsWithScript},
	{name: "msmtp", followsPort: true, state: "run, msmtp 1.8", ownName: true, start: (*stage).sendsWithMsmtp},
	{name: "postfix", state: "run, Postfix 3.7", start: (*stage).sendsWithPostfix},
}

// asked makes a way's start from a program that sends a mail for each line.
func asked(program func(*stage) *exec.Cmd) func(*stage) func(string) error {
	return func(s *stage) func(string) error {
		s.Helper()
		c := s.talksTo(program(s))
		return func(id string) error {
			if answer := c.ask(id); answer != "ok" {
				return errors.New(answer)
			}
			return nil
		}
	}
}

// credential returns the current credential, for programs in Go.
func (s *stage) credential() smtpcreds.Credential {
	s.Helper()
	l, err := s.value().Login("")
	if err != nil {
		s.Fatal(err)
	}
	return smtpcreds.Credential{Login: l}
}

func (s *stage) trusted() *tls.Config { return &tls.Config{RootCAs: s.World.CertPool()} }

// hello returns a mail.
func hello(id string) []byte {
	return []byte("From: app@example.com\r\nTo: you@example.net\r\nMessage-ID: " + id + "\r\n\r\nHello.\r\n")
}

func (s *stage) sendsWithSmtpcreds() func(string) error {
	return func(id string) error {
		ctx, cancel := context.WithTimeout(s.Context(), 30*time.Second)
		defer cancel()
		return s.credential().SendMail(ctx, s.trusted(), "app@example.com", []string{"you@example.net"}, hello(id))
	}
}

func (s *stage) sendsWithAuth() func(string) error {
	return func(id string) error {
		c := s.credential()
		client, err := smtp.Dial(c.Addr())
		if err != nil {
			return err
		}
		defer client.Close()
		trusted := s.trusted()
		trusted.ServerName = c.Host
		unprotected := client.StartTLS(trusted)
		if err := client.Auth(c.Auth()); err != nil { // it tries all the same
			return errors.Join(unprotected, err)
		}
		body, err := prepare(client)
		if err != nil {
			return err
		}
		_, err = body.Write(hello(id))
		return errors.Join(err, body.Close())
	}
}

func prepare(client *smtp.Client) (interface {
	Write([]byte) (int, error)
	Close() error
}, error) {
	if err := errors.Join(client.Mail("app@example.com"), client.Rcpt("you@example.net")); err != nil {
		return nil, err
	}
	return client.Data()
}

func (s *stage) sendsWithGoMail() func(string) error {
	return func(id string) error {
		c := s.credential()
		msg := mail.NewMsg()
		if err := errors.Join(msg.From("app@example.com"), msg.To("you@example.net")); err != nil {
			return err
		}
		msg.SetMessageIDWithValue(strings.Trim(id, "<>"))
		msg.SetBodyString(mail.TypeTextPlain, "Hello.")
		trusted := s.trusted()
		trusted.ServerName = c.Host
		client, err := mail.NewClient(c.Host, mail.WithPort(c.Port), mail.WithTLSPolicy(mail.TLSMandatory),
			mail.WithSMTPAuth(mail.SMTPAuthPlain), mail.WithUsername(c.Username), mail.WithPassword(string(c.Password)),
			mail.WithHELO("localhost"), mail.WithTLSConfig(trusted))
		if err != nil {
			return err
		}
		client.SetSSL(c.ImplicitTLS())
		return client.DialAndSendWithContext(s.Context(), msg)
	}
}

func (s *stage) sendsWithSessmtp() func(string) error {
	client := sessmtp.Client{TLS: s.trusted()}
	return func(id string) error {
		return client.Send(s.Context(), s.credential().Login, "app@example.com", "you@example.net", hello(id))
	}
}

// environment returns the variables that smtprotate follow gives a program.
func (s *stage) environment() []string {
	s.Helper()
	v := s.value()
	return []string{"SMTP_USERNAME=" + v.Username, "SMTP_PASSWORD=" + v.Password, "SMTP_HOST=" + v.Host,
		fmt.Sprint("SMTP_PORT=", v.Port), "SMTP_REGION=" + v.Region, "SMTP_URL=" + v.URL,
		"SMTP_SMTPS_URL=" + v.SMTPSURL}
}

// block returns the block of code in a recipe's README that begins with a text.
func (s *stage) block(file, language, beginning string) string {
	s.Helper()
	for _, found := range regexp.MustCompile("(?s)```"+language+"\n(.*?)```").FindAllStringSubmatch(s.recipe(file), -1) {
		if strings.HasPrefix(found[1], beginning) {
			return found[1]
		}
	}
	s.Fatalf("%s has no block of %s that begins with %s", file, language, beginning)
	return ""
}

func (s *stage) djangoByEnvironment() *exec.Cmd {
	s.Helper()
	s.write("checked_backend.py", s.recipe("django/checked_backend.py"))
	settings := s.block("django/README.md", "python", "EMAIL_BACKEND = \"checked_")
	s.write("settings.py", "import os\nSECRET_KEY = 'x'\n"+settings)
	s.write("main.py", `
import os, sys
os.environ["DJANGO_SETTINGS_MODULE"] = "settings"
from django.core import mail

for line in sys.stdin:
    message = mail.EmailMessage("Hello", "Hello.", "app@example.com", ["you@example.net"], headers={"Message-ID": line.strip()})
    try:
        message.send()
        print("ok", flush=True)
    except Exception as error:
        print(repr(error), flush=True)
`)
	cmd := s.python("django")
	cmd.Env = append(cmd.Env, s.environment()...)
	return cmd
}

func (s *stage) railsByEnvironment() *exec.Cmd {
	s.Helper()
	cmd := s.inRuby(`
config = Struct.new(:action_mailer).new(ActionMailer::Base)
` + s.block("rails/README.md", "ruby", "config.action_mailer.smtp_settings") + strings.Replace(mailerInRuby, ":ses", ":smtp", 1))
	cmd.Env = append(cmd.Env, s.environment()...)
	return cmd
}

// nodemailerByURL is a program that reads a URL, for which there is no recipe.
func (s *stage) nodemailerByURL() *exec.Cmd {
	s.Helper()
	s.nodeModules()
	s.write("main.mjs", `
import { createInterface } from 'node:readline'
import { createTransport } from 'nodemailer'

const transport = createTransport(process.env.URL)
for await (const messageId of createInterface({ input: process.stdin })) {
  try {
    await transport.sendMail({ from: 'app@example.com', to: 'you@example.net', messageId, text: 'Hello.' })
    console.log('ok')
  } catch (error) {
    console.log(String(error).replaceAll('\n', ' '))
  }
}
`)
	cmd := s.command("node", s.named("main.mjs"))
	cmd.Env = append(cmd.Env, "URL="+s.smtpsURL())
	return cmd
}

// withFile gives a PHP program its file.
func withFile(program func(*stage) *exec.Cmd) func(*stage) *exec.Cmd {
	return func(s *stage) *exec.Cmd {
		s.Helper()
		cmd := program(s)
		file, inStep := s.keptForPHP()
		inStep()
		cmd.Env = append(cmd.Env, "SES_CREDENTIAL_FILE="+file)
		return cmd
	}
}

// spring returns Spring's sender with the recipe's properties, filled in as Spring Boot does.
func (s *stage) spring() *exec.Cmd {
	s.Helper()
	needs(s.T, "java", "keytool")
	jars, err := filepath.Glob("/usr/share/java/*.jar")
	if err != nil || !strings.Contains(strings.Join(jars, ":"), "spring3-context.support.jar") ||
		!strings.Contains(strings.Join(jars, ":"), "javax.mail.jar") {
		s.Skip("Spring isn't installed: libspring-context-support-java and libmail-java of Debian")
	}
	s.write("application.properties", s.recipe("spring/application.properties"))
	s.write("Main.java", `
import java.io.*;
import java.nio.file.*;
import java.util.*;
import javax.mail.internet.*;
import org.springframework.mail.javamail.JavaMailSenderImpl;

public class Main {
  static String resolved(String value) {
    return value.startsWith("${") ? System.getenv(value.substring(2, value.length() - 1)) : value;
  }
  public static void main(String[] args) throws Exception {
    Properties all = new Properties(), own = new Properties();
    all.load(Files.newBufferedReader(Path.of(args[0])));
    for (String name : all.stringPropertyNames())
      if (name.startsWith("spring.mail.properties."))
        own.setProperty(name.substring("spring.mail.properties.".length()), all.getProperty(name));
    JavaMailSenderImpl sender = new JavaMailSenderImpl();
    sender.setHost(resolved(all.getProperty("spring.mail.host")));
    sender.setPort(Integer.parseInt(resolved(all.getProperty("spring.mail.port"))));
    sender.setUsername(resolved(all.getProperty("spring.mail.username")));
    sender.setPassword(resolved(all.getProperty("spring.mail.password")));
    sender.setJavaMailProperties(own);
    BufferedReader in = new BufferedReader(new InputStreamReader(System.in));
    for (String line; (line = in.readLine()) != null; ) {
      final String id = line.trim();
      MimeMessage message = new MimeMessage(sender.getSession()) {
        protected void updateMessageID() throws javax.mail.MessagingException { setHeader("Message-ID", id); }
      };
      message.setFrom("app@example.com");
      message.setRecipients(javax.mail.Message.RecipientType.TO, "you@example.net");
      message.setText("Hello.");
      try {
        sender.send(message);
        System.out.println("ok");
      } catch (Exception error) {
        System.out.println(error.toString().replaceAll("\\s+", " "));
      }
    }
  }
}
`)
	s.runs(exec.Command("keytool", "-importcert", "-noprompt", "-alias", "ca", "-file", s.named("ca.pem"), "-keystore",
		s.named("trust.p12"), "-storetype", "PKCS12", "-storepass", "changeit"))
	cmd := s.command("java", "-Djavax.net.ssl.trustStore="+s.named("trust.p12"),
		"-Djavax.net.ssl.trustStorePassword=changeit",
		"-cp", "/usr/share/java/*", s.named("Main.java"), s.named("application.properties"))
	cmd.Env = append(cmd.Env, s.environment()...)
	return cmd
}

func (s *stage) sendsWithScript() func(string) error {
	s.Helper()
	needs(s.T, "bash", "aws", "curl", "jq")
	return func(id string) error {
		return s.pipes("bash", hello(id), "shell/send-mail.sh", secret, "app@example.com", "you@example.net")
	}
}

// pipes runs a program that sends the mail in its input.
func (s *stage) pipes(program string, mail []byte, args ...string) error {
	cmd := s.command(program, args...)
	cmd.Env = append(cmd.Env, "AWS_PAGER=")
	cmd.Stdin = strings.NewReader(string(mail))
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%w: %s", err, out)
	}
	return nil
}

func (s *stage) sendsWithMsmtp() func(string) error {
	s.Helper()
	needs(s.T, "msmtp")
	s.keepsMsmtprc()
	return func(id string) error {
		return s.pipes("msmtp", hello(id), "--file", s.named("msmtprc"), "you@example.net")
	}
}

// keepsMsmtprc keeps the recipe's file for msmtp, and waits for it.
func (s *stage) keepsMsmtprc() {
	s.Helper()
	s.write("msmtprc.tmpl", strings.NewReplacer("syslog on", "syslog off", "/etc/ssl/certs/ca-certificates.crt",
		s.named("ca.pem")).Replace(s.recipe("msmtp/msmtprc.tmpl")))
	s.follow("--secret", secret, "--template", s.named("msmtprc.tmpl")+":"+s.named("msmtprc"))
	s.soon(20*time.Second, "the file has the credential", func() bool {
		text, _ := os.ReadFile(s.named("msmtprc"))
		return strings.Contains(string(text), "user "+s.current()+"\n")
	})
}

// sendsWithPostfix hands mails to a Postfix, and reads in its log what happened to them. A waiting
// mail is sent later.
func (s *stage) sendsWithPostfix() func(string) error {
	s.Helper()
	needs(s.T, "postfix", "postconf")
	p := s.startPostfix()
	return func(id string) error {
		before := strings.Count(p.log(), "status=deferred")
		if err := p.hand(string(hello(id))); err != nil {
			return err
		}
		for until := time.Now().Add(time.Minute); time.Now().Before(until); time.Sleep(20 * time.Millisecond) {
			if s.arrived()[id] > 0 {
				return nil
			}
			if lines := strings.Split(p.log(), "status=deferred"); len(lines)-1 > before {
				reason, _, _ := strings.Cut(lines[len(lines)-1], "\n")
				return errors.New("deferred" + reason)
			}
		}
		return errors.New("nothing became of it")
	}
}

// needsAMachine skips a test if a program can't have its own machine name here.
func needsAMachine(t *testing.T) {
	t.Helper()
	needs(t, "unshare")
	rename := exec.Command("unshare", "--uts", "sh", "-c", "echo x >/proc/sys/kernel/hostname")
	if out, err := rename.CombinedOutput(); err != nil {
		t.Skipf("no machine can be named here: %v: %s", err, out)
	}
}
