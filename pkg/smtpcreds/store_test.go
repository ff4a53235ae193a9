package smtpcreds_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/textproto"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/smtpcreds"
)

// notebook is a Source whose value, error and delay a test sets. Its time is the synctest bubble's.
type notebook struct {
	mu    sync.Mutex
	user  string
	err   error
	takes time.Duration
	reads []time.Time
}

func (n *notebook) Read(ctx context.Context) (smtpcreds.Version, error) {
	n.mu.Lock()
	user, err, takes := n.user, n.err, n.takes // as they are when the read begins
	n.reads = append(n.reads, time.Now())
	n.mu.Unlock()
	select {
	case <-time.After(takes):
	case <-ctx.Done():
		return smtpcreds.Version{}, ctx.Err()
	}
	if err != nil {
		return smtpcreds.Version{}, err
	}
	return smtpcreds.Version{ID: user, Value: value(user)}, nil
}

func value(user string) string {
	return fmt.Sprintf(`{"username":%q,"password":"pw-%[1]s","host":"localhost","port":587,"region":"eu-west-1",
		"regions":{"eu-west-1":{"host":"localhost","port":587,"password":"pw-%[1]s"},"us-east-1":{"host":"there","port":465,"password":"other"}}}`, user)
}

func (n *notebook) write(user string, err error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.user, n.err = user, err
}

func (n *notebook) count() int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return len(n.reads)
}

type scene struct {
	*testing.T
	notebook *notebook
	store    *smtpcreds.Store
	log      bytes.Buffer
}

// play runs a test in a synctest bubble: a Store whose secret has credential A and takes 50 ms to
// read.
func play(t *testing.T, test func(*scene)) {
	synctest.Test(t, func(t *testing.T) {
		s := &scene{T: t, notebook: &notebook{user: "AKIAA", takes: 50 * time.Millisecond}}
		s.store = &smtpcreds.Store{Source: s.notebook, Log: slog.New(slog.NewTextHandler(&s.log, nil))}
		test(s)
		time.Sleep(time.Minute) // so that reads under way end
		synctest.Wait()
		if strings.Contains(s.log.String(), "pw-") {
			t.Errorf("a password was logged: %s", s.log.String())
		}
	})
}

// has checks what Get returns, and how long it took.
func (s *scene) has(user string, took time.Duration) {
	s.Helper()
	began := time.Now()
	c, err := s.store.Get(s.Context())
	if err != nil || c.Username != user || time.Since(began) != took {
		s.Errorf("got %q after %v, %v; want %q after %v", c.Username, time.Since(began), err, user, took)
	}
}

func (s *scene) reads(want int) {
	s.Helper()
	synctest.Wait()
	if got := s.notebook.count(); got != want {
		s.Errorf("the secret was read %d times, want %d", got, want)
	}
}

// later lets time pass, calling Get every second.
func (s *scene) later(d time.Duration) {
	s.Helper()
	for until := time.Now().Add(d); time.Now().Before(until); time.Sleep(time.Second) {
		if _, err := s.store.Get(s.Context()); err != nil {
			s.Error(err)
		}
	}
}

func TestAValueIsReadOnceAndThenEveryFewMinutesInTheBackground(t *testing.T) {
	play(t, func(s *scene) {
		s.has("AKIAA", 50*time.Millisecond)
		s.has("AKIAA", 0)
		s.later(4*time.Minute + 20*time.Second)
		s.reads(1)
		s.notebook.write("AKIAB", nil)
		s.later(75 * time.Second)
		s.reads(2)
		s.has("AKIAB", 0)
	})
}

func TestRefreshesAreSpread(t *testing.T) {
	due := map[time.Duration]bool{}
	for range 20 {
		play(t, func(s *scene) {
			began := time.Now()
			s.later(6 * time.Minute)
			if len(s.notebook.reads) != 2 {
				s.Fatalf("%d reads", len(s.notebook.reads))
			}
			due[s.notebook.reads[1].Sub(began)] = true
		})
	}
	if len(due) < 5 {
		t.Errorf("20 programs reread at only %d different times", len(due))
	}
}

func TestManyCallersShareOneRead(t *testing.T) {
	play(t, func(s *scene) {
		var all sync.WaitGroup
		for range 100 {
			all.Go(func() { s.has("AKIAA", 50*time.Millisecond) })
		}
		all.Wait()
		s.reads(1)
	})
}

