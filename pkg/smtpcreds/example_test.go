package smtpcreds_test

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"log"
	"net"
	"net/smtp"
	"os"
	"path/filepath"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/wneessen/go-mail"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/credential"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/localaws"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/smtpcreds"
)

// Each mail is sent with the current credential. If SES refuses it, the mail is sent once more with
// the new one.
func ExampleStore_Do() {
	aws := start()
	defer aws.Close()
	store := &smtpcreds.Store{Source: smtpcreds.SecretsManager{API: aws.client, SecretID: "mail"}}

	send := func(subject string) error {
		msg := []byte("From: app@example.com\r\nTo: you@example.com\r\nSubject: " + subject + "\r\n\r\nHello.\r\n")
		return store.Do(context.Background(), func(ctx context.Context, c smtpcreds.Credential) error {
			trusted := &tls.Config{RootCAs: aws.CertPool()} // with AWS itself, use nil
			return c.SendMail(ctx, trusted, "app@example.com", []string{"you@example.com"}, msg)
		})
	}

	fmt.Println(send("before"), aws.sentWith())
	aws.emergency()
	fmt.Println(send("after"), aws.sentWith())
	// Output:
	// <nil> the first key
	// <nil> the second key
}

// With net/smtp, Auth is all you need. This works on ports with STARTTLS, such as 587. On the other
// ports smtp.SendMail hangs; use the Credential's Dial or SendMail, which work on all.
func ExampleCredential_Auth() {
	aws := start()
	defer aws.Close()
	store := &smtpcreds.Store{Source: smtpcreds.SecretsManager{API: aws.client, SecretID: "mail"}}

	err := store.Do(context.Background(), func(ctx context.Context, c smtpcreds.Credential) error {
		client, err := smtp.Dial(c.Addr())
		if err != nil {
			return err
		}
		defer client.Close()
		if err := client.StartTLS(&tls.Config{ServerName: c.Host, RootCAs: aws.CertPool()}); err != nil {
			return err
		}
		return client.Auth(c.Auth())
	})
	fmt.Println(err)
	// Output: <nil>
}

// With github.com/wneessen/go-mail, create a client for each mail: it costs nothing until it dials.
func ExampleStore_Do_goMail() {
	aws := start()
	defer aws.Close()
	store := &smtpcreds.Store{Source: smtpcreds.SecretsManager{API: aws.client, SecretID: "mail"}}

	msg := mail.NewMsg()
	if err := msg.From("app@example.com"); err != nil {
		log.Fatal(err)
	}
	if err := msg.To("you@example.com"); err != nil {
		log.Fatal(err)
	}
	msg.Subject("Hello")
	msg.SetBodyString(mail.TypeTextPlain, "Hello.")

	send := func(ctx context.Context, c smtpcreds.Credential) error {
		client, err := mail.NewClient(c.Host, mail.WithPort(c.Port), mail.WithTLSPolicy(mail.TLSMandatory),
			mail.WithSMTPAuth(mail.SMTPAuthPlain), mail.WithUsername(c.Username), mail.WithPassword(string(c.Password)),
			mail.WithHELO("localhost"), // the default is the machine's name, which may not be ASCII
			mail.WithTLSConfig(&tls.Config{ServerName: c.Host, RootCAs: aws.CertPool()})) // not needed with AWS itself
		if err != nil {
			return err
		}
		client.SetSSL(c.ImplicitTLS()) // true on ports 465 and 2465
		return client.DialAndSendWithContext(ctx, msg)
	}
	fmt.Println(store.Do(context.Background(), send), aws.sentWith())
	aws.emergency()
	fmt.Println(store.Do(context.Background(), send), aws.sentWith())
	// Output:
	// <nil> the first key
	// <nil> the second key
}

