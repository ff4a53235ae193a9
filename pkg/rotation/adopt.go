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
	if _, _, unfinished := pl.pending(); unfinished || pl.due() != "" {
		return pl.refuseUnsettled()
	}
	return Decision{}
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
	text := fmt.Sprintf("the value of %s (AWSCURRENT, version %s) was written by hand: %s", pl.secretName(),
		pl.Current.ID, pl.Current.Differs)
	if !pl.Current.Unsettled {
		return text + "; the next rotation writes the configuration's, so see that applications can do with it"
	}
	return text + "; a rotation would write the configuration's, and applications might not send any more: configure " +
		"what the value says, or see that applications can do with the configuration's, and write that into the value"
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
