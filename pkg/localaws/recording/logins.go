package recording

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sessmtp"
)

func (a *asker) askLogins(ctx context.Context) error {
	if a.lasting.id == "" {
		return errKeys
	}
	for _, ask := range []func(context.Context) error{
		a.askNewKey, a.askThird, a.askServer, a.askIdle, a.askRightPassword, a.askWrongPasswords,
	} {
		if err := ask(ctx); err != nil {
			return err
		}
	}
	return nil
}

// askNewKey waits until SES accepts the second key, and then until it accepts the first.
func (a *asker) askNewKey(ctx context.Context) error {
	a.asking("login.new")
	w, err := a.watch(ctx, a.lasting, a.lasting.made, accepted, nil)
	if err != nil {
		return err
	}
	if !w.done {
		return a.notAccepted(w)
	}
	firstLogin := time.Duration(w.first * float64(time.Second))
	a.use = &use{"use.login", a.lasting, a.lasting.made.Add(firstLogin)}
	a.timed("login.new", w.seconds(), "all do")
	if len(w.before) == 0 {
		a.unanswered("login.not-yet", "it was accepted at once")
	} else {
		a.answer("login.not-yet", "%s", strings.Join(w.before, ", then "))
	}
	w, err = a.watch(ctx, a.spare, a.spare.made, accepted, nil)
	if err == nil && !w.done {
		err = a.notAccepted(w)
	}
	return err
}

func (a *asker) notAccepted(w watched) error {
	return fmt.Errorf("SES didn't accept a new key within %s, and said %s", a.Patience, strings.Join(w.before, ", "))
}

// askServer asks a server what needs no password. The login before TLS uses no real credential,
// because anybody may read it.
func (a *asker) askServer(ctx context.Context) error {
	t, err := a.connect(ctx, a.Addresses[0])
	if err != nil {
		return err
	}
	defer t.quit()
	if !a.Endpoint.ImplicitTLS() {
		a.answer("server.offers", "%s", strings.Join(t.offers, ", "))
		a.asking("server.no-tls")
		r, err := t.auth("AKIAIOSFODNN7EXAMPLE", "nobody's")
		if err != nil {
			return err
		}
		a.answer("server.no-tls", "%v", r)
	}
	over, err := a.open(ctx, a.Addresses[0])
	if err != nil {
		return err
	}
	defer over.quit()
	a.answer("server.offers-tls", "%s", strings.Join(over.offers, ", "))
	a.asking("server.no-login")
	r, err := over.say("MAIL FROM:<%s>", Simulator)
	if err == nil {
		a.answer("server.no-login", "%v", r)
	}
	return err
}

// askIdle waits in silence, in real time, until the server says something.
func (a *asker) askIdle(ctx context.Context) error {
	a.asking("server.idle")
	t, err := a.open(ctx, a.Addresses[0])
	if err != nil {
		return err
	}
	defer t.Close()
	defer context.AfterFunc(ctx, func() { _ = t.conn.Close() })()
	began := time.Now()
	r, err := t.hear()
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err == nil:
		a.timed("server.idle", map[string]float64{"said after": time.Since(began).Seconds()}, "%v", r)
	case time.Since(began) < talkTimeout:
		a.timed("server.idle", map[string]float64{"closed after": time.Since(began).Seconds()},
			"nothing: it closes the connection")
	default:
		a.timed("server.idle", map[string]float64{"waited for": talkTimeout.Seconds()}, "nothing as long as was waited")
	}
	return nil
}

func (a *asker) askRightPassword(ctx context.Context) error {
	t, err := a.open(ctx, a.Addresses[0])
	if err != nil {
		return err
	}
	defer t.quit()
	a.asking("login.right")
	r, err := t.auth(a.lasting.id, a.password(a.lasting))
	if err := unless(accepted, r, err); err != nil {
		return fmt.Errorf("logging in with a key that was accepted before: %w", err)
	}
	a.answer("login.right", "%v", r)
	a.asking("login.again")
	if r, err = t.auth(a.lasting.id, a.password(a.lasting)); err != nil {
		return err
	}
	a.answer("login.again", "%v", r)
	return nil
}

func (a *asker) askWrongPasswords(ctx context.Context) error {
	elsewhere := "us-east-1"
	if a.Endpoint.Region == elsewhere {
		elsewhere = "eu-west-1"
	}
	for _, c := range []struct {
		id, username string
		password     sessmtp.Password
	}{
		{"login.wrong-password", a.lasting.id, sessmtp.DerivePassword("nobody's", a.Endpoint.Region)},
		{"login.wrong-region", a.lasting.id, sessmtp.DerivePassword(a.lasting.secret, elsewhere)},
		{"login.unknown", "AKIAIOSFODNN7EXAMPLE", a.password(a.lasting)},
	} {
		a.asking(c.id)
		r, err := a.login(ctx, a.Addresses[0], c.username, c.password)
		if err != nil {
			return err
		}
		a.answer(c.id, "%v", r)
	}
	return nil
}
