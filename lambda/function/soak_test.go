package function_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"net"
	"net/mail"
	"net/smtp"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/credential"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/localaws/whole"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/rotation"
)

// TestTwoHundredRotationsWithMailFlowingRefuseNoMail simulates about sixteen years of rotations by
// age, with a tick a day, while applications send. Each uses what it read from the secret up to
// three days ago, and none of them retries anything.
func TestTwoHundredRotationsWithMailFlowingRefuseNoMail(t *testing.T) {
	rotations := whole.Size(t, "rotations", 20, 200)
	s := newStage(t, nil)
	s.must(`{}`, rotation.Rotated)
	start := time.Now()
	applications := []*application{
		s.newApplication("a", 1), s.newApplication("b", 3), s.newApplication("c", 5), s.newApplication("d", 7),
	}
	days := rotations*30 + 10 // the last superseded key is deleted in the extra days
	life := s.sendAlong(applications, days)
	t.Logf("%d rotations in %d days, with %s, took %s", len(life.superseded), life.days, traffic(applications),
		time.Since(start).Round(time.Millisecond))
	if t.Failed() {
		return
	}
	if len(life.superseded) < rotations {
		t.Errorf("%d rotations, want %d", len(life.superseded), rotations)
	}
	if !slices.Equal(life.deactivated, life.superseded) || !slices.Equal(life.deleted, life.superseded) {
		t.Errorf("of the keys that were superseded (%d), %d were deactivated and %d deleted, or not in their order",
			len(life.superseded), len(life.deactivated), len(life.deleted))
	}
	s.quiet()
	s.everyMailArrivedOnce(applications, days)
}

// keyLives lists what happened to access keys in that many days, in order of time.
type keyLives struct {
	days                             int
	superseded, deactivated, deleted []string
}

// sendAlong moves the clock day by day, ticks, and makes each application send one mail a day. The
// clock moves while mails are being sent, but no application is more than two days behind it. It
// ends early if a mail was refused.
func (s *stage) sendAlong(applications []*application, days int) (life keyLives) {
	s.Helper()
	var sending sync.WaitGroup
	defer sending.Wait()
	for _, a := range applications {
		defer close(a.days)
		sending.Go(a.run)
	}
	for range days {
		if s.Failed() {
			return life
		}
		s.after(day)
		life.days++
		for _, a := range applications {
			a.days <- struct{}{}
		}
		s.tickInto(&life)
	}
	return life
}

// tickInto runs a tick, which may do anything except fail, be blocked or warn.
func (s *stage) tickInto(life *keyLives) {
	s.Helper()
	before := s.mailFlows().Username
	result, err := s.invoke(`{}`)
	if err != nil {
		s.Fatalf("%s: %s", err.Type, err.Message)
	}
	if result.Outcome == rotation.Blocked || len(result.Warnings) > 0 {
		s.Fatalf("outcome %s: %+v", result.Outcome, result.Warnings)
	}
	if now := s.mailFlows().Username; now != before {
		life.superseded = append(life.superseded, before)
	}
	for _, step := range result.Steps {
		switch step.Kind {
		case rotation.Deactivate:
			life.deactivated = append(life.deactivated, step.AccessKeyID)
		case rotation.Delete:
			life.deleted = append(life.deleted, step.AccessKeyID)
		}
	}
}

// everyMailArrivedOnce compares what SES accepted with what was sent.
func (s *stage) everyMailArrivedOnce(applications []*application, days int) {
	s.Helper()
	arrived := map[string]int{}
	for _, m := range s.World.Mail() {
		parsed, err := mail.ReadMessage(bytes.NewReader(m.Data))
		if err != nil {
			s.Fatal(err)
		}
		arrived[parsed.Header.Get("Message-ID")]++
	}
	sent := 0
	for _, a := range applications {
		if len(a.sent) != days {
			s.Errorf("application %s sent %d mails on %d days", a.name, len(a.sent), days)
		}
		for _, id := range a.sent {
			if arrived[id] != 1 {
				s.Errorf("mail %s arrived %d times", id, arrived[id])
			}
		}
		sent += len(a.sent)
	}
	if len(arrived) != sent {
		s.Errorf("%d mails were sent, and %d arrived", sent, len(arrived))
	}
}

// credentialLife is how long an application uses what it read.
const credentialLife = 3 * day

