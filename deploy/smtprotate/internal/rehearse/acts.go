package rehearse

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/localaws/recording"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/rotation"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sessmtp"
)

// act is a chapter of a credential's life. Each act continues where the previous one ended.
type act struct {
	id, question string
	play         func(*Rehearsal, context.Context) (recording.Answer, error)
}

var acts = []act{
	{"act.first", "Does a first credential come about?", (*Rehearsal).first},
	{"act.rotation", "Does a rotation replace it, while the old one works on?", (*Rehearsal).rotation},
	{"act.retirement", "Is the old key deactivated after the grace period, and deleted later?",
		(*Rehearsal).retirement},
	{"act.rollback", "Does a rollback make the previous credential current again?", (*Rehearsal).rollback},
	{"act.emergency", "Does an emergency replace the key that leaked, and delete it?", (*Rehearsal).emergency},
	{"act.revoked", "Does each server refuse the key that leaked, and how soon?", (*Rehearsal).revoked},
	{"act.mail", "Was every mail of the application accepted?", (*Rehearsal).mail},
}

// play plays the acts. After one fails, it plays only act.mail; the others get a reason instead.
func (r *Rehearsal) play(ctx context.Context) (answers []recording.Answer, err error) {
	why := ""
	for _, act := range acts {
		answer := recording.Answer{Unanswered: why}
		if why == "" || act.id == "act.mail" {
			r.say(act.question)
			began := r.Clock.Now()
			answer, err = act.play(r, ctx)
			if ctx.Err() != nil || errors.Is(err, errSender) {
				return answers, cmp.Or(ctx.Err(), err)
			}
			if err != nil {
				answer = recording.Answer{Unanswered: r.stage().Hide(err.Error())}
				why = "it wasn't played, because an act before it failed"
				r.failed = errors.Join(r.failed, fmt.Errorf("%s %w", act.question, err))
			} else if answer.Seconds == nil {
				answer.Seconds = map[string]float64{"done after": r.Clock.Now().Sub(began).Seconds()}
			}
		}
		answer.ID, answer.Question = act.id, act.question
		answers = append(answers, answer)
	}
	return answers, nil
}

// said returns an answer that consists of text only.
func said(format string, args ...any) recording.Answer {
	return recording.Answer{Answer: fmt.Sprintf(format, args...)}
}

// first ticks until there is a credential: SES may take longer to accept the key than one
// invocation waits.
func (r *Rehearsal) first(ctx context.Context) (recording.Answer, error) {
	r.deploy(r.Pace)
	if err := r.untilRotated(ctx, `{}`, isAny); err != nil {
		return recording.Answer{}, err
	}
	application := r.newApplication()
	if err := r.untilSends(ctx, application); err != nil {
		return recording.Answer{}, err
	}
	r.application = application
	return said("it does, and SES accepts it"), nil
}

// errSender is returned if SES doesn't know the sender.
var errSender = errors.New("--from")

// untilSends sends until the first mail is accepted, because the user's policy takes a while to
// have an effect. If SES doesn't know the sender, the rehearsal ends, because no later question
// could be answered.
func (r *Rehearsal) untilSends(ctx context.Context, a *application) error {
	for began := r.Clock.Now(); ; {
		err := a.fresh().Do(ctx, a.deliver)
		switch {
		case sessmtp.MeaningOf(err) == sessmtp.IdentityRejected:
			return fmt.Errorf("%w: %w; verify %s in SES, or leave it out", errSender, err, r.From)
		case err == nil || ctx.Err() != nil || r.Clock.Now().Sub(began) > r.Patience:
			return err
		}
		if err := r.Clock.Sleep(ctx, r.Every); err != nil {
			return err
		}
	}
}

func isAny(accessKeyID string) bool { return accessKeyID != "" }

func isNot(old string) func(string) bool {
	return func(accessKeyID string) bool { return isAny(accessKeyID) && accessKeyID != old }
}

// untilRotated sends an event and then ticks, until the rotation is done and the current access key
// is a wanted one.
func (r *Rehearsal) untilRotated(ctx context.Context, payload string, wanted func(string) bool) error {
	for began := r.Clock.Now(); ; payload = `{}` {
		answer, err := r.invoke(ctx, payload)
		switch {
		case err == nil && answer.Outcome == rotation.Rotated:
			return r.look(ctx, wanted)
		case err == nil:
			return fmt.Errorf("the function answered %s with %q, want %q", payload, answer.Outcome, rotation.Rotated)
		case !goesOn(err) || r.Clock.Now().Sub(began) > r.Patience:
			return err
		}
		if err := r.sleep(ctx, r.Pace); err != nil {
			return err
		}
	}
}

func (r *Rehearsal) rotation(ctx context.Context) (recording.Answer, error) {
	old := r.current
	if err := r.untilRotated(ctx, `{"action":"rotate","reason":"a rehearsal"}`, isNot(old.Username)); err != nil {
		return recording.Answer{}, err
	}
	if err := r.accepts(ctx, old); err != nil {
		return recording.Answer{}, err
	}
	r.promoted, r.previous = r.Clock.Now(), old
	return said("it does, and SES accepts both"), nil
}

