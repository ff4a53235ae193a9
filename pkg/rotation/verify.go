package rotation

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sessmtp"
)

// verify logs in with the pending credential, or with AWSCURRENT's, until SES accepts it everywhere, or time is up.
func (v *invocationRun) verify(ctx context.Context, s Step) error {
	ctx, cancel := context.WithTimeout(ctx, v.verifyTime(ctx))
	defer cancel()
	logins := v.state.Current.Logins
	if s.VersionID == "" { // else it is AWSCURRENT's
		logins = v.state.Pending.Version.Logins
	}
	results := v.Verifier.Verify(ctx, logins)
	verdict := Verdict{Meaning: sessmtp.Accepted}
	for _, r := range results {
		step := s
		step.Region = r.Region
		step.Reason = fmt.Sprintf("SES accepted it within %d logins and %v", r.Logins, r.Took.Round(time.Millisecond))
		if r.Meaning != sessmtp.Accepted {
			verdict = verdict.worse(r)
			step.Reason = "not accepted: " + r.Err.Error()
		}
		if r.SendErr != nil {
			v.warn([]Warning{{WarnSendDenied, "SES accepts the password in " + r.Region + ", but not the mail that was sent to prove it: " +
				r.SendErr.Error()}})
		}
		v.record(step)
	}
	v.state.Done.Verdicts[s.AccessKeyID] = verdict
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

// verifyTime is how long verification may take, with time left to promote, to say why not, and in an emergency to
// revoke.
func (v *invocationRun) verifyTime(ctx context.Context) time.Duration {
	allowed := v.Policy.VerifyTimeout
	deadline, ok := ctx.Deadline()
	if !ok {
		return allowed
	}
	left := time.Until(deadline)
	reserve := 5 * time.Second
	if v.req.Action == Emergency {
		reserve = 20 * time.Second
	}
	return min(allowed, left-min(reserve, left/3))
}
