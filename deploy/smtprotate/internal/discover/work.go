package discover

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws/arn"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/iamaccess"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/rotation"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sendpolicy"
)

// atOnce is how many users are looked at at the same time. Each takes up to four calls at once, and
// IAM throttles all calls of an account together.
const atOnce = 3

// work is the state of looking at an account.
type work struct {
	*Account
	iam *iamaccess.Account

	read, found atomic.Int64
	mu          sync.Mutex // guards what follows
	survey      Survey
}

// unknown notes something that isn't known.
func (w *work) unknown(format string, args ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.survey.Unknown = append(w.survey.Unknown, fmt.Sprintf(format, args...))
}

// users reads all users, and looks more closely at those that may send or have sent.
func (w *work) users(ctx context.Context) error {
	services, err := w.services(ctx)
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	candidates := make(chan Facts)
	var all sync.WaitGroup
	for range atOnce {
		all.Go(func() {
			for f := range candidates {
				if err := w.closely(ctx, f); err != nil {
					stop(err)
				}
			}
		})
	}
	err = w.candidates(ctx, services, candidates)
	close(candidates)
	all.Wait()
	return cmp.Or(context.Cause(ctx), err)
}

// services returns the services that each user's keys were last used for, or nil if the credential
// report can't be read.
func (w *work) services(ctx context.Context) (map[string][]string, error) {
	services, err := w.iam.UsedServices(ctx, w.wait())
	if err == nil || ctx.Err() != nil {
		return services, err
	}
	w.unknown("which users have sent mail but may no longer send: %v", err)
	return nil, nil
}

func (w *work) wait() func(context.Context) error {
	if w.Wait != nil {
		return w.Wait
	}
	return aSecond
}

func aSecond(ctx context.Context) error {
	select {
	case <-time.After(time.Second):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// candidates sends the users that may send or have sent to a channel.
func (w *work) candidates(ctx context.Context, services map[string][]string, to chan<- Facts) error {
	for m, err := range w.iam.Members(ctx) {
		if err != nil {
			return err
		}
		w.survey.Users++
		w.read.Add(1)
		w.progress()
		f := w.facts(m)
		w.survey.Account = f.Account
		if w.Only != "" && w.Only != f.Access.User {
			continue
		}
		may := sendpolicy.MaySend(f.Access)
		if !may && !slices.ContainsFunc(services[f.Access.User], isMail) {
			continue
		}
		select {
		case to <- f:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

func (w *work) progress() {
	if w.Progress != nil {
		w.Progress(int(w.read.Load()), int(w.found.Load()))
	}
}

func (w *work) facts(m iamaccess.Member) Facts {
	f := Facts{Place: w.Place, ARN: m.ARN, Path: m.Path, Access: m.Access, Owner: ownerOf(m)}
	f.Access.Now = w.Now
	if a, err := arn.Parse(m.ARN); err == nil {
		f.Account = a.AccountID
	}
	return f
}

// closely adds a user's keys and ways into AWS to the survey. It skips a user that was deleted
// meanwhile.
func (w *work) closely(ctx context.Context, f Facts) error {
	user := f.Access.User
	keys, err := w.iam.Keys(ctx, user)
	if rotation.TypeOf(err) == rotation.ConfigurationError {
		return nil
	}
	if err != nil {
		return err
	}
	if len(keys) == 0 {
		w.withoutKeys(f)
		return nil
	}
	for _, k := range keys {
		key, err := w.lastUse(ctx, k)
		if err != nil {
			return err
		}
		f.Keys = append(f.Keys, key)
	}
	reader := iamaccess.Reader{API: w.IAM, User: user}
	switch err := reader.WaysIn(ctx, &f.Access); {
	case rotation.TypeOf(err) == rotation.AccessDenied:
		f.Access.Unseen = append(f.Access.Unseen, "reading its other ways into AWS is denied")
		w.unknown("ways into AWS other than access keys: %s", denied(err))
	case rotation.TypeOf(err) == rotation.ConfigurationError:
		return nil
	case err != nil:
		return err
	}
	w.mu.Lock()
	w.survey.facts = append(w.survey.facts, f)
	w.mu.Unlock()
	w.found.Add(1)
	w.progress()
	return nil
}

// withoutKeys notes a user that may send but has no key.
func (w *work) withoutKeys(f Facts) {
	if sendpolicy.MaySend(f.Access) {
		w.mu.Lock()
		w.survey.WithoutKeys = append(w.survey.WithoutKeys, f.Access.User)
		w.mu.Unlock()
	}
}

func (w *work) lastUse(ctx context.Context, k rotation.Key) (Key, error) {
	key := Key{ID: k.ID, Status: string(k.Status), Created: k.Created}
	used, err := w.iam.LastUse(ctx, k.ID)
	if rotation.TypeOf(err) == rotation.AccessDenied {
		key.Unknown = true
		w.unknown("when keys were last used: %s", denied(err))
		return key, nil
	}
	key.Used = used
	return key, err
}

// denied returns which action was denied, without the user that the error names, so that it is the
// same for all users.
func denied(err error) string {
	action, _, _ := strings.Cut(err.Error(), " ")
	return action + " is denied"
}
