package demo

import (
	"context"
	"crypto/x509"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/seed-486a873a/ses-smtp-rotator/deploy/smtprotate/internal/timeline"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/smtpcreds"
)

// application sends mail with a credential from the secret. Only one goroutine at a time may use
// it.
type application struct {
	name   string
	roots  *x509.CertPool
	now    func() time.Time
	source smtpcreds.Source

	// forgetful applications read the secret once and never again. Others use a Store, as they
	// should.
	forgetful bool
	// emergency is true while a refused mail is expected: it counts as cut off, not as failed.
	emergency *atomic.Bool

	store      *smtpcreds.Store
	storeSince time.Time            // simulated
	credential smtpcreds.Credential // the one it sent with last; zero if it has sent nothing
	mail       timeline.Mail
}

// from returns the sender's address, which differs from application to application.
func (a *application) from() string { return a.name + "@example.com" }

// send sends one mail and counts the result. If the Store sends a refused mail again, that one must
// arrive even in an emergency.
func (a *application) send(ctx context.Context) {
	refused := false
	err := a.do(ctx, func(ctx context.Context, c smtpcreds.Credential) error {
		a.credential = c
		err := deliver(ctx, c, a.roots, a.from())
		if smtpcreds.Refused(err) && !refused {
			refused = true
			a.countRefusal()
		}
		return err
	})
	switch {
	case err == nil:
		a.mail.Sent++
	case refused && a.forgetful: // the refusal has been counted
	case ctx.Err() == nil: // otherwise the demo was stopped
		a.mail.Failed++
	}
}

func (a *application) countRefusal() {
	if a.emergency.Load() {
		a.mail.CutOff++
	} else {
		a.mail.Failed++
	}
}

// do sends with the Store's credential. A forgetful application sends with the one it read first.
func (a *application) do(ctx context.Context, send func(context.Context, smtpcreds.Credential) error) error {
	if !a.forgetful {
		return a.fresh().Do(ctx, send)
	}
	c := a.credential
	if c == (smtpcreds.Credential{}) {
		var err error
		if c, err = a.fresh().Get(ctx); err != nil {
			return err
		}
	}
	return send(ctx, c)
}

// fresh returns the application's Store. A Store measures real time, and the demo ends before it
// would read again, so fresh replaces it after cacheFor of simulated time.
func (a *application) fresh() *smtpcreds.Store {
	if now := a.now(); a.store == nil || now.Sub(a.storeSince) >= cacheFor {
		a.storeSince = now
		a.store = &smtpcreds.Store{Source: a.source, RefreshEvery: cacheFor, Log: slog.New(slog.DiscardHandler)}
	}
	return a.store
}

// sendAlong makes applications send mail, at least one each, until done is called.
func sendAlong(ctx context.Context, all []*application) (done func()) {
	const gap = 25 * time.Millisecond
	enough, stop := context.WithCancel(ctx)
	var sending sync.WaitGroup
	for _, a := range all {
		sending.Go(func() {
			for {
				a.send(ctx)
				select {
				case <-enough.Done():
					return
				case <-time.After(gap):
				}
			}
		})
	}
	return func() { stop(); sending.Wait() }
}
