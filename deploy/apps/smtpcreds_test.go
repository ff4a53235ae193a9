package apps_test

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/localaws/whole"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/rotation"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/smtpcreds"
)

// TestFiftyGoroutinesSendThroughFiftyRotations sends with pkg/smtpcreds while the function rotates,
// retires and revokes. Half of the goroutines share a store that reads often, so that rotations
// reach it in time; the other half share one that learns of each rotation by a refusal.
func TestFiftyGoroutinesSendThroughFiftyRotations(t *testing.T) {
	besideOthers(t)
	s := newStage(t, "IN_USE_WINDOW=0") // or the keys would live for as long as the others send with them
	team := s.newTeam(whole.Size(t, "goroutines", 10, 50), 50*time.Millisecond, time.Hour)
	for n := range whole.Size(t, "rotations", 5, 50) {
		if n%5 == 4 {
			s.invoke(`{"action":"emergency"}`, rotation.Revoked)
			team.allSendWith(s.current())
			continue
		}
		s.rotate()
		team.halfSendsWith(s.current())
		s.retire()
		team.allSendWith(s.current())
	}
	team.end()
}

func TestAGoProgramGoesOn(t *testing.T) {
	inBothModes(t, func(s *stage) {
		team := s.newTeam(0)
		m := &member{store: s.newStore(time.Hour)}
		c := &client{stage: s, ask: func(id string) string {
			err := m.store.Do(t.Context(), func(ctx context.Context,
				c smtpcreds.Credential) error {
				return team.transmit(ctx, c, id)
			})
			if err != nil {
				return err.Error()
			}
			return "ok"
		}}
		c.life(true)
	})
}

// team is a group of goroutines that send all the time.
type team struct {
	*stage
	members []*member
	stop    context.CancelFunc
	running sync.WaitGroup
	tries   atomic.Int64
}

// member is one of these goroutines. with is the key of the last mail that it sent.
type member struct {
	store *smtpcreds.Store
	name  int
	sent  int
	with  atomic.Value
}

func (s *stage) newStore(refreshEvery time.Duration) *smtpcreds.Store {
	client := secretsmanager.New(secretsmanager.Options{
		BaseEndpoint: aws.String(s.World.URL()), Region: region,
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "AKIAAPPLICATION00000", SecretAccessKey: "its own"}, nil
		}),
	})
	return &smtpcreds.Store{
		Source:       smtpcreds.SecretsManager{API: client, SecretID: secret},
		RefreshEvery: refreshEvery, Log: slog.New(slog.DiscardHandler),
	}
}

func (s *stage) newTeam(size int, refreshEvery ...time.Duration) *team {
	var stores []*smtpcreds.Store
	for _, every := range refreshEvery {
		stores = append(stores, s.newStore(every))
	}
	ctx, stop := context.WithCancel(context.Background())
	all := &team{stage: s, stop: stop}
	for n := range size {
		m := &member{store: stores[n%len(stores)], name: n}
		m.with.Store("")
		all.members = append(all.members, m)
		all.running.Go(func() {
			for ctx.Err() == nil && !s.Failed() {
				all.sendOne(m)
				time.Sleep(20 * time.Millisecond)
			}
		})
	}
	s.Cleanup(func() { stop(); all.running.Wait() })
	return all
}

func (t *team) sendOne(m *member) {
	id := fmt.Sprintf("<%d.%d@app.example.com>", m.name, m.sent)
	err := m.store.Do(context.Background(), func(ctx context.Context, c smtpcreds.Credential) error {
		t.tries.Add(1)
		if err := t.transmit(ctx, c, id); err != nil {
			return err
		}
		m.with.Store(c.Username)
		return nil
	})
	if err != nil {
		t.Errorf("mail %s: %v", id, err)
		return
	}
	m.sent++
}

func (t *team) transmit(ctx context.Context, c smtpcreds.Credential, id string) error {
	client, err := c.Dial(ctx, &tls.Config{RootCAs: t.World.CertPool()})
	if err != nil {
		return err
	}
	defer client.Close()
	if err := client.Mail("app@example.com"); err != nil {
		return err
	}
	if err := client.Rcpt("you@example.net"); err != nil {
		return err
	}
	body, err := client.Data()
	if err != nil {
		return err
	}
	if _, err := io.WriteString(body, "Message-ID: "+id+"\r\n\r\nHello.\r\n"); err != nil {
		return err
	}
	return body.Close()
}

// allSendWith waits until every member has sent with a key: no key dies here before its successor
// is known, just as with a grace period that is longer than a mail takes.
func (t *team) allSendWith(key string) { t.Helper(); t.sendWith(key, len(t.members)) }

// halfSendsWith is for a rotation without refusals: members that don't read in time go on with the
// old key.
func (t *team) halfSendsWith(key string) { t.Helper(); t.sendWith(key, len(t.members)/2) }

func (t *team) sendWith(key string, members int) {
	t.Helper()
	t.soon(time.Minute, fmt.Sprintf("%d of them send with access key %s", members, key), func() bool {
		with := 0
		for _, m := range t.members {
			if m.with.Load() == key {
				with++
			}
		}
		return with >= members || t.Failed()
	})
}

// end compares the mails that arrived with those that were sent.
func (t *team) end() {
	t.Helper()
	t.stop()
	t.running.Wait()
	arrived, sent := t.arrived(), 0
	for _, m := range t.members {
		sent += m.sent
		for n := range m.sent {
			if id := fmt.Sprintf("<%d.%d@app.example.com>", m.name, n); arrived[id] != 1 {
				t.Errorf("mail %s arrived %d times", id, arrived[id])
			}
		}
	}
	if len(arrived) != sent {
		t.Errorf("%d mails were sent, and %d arrived", sent, len(arrived))
	}
	t.Logf("%d mails, %d of them at their second try, with %d keys", sent, int(t.tries.Load())-sent, len(t.sentWith()))
}
