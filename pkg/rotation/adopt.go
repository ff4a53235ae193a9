package rotation

import (
	"fmt"
	"strings"
)

// A value that people wrote is adopted as it is. If it differs from the configuration, a rotation
// waits until somebody has settled that: otherwise it would take away what applications send with.

// settleFirst holds a rotation back while the value isn't settled. A rotation that was asked for
// fails and says why; a tick waits, and does what doesn't depend on the value.
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
		") and waits until the value is settled", "; ")
	return d.warn(WarnRotationBlocked, "%s, but no rotation starts until the secret's value is settled: see the "+
		"warning %s", reason, WarnValueDiffers)
}

func (pl *planner) refuseUnsettled() Decision {
	if !pl.Current.Unsettled {
		return Decision{}
	}
	return fail(ConfigurationError, "rotation refused: %s", pl.difference())
}

// difference says how a value that people wrote differs from the configuration, and what follows
// from that.
func (pl *planner) difference() string {
	text := fmt.Sprintf("the value of %s (AWSCURRENT, version %s) isn't what a rotation would write: %s",
		pl.secretName(), pl.Current.ID, pl.Current.Differs)
	switch {
	case pl.req.Action == Emergency:
		return text + "; an emergency doesn't wait for that: it writes what is configured"
	case !pl.Current.Unsettled:
		return text + "; the next rotation writes what is configured: make sure that applications can send with it"
	}
	return text + "; no rotation starts until that is settled, because applications might be unable to send afterwards"
}

// noteValue warns of what a person should know about the current value.
func (pl *planner) noteValue(d Decision) Decision {
	if d.kind == passes || d.kind == asks || d.kind == does && pl.req.Action == Rotate {
		return d // a rotation that was asked for is about to change that
	}
	if pl.Current.Differs != "" && (d.Err == nil || d.Err.Type != ConfigurationError) {
		d = d.warn(WarnValueDiffers, "%s", pl.difference())
	}
	if names := pl.Current.SecretKeys; len(names) > 0 {
		d = d.warn(WarnSecretKeyInValue, "the value of %s (AWSCURRENT, version %s) holds a secret access key, as %s: "+
			"anyone who can read the value can do all that the key's user may do; the next rotation leaves the key "+
			"out: make sure that no application reads it there", pl.secretName(), pl.Current.ID,
			strings.Join(names, ", "))
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