// retirement ticks whenever the function says that something is due.
func (r *Rehearsal) retirement(ctx context.Context) (recording.Answer, error) {
	seconds := map[string]float64{}
	for _, want := range []rotation.Outcome{rotation.Retired, rotation.Deleted} {
		if err := r.tickUntil(ctx, want); err != nil {
			return recording.Answer{}, err
		}
		seconds[string(want)+" after"] = r.Clock.Now().Sub(r.promoted).Seconds()
	}
	if grace := seconds[string(rotation.Retired)+" after"]; grace < r.Pace.Seconds() {
		return recording.Answer{}, fmt.Errorf("it was deactivated %.0f s after the rotation, before the grace period "+
			"of %s was over", grace, r.Pace)
	}
	answer := said("it is")
	answer.Seconds = seconds
	return answer, nil
}

// tickUntil ticks until a tick has the wanted outcome. Any other outcome except waiting is an
// error.
func (r *Rehearsal) tickUntil(ctx context.Context, want rotation.Outcome) error {
	for limit := r.Clock.Now().Add(10*r.Pace + r.Patience); r.Clock.Now().Before(limit); {
		answer, err := r.came(ctx, `{}`)
		switch {
		case err != nil:
			return err
		case answer.Outcome == want:
			return nil
		case answer.Outcome != rotation.Waiting || answer.Next == nil:
			return fmt.Errorf("a tick ended with %q, want %q", answer.Outcome, want)
		}
		// A tick before the due time would do nothing.
		if err := r.sleep(ctx, max(answer.Next.At.Sub(r.Clock.Now()), 0)+time.Second); err != nil {
			return err
		}
	}
	return fmt.Errorf("no tick was %q", want)
}

// quarantineForRollback is more than 15 minutes, because the function starts no rollback to a key
// in the last 15 minutes before its deletion.
const quarantineForRollback = time.Hour

func (r *Rehearsal) rollback(ctx context.Context) (recording.Answer, error) {
	r.deploy(quarantineForRollback)
	before := r.current
	if err := r.untilRotated(ctx, `{"action":"rotate","reason":"a rehearsal"}`, isNot(before.Username)); err != nil {
		return recording.Answer{}, err
	}
	if _, err := r.came(ctx, `{"action":"rollback","reason":"a rehearsal"}`); err != nil {
		return recording.Answer{}, err
	}
	if err := r.look(ctx, func(id string) bool { return id == before.Username }); err != nil {
		return recording.Answer{}, err
	}
	return said("it does"), nil
}

func (r *Rehearsal) emergency(ctx context.Context) (recording.Answer, error) {
	r.previous = r.current
	event := fmt.Sprintf(`{"action":"emergency","access_key_id":%q,"reason":"a rehearsal"}`, r.previous.Username)
	if _, err := r.came(ctx, event); err != nil {
		return recording.Answer{}, err
	}
	r.promoted = r.Clock.Now()
	if err := r.look(ctx, isNot(r.previous.Username)); err != nil {
		return recording.Answer{}, err
	}
	keys, err := r.keys(ctx)
	if err != nil {
		return recording.Answer{}, err
	}
	if len(keys) != 1 || keys[0] != r.current.Username {
		return recording.Answer{}, fmt.Errorf("the user has the access keys %s, want %s alone",
			strings.Join(keys, ", "), r.current.Username)
	}
	return said("it does, and one key is left"), nil
}

// refusals is how many rounds of logins in a row, each at all addresses, SES must refuse. One round
// isn't enough, because there are many servers behind one address.
const refusals = 10

// revoked logs in with the key that leaked until all servers refuse it.
func (r *Rehearsal) revoked(ctx context.Context) (recording.Answer, error) {
	last := time.Duration(0) // the last time that a server didn't refuse it
	for alike := 0; alike < refusals; alike++ {
		for _, addr := range r.addresses {
			if err := r.login(ctx, r.previous, addr); sessmtp.MeaningOf(err) != sessmtp.Refused {
				last, alike = r.Clock.Now().Sub(r.promoted), -1
			}
		}
		if last > r.Patience {
			return recording.Answer{}, fmt.Errorf("a server still didn't refuse it after %s", last.Round(time.Second))
		}
		if err := r.Clock.Sleep(ctx, r.Every); err != nil {
			return recording.Answer{}, err
		}
	}
	answer := said("they all do")
	answer.Seconds = map[string]float64{"last other reply after": last.Seconds()}
	return answer, nil
}

// mail answers whether SES accepted all of the application's mail.
func (r *Rehearsal) mail(context.Context) (recording.Answer, error) {
	switch a := r.application; {
	case a == nil:
		return recording.Answer{}, errors.New("there was no credential to send with")
	case len(a.lost) > 0:
		return recording.Answer{}, fmt.Errorf("%d of %d weren't taken: %s", len(a.lost), a.sent+len(a.lost), a.lost[0])
	case a.from == "":
		return said("all logins were accepted"), nil
	}
	return said("all of it"), nil
}
