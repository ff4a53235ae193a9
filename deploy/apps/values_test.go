//go:build unix

package apps_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"maps"
	"math/big"
	"net"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/localaws"
)

// changes writes the current value with other members, as people or other programs may.
func (s *stage) changes(members map[string]any) {
	s.Helper()
	v, _ := s.World.Labelled(secret, "AWSCURRENT")
	value := map[string]any{}
	if err := json.Unmarshal([]byte(v.Value), &value); err != nil {
		s.Fatal(err)
	}
	for name, member := range members {
		value[name] = member
	}
	text, err := json.Marshal(value)
	if err != nil {
		s.Fatal(err)
	}
	if _, err := s.World.PutSecretValue(secret, string(text)); err != nil {
		s.Fatal(err)
	}
}

// The port is text in many values that people wrote, and in those that the function adopted.
func TestAPortInQuotesIsAPort(t *testing.T) {
	for _, w := range ways {
		if !w.followsPort || !w.ownName { // it gets the port as a number, from follow or in Go
			continue
		}
		for _, mode := range []string{"STARTTLS", "TLS from the start"} {
			t.Run(w.name+" "+mode, func(t *testing.T) {
				t.Parallel()
				var settings []string
				if mode != "STARTTLS" {
					settings = []string{"SMTP_ENDPOINT=" + tlsFirst}
				}
				s := newStage(t, settings...)
				s.changes(map[string]any{"port": fmt.Sprint(s.value().Port)})
				if err := w.start(s)("<1@app.example.com>"); err != nil || s.arrived()["<1@app.example.com>"] != 1 {
					t.Errorf("it isn't sent: %v", err)
				}
			})
		}
	}
}

// TestDjangoFailsSilentlyInEveryWay makes everything fail that can, with fail_silently. Logging
// uses that, so that reporting an error doesn't raise another one.
func TestDjangoFailsSilentlyInEveryWay(t *testing.T) {
	noSecret := func(call localaws.Call) *localaws.Fault {
		if call.Action == "GetSecretValue" {
			return &localaws.Fault{Code: "AccessDeniedException"}
		}
		return nil
	}
	for name, fails := range map[string]func(*stage){
		"the secret can't be read":     func(s *stage) { s.World.Intercept(noSecret) },
		"there is no credential yet":   func(s *stage) { s.World.PutSecretValue(secret, "{}") },
		"the value isn't JSON":         func(s *stage) { s.World.PutSecretValue(secret, "AKIA:B") },
		"nobody listens":               func(s *stage) { s.changes(map[string]any{"port": 1}) },
		"the host has no address":      func(s *stage) { s.changes(map[string]any{"host": "nowhere.invalid"}) },
		"the password is wrong":        func(s *stage) { s.changes(map[string]any{"password": "B"}) },
		"STARTTLS isn't offered":       func(s *stage) { s.World.HideSTARTTLS(true) },
		"the certificate is another's": func(s *stage) { _ = s.World.ShowCertificate(localaws.OfAnother) },
		"the server is gone": func(s *stage) {
			s.World.SetSMTPFault(at("mail", localaws.SMTPReply{Drop: true}))
		},
		"the mail is refused": func(s *stage) {
			s.World.SetSMTPFault(at("data", localaws.SMTPReply{Code: 554, Text: "Message rejected"}))
		},
		"the key dies, and the secret can't be read": func(s *stage) {
			s.World.Intercept(nil)
			s.World.SetSMTPFault(func(_ string, _ int, stage, _ string) *localaws.SMTPReply {
				if stage == "mail" {
					s.World.Intercept(noSecret)
					return &localaws.SMTPReply{Code: 535, Text: "Authentication Credentials Invalid"}
				}
				return nil
			})
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			needs(t, "python3")
			s := newStage(t)
			for _, silently := range []bool{false, true} {
				cmd := s.django()
				if silently {
					cmd.Env = append(cmd.Env, "SILENTLY=1")
				}
				fails(s)
				answer := s.talksTo(cmd).ask("<1@app.example.com>")
				if silently != (answer == "0") || answer == "ok" {
					t.Errorf("silently %t: it says %s", silently, answer)
				}
			}
		})
	}
}

// scriptSends runs send-mail.sh with a value, which a stand-in for the AWS CLI returns.
func (s *stage) scriptSends(value map[string]any) error {
	s.Helper()
	text, err := json.Marshal(value)
	if err != nil {
		s.Fatal(err)
	}
	s.write("value.json", string(text))
	s.write("bin/aws", "#!/bin/sh\ncat "+s.named("value.json")+"\n")
	if err := os.Chmod(s.named("bin/aws"), 0o755); err != nil {
		s.Fatal(err)
	}
	cmd := s.command("bash", "shell/send-mail.sh", secret, "app@example.com", "you@example.net")
	cmd.Env = append(cmd.Env, "PATH="+s.named("bin")+":"+os.Getenv("PATH"))
	cmd.Stdin = bytes.NewReader(hello("<1@app.example.com>"))
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%w: %s", err, out)
	}
	return nil
}

