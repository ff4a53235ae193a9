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

// suspicion is what to do about a leak that AWS only suspects, from SUSPECTED_LEAKS.
type suspicion string

const (
	// suspectedIsEmergency treats it like any other leak. It is the default: mail that is refused
	// until an application reads the new credential can be sent again; a thief's mail can't be
	// taken back.
	suspectedIsEmergency suspicion = "emergency"
	// suspectedIsAlarm warns, which raises one of the stack's alarms, and touches nothing.
	suspectedIsAlarm suspicion = "alarm"
)

// An event's time is believed within these limits. AWS repeats a report about a user for days. By
// then, every key that it meant is gone, and a newer key is a replacement, or leaked later.
const (
	oldestEvent = 24 * time.Hour
	clockSkew   = 5 * time.Minute
)

// serveLeak revokes those of the leaked keys that are the user's. If one key can't be revoked now,
// it still revokes the others; then the invocation fails, and Lambda tries again. What can't be
// read doesn't fail the invocation, because trying again wouldn't help.
func (f *Function) serveLeak(ctx context.Context, leak event.Leak, log *slog.Logger) (result rotation.Result,
	err error) {
	verification := &stopwatch{Verifier: f.verifier}
	defer func() { f.tell(ctx, log, result, err, verification.took) }()
	reqs, warnings, err := f.judge(ctx, leak)
	result = rotation.Result{
		Action: rotation.Emergency, Outcome: rotation.Waiting,
		Steps: []rotation.Step{}, Keys: []rotation.KeyReport{}, Warnings: warnings,
	}
	faults := []error{err}
	for i, req := range reqs {
		if left := len(reqs) - i; ctx.Err() != nil {
			faults = append(faults, rotation.Errorf(rotation.AWSError,
				"%d of %d access keys weren't checked before the deadline", left, len(reqs)))
			break
		}
		done, err := f.rotate(ctx, req, verification, log)
		result = done.After(result)
		faults = append(faults, err)
	}
	result.Warnings = append(result.Warnings, f.quarantined(ctx)...)
	return result, errors.Join(faults...)
}

// judge turns a leak into requests: one for each access key that the event names, and one for each
// key of a user that it names. It warns of what isn't answered, even if AWS can't be asked about
// the rest.
func (f *Function) judge(ctx context.Context, leak event.Leak) ([]rotation.Request, []rotation.Warning, error) {
	j := judgement{Function: f, account: accountOf(ctx)}
	err := j.look(ctx, leak)
	for _, e := range leak.Exposed {
		switch {
		case e.AccessKeyID != "":
			j.key(e.AccessKeyID, e)
		case !j.isOurs(e):
			j.warn(rotation.WarnKeyNotOurs, "%s: %s names another user than %s; ignored",
				e.Reason, e.Where, f.keys.User)
		case err == nil:
			j.user(e)
		}
	}
	j.warnOfSuspects()
	for _, unread := range leak.Unread {
		j.warn(event.WarnLeakUnanswered,
			"%s; look in AWS Health and GuardDuty, and run an emergency for the key if it is %s's", unread, f.keys.User)
	}
	j.leaveOthers(ctx)
	j.oursFirst()
	return j.requests, j.warnings, err
}

// judgement holds the state of judge.
type judgement struct {
	*Function
	account  string // of the function; empty outside Lambda
	looked   bool   // whether keys and current were read
	keys     []rotation.Key
	current  string // the access key that AWSCURRENT names
	suspects []suspect
	requests []rotation.Request
	warnings []rotation.Warning
}

// suspect is a key that may have leaked, if SUSPECTED_LEAKS makes that only an alarm.
type suspect struct{ accessKeyID, reason string }

