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

// ErrNoCredential says that the secret has no credential yet, as before its first rotation.
var ErrNoCredential = credential.ErrNone

// Store is a program's credential, read from Source and kept fresh. It may be used by many
// goroutines at once, and must not be copied once it is in use.
type Store struct {
	// Source has to be set.
	Source Source

	// Region is the SES Region to send through, one of those that the secret has. The default is
	// the primary one.
	Region string

	// RefreshEvery is how long a value is good before it is read again, give or take a tenth. The
	// default is 5 minutes. The rotator's grace period must exceed it by far; 535 makes up for what
	// it misses.
	RefreshEvery time.Duration

	// Log is told when reading fails while an older value serves on, and when it works again. The
	// default is slog.Default().
	Log *slog.Logger

	mu         sync.Mutex
	credential Credential // the zero value: nothing was read yet
	triedAt    time.Time  // when the last read began
	due        time.Time  // when it is to be read again
	failures   int        // since it was read
	flight     *flight
}

// flight is one read of the secret, for all who want one. Its err is set before landed is closed.
type flight struct {
	took   bool // off: what it reads can't be older than that
	landed chan struct{}
	err    error
}

const (
	defaultRefresh = 5 * time.Minute
	readTimeout    = 20 * time.Second
	// patience is how long a mail waits for a fresh value while there is an old one.
	patience = time.Second
	// firstRetry is doubled with each failure.
	firstRetry = 2 * time.Second
	// pause is the shortest time between two reads of a value that SES refuses.
	pause = time.Second
)

// Get is the credential as it is known now. It reads the secret where there is nothing yet, and
// fails where that fails. What is there already is returned at once; if it is due to be read again,
// that happens in the background. One exception: if nobody has asked for so long that it is overdue
// by RefreshEvery, as in a program that was frozen, it waits for a second at most.
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

// Refused says that SES answered 535 to a credential, and returns what the secret has now: another
// one, or the same once more. Many callers share one read. It reads no more than once a second what
// SES goes on to refuse.
func (s *Store) Refused(ctx context.Context, c Credential) (Credential, error) {
	for {
		s.mu.Lock()
		if s.credential != c && s.credential != (Credential{}) {
			defer s.mu.Unlock()
			return s.credential, nil
		}
		f := s.fly(max(0, pause-now().Sub(s.triedAt)))
		mine := !f.took // else it may have read what was before SES refused it
		s.mu.Unlock()
		if fresh, err := s.wait(ctx, f); mine || fresh != c {
			return fresh, err
		}
	}
}

// Do sends with the credential as it is known now. If send's error says that SES refused it (see
// Refused), the secret is read again at once, and if it has another credential now, send is called
// once more with that. So send should send one mail, or remember what is gone already.
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
		return fmt.Errorf("%w (and then %w)", err, unread)
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

// wait returns what there is when a flight has landed, or the error that it landed with.
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

// fly is the read that is under way, or a new one that begins after a while. Its end isn't that of
// any caller's context: the others wait for it as well. s.mu is held.
func (s *Store) fly(after time.Duration) *flight {
	if s.flight != nil {
		return s.flight
	}
	f := &flight{landed: make(chan struct{})}
	s.flight = f
	s.due = now().Add(after + readTimeout) // nobody else is overdue meanwhile
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
		return Credential{}, fmt.Errorf("the secret's value is no SMTP credential: %w", err)
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
		s.log().Info("the SMTP credential is read again", "username", c.Username)
	}
	s.credential, s.failures = c, 0
	s.due = began.Add(jitter(s.every()))
}

// failed puts the next read off, longer each time.
func (s *Store) failed(err error) {
	s.failures++
	s.due = now().Add(jitter(min(s.every(), firstRetry<<min(s.failures-1, 20))))
	if s.failures == 1 && s.credential != (Credential{}) {
		s.log().Warn("the SMTP credential can't be read; the last one serves on", "username", s.credential.Username,
			"error", err)
	}
}

// now is by the wall clock: the other one stands still while a machine sleeps.
func now() time.Time { return time.Now().Round(0) }

// jitter spreads a duration by a tenth, so that many programs don't read at once.
func jitter(d time.Duration) time.Duration {
	return time.Duration(float64(d) * (0.9 + 0.2*rand.Float64()))
}
