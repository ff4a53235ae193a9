package rehearse

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"github.com/seed-486a873a/ses-smtp-rotator/lambda/function"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/credential"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/localaws/recording"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sessmtp"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/smtpcreds"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/version"
)

// Rehearsal is one rehearsal. It can run only once.
type Rehearsal struct {
	Names
	Endpoint sessmtp.Endpoint
	RootCAs  *x509.CertPool // for SMTP; nil: the system's
	// From is an address that SES sends from. If it is empty, nothing is sent.
	From string
	// Pace is the grace period, the quarantine and the promotion window.
	Pace time.Duration
	// Every is the time between two checks of something that is awaited, and Patience how long to
	// wait for it.
	Every, Patience time.Duration
	Clock           recording.Clock
	// Say is called with what is being done now. It may be nil.
	Say func(text string)

	account     Account
	addresses   []string
	function    *function.Function
	application *application

	current, previous credential.Value
	promoted          time.Time // when the last rotation or emergency was done
	beforeAsking      func()    // may be nil
	failed            error     // how a promise was broken
}

// New returns a rehearsal in an account, in real time. Its fields can be changed until it runs.
func New(a Account) *Rehearsal {
	return &Rehearsal{
		Names: newNames(a.config.Region, time.Now()), Clock: recording.Wall{}, account: a,
		Pace: time.Minute, Every: time.Second, Patience: 5 * time.Minute,
	}
}

// Run rehearses, and removes what it created, even if ctx ends. The recording has what was found
// out until then. The error says which of the function's acts failed, and what couldn't be removed.
func (r *Rehearsal) Run(ctx context.Context) (recorded recording.Recording, err error) {
	recorded = recording.Recording{
		Format: recording.Format, Source: "smtprotate " + version.String() + " rehearse", Made: r.Clock.Now().UTC(),
		Region: r.Endpoint.Region,
	}
	if err := r.findServers(ctx); err != nil {
		return recorded, err
	}
	defer func() {
		if left := r.remove(ctx); left != nil {
			err = left // of all errors, this is the one that somebody has to act on
		}
	}()
	r.say("making users and secrets")
	if err := r.build(ctx); err != nil {
		return recorded, err
	}
	if recorded.Answers, err = r.play(ctx); err != nil {
		return recorded, err
	}
	if r.beforeAsking != nil {
		r.beforeAsking()
	}
	answers, err := r.stage().Ask(ctx)
	recorded.Answers = append(recorded.Answers, answers...)
	return recorded, errors.Join(err, r.failed)
}

// findServers finds the servers that can be reached from here. The endpoint's name may have IPv6
// addresses that this network can't reach.
func (r *Rehearsal) findServers(ctx context.Context) error {
	var client sessmtp.Client
	all, err := client.Addresses(ctx, r.Endpoint)
	if err != nil {
		return fmt.Errorf("finding SES's servers: %w", err)
	}
	dialer := net.Dialer{Timeout: 10 * time.Second}
	faults := make([]error, len(all))
	var dialling sync.WaitGroup
	for i, addr := range all {
		dialling.Go(func() {
			conn, err := dialer.DialContext(ctx, "tcp", addr)
			if faults[i] = err; err == nil {
				_ = conn.Close()
			}
		})
	}
	dialling.Wait()
	for i, addr := range all {
		if faults[i] == nil {
			r.addresses = append(r.addresses, addr)
		}
	}
	if len(r.addresses) == 0 {
		return fmt.Errorf("connecting to SES at %s: %w\nFrom here, another port may be open: try --endpoint %s:2587",
			r.Endpoint.Addr(), errors.Join(faults...), r.Endpoint.Host)
	}
	return nil
}

func (r *Rehearsal) stage() recording.Stage {
	return recording.Stage{
		IAM: r.account.iam, Secrets: r.account.secrets,
		Endpoint: r.Endpoint, Addresses: r.addresses, RootCAs: r.RootCAs,
		User: r.Asked, Path: Path, Secret: r.AskedSecret, From: r.From, Clock: r.Clock, Every: r.Every,
		Patience: r.Patience, Progress: r.say,
	}
}

// remove removes what the rehearsal created.
func (r *Rehearsal) remove(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*removing)
	defer cancel()
	r.say("removing users and secrets")
	if err := r.account.Remove(ctx, r.Clock, r.Names); err != nil {
		return fmt.Errorf("removing what was made: %w\nTry again: smtprotate rehearse --clean --run %s", err,
			r.Names.Run)
	}
	return nil
}

func (r *Rehearsal) say(text string) {
	if r.Say != nil {
		r.Say(text)
	}
}

func (r *Rehearsal) newApplication() *application {
	return &application{
		source: smtpcreds.SecretsManager{API: r.account.secrets, SecretID: r.Secret}, roots: r.RootCAs, from: r.From,
		clock: r.Clock, refresh: r.Pace / 4, pause: r.Every, most: applicationMails,
	}
}

// sleep waits while the application sends.
func (r *Rehearsal) sleep(ctx context.Context, d time.Duration) error {
	for until := r.Clock.Now().Add(d); r.Clock.Now().Before(until); {
		if r.application != nil {
			r.application.send(ctx)
		}
		step := min(5*r.Every, until.Sub(r.Clock.Now()))
		if err := r.Clock.Sleep(ctx, step); err != nil {
			return err
		}
	}
	return nil
}
