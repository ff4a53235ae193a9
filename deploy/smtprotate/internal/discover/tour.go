package discover

import (
	"context"
	"fmt"
	"sync"
)

// Visit is an account to look at.
type Visit struct {
	Place
	// Reach connects to the account. The result's Place may know more than the visit's.
	Reach func(context.Context) (*Account, error)
}

// Tour looks at several accounts, some of them at the same time.
type Tour struct {
	Visits []Visit

	mu       sync.Mutex // guards what follows
	begun    map[int]*seen
	finished int
}

// seen is a visit's progress: the users read, and those of them that may send.
type seen struct{ read, found int }

// accountsAtOnce is how many accounts are looked at at the same time. IAM throttles each account
// separately, but each takes memory for a page of users.
const accountsAtOnce = 4

// Look makes all visits and returns the results in their order. A visit that fails doesn't stop the
// others.
func (t *Tour) Look(ctx context.Context) (surveys []Survey, missed []Missed) {
	t.locked(func() { t.begun = map[int]*seen{} })
	type outcome struct {
		survey Survey
		err    error
	}
	outcomes := make([]outcome, len(t.Visits))
	numbers := make(chan int)
	var all sync.WaitGroup
	for range min(accountsAtOnce, len(t.Visits)) {
		all.Go(func() {
			for i := range numbers {
				outcomes[i].survey, outcomes[i].err = t.visit(ctx, i)
			}
		})
	}
	for i := range t.Visits {
		numbers <- i
	}
	close(numbers)
	all.Wait()
	surveys = []Survey{}
	for i, o := range outcomes {
		if o.err != nil {
			missed = append(missed, Missed{t.Visits[i].Place, o.err.Error()})
			continue
		}
		surveys = append(surveys, o.survey)
	}
	return surveys, missed
}

func (t *Tour) visit(ctx context.Context, i int) (Survey, error) {
	at := &seen{}
	t.locked(func() { t.begun[i] = at })
	defer t.locked(func() { delete(t.begun, i); t.finished++ })
	account, err := t.Visits[i].Reach(ctx)
	if err != nil {
		return Survey{}, err
	}
	account.Progress = func(read, found int) { t.locked(func() { *at = seen{read, found} }) }
	return account.Look(ctx)
}

func (t *Tour) locked(do func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	do()
}

// Progress describes the progress of the visit that began first, and says how many accounts are
// left.
func (t *Tour) Progress() (text string) {
	t.locked(func() {
		first, at := len(t.Visits), &seen{}
		for i, s := range t.begun {
			if i < first {
				first, at = i, s
			}
		}
		text = fmt.Sprintf("%d users read, %d may send", at.read, at.found)
		if len(t.Visits) == 1 {
			return
		}
		if first < len(t.Visits) {
			text = t.Visits[first].short() + ": " + text
		}
		text += fmt.Sprintf("; %d of %s left", len(t.Visits)-t.finished, count(len(t.Visits), "account"))
	})
	return text
}