func TestACallerThatGivesUpDoesNotTakeTheOthersWithIt(t *testing.T) {
	play(t, func(s *scene) {
		hasty, cancel := context.WithTimeout(s.Context(), time.Millisecond)
		defer cancel()
		var both sync.WaitGroup
		both.Go(func() {
			if _, err := s.store.Get(hasty); !errors.Is(err, context.DeadlineExceeded) {
				s.Errorf("the hasty caller: %v", err)
			}
		})
		synctest.Wait()
		both.Go(func() { s.has("AKIAA", 50*time.Millisecond) })
		both.Wait()
		s.reads(1)
	})
}

func TestTheLastGoodValueServesWhileSecretsManagerIsDown(t *testing.T) {
	play(t, func(s *scene) {
		s.has("AKIAA", 50*time.Millisecond)
		s.notebook.write("AKIAB", errors.New("no route to host"))
		s.later(time.Hour)
		s.has("AKIAA", 0)
		if got := s.notebook.count(); got < 10 || got > 30 {
			s.Errorf("%d reads in an hour", got)
		}
		if got := strings.Count(s.log.String(), "no route to host"); got != 1 {
			s.Errorf("the outage was logged %d times: %s", got, s.log.String())
		}
		s.notebook.write("AKIAB", nil)
		s.later(7 * time.Minute)
		s.has("AKIAB", 0)
		if !strings.Contains(s.log.String(), "the SMTP credential can be read again") {
			s.Errorf("its end wasn't logged: %s", s.log.String())
		}
	})
}

func TestAValueThatIsNoCredentialDoesNotReplaceOne(t *testing.T) {
	play(t, func(s *scene) {
		text := "{}"
		s.store.Source = smtpcreds.SourceFunc(func(context.Context) (smtpcreds.Version,
			error) {
			return smtpcreds.Version{Value: text}, nil
		})
		if _, err := s.store.Get(s.Context()); !errors.Is(err, smtpcreds.ErrNoCredential) {
			s.Errorf("before the first credential: %v", err)
		}
		text = value("AKIAA")
		s.has("AKIAA", 0)
		for _, text = range []string{"{}", "text", `{"username":"AKIAB"}`, `{"username":7}`, ""} {
			s.later(6 * time.Minute)
			s.has("AKIAA", 0)
		}
	})
}

func TestAProgramThatWasFrozenReadsBeforeItGoesOn(t *testing.T) {
	play(t, func(s *scene) {
		s.has("AKIAA", 50*time.Millisecond)
		s.notebook.write("AKIAB", nil)
		time.Sleep(24 * time.Hour)
		s.has("AKIAB", 50*time.Millisecond)
		time.Sleep(24 * time.Hour)
		s.notebook.write("AKIAC", errors.New("down"))
		s.has("AKIAB", 50*time.Millisecond)
	})
}

func TestNobodyWaitsLongerThanASecondForAFreshValue(t *testing.T) {
	play(t, func(s *scene) {
		s.has("AKIAA", 50*time.Millisecond)
		s.notebook.takes = time.Hour
		time.Sleep(24 * time.Hour)
		s.has("AKIAA", time.Second)
		s.has("AKIAA", 0) // the second one doesn't wait for the same read
	})
}

func TestARefusedCredentialIsReadAgainAtOnceForAll(t *testing.T) {
	play(t, func(s *scene) {
		s.has("AKIAA", 50*time.Millisecond)
		time.Sleep(2 * time.Second)
		s.notebook.write("AKIAB", nil)
		tries := s.sendAll(50, "AKIAB")
		if tries != 100 {
			s.Errorf("50 mails took %d tries, want two each", tries)
		}
		s.reads(2)
	})
}

// sendAll sends a mail from that many goroutines at once. Only one user is accepted.
func (s *scene) sendAll(mails int, accepted string) (tries int) {
	s.Helper()
	var all sync.WaitGroup
	var mu sync.Mutex
	for range mails {
		all.Go(func() {
			err := s.store.Do(s.Context(), func(_ context.Context, c smtpcreds.Credential) error {
				mu.Lock()
				defer mu.Unlock()
				tries++
				if c.Username != accepted {
					return fmt.Errorf("sending: %w",
						&textproto.Error{Code: 535, Msg: "Authentication Credentials Invalid"})
				}
				return nil
			})
			if err != nil {
				s.Error(err)
			}
		})
	}
	all.Wait()
	return tries
}

