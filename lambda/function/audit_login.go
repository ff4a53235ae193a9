package function

import (
	"context"
	"fmt"
	"time"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/rotation"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sessmtp"
)

// loginTime is how long the audit tries to log in. One login is enough, and takes a second or two.
const loginTime = 20 * time.Second

// tryCurrent logs in with AWSCURRENT, because nothing else notices a password that doesn't belong
// to its key: the key is Active, and no rotation is due for weeks. A refusal is CurrentKeyBroken.
// If the server can't be reached or its answer proves nothing, the audit only reports that.
func (f *Function) tryCurrent(ctx context.Context, r *rotation.Result) error {
	if f.policy.SkipVerification || r.Credential == nil || !isActive(r, r.Credential.AccessKeyID) {
		return nil // the status warns of a current key that isn't Active
	}
	current, err := f.secret.Read(ctx, rotation.Current)
	if err != nil || current == nil {
		return err
	}
	once := *f.verifier
	once.Streak, once.From = 1, ""
	ctx, cancel := context.WithTimeout(ctx, min(loginTime, f.policy.VerifyTimeout))
	defer cancel()
	for _, tried := range once.Verify(ctx, current.Logins) {
		step := rotation.Step{Kind: rotation.Verify, AccessKeyID: current.AccessKeyID(), VersionID: current.ID,
			Region: tried.Region, Reason: "SES accepts AWSCURRENT"}
		if tried.Meaning != sessmtp.Accepted {
			step.Reason = "not accepted: " + tried.Err.Error()
		}
		r.Steps = append(r.Steps, step)
		if tried.Meaning == sessmtp.Refused {
			r.Warnings = append(r.Warnings, refused(current, tried))
		}
	}
	return nil
}

// refused returns the warning about an AWSCURRENT that SES refuses although its key is Active.
func refused(current *rotation.Version, tried sessmtp.Result) rotation.Warning {
	return rotation.Warning{Code: rotation.WarnCurrentKeyBroken, Message: fmt.Sprintf(
		"SES refuses AWSCURRENT (version %s) in %s although access key %s is Active: mail is failing there (%v). "+
			"If the key is new, SES may not know it yet. Otherwise the password isn't this key's: rotate "+
			"({\"action\":\"rotate\"}), or run an emergency if a superseded key is in the way of that",
		current.ID, tried.Region, current.AccessKeyID(), tried.Err)}
}

func isActive(r *rotation.Result, accessKeyID string) bool {
	for _, k := range r.Keys {
		if k.AccessKeyID == accessKeyID {
			return k.Status == rotation.Active
		}
	}
	return false
}