// login returns those members of the current value that send-mail.sh reads.
func (s *stage) login() map[string]any {
	s.Helper()
	v := s.value()
	return map[string]any{"username": v.Username, "password": v.Password, "host": v.Host, "port": v.Port}
}

// TestNoValueGivesCurlAnOption writes values that would add options to curl's configuration.
func TestNoValueGivesCurlAnOption(t *testing.T) {
	t.Parallel()
	needs(t, "bash", "curl", "jq")
	s := newStage(t)
	written := s.named("written")
	option := "\noutput = \"" + written + "\"\nurl = \"file:///etc/hostname\"\n"
	for member, begins := range map[string]string{
		"password": "x", "username": "AKIA", "host": "localhost", "port": "587", "url": "smtp://",
	} {
		for _, value := range []any{begins + option, begins + `"` + option, begins + `\"` + option, begins + `\`, nil,
			[]any{begins + option}, map[string]any{begins + option: 1}} {
			all := s.login()
			all[member] = value
			err := s.scriptSends(all)
			if (err == nil) != (member == "url") { // which it doesn't read
				t.Errorf("%s %q: %v", member, value, err)
			}
			if err != nil && strings.Contains(err.Error(), "output") {
				t.Errorf("%s is quoted in %v", member, err)
			}
			if _, err := os.Stat(written); err == nil {
				t.Fatalf("%s %q gave curl an option", member, value)
			}
		}
	}
}

// TestCurlGetsEveryPasswordAsItIs logs in with characters that are special in curl's configuration.
func TestCurlGetsEveryPasswordAsItIs(t *testing.T) {
	t.Parallel()
	needs(t, "bash", "curl", "jq")
	s := newStage(t)
	server := s.listensForPasswords()
	for _, password := range []string{`a"b`, `a\b`, `a\\"b\n`, `a:b;c@d#e f`, `'$(x)` + "`y`", "pässwörd", `\`, `"`} {
		all := s.login()
		maps.Copy(all, map[string]any{"password": password, "port": server.port})
		if err := s.scriptSends(all); err != nil {
			t.Errorf("%q: %v", password, err)
		}
		if got := server.last(); got != password {
			t.Errorf("%q came as %q", password, got)
		}
	}
}

// passwords is an SMTP server that accepts and records every login.
type passwords struct {
	port int
	mu   sync.Mutex
	seen string
}

func (p *passwords) last() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.seen
}

// listensForPasswords starts a server on localhost, which the application trusts.
func (s *stage) listensForPasswords() *passwords {
	s.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		s.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "localhost"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true,
		BasicConstraintsValid: true, DNSNames: []string{"localhost"}}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		s.Fatal(err)
	}
	s.write("ca.pem", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})))
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		s.Fatal(err)
	}
	p := &passwords{port: listener.Addr().(*net.TCPAddr).Port}
	server := smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return acceptsAll{p}, nil }))
	server.TLSConfig = &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}
	go func() { _ = server.Serve(listener) }()
	s.Cleanup(func() { server.Close() })
	return p
}

type acceptsAll struct{ *passwords }

func (acceptsAll) AuthMechanisms() []string { return []string{"PLAIN"} }

func (a acceptsAll) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, _, password string) error {
		a.mu.Lock()
		defer a.mu.Unlock()
		a.seen = password
		return nil
	}), nil
}

func (acceptsAll) Mail(string, *smtp.MailOptions) error { return nil }
func (acceptsAll) Rcpt(string, *smtp.RcptOptions) error { return nil }
func (acceptsAll) Data(r io.Reader) error               { _, err := io.Copy(io.Discard, r); return err }
func (acceptsAll) Reset()                               {}
func (acceptsAll) Logout() error                        { return nil }

// Mail has LF if a program printed it, or CRLF if it was stored.
func TestCurlSendsEveryLineWithOneCRLF(t *testing.T) {
	t.Parallel()
	needs(t, "bash", "aws", "curl", "jq")
	s := newStage(t)
	const body = "From: app@example.com\r\nTo: you@example.net\r\n\r\nHello.\r\n.\r\n..\r\n\r\nlast\r\n\r\n"
	for _, mail := range []string{body, strings.ReplaceAll(body, "\r\n", "\n"),
		strings.ReplaceAll(body, "Hello.\r\n", "Hello.\n"), strings.TrimSuffix(body, "\r\n\r\n")} {
		if err := s.pipes("bash", []byte(mail), "shell/send-mail.sh", secret, "app@example.com",
			"you@example.net"); err != nil {
			t.Fatal(err)
		}
		all := s.World.Mail()
		got, want := all[len(all)-1].Data, body
		if strings.HasSuffix(mail, "last") {
			want = strings.TrimSuffix(body, "\r\n")
		}
		if !bytes.Equal(got, []byte(want)) {
			t.Errorf("%q was sent as\n%q, want\n%q", mail, got, want)
		}
	}
}
