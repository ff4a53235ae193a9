package rotation

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sessmtp"
)

// verify logs in with a credential until SES accepts it in every Region, or time is up.
func (run *run) verify(ctx context.Context, c command) error {
	ctx, cancel := context.WithTimeout(ctx, run.verifyTime(ctx))
	defer cancel()
	verdict := Verdict{Meaning: sessmtp.Accepted}
	for _, r := range run.Verifier.Verify(ctx, c.version.Logins) {
		step := c.step()
		step.Region = r.Region
		step.Reason = fmt.Sprintf("SES accepted it after %d logins and %v", r.Logins, r.Took.Round(time.Millisecond))
		if r.Meaning != sessmtp.Accepted {
			verdict = verdict.worse(r)
			step.Reason = "not accepted: " + r.Err.Error()
		}
		// A denied mail is the policy's fault or an identity's, and no reason to keep the
		// credential back.
		if r.SendErr != nil {
			run.warn(Warning{WarnSendDenied, "SES accepts the password in " + r.Region +
				", but not the mail that was sent to prove it: " +
				r.SendErr.Error()})
		}
		run.record(step)
	}
	run.state = run.state.verified(c.key, verdict)
	return nil
}

// worse joins one Region's result to the verdict: a refusal anywhere is a refusal.
func (v Verdict) worse(r sessmtp.Result) Verdict {
	if v.Meaning != sessmtp.Refused {
		v.Meaning = r.Meaning
	}
	v.Err = errors.Join(v.Err, r.Err)
	return v
}