func TestARefusalIsNotAnsweredByAReadThatBeganBeforeIt(t *testing.T) {
	play(t, func(s *scene) {
		s.store.RefreshEvery = time.Minute
		s.has("AKIAA", 50*time.Millisecond)
		s.notebook.takes = 10 * time.Second
		time.Sleep(70 * time.Second)
		s.has("AKIAA", 0) // starts a slow read that will return A
		synctest.Wait()
		s.notebook.write("AKIAB", nil)
		a := smtpcreds.Credential{}
		a, _ = s.store.Get(s.Context())
		if fresh, err := s.store.Refused(s.Context(), a); err != nil || fresh.Username != "AKIAB" {
			s.Errorf("got %q, %v", fresh.Username, err)
		}
		s.reads(3)
	})
}

func TestACredentialThatStaysRefusedIsReadOnceASecond(t *testing.T) {
	play(t, func(s *scene) {
		refused := &textproto.Error{Code: 535, Msg: "Authentication Credentials Invalid"}
		began := time.Now()
		for range 10 {
			err := s.store.Do(s.Context(), func(context.Context, smtpcreds.Credential) error { return refused })
			if !errors.Is(err, refused) {
				s.Errorf("got %v", err)
			}
		}
		s.reads(11)
		if took := time.Since(began); took < 10*time.Second || took > 11*time.Second {
			s.Errorf("it took %v", took)
		}
	})
}

func TestARefusedCredentialThatCannotBeReadIsTriedOnceASecond(t *testing.T) {
	play(t, func(s *scene) {
		s.has("AKIAA", 50*time.Millisecond)
		s.notebook.write("", errors.New("AccessDeniedException"))
		a, err := s.store.Get(s.Context())
		if err != nil {
			s.Fatal(err)
		}
		began := time.Now()
		for range 10 {
			if _, err := s.store.Refused(s.Context(), a); err == nil {
				s.Error("no error")
			}
		}
		s.reads(11)
		if took := time.Since(began); took < 10*time.Second {
			s.Errorf("ten reads took %v", took)
		}
	})
}

func TestAMailThatFailsForAnotherReasonIsNotTriedAgain(t *testing.T) {
	play(t, func(s *scene) {
		for _, code := range []int{421, 454, 530, 550, 554} {
			tries := 0
			err := s.store.Do(s.Context(), func(context.Context, smtpcreds.Credential) error {
				tries++
				return &textproto.Error{Code: code}
			})
			if err == nil || tries != 1 {
				s.Errorf("%d: %d tries, %v", code, tries, err)
			}
		}
		s.reads(1)
	})
}

func TestARefusalWhileSecretsManagerIsDownSaysBoth(t *testing.T) {
	play(t, func(s *scene) {
		s.has("AKIAA", 50*time.Millisecond)
		s.notebook.write("", errors.New("no route to host"))
		err := s.store.Do(s.Context(), func(context.Context, smtpcreds.Credential) error {
			return &textproto.Error{Code: 535, Msg: "Authentication Credentials Invalid"}
		})
		if err == nil || !strings.Contains(err.Error(), "535") || !strings.Contains(err.Error(), "no route to host") {
			s.Errorf("got %v", err)
		}
	})
}

func TestAStoreServesTheRegionThatItIsAskedFor(t *testing.T) {
	play(t, func(s *scene) {
		s.store.Region = "us-east-1"
		c, err := s.store.Get(s.Context())
		if err != nil || c.Addr() != "there:465" || string(c.Password) != "other" {
			s.Errorf("got %v, %v", c.Addr(), err)
		}
		other := &smtpcreds.Store{Source: s.notebook, Region: "eu-north-1"}
		if _, err := other.Get(s.Context()); err == nil || !strings.Contains(err.Error(), "eu-north-1") {
			s.Errorf("a Region that the secret doesn't have: %v", err)
		}
	})
}

func TestACredentialCannotBePrinted(t *testing.T) {
	play(t, func(s *scene) {
		c, err := s.store.Get(s.Context())
		if err != nil {
			s.Fatal(err)
		}
		if told := fmt.Sprintf("%v %+v %#v", c, c, c); strings.Contains(told, "pw-A") {
			s.Errorf("printed: %s", told)
		}
	})
}

func TestAStoreWithoutASourceSaysSo(t *testing.T) {
	if _, err := new(smtpcreds.Store).Get(t.Context()); err == nil || !strings.Contains(err.Error(), "no Source") {
		t.Errorf("got %v", err)
	}
}