// An application sends a mail each day. It knows only the secret's name, and retries nothing.
type application struct {
	*stage
	name    string
	perConn int // it ends a connection after so many mails, and when the credential has changed
	secrets *secretsmanager.Client
	days    chan struct{} // a mail is due for each day

	credential credential.Value
	readAt     time.Time // by the World's clock
	conn       *smtp.Client
	onConn     int

	sent          []string // Message-IDs
	reads, logins int
}

func (s *stage) newApplication(name string, perConn int) *application {
	role := func(context.Context) (aws.Credentials, error) {
		return aws.Credentials{AccessKeyID: "AKIAAPPLICATIONROLE0", SecretAccessKey: "the application's own"}, nil
	}
	client := secretsmanager.New(secretsmanager.Options{
		BaseEndpoint: aws.String(s.World.URL()), Region: region, Credentials: aws.CredentialsProviderFunc(role),
		Retryer: aws.NopRetryer{},
	})
	return &application{stage: s, name: name, perConn: perConn, secrets: client, days: make(chan struct{}, 1)}
}

// run sends a mail for each day, until one is refused.
func (a *application) run() {
	defer a.hangUp()
	refused := false
	for range a.days {
		if refused {
			continue
		}
		if err := a.sendOne(); err != nil {
			refused = true
			a.Errorf("application %s, mail %d, refused at its first try on %s, with what was read on %s: %v", a.name,
				len(a.sent)+1,
				a.World.Now().Format(time.DateTime), a.readAt.Format(time.DateTime), err)
		}
	}
}

// sendOne sends the next mail on the open connection, or on a new one.
func (a *application) sendOne() error {
	if a.World.Now().Sub(a.readAt) >= credentialLife {
		if err := a.read(); err != nil {
			return err
		}
	}
	if a.conn == nil {
		if err := a.connect(); err != nil {
			return err
		}
	}
	if err := a.transmit(fmt.Sprintf("<%d.%s@application.example.com>", len(a.sent)+1, a.name)); err != nil {
		return err
	}
	if a.onConn++; a.onConn >= a.perConn {
		a.hangUp()
	}
	return nil
}

// read reads the credential from the secret, and closes the connection if the credential changed.
func (a *application) read() error {
	at := a.World.Now()
	out, err := a.secrets.GetSecretValue(context.Background(), &secretsmanager.GetSecretValueInput{
		SecretId: aws.String(secret), VersionStage: aws.String("AWSCURRENT"),
	})
	if err != nil {
		return err
	}
	var read credential.Value
	if err := json.Unmarshal([]byte(*out.SecretString), &read); err != nil {
		return err
	}
	if read.Username != a.credential.Username {
		a.hangUp()
	}
	a.reads++
	a.credential, a.readAt = read, at
	return nil
}

// connect logs in over STARTTLS with what was read.
func (a *application) connect() error {
	c := a.credential
	conn, err := smtp.Dial(net.JoinHostPort(c.Host, strconv.Itoa(c.Port)))
	if err != nil {
		return err
	}
	a.conn, a.onConn = conn, 0
	config := &tls.Config{ServerName: c.Host, RootCAs: a.World.CertPool()}
	config.CurvePreferences = []tls.CurveID{tls.X25519} // cheap: there are ten thousand handshakes
	if err := conn.StartTLS(config); err != nil {
		return err
	}
	a.logins++
	return conn.Auth(smtp.PlainAuth("", c.Username, c.Password, c.Host))
}

func (a *application) transmit(messageID string) error {
	if err := a.conn.Mail("from@example.com"); err != nil {
		return err
	}
	if err := a.conn.Rcpt("to@example.com"); err != nil {
		return err
	}
	body, err := a.conn.Data()
	if err != nil {
		return err
	}
	fmt.Fprintf(body, "Message-ID: %s\r\nFrom: from@example.com\r\nTo: to@example.com\r\n\r\nhello\r\n", messageID)
	if err := body.Close(); err != nil {
		return err
	}
	a.sent = append(a.sent, messageID)
	return nil
}

func (a *application) hangUp() {
	if a.conn == nil {
		return
	}
	a.conn.Quit()
	a.conn.Close()
	a.conn = nil
}

// traffic sums up what the applications did.
func traffic(applications []*application) string {
	mails, logins, reads := 0, 0, 0
	for _, a := range applications {
		mails += len(a.sent)
		logins += a.logins
		reads += a.reads
	}
	return fmt.Sprintf("%d mails, %d logins and %d reads of the secret by %d applications",
		mails, logins, reads, len(applications))
}
