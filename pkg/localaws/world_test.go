package localaws_test

import (
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/localaws"
)

func TestCloseLeavesNoGoroutineBehind(t *testing.T) {
	s := newSending(t, localaws.Config{Regions: []string{"eu-west-1", "us-east-1"}})
	if err := s.login(t); err != nil {
		t.Fatal(err)
	}
	s.dial(t)
	for _, address := range []string{s.SMTP(region), s.SMTPS(region), strings.TrimPrefix(s.URL(), "http://")} {
		idle, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		defer idle.Close()
	}
	s.Intercept(func(localaws.Call) *localaws.Fault { return &localaws.Fault{Delay: time.Hour} })
	var slow sync.WaitGroup
	slow.Go(func() { http.Post(s.URL(), "application/x-www-form-urlencoded", strings.NewReader("Action=GetUser")) })
	for len(s.Calls()) == 0 {
		time.Sleep(time.Millisecond)
	}
	for range 2 {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
	slow.Wait()
	if left := serving(); left != "" {
		t.Errorf("still running:\n%s", left)
	}
}

// serving returns the stacks of goroutines that still serve, after giving the others time to end.
func serving() (stacks string) {
	for range 100 {
		buffer := make([]byte, 1<<20)
		buffer = buffer[:runtime.Stack(buffer, true)]
		stacks = ""
		for stack := range strings.SplitSeq(string(buffer), "\n\n") {
			if strings.Contains(stack, "localaws.(*") || strings.Contains(stack, "net/http.(*conn)") ||
				strings.Contains(stack, "go-smtp.(*Server)") {
				stacks += stack + "\n\n"
			}
		}
		if stacks == "" {
			return ""
		}
		time.Sleep(10 * time.Millisecond)
	}
	return stacks
}

func TestEverythingCanBeDoneAtOnce(t *testing.T) {
	s := newSending(t, localaws.Config{Servers: 3})
	client := iamClient(t, s.World)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			s.login(t)
			client.CreateAccessKey(t.Context(), &iam.CreateAccessKeyInput{UserName: sender})
			s.PutSecretValue("mail/smtp", "value")
			s.SetPropagation(time.Second)
			s.SetSMTPFault(nil)
			s.Intercept(nil)
			s.Advance(time.Second)
			s.Calls()
			s.Secrets()
			s.Accepts(region, s.id, s.password)
		})
	}
	all.Wait()
	if keys := s.Keys("sender"); len(keys) != 2 {
		t.Errorf("%d keys", len(keys))
	}
}

func TestTheClockAddsToTheOneItWasGiven(t *testing.T) {
	w := start(t, localaws.Config{})
	w.Advance(time.Hour)
	w.Advance(time.Minute)
	if now := w.Now(); !now.Equal(epoch.Add(61 * time.Minute)) {
		t.Errorf("it is %v", now)
	}
}

func TestDeletingAUserByHandTakesItsKeysAlong(t *testing.T) {
	s := newSending(t, localaws.Config{})
	s.DeleteUser("sender")
	if s.Accepts(region, s.id, s.password) || s.Keys("sender") != nil {
		t.Error("a key outlives its user")
	}
}

func TestTheCertificateIsTrustedUnderEveryNameOfTheServers(t *testing.T) {
	w := start(t, localaws.Config{Regions: []string{"eu-west-1", "us-east-1"}})
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(w.CertPEM()) || !roots.Equal(w.CertPool()) {
		t.Fatal("the PEM and the pool differ")
	}
	for _, name := range []string{
		"127.0.0.1", "::1", "localhost", "email-smtp.eu-west-1.amazonaws.com", "email-smtp.us-east-1.amazonaws.com",
	} {
		conn, err := tls.Dial("tcp", w.SMTPS("us-east-1"), &tls.Config{RootCAs: roots, ServerName: name})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		conn.Close()
	}
}
