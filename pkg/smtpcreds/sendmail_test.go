package smtpcreds_test

import (
	"context"
	"crypto/tls"
	"io"
	"net"
	"net/smtp"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/localaws"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sessmtp"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/smtpcreds"
)

// inDocuments is the example of README.md and deploy/docs/secret.md, which has to compile.
func inDocuments(ctx context.Context, cfg aws.Config, from string, to []string, msg []byte) error {
	store := &smtpcreds.Store{Source: smtpcreds.SecretsManager{API: secretsmanager.NewFromConfig(cfg),
		SecretID: "mail"}}

	err := store.Do(ctx, func(ctx context.Context, c smtpcreds.Credential) error {
		return c.SendMail(ctx, nil, from, to, msg)
	})
	return err
}

var _ = inDocuments

// TestTheExamplesInGoCompile looks for each of these pages' examples in this file. No other
// document has any.
func TestTheExamplesInGoCompile(t *testing.T) {
	own, err := os.ReadFile("sendmail_test.go")
	if err != nil {
		t.Fatal(err)
	}
	compiled := strings.Join(strings.Fields(string(own)), " ")
	for _, document := range []string{"README.md", "deploy/docs/secret.md"} {
		text, err := os.ReadFile("../../" + document)
		if err != nil {
			t.Fatal(err)
		}
		examples := strings.Split(string(text), "```go\n")[1:]
		if len(examples) == 0 {
			t.Errorf("%s has no example in Go", document)
		}
		for _, example := range examples {
			example, _, _ = strings.Cut(example, "```")
			words := strings.Join(strings.Fields(example), " ")
			if !strings.HasPrefix(words, "store := ") || !strings.Contains(compiled, words) {
				t.Errorf("%s: the example differs from the one compiled here: %s", document, example)
			}
		}
	}
}

// listening returns a credential for a World, on a port of SES's with TLS from the start or with
// STARTTLS.
func listening(t *testing.T, world *localaws.World, implicitTLS bool) smtpcreds.Credential {
	t.Helper()
	world.CreateUser("sender")
	id, secret, err := world.CreateAccessKey("sender")
	if err != nil {
		t.Fatal(err)
	}
	_, port, _ := net.SplitHostPort(world.SMTP("eu-west-1"))
	n, _ := strconv.Atoi(port)
	if implicitTLS {
		n = 465
		forward(t, "127.0.0.1:465", world.SMTPS("eu-west-1"))
	}
	return smtpcreds.Credential{Login: sessmtp.Login{
		Endpoint: sessmtp.Endpoint{Region: "eu-west-1", Host: "127.0.0.1", Port: n}, Username: id,
		Password: sessmtp.DerivePassword(sessmtp.SecretAccessKey(secret), "eu-west-1"),
	}}
}

// forward passes connections on to another port. It skips the test if this user may not listen
// there.
func forward(t *testing.T, from, to string) {
	t.Helper()
	listener, err := net.Listen("tcp", from)
	if err != nil {
		t.Skip(err)
	}
	t.Cleanup(func() { listener.Close() })
	go func() {
		for {
			in, err := listener.Accept()
			if err != nil {
				return
			}
			out, err := net.Dial("tcp", to)
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

func TestAMailIsSentOnEveryPort(t *testing.T) {
	for _, implicitTLS := range []bool{false, true} {
		t.Run("TLS from the start "+strconv.FormatBool(implicitTLS), func(t *testing.T) {
			world, err := localaws.Start(localaws.Config{})
			if err != nil {
				t.Fatal(err)
			}
			defer world.Close()
			c := listening(t, world, implicitTLS)
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			defer cancel()
			trusted := &tls.Config{RootCAs: world.CertPool()}
			to := []string{"you@example.net", "them@example.net"}
			if err := c.SendMail(ctx, trusted, "app@example.com", to, []byte("Subject: x\r\n\r\n.\r\n")); err != nil {
				t.Fatal(err)
			}
			mails := world.Mail()
			if len(mails) != 1 || len(mails[0].To) != 2 || string(mails[0].Data) != "Subject: x\r\n\r\n.\r\n" {
				t.Errorf("sent %+v", mails)
			}
			c.Password = "another"
			if err := c.SendMail(ctx, trusted, "app@example.com", to, nil); !smtpcreds.Refused(err) {
				t.Errorf("a wrong password: %v", err)
			}
		})
	}
}

func TestTheEndOfItsContextCutsAMailOff(t *testing.T) {
	world, err := localaws.Start(localaws.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer world.Close()
	c := listening(t, world, false)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	world.SetSMTPFault(func(_ string, _ int, stage, _ string) *localaws.SMTPReply {
		if stage == "mail" {
			cancel()
			return &localaws.SMTPReply{Hang: true}
		}
		return nil
	})
	err = c.SendMail(ctx, &tls.Config{RootCAs: world.CertPool()}, "a@example.com", []string{"b@example.com"}, nil)
	if err == nil || !strings.Contains(err.Error(), context.Canceled.Error()) {
		t.Errorf("got %v", err)
	}
}

// As in ExampleStore_Get_keptConnection, but the connection is idle for longer than SES allows.
func TestAKeptConnectionThatSESHasEndedIsMadeAnew(t *testing.T) {
	world, err := localaws.Start(localaws.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer world.Close()
	world.SetSMTPPatience(200 * time.Millisecond)
	c := listening(t, world, false)
	var conn *smtp.Client
	for n := range 3 {
		if n > 0 {
			time.Sleep(400 * time.Millisecond)
		}
		if conn == nil || conn.Noop() != nil {
			if conn, err = c.Dial(t.Context(), &tls.Config{RootCAs: world.CertPool()}); err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
		}
		if err := conn.Mail("app@example.com"); err != nil {
			t.Fatal(err)
		}
		if err := conn.Rcpt("you@example.net"); err != nil {
			t.Fatal(err)
		}
		body, err := conn.Data()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(body, "Hello.\r\n"); err != nil {
			t.Fatal(err)
		}
		if err := body.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if sent := len(world.Mail()); sent != 3 || world.Logins() != 3 {
		t.Errorf("%d mails arrived, with %d logins", sent, world.Logins())
	}
}
