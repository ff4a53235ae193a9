package discover_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed-486a873a/ses-smtp-rotator/deploy/smtprotate/internal/discover"
)

// numbered returns the place of a tour's i-th account.
func numbered(i int) discover.Place {
	return discover.Place{Account: fmt.Sprintf("%012d", i), AccountName: fmt.Sprintf("name-%d", i)}
}

func TestATourKeepsItsOrderWhicheverVisitEndsFirst(t *testing.T) {
	s := newStage(t)
	s.user(kinds[0], "shop")
	var tour discover.Tour
	for i := range 9 {
		tour.Visits = append(tour.Visits, discover.Visit{Place: numbered(i),
			Reach: func(context.Context) (*discover.Account, error) {
				time.Sleep(time.Duration(9-i) * 5 * time.Millisecond)
				if i%3 == 1 {
					return nil, errors.New("no way in")
				}
				a := s.account()
				a.AccountName = numbered(i).AccountName
				return a, nil
			}})
	}
	surveys, missed := tour.Look(t.Context())
	var seen, lost []string
	for _, survey := range surveys {
		seen = append(seen, survey.AccountName)
		if len(survey.Found) != 1 || survey.Found[0].AccountName != survey.AccountName {
			t.Errorf("%s has %+v", survey.AccountName, survey.Found)
		}
	}
	for _, m := range missed {
		lost = append(lost, m.AccountName)
	}
	if !slices.Equal(seen, []string{"name-0", "name-2", "name-3", "name-5", "name-6", "name-8"}) ||
		!slices.Equal(lost, []string{"name-1", "name-4", "name-7"}) {
		t.Errorf("seen %v, missed %v", seen, lost)
	}
	report := discover.Report{Missed: missed}
	if err := report.Err(); err == nil || err.Error() != "account 000000000001 (name-1), "+
		"account 000000000004 (name-4), account 000000000007 (name-7): no way in" {
		t.Errorf("got %v", err)
	}
}

func TestATourLooksAtFourAccountsAtOnceAndShowsItsProgress(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var now, most atomic.Int64
		var tour discover.Tour
		for i := range 10 {
			tour.Visits = append(tour.Visits, discover.Visit{Place: numbered(i),
				Reach: func(context.Context) (*discover.Account, error) {
					most.Store(max(most.Load(), now.Add(1)))
					time.Sleep(time.Minute)
					now.Add(-1)
					return nil, errors.New("no way in")
				}})
		}
		said := map[time.Duration]string{
			30 * time.Second: "account 000000000000: 0 users read, 0 may send; 10 of 10 accounts left",
			90 * time.Second: "account 000000000004: 0 users read, 0 may send; 6 of 10 accounts left",
			time.Hour:        "0 users read, 0 may send; 0 of 10 accounts left",
		}
		for after, want := range said {
			time.AfterFunc(after, func() {
				if got := tour.Progress(); got != want {
					t.Errorf("after %v it says %q, want %q", after, got, want)
				}
			})
		}
		began := time.Now()
		tour.Look(t.Context())
		if took := time.Since(began); most.Load() != 4 || took != 3*time.Minute {
			t.Errorf("%d at once, in %v", most.Load(), took)
		}
		time.Sleep(2 * time.Hour)
	})
}

func TestProgressHasNothingThatATerminalActsOn(t *testing.T) {
	said := ""
	tour := discover.Tour{Visits: make([]discover.Visit, 2)}
	for i, place := range []discover.Place{{Profile: "a\x1b]0;mine\a\u202e"}, numbered(1)} {
		tour.Visits[i] = discover.Visit{Place: place, Reach: func(context.Context) (*discover.Account, error) {
			if i == 0 {
				said = tour.Progress()
			}
			return nil, errors.New("no way in")
		}}
	}
	tour.Look(t.Context())
	if !strings.HasPrefix(said, `profile "a\x1b]0;mine\a\u202e": 0 users read`) {
		t.Errorf("it says %q", said)
	}
}

func TestATourEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var tour discover.Tour
	for i := range 20 {
		tour.Visits = append(tour.Visits, discover.Visit{Place: numbered(i),
			Reach: func(ctx context.Context) (*discover.Account, error) {
				cancel()
				<-ctx.Done()
				return nil, ctx.Err()
			}})
	}
	if surveys, missed := tour.Look(ctx); len(surveys) != 0 || len(missed) != 20 {
		t.Errorf("%d seen, %d missed", len(surveys), len(missed))
	}
}