// look makes two calls. An event with a single key doesn't need them, unless AWS only suspects a
// leak and that is an alarm.
func (j *judgement) look(ctx context.Context, leak event.Leak) error {
	one := len(leak.Exposed) == 1 && leak.Exposed[0].AccessKeyID != ""
	if len(leak.Exposed) == 0 || one && !j.isOnlySuspected(leak.Exposed[0]) {
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
	j.looked = true
	return nil
}

// isOurs reports whether an event means the function's user. IAM ignores the case of user names.
func (j *judgement) isOurs(e event.Exposed) bool {
	elsewhere := e.Account != "" && j.account != "" && e.Account != j.account
	return strings.EqualFold(e.UserName, j.Function.keys.User) && !elsewhere
}

func (j *judgement) isOnlySuspected(e event.Exposed) bool {
	return e.Suspected && j.suspected == suspectedIsAlarm
}

// user adds every key that the user had when AWS noticed the leak. Later keys are replacements,
// because the event may be repeated. If the time can't be believed, it adds none and warns.
func (j *judgement) user(e event.Exposed) {
	noticed := e.Noticed
	if noticed.After(j.now().Add(clockSkew)) {
		noticed = time.Time{} // it would include every replacement until then
	}
	var spared []string
	for _, k := range j.keys {
		if k.Created.After(noticed.Add(time.Second)) { // IAM's times are whole seconds
			spared = append(spared, k.ID)
		} else {
			j.key(k.ID, e)
		}
	}
	if len(spared) > 0 && j.now().Sub(noticed) >= oldestEvent {
		j.warn(event.WarnLeakUnanswered, "%s: %s names the user %s with no time or one too long ago, so "+
			"access keys that may be newer than the leak weren't touched: %s; run an emergency for each that leaked",
			e.Reason, e.Where, j.Function.keys.User, strings.Join(spared, ", "))
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

// warnOfSuspects leaves out keys that are revoked for another reason.
func (j *judgement) warnOfSuspects() {
	for _, s := range j.suspects {
		isFor := func(r rotation.Request) bool { return r.AccessKeyID == s.accessKeyID }
		switch {
		case slices.ContainsFunc(j.requests, isFor):
		case !j.looked, j.isListed(s.accessKeyID), s.accessKeyID == j.current:
			j.warn(event.WarnLeakUnanswered, "%s: access key %s may have leaked, and nothing was touched, "+
				"as SUSPECTED_LEAKS says; to replace and revoke it, run an emergency with its access_key_id",
				s.reason, s.accessKeyID)
		default:
			j.warnOfOthers(s.accessKeyID)
		}
	}
}

func (j *judgement) warn(code rotation.WarningCode, format string, args ...any) {
	w := rotation.Warning{Code: code, Message: fmt.Sprintf(format, args...)}
	if !slices.Contains(j.warnings, w) {
		j.warnings = append(j.warnings, w)
	}
}

// leaveOthers drops the keys that aren't the user's, because an event may name keys of all users,
// and each would cost the rotator as many calls as one of the user's. A key that isn't listed may
// still be the user's if a version names it: it is revoked already, or IAM doesn't list it yet.
func (j *judgement) leaveOthers(ctx context.Context) {
	isOthers := func(r rotation.Request) bool { return !j.isListed(r.AccessKeyID) && r.AccessKeyID != j.current }
	if !j.looked || !slices.ContainsFunc(j.requests, isOthers) {
		return
	}
	named := map[string]bool{}
	for _, label := range []rotation.Label{rotation.Pending, rotation.Previous} {
		version, err := j.secret.Read(ctx, label)
		if err != nil {
			return // then the rotator checks each key
		}
		if version != nil {
			named[version.AccessKeyID()] = true
		}
	}
	j.requests = slices.DeleteFunc(j.requests, func(r rotation.Request) bool {
		others := isOthers(r) && !named[r.AccessKeyID]
		if others {
			j.warnOfOthers(r.AccessKeyID)
		}
		return others
	})
}

func (j *judgement) warnOfOthers(id string) {
	j.warn(rotation.WarnKeyNotOurs, "access key %s isn't one of the user %s's; ignored", id, j.Function.keys.User)
}

func (j *judgement) isListed(id string) bool {
	return slices.ContainsFunc(j.keys, func(k rotation.Key) bool { return k.ID == id })
}

// oursFirst puts the user's keys first, before time can run out, and the current one last among
// them. Its replacement needs a slot, and another leaked key may hold that. Once that key is gone,
// the replacement can't be a leaked key, either.
func (j *judgement) oursFirst() {
	slices.SortStableFunc(j.requests, func(a, b rotation.Request) int { return j.rank(a) - j.rank(b) })
}

func (j *judgement) rank(r rotation.Request) int {
	switch {
	case r.AccessKeyID == j.current:
		return 1
	case j.isListed(r.AccessKeyID):
		return 0
	}
	return 2
}
