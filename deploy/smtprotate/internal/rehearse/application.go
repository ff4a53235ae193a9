package rehearse

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/localaws/recording"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sessmtp"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/smtpcreds"
)

// application reads the secret as applications should, and sends mail all the time. Without a
// sender it only logs in. Only one goroutine at a time may use it.
type application struct {
	source  smtpcreds.Source
	roots   *x509.CertPool
	from    string
	clock   recording.Clock
	refresh time.Duration // how long a credential is used before it is read again
	pause   time.Duration // in real time, between mails while an invocation runs
	most    int           // the most mails that it sends, as the plan announced

	store *smtpcreds.Store
	since time.Time

	sent int
	lost []string // SES's answer to each mail that it didn't accept
}

// tries is how often a mail is sent if SES answers that it should be sent later.
const tries = 3

// send sends one mail, and counts the result.
func (a *application) send(ctx context.Context) {
	if a.sent+len(a.lost) >= a.most {
		return
	}
	var err error
	for range tries {
		err = a.fresh().Do(ctx, a.deliver)
		if ctx.Err() != nil {
			return // it was stopped, and the mail may have been sent
		}
		if err == nil {
			a.sent++
			return
		}
		if !sessmtp.MeaningOf(err).Waits() || smtpcreds.Refused(err) {
			break
		}
		time.Sleep(a.pause)
	}
	a.lost = append(a.lost, err.Error())
}

func (a *application) deliver(ctx context.Context, c smtpcreds.Credential) error {
	client := sessmtp.Client{TLS: &tls.Config{RootCAs: a.roots}}
	if a.from == "" {
		return client.Login(ctx, c.Login, "")
	}
	text := fmt.Sprintf("From: %s\r\nTo: %s\r\nSubject: a rehearsal\r\n\r\nAn application's mail.\r\n", a.from,
		recording.Simulator)
	return client.Send(ctx, c.Login, a.from, recording.Simulator, []byte(text))
}

// fresh returns the application's Store. A Store measures real time. If time is simulated, fresh
// has to replace the Store to make it read again.
func (a *application) fresh() *smtpcreds.Store {
	if now := a.clock.Now(); a.store == nil || now.Sub(a.since) >= a.refresh {
		a.since = now
		a.store = &smtpcreds.Store{Source: a.source, RefreshEvery: a.refresh, Log: slog.New(slog.DiscardHandler)}
	}
	return a.store
}

// along sends until done is called.
func (a *application) along(ctx context.Context) (done func()) {
	if a == nil {
		return func() {}
	}
	enough, stop := context.WithCancel(ctx)
	var sending sync.WaitGroup
	sending.Go(func() {
		for {
			a.send(ctx)
			select {
			case <-enough.Done():
				return
			case <-time.After(a.pause):
			}
		}
	})
	return func() { stop(); sending.Wait() }
}
