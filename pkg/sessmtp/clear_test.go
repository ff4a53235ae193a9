package sessmtp_test

import (
	"context"
	"crypto/tls"
	"net"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/localaws"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sessmtp"
)

// local returns a login that localaws accepts, and a client that trusts localaws.
func local(t *testing.T) (*localaws.World, sessmtp.Client, sessmtp.Login) {
	t.Helper()
	world, err := localaws.Start(localaws.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { world.Close() })
	world.CreateUser("sender")
	id, secret, err := world.CreateAccessKey("sender")
	if err != nil {
		t.Fatal(err)
	}
	at, port, _ := net.SplitHostPort(world.SMTP("eu-west-1"))
	n, _ := strconv.Atoi(port)
	return world, sessmtp.Client{TLS: &tls.Config{RootCAs: world.CertPool()}}, sessmtp.Login{
		Endpoint: sessmtp.Endpoint{Region: "eu-west-1", Host: at, Port: n}, Username: id,
		Password: sessmtp.DerivePassword(sessmtp.SecretAccessKey(secret), "eu-west-1"),
	}
}

// SES offers AUTH before STARTTLS, and a man in the middle may hide STARTTLS.
func TestNobodyLogsInInTheClear(t *testing.T) {
	strangers := &tls.Config{RootCAs: newAuthority(t).trust().RootCAs}
	for name, c := range map[string]struct {
		prepare func(*localaws.World)
		tls     *tls.Config // nil: the right authority
		want    string      // in the error; empty: no error
	}{
		"as SES":             {func(*localaws.World) {}, nil, ""},
		"LOGIN only":         {func(w *localaws.World) { w.SetAuthMechanisms("LOGIN") }, nil, ""},
		"no STARTTLS":        {func(w *localaws.World) { w.HideSTARTTLS(true) }, nil, "the password wasn't sent"},
		"no certificate":     {func(*localaws.World) {}, strangers, "certificate"},
		"refused greeting":   {fault("connect", localaws.SMTPReply{Code: 454, Text: "later"}), nil, "454 later"},
		"a server that left": {fault("connect", localaws.SMTPReply{Drop: true}), nil, "closed"},
	} {
		t.Run(name, func(t *testing.T) {
			world, client, login := local(t)
			c.prepare(world)
			if c.tls != nil {
				client.TLS = c.tls
			}
			ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
			defer cancel()
			verifier := sessmtp.Verifier{Client: client, Backoff: func(int) time.Duration { return time.Second }}
			for what, err := range map[string]error{
				"login":  client.Login(ctx, login, ""),
				"send":   client.Send(ctx, login, "from@example.com", "to@example.com", []byte("Subject: x\r\n\r\n")),
				"verify": verifier.Verify(ctx, []sessmtp.Login{login})[0].Err,
			} {
				if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
					t.Errorf("%s: %v, want %q", what, err, c.want)
				}
			}
			if n := world.ClearLogins(); n != 0 {
				t.Errorf("%d logins without TLS", n)
			}
		})
	}
}

func TestAMachinesNameIsSaidOnlyIfItIsASCII(t *testing.T) {
	world, client, login := local(t)
	for name, want := range map[string]string{
		"": "localhost", "mail.example.com": "mail.example.com", "bürorechner.example.com": "localhost",
		"two words": "localhost", "x\r\nMAIL FROM:<a@example.com>": "localhost", "[192.0.2.1]": "[192.0.2.1]",
	} {
		var mu sync.Mutex
		heard := ""
		world.Tap(func(_ int, sent []byte) {
			mu.Lock()
			defer mu.Unlock()
			heard += string(sent)
		})
		client.LocalName = name
		if err := client.Login(t.Context(), login, ""); err != nil {
			t.Errorf("%q: %v", name, err)
		}
		world.Tap(nil)
		mu.Lock()
		if !strings.HasPrefix(heard, "EHLO "+want+"\r\nSTARTTLS\r\n") {
			t.Errorf("%q: it says %.60q", name, heard)
		}
		mu.Unlock()
	}
}

// fault sets a fault of the mail servers.
func fault(at string, reply localaws.SMTPReply) func(*localaws.World) {
	return func(w *localaws.World) {
		w.SetSMTPFault(func(_ string, _ int, stage, _ string) *localaws.SMTPReply {
			if stage == at {
				return &reply
			}
			return nil
		})
	}
}

// A client that SES disconnects for being idle has learned nothing about its credential.
func TestATimeoutOfTheServersIsUnknown(t *testing.T) {
	world, client, login := local(t)
	world.SetSMTPPatience(20 * time.Millisecond)
	client.DialContext = func(ctx context.Context, network, addr string) (net.Conn, error) {
		conn, err := new(net.Dialer).DialContext(ctx, network, addr)
		return slow{conn}, err
	}
	err := client.Login(t.Context(), login, "")
	reply, ok := err.(*sessmtp.ReplyError)
	if !ok || reply.Meaning != sessmtp.Unknown || reply.Code != 451 || !strings.HasPrefix(reply.Text, "4.4.2 Timeout") {
		t.Errorf("%v", err)
	}
}

// slow is a connection on which the client pauses before each command.
type slow struct{ net.Conn }

func (s slow) Write(p []byte) (int, error) {
	time.Sleep(200 * time.Millisecond)
	return s.Conn.Write(p)
}
