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

// application is somebody who sends mail with a credential from the secret. One goroutine at a time
// uses it.
type application struct {
	name   string
	roots  *x509.CertPool
	now    func() time.Time
	source smtpcreds.Source

	// forgetful: it reads the secret once, and never again. Others use a Store, as they should.
	forgetful bool
	// emergency: to be refused is what has to happen now.
	emergency *atomic.Bool

	store      *smtpcreds.Store
	storeSince time.Time            // simulated
	credential smtpcreds.Credential // that it sent with last; the zero value: it has sent nothing
	mail       timeline.Mail
}

// from is the sender's address, by which the mails of applications are told apart.
func (a *application) from() string { return a.name + "@example.com" }

// send sends one mail and counts how that went. In an emergency, too, a mail that the Store sends
// again must arrive.
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
	case refused && a.forgetful: // it has been counted
	case ctx.Err() == nil: // else the demo was stopped
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

// do sends with what the Store has. The forgetful send with what they once read.
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

// fresh returns the application's Store. A Store goes by real time, and the demo is over before it
// would read again. So after cacheFor of simulated time a new one takes its place.
func (a *application) fresh() *smtpcreds.Store {
	if now := a.now(); a.store == nil || now.Sub(a.storeSince) >= cacheFor {
		a.storeSince = now
		a.store = &smtpcreds.Store{Source: a.source, RefreshEvery: cacheFor, Log: slog.New(slog.DiscardHandler)}
	}
	return a.store
}

// sendAlong has applications send all the time until done is called, and each at least one mail.
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
