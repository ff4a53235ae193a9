package function

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/seed-486a873a/ses-smtp-rotator/lambda/event"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/rotation"
)

// suspicion is what SUSPECTED_LEAKS makes of a leak of which AWS isn't sure.
type suspicion string

const (
	// suspectedIsEmergency treats it as any other. It is the default: to replace a credential for
	// nothing stops no mail, and a thief's mail can't be taken back.
	suspectedIsEmergency suspicion = "emergency"
	// suspectedIsAlarm warns, which is an alarm of the stack's, and touches nothing.
	suspectedIsAlarm suspicion = "alarm"
)

// oldestEvent is the age beyond which an event's time isn't believed. EventBridge tries for a day
// to deliver one ("Event retry policy", Amazon EventBridge User Guide).
const oldestEvent = 24 * time.Hour

// serveLeak revokes what leaked and is the user's. One key that can't be revoked now doesn't spare
// the others: the invocation fails afterwards, and Lambda tries again.
func (f *Function) serveLeak(ctx context.Context, leak event.Leak, log *slog.Logger) (result rotation.Result,
	err error) {
	verification := &stopwatch{Verifier: f.verifier}
	defer func() { f.tell(ctx, log, result, err, verification.took) }()
	reqs, warnings, err := f.judge(ctx, leak)
	if err != nil {
		return result, err
	}
	result = rotation.Result{
		Action: rotation.Emergency, Outcome: rotation.Waiting,
		Steps: []rotation.Step{}, Keys: []rotation.KeyReport{}, Warnings: warnings,
	}
	faults := []error{}
	for _, req := range reqs {
		done, err := f.rotate(ctx, req, verification, log)
		result = done.After(result)
		if err != nil {
			faults = append(faults, err)
		}
	}
	result.Warnings = append(result.Warnings, f.quarantined(ctx)...)
	return result, errors.Join(append(faults, leak.Fault)...)
}

// judge makes requests of a leak: one for each access key, and for each that a user has who is
// named. What isn't answered is warned of.
func (f *Function) judge(ctx context.Context, leak event.Leak) ([]rotation.Request, []rotation.Warning, error) {
	j := judgement{Function: f, account: accountOf(ctx)}
	if err := j.look(ctx, leak); err != nil {
		return nil, nil, err
	}
	for _, e := range leak.Exposed {
		switch {
		case e.AccessKeyID != "":
			j.key(e.AccessKeyID, e)
		case j.isOurs(e):
			j.user(e)
		default:
			j.warn(rotation.WarnKeyNotOurs, "%s: %s names another user than %s; ignored",
				e.Reason, e.Where, f.keys.User)
		}
	}
	j.warnOfSuspects()
	for _, unread := range leak.Unread {
		j.warn(event.WarnLeakUnanswered, "%s; look in AWS Health, and run an emergency for the key if it is %s's",
			unread, f.keys.User)
	}
	j.currentLast()
	return j.requests, j.warnings, nil
}

// judgement is the work of judge.
type judgement struct {
	*Function
	account  string // of the function, empty if nobody says
	keys     []rotation.Key
	current  string // AWSCURRENT's access key
	suspects []suspect
	requests []rotation.Request
	warnings []rotation.Warning
}

// suspect is a key that perhaps leaked, where that is only an alarm.
type suspect struct{ accessKeyID, reason string }

// look costs two calls, and is only done for what one key doesn't settle by itself.
func (j *judgement) look(ctx context.Context, leak event.Leak) error {
	one := len(leak.Exposed) == 1 && leak.Exposed[0].AccessKeyID != ""
	if one && !j.isOnlySuspected(leak.Exposed[0]) {
		return nil
	}
	var err error
	if j.keys, err = j.Function.keys.List(ctx); err != nil {
		return err
	}
	current, err := j.secret.Read(ctx, rotation.Current)
	if err != nil {
		return err
	}
	if current != nil {
		j.current = current.AccessKeyID()
	}
	return nil
}

// isOurs tells whether an event means the function's user. IAM doesn't tell names apart that differ
// in case only.
func (j *judgement) isOurs(e event.Exposed) bool {
	elsewhere := e.Account != "" && j.account != "" && e.Account != j.account
	return strings.EqualFold(e.UserName, j.Function.keys.User) && !elsewhere
}

func (j *judgement) isOnlySuspected(e event.Exposed) bool {
	return e.Suspected && j.suspected == suspectedIsAlarm
}

// user has every key that the user had when AWS told. Later ones are replacements: the event may
// come again.
func (j *judgement) user(e event.Exposed) {
	believed := j.now().Sub(e.Told) < oldestEvent
	for _, k := range j.keys {
		if believed && k.Created.After(e.Told.Add(time.Second)) { // times have whole seconds
			continue
		}
		j.key(k.ID, e)
	}
}

func (j *judgement) key(id string, e event.Exposed) {
	isFor := func(r rotation.Request) bool { return r.AccessKeyID == id }
	switch {
	case j.isOnlySuspected(e):
		j.suspects = append(j.suspects, suspect{id, e.Reason})
	case !slices.ContainsFunc(j.requests, isFor):
		j.requests = append(j.requests, rotation.Request{
			Action: rotation.Emergency, AccessKeyID: id, IfOurs: true, Reason: e.Reason,
		})
	}
}

// warnOfSuspects leaves those out that are revoked for another reason.
func (j *judgement) warnOfSuspects() {
	for _, s := range j.suspects {
		isFor := func(r rotation.Request) bool { return r.AccessKeyID == s.accessKeyID }
		isListed := func(k rotation.Key) bool { return k.ID == s.accessKeyID }
		switch {
		case slices.ContainsFunc(j.requests, isFor):
		case slices.ContainsFunc(j.keys, isListed), s.accessKeyID == j.current:
			j.warn(event.WarnLeakUnanswered, "%s: access key %s may have leaked, and nothing was touched, "+
				"as SUSPECTED_LEAKS says; to replace and revoke it, run an emergency with its access_key_id",
				s.reason, s.accessKeyID)
		default:
			j.warn(rotation.WarnKeyNotOurs, "access key %s isn't one of the user %s's; ignored", s.accessKeyID,
				j.Function.keys.User)
		}
	}
}

func (j *judgement) warn(code rotation.WarningCode, format string, args ...any) {
	w := rotation.Warning{Code: code, Message: fmt.Sprintf(format, args...)}
	if !slices.Contains(j.warnings, w) {
		j.warnings = append(j.warnings, w)
	}
}

// currentLast: the replacement of the current key needs a slot, and another key that leaked may
// hold it. That one goes first, so its replacement can't be what leaked, either.
func (j *judgement) currentLast() {
	slices.SortStableFunc(j.requests, func(a, b rotation.Request) int {
		return j.rank(a) - j.rank(b)
	})
}

func (j *judgement) rank(r rotation.Request) int {
	if r.AccessKeyID == j.current {
		return 1
	}
	return 0
}
