package smtpcreds

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/credential"
)

// ErrNoCredential means that the secret has no credential yet, as before its first rotation.
var ErrNoCredential = credential.ErrNone

// Store holds a program's credential: it reads it from Source and keeps it up to date. Many
// goroutines may use a Store at once. It must not be copied once it is in use.
type Store struct {
	// Source is required.
	Source Source

	// Region is the SES Region to send through. It must be one that the secret has a password for.
	// The default is the secret's primary Region.
	Region string

	// RefreshEvery is how long a value is used before it is read again, plus or minus a tenth. The
	// default is 5 minutes. It must be far shorter than the rotator's grace period. If a credential
	// is replaced sooner, SES answers 535 and Do rereads the secret.
	RefreshEvery time.Duration

	// Log gets a message when a read fails while an older value is still in use, and when reading
	// works again. The default is slog.Default().
	Log *slog.Logger

	mu         sync.Mutex
	credential Credential // the zero value until the first successful read
	triedAt    time.Time  // when the last read began
	due        time.Time  // when the next read is due
	failures   int        // since the last successful read
	flight     *flight
}

// flight is one read of the secret, shared by all callers who wait for it. err is set before landed
// is closed.
type flight struct {
	took   bool // the read has begun, so its value is no older than that moment
	landed chan struct{}
	err    error
}

const (
	defaultRefresh = 5 * time.Minute
	readTimeout    = 20 * time.Second
	// patience is how long a mail waits for a fresh value if there is an old one.
	patience = time.Second
	// firstRetry is the delay after the first failure; it doubles with each further one.
	firstRetry = 2 * time.Second
	// pause is the shortest time between two reads while SES keeps refusing the credential.
	pause = time.Second
)

// Get returns the last credential that was read. If nothing was read yet, it reads the secret, and
// returns the error if that fails. Otherwise it returns at once, and if the value is due, reads it
// again in the background. There is one exception: if the value is overdue by more than
// RefreshEvery, because the program was frozen or idle, Get waits up to a second for a fresh value.
func (s *Store) Get(ctx context.Context) (Credential, error) {
	s.mu.Lock()
	late := now().Sub(s.due)
	have, overdue := s.credential, late > s.every()
	var f *flight
	if have == (Credential{}) || late >= 0 {
		f = s.fly(0)
	}
	s.mu.Unlock()
	switch {
	case have == (Credential{}):
		return s.wait(ctx, f)
	case f != nil && overdue:
		brief, cancel := context.WithTimeout(ctx, patience)
		defer cancel()
		if fresh, err := s.wait(brief, f); err == nil {
			return fresh, nil
		}
	}
	return have, nil
}

// Refused tells the Store that SES answered 535 to c, and returns the credential that the secret
// has now: a new one, or c again. Concurrent callers share one read. While SES keeps refusing, it
// rereads at most once a second.
func (s *Store) Refused(ctx context.Context, c Credential) (Credential, error) {
	for {
		s.mu.Lock()
		if s.credential != c && s.credential != (Credential{}) {
			defer s.mu.Unlock()
			return s.credential, nil
		}
		f := s.fly(max(0, pause-now().Sub(s.triedAt)))
		mine := !f.took // a read that has already begun may return the value from before the refusal
		s.mu.Unlock()
		if fresh, err := s.wait(ctx, f); mine || fresh != c {
			return fresh, err
		}
	}
}

// Do calls send with the current credential. If send's error means that SES refused it (see the
// function Refused), Do rereads the secret at once and, if it has another credential now, calls
// send once more. So send should send one mail, or remember which ones it has already sent.
func (s *Store) Do(ctx context.Context, send func(context.Context, Credential) error) error {
	c, err := s.Get(ctx)
	if err != nil {
		return err
	}
	err = send(ctx, c)
	if !Refused(err) {
		return err
	}
	fresh, unread := s.Refused(ctx, c)
	if unread != nil {
		return fmt.Errorf("%w (and rereading the secret failed: %w)", err, unread)
	}
	if fresh == c {
		return err
	}
	return send(ctx, fresh)
}

func (s *Store) every() time.Duration {
	if s.RefreshEvery > 0 {
		return s.RefreshEvery
	}
	return defaultRefresh
}

func (s *Store) log() *slog.Logger {
	if s.Log != nil {
		return s.Log
	}
	return slog.Default()
}

// wait waits for a read to end, and returns the Store's credential and the read's error.
func (s *Store) wait(ctx context.Context, f *flight) (Credential, error) {
	select {
	case <-f.landed:
	case <-ctx.Done():
		return Credential{}, context.Cause(ctx)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.credential, f.err
}

// fly returns the read that is under way, or starts one after a delay. It doesn't use the caller's
// context, because other callers wait for the same read. The caller must hold s.mu.
func (s *Store) fly(after time.Duration) *flight {
	if s.flight != nil {
		return s.flight
	}
	f := &flight{landed: make(chan struct{})}
	s.flight = f
	s.due = now().Add(after + readTimeout) // so nobody else counts as overdue meanwhile
	go func() {
		time.Sleep(after)
		ctx, cancel := context.WithTimeout(context.Background(), readTimeout)
		defer cancel()
		began := s.takeOff(f)
		c, err := s.read(ctx)
		s.land(f, began, c, err)
	}()
	return f
}

func (s *Store) takeOff(f *flight) time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	f.took = true
	s.triedAt = now()
	return s.triedAt
}

func (s *Store) read(ctx context.Context) (Credential, error) {
	if s.Source == nil {
		return Credential{}, errors.New("smtpcreds.Store has no Source")
	}
	version, err := s.Source.Read(ctx)
	if err != nil {
		return Credential{}, err
	}
	value, err := credential.Parse(version.Value)
	if errors.Is(err, ErrNoCredential) {
		return Credential{}, err
	}
	if err != nil {
		return Credential{}, fmt.Errorf("the secret's value isn't an SMTP credential: %w", err)
	}
	login, err := value.Login(s.Region)
	return Credential{login}, err
}

func (s *Store) land(f *flight, began time.Time, c Credential, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	defer close(f.landed)
	s.flight, f.err = nil, err
	if err != nil {
		s.failed(err)
		return
	}
	if s.failures > 0 && s.credential != (Credential{}) {
		s.log().Info("the SMTP credential can be read again", "username", c.Username)
	}
	s.credential, s.failures = c, 0
	s.due = began.Add(jitter(s.every()))
}

// failed schedules the next read, with a longer delay after each failure.
func (s *Store) failed(err error) {
	s.failures++
	s.due = now().Add(jitter(min(s.every(), firstRetry<<min(s.failures-1, 20))))
	if s.failures == 1 && s.credential != (Credential{}) {
		s.log().Warn("can't read the SMTP credential; still using the last one", "username", s.credential.Username,
			"error", err)
	}
}

// now returns the wall-clock time: the monotonic clock stands still while a machine sleeps.
func now() time.Time { return time.Now().Round(0) }

// jitter varies a duration by up to a tenth, so that many programs don't read at the same time.
func jitter(d time.Duration) time.Duration {
	return time.Duration(float64(d) * (0.9 + 0.2*rand.Float64()))
}
