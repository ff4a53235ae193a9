package discover

import (
	"context"
	"fmt"
	"sync"
)

// Visit is an account to be looked at.
type Visit struct {
	Place
	// Reach returns the account, with the place as it turned out to be.
	Reach func(context.Context) (*Account, error)
}

// Tour looks at several accounts.
type Tour struct {
	Visits []Visit

	mu       sync.Mutex // guards what follows
	begun    map[int]*seen
	finished int
}

// seen is how far a visit is: users that were read, and those of them that may send.
type seen struct{ read, found int }

// accountsAtOnce is how many accounts are looked at at the same time. IAM throttles each by itself,
// but a page of users of each is in memory.
const accountsAtOnce = 4

// Look makes all visits. What it returns is in their order, whatever ended first; one that fails
// doesn't stop the others.
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

// Progress says how far the account is that was begun first, and how many are left with it.
func (t *Tour) Progress() (text string) {
	t.locked(func() {
		first, at := len(t.Visits), &seen{}
		for i, s := range t.begun {
			if i < first {
				first, at = i, s
			}
		}
		text = fmt.Sprintf("%d users read, %d that may send", at.read, at.found)
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
