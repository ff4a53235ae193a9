package demo

import (
	"context"
	"crypto/x509"
	"sync"
	"sync/atomic"
	"time"

	"github.com/seed-486a873a/ses-smtp-rotator/deploy/smtprotate/internal/timeline"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/smtpsecret"
)

// application is somebody who sends mail with a credential from the secret. One goroutine at a time uses it.
type application struct {
	name  string
	roots *x509.CertPool
	now   func() time.Time
	read  func(context.Context) (smtpsecret.Value, error)

	// keepFor is how long it goes on with what it read; 0: for ever.
	keepFor time.Duration
	// rereads: when it is refused, it reads the secret again and sends again.
	rereads bool
	// emergency: to be refused is what has to happen now.
	emergency *atomic.Bool

	login  smtpsecret.Value
	readAt time.Time // zero: it has read nothing
	mail   timeline.Mail
}

// from is the sender's address, by which the mails of applications are told apart.
func (a *application) from() string { return a.name + "@example.com" }

// send sends one mail and counts how that went.
func (a *application) send(ctx context.Context) {
	err := a.try(ctx)
	if refused(err) {
		a.countRefusal()
		if !a.rereads {
			return
		}
		a.forget()
		err = a.try(ctx)
	}
	switch {
	case err == nil:
		a.mail.Sent++
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

// try sends once, with the credential that was read last unless that is too long ago.
func (a *application) try(ctx context.Context) error {
	now := a.now()
	if a.readAt.IsZero() || a.keepFor > 0 && now.Sub(a.readAt) >= a.keepFor {
		login, err := a.read(ctx)
		if err != nil {
			return err
		}
		a.login, a.readAt = login, now
	}
	return send(ctx, a.login, a.roots, a.from())
}

// forget makes it read the secret before the next mail.
func (a *application) forget() { a.readAt = time.Time{} }

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
