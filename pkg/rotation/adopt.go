package rotation

import (
	"fmt"
	"strings"
)

// A value that people wrote is adopted as it is. If it says what the configuration doesn't, a
// rotation waits until somebody has settled that: else it would take from applications what they
// send with.

// settleFirst refuses a rotation that a value isn't ready for.
func (pl *planner) settleFirst() Decision {
	if !pl.Current.Unsettled {
		return Decision{}
	}
	if _, _, unfinished := pl.pending(); !unfinished && pl.due() == "" {
		return Decision{}
	}
	if d := pl.retireOthers(); d.kind == does && !pl.req.asked() {
		return d // which doesn't wait for that
	}
	return pl.refuseUnsettled()
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
		return text + "; what replaces it has what is configured: see that applications can send with that"
	case !pl.Current.Unsettled:
		return text + "; the next rotation writes what is configured: see that applications can send with that"
	}
	return text + "; a rotation would write what is configured, and applications might not send any more: configure " +
		"what the value says, or write into the value what is configured, once applications can send with that"
}

// noteValue warns of what is in the current value that somebody should know about.
func (pl *planner) noteValue(d Decision) Decision {
	if d.kind == passes || d.kind == asks {
		return d
	}
	if pl.Current.Differs != "" && (d.Err == nil || d.Err.Type != ConfigurationError) {
		d = d.warn(WarnValueDiffers, "%s", pl.difference())
	}
	if names := pl.Current.SecretKeys; len(names) > 0 {
		d = d.warn(WarnSecretKeyInValue, "the value of %s (AWSCURRENT, version %s) holds a secret access key, as %s: "+
			"whoever reads it can do all that the user %s may do; the next rotation leaves it out: see that nobody "+
			"needs it there, and rotate", pl.secretName(), pl.Current.ID, strings.Join(names, ", "), pl.User)
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
