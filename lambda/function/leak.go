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
	// suspectedIsEmergency treats it as any other. It is the default: mail that is refused until an
	// application reads the new credential can be sent again, and a thief's can't be taken back.
	suspectedIsEmergency suspicion = "emergency"
	// suspectedIsAlarm warns, which is an alarm of the stack's, and touches nothing.
	suspectedIsAlarm suspicion = "alarm"
)

// An event's time is believed within these limits. AWS repeats for days what it told of a user.
// Every key that it meant is gone then, and a newer one is a replacement, or leaked since.
const (
	oldestEvent = 24 * time.Hour
	clockSkew   = 5 * time.Minute
)

// serveLeak revokes what leaked and is the user's. One key that can't be revoked now doesn't spare
// the others: the invocation fails afterwards, and Lambda tries again. What can't be read fails
// nothing: it would be as unreadable the next time.
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
				"%d of %d access keys weren't looked at before the deadline", left, len(reqs)))
			break
		}
		done, err := f.rotate(ctx, req, verification, log)
		result = done.After(result)
		faults = append(faults, err)
	}
	result.Warnings = append(result.Warnings, f.quarantined(ctx)...)
	return result, errors.Join(faults...)
}

// judge makes requests of a leak: one for each access key, and for each that a user has who is
// named. What isn't answered is warned of, even if AWS can't be asked about the rest.
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

// judgement is the work of judge.
type judgement struct {
	*Function
	account  string // of the function, empty if nobody says
	looked   bool   // the next two are known
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

// isOurs tells whether an event means the function's user. IAM doesn't tell names apart that differ
// in case only.
func (j *judgement) isOurs(e event.Exposed) bool {
	elsewhere := e.Account != "" && j.account != "" && e.Account != j.account
	return strings.EqualFold(e.UserName, j.Function.keys.User) && !elsewhere
}

func (j *judgement) isOnlySuspected(e event.Exposed) bool {
	return e.Suspected && j.suspected == suspectedIsAlarm
}

// user has every key that the user had when AWS noticed the leak. Later ones are replacements: the
// event may come again. A time that can't be believed means no key, and is warned of.
func (j *judgement) user(e event.Exposed) {
	noticed := e.Noticed
	if noticed.After(j.now().Add(clockSkew)) {
		noticed = time.Time{} // it would mean each replacement until then
	}
	var spared []string
	for _, k := range j.keys {
		if k.Created.After(noticed.Add(time.Second)) { // times have whole seconds
			spared = append(spared, k.ID)
		} else {
			j.key(k.ID, e)
		}
	}
	if len(spared) > 0 && j.now().Sub(noticed) >= oldestEvent {
		j.warn(event.WarnLeakUnanswered, "%s: %s names the user %s, with a time that is too old, or none: "+
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

// warnOfSuspects leaves those out that are revoked for another reason.
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

// leaveOthers spares the rotator the keys that aren't the user's: an event may name everybody's,
// and each would cost as many calls as one of the user's. A version may name a key that isn't
// listed: it is revoked already, or IAM doesn't list it yet.
func (j *judgement) leaveOthers(ctx context.Context) {
	isOthers := func(r rotation.Request) bool { return !j.isListed(r.AccessKeyID) && r.AccessKeyID != j.current }
	if !j.looked || !slices.ContainsFunc(j.requests, isOthers) {
		return
	}
	named := map[string]bool{}
	for _, label := range []rotation.Label{rotation.Pending, rotation.Previous} {
		version, err := j.secret.Read(ctx, label)
		if err != nil {
			return // then the rotator looks at each
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

// oursFirst has the user's keys end before time can run out. The current one goes last of them: its
// replacement needs a slot, and another key that leaked may hold it. That one is gone by then, so
// the replacement can't be what leaked, either.
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
