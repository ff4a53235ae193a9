package rotation

import (
	"fmt"
	"strings"
)

// A value that people wrote is adopted as it is. If it says what the configuration doesn't, a
// rotation waits until somebody has settled that: else it would take from applications what they
// send with.

// settleFirst holds a rotation back that the value isn't ready for. Somebody who asked for it hears
// so as an error; a tick waits, and goes on with what doesn't depend on it.
func (pl *planner) settleFirst() Decision {
	if !pl.Current.Unsettled {
		return Decision{}
	}
	_, k, unfinished := pl.pending()
	reason := pl.due()
	switch {
	case unfinished:
		reason = "access key " + k.ID + " waits to become current"
	case reason == "":
		return Decision{}
	}
	if pl.req.asked() {
		return pl.refuseUnsettled()
	}
	d := pl.retireOthers()
	if d.kind == does {
		return d
	}
	if d.kind == passes {
		d = wait(Step{Kind: Wait})
	}
	d.Blocked = true
	d.Next.Reason = strings.TrimPrefix(d.Next.Reason+"; rotation is due ("+reason+
		") and waits for the value to be settled", "; ")
	return d.warn(WarnRotationBlocked, "%s, but no rotation begins before the secret's value is settled", reason)
}

func (pl *planner) refuseUnsettled() Decision {
	if !pl.Current.Unsettled {
		return Decision{}
	}
	return fail(ConfigurationError, "no rotation before this is settled: %s", pl.difference())
}

// difference says what a value that people wrote has and the configuration hasn't, and what that
// comes to.
func (pl *planner) difference() string {
	text := fmt.Sprintf("the value of %s (AWSCURRENT, version %s) isn't as a rotation would write it: %s",
		pl.secretName(), pl.Current.ID, pl.Current.Differs)
	switch {
	case pl.req.Action == Emergency:
		return text + "; an emergency doesn't wait for that, and writes what is configured"
	case !pl.Current.Unsettled:
		return text + "; the next rotation writes what is configured: see that applications can send with that"
	}
	return text + "; until that is settled, no rotation begins: applications might not send any more"
}

// noteValue warns of what is in the current value that somebody should know about.
func (pl *planner) noteValue(d Decision) Decision {
	if d.kind == passes || d.kind == asks || d.kind == does && pl.req.Action == Rotate {
		return d // a rotation that was asked for is about to change that
	}
	if pl.Current.Differs != "" && (d.Err == nil || d.Err.Type != ConfigurationError) {
		d = d.warn(WarnValueDiffers, "%s", pl.difference())
	}
	if names := pl.Current.SecretKeys; len(names) > 0 {
		d = d.warn(WarnSecretKeyInValue, "the value of %s (AWSCURRENT, version %s) holds a secret access key, as %s: "+
			"whoever can read it can do all that the key's user may do; the rotation that replaces the value leaves "+
			"it out: see that nobody needs it there", pl.secretName(), pl.Current.ID, strings.Join(names, ", "))
	}
	return d
}

// secretName names the secret in a text, if its name is known.
func (pl *planner) secretName() string {
	if pl.Secret == "" {
		return "the secret"
	}
	return "secret " + pl.Secret
}