// A program may keep a connection. It needs a new one when the credential changes, because SES ends
// connections whose key is deactivated. SES also ends a connection that is idle for ten seconds,
// with 451 4.4.2; Noop detects that before the next mail.
func ExampleStore_Get_keptConnection() {
	aws := start()
	defer aws.Close()
	ctx := context.Background()
	store := &smtpcreds.Store{Source: smtpcreds.SecretsManager{API: aws.client, SecretID: "mail"}}

	var conn *smtp.Client
	var with smtpcreds.Credential
	connection := func(ctx context.Context, c smtpcreds.Credential) (err error) {
		if conn != nil && c == with && conn.Noop() == nil {
			return nil
		}
		if conn != nil {
			conn.Close()
		}
		conn, err = c.Dial(ctx, &tls.Config{RootCAs: aws.CertPool()})
		with = c
		return err
	}
	for range 3 {
		if err := store.Do(ctx, connection); err != nil {
			log.Fatal(err)
		}
	}
	fmt.Println(conn.Mail("app@example.com"))
	conn.Quit()
	// Output: <nil>
}

// Anything can be the Source, such as a file that smtprotate follow, an agent or a Kubernetes
// volume keeps up to date.
func ExampleSourceFunc() {
	file := filepath.Join(os.TempDir(), "smtpcreds-example.json")
	if err := os.WriteFile(file, []byte(`{"username":"AKIA","password":"B","host":"localhost","port":587}`),
		0o600); err != nil {
		log.Fatal(err)
	}
	defer os.Remove(file)

	store := &smtpcreds.Store{Source: smtpcreds.SourceFunc(func(context.Context) (smtpcreds.Version, error) {
		text, err := os.ReadFile(file)
		return smtpcreds.Version{Value: string(text)}, err
	})}
	c, err := store.Get(context.Background())
	fmt.Println(c.Addr(), c.Username, c.Password, err)
	// Output: localhost:587 AKIA [redacted] <nil>
}

// awsHere is a local AWS, with a credential in the secret "mail".
type awsHere struct {
	*localaws.World
	client *secretsmanager.Client
	keys   []string
}

func start() *awsHere {
	world, err := localaws.Start(localaws.Config{})
	if err != nil {
		log.Fatal(err)
	}
	world.CreateUser("smtp-sender")
	a := &awsHere{World: world, client: secretsmanager.New(secretsmanager.Options{
		BaseEndpoint: aws.String(world.URL()), Region: "eu-west-1",
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "AKIAAPPLICATION", SecretAccessKey: "its own"}, nil
		}),
	})}
	a.rotate()
	return a
}

// rotate creates an access key and makes it current.
func (a *awsHere) rotate() {
	id, key, err := a.CreateAccessKey("smtp-sender")
	if err != nil {
		log.Fatal(err)
	}
	a.keys = append(a.keys, id)
	host, port, err := net.SplitHostPort(a.SMTP("eu-west-1"))
	if err != nil {
		log.Fatal(err)
	}
	number, err := strconv.Atoi(port)
	if err != nil {
		log.Fatal(err)
	}
	text, err := json.Marshal(credential.Value{Username: id, Password: localaws.SMTPPassword(key, "eu-west-1"),
		Host: host, Port: number, Region: "eu-west-1"})
	if err != nil {
		log.Fatal(err)
	}
	a.CreateSecret("mail", "{}")
	if _, err := a.PutSecretValue("mail", string(text)); err != nil {
		log.Fatal(err)
	}
}

// emergency replaces the key and deletes the old one.
func (a *awsHere) emergency() {
	a.rotate()
	if err := a.DeleteAccessKey(a.keys[len(a.keys)-2]); err != nil {
		log.Fatal(err)
	}
}

// sentWith says which key the last mail was sent with.
func (a *awsHere) sentWith() string {
	mails := a.Mail()
	for i, id := range a.keys {
		if mails[len(mails)-1].AccessKeyID == id {
			return "the " + []string{"first", "second"}[i] + " key"
		}
	}
	return "another key"
}
