package rotation

import "github.com/seed-486a873a/ses-smtp-rotator/pkg/sessmtp"

// managed returns the rules for a step of Secrets Manager's own rotation ("Lambda rotation
// functions", Secrets Manager User Guide): the same plan, divided into its steps, for the version
// whose ID Secrets Manager has chosen. Each step may be repeated, and a tick may have done its work
// meanwhile.
func managed(step func(*planner) Decision) []rule {
	return []rule{
		notOurs,
		store,
		{"copy", copies.why, (*planner).copyManaged},
		{"done", "the step was repeated, or a tick was quicker", (*planner).managedAlready},
		{"step", "Secrets Manager waits for it", step},
		{"refuse", "there is nothing for the step to do", (*planner).refuseStep},
	}
}

// managedAlready ends a step whose work is done.
func (pl *planner) managedAlready() Decision {
	if pl.Done.promoted() || pl.Current.ID == pl.req.VersionID {
		return wait(Step{})
	}
	return Decision{}
}

// its returns the pending credential if it is in the version that Secrets Manager has chosen.
func (pl *planner) its() (*Version, Key, bool) {
	v, k, unfinished := pl.pending()
	return v, k, unfinished && v.ID == pl.req.VersionID
}

// createSecret makes and stages a credential under the version ID that Secrets Manager chose.
func (pl *planner) createSecret() Decision {
	if _, _, its := pl.its(); its {
		return wait(Step{})
	}
	if v := pl.pendingVersion(); v != nil && v.ID == pl.req.VersionID && pl.foreign(v) {
		return fail(Conflict, "version %s, which Secrets Manager chose for the rotation, already has a value that "+
			"isn't a credential of the user %s: %s; nothing was touched: cancel this rotation (aws secretsmanager "+
			"cancel-rotate-secret) and start another", v.ID, pl.User, pl.whyForeign(v))
	}
	if v, k, unfinished := pl.pending(); unfinished {
		return fail(RotationBlocked,
			"access key %s is already pending, in version %s of the secret; the next tick finishes it", k.ID, v.ID)
	}
	if d := pl.refuseUnsettled(); d.kind != passes {
		return d
	}
	return pl.rotate("Secrets Manager rotates the secret")
}

// setSecret has nothing to do: IAM has already created an access key that works.
func (pl *planner) setSecret() Decision {
	if _, _, its := pl.its(); its {
		return wait(Step{})
	}
	return Decision{}
}

// testSecret logs in with the new credential. When rotation is configured but not started, Secrets
// Manager asks for this step alone, with an empty version: then it tests AWSCURRENT.
func (pl *planner) testSecret() Decision {
	v, k, its := pl.its()
	if !its {
		if d := pl.refuseUnsettled(); d.kind != passes {
			return d
		}
		var listed bool
		v = pl.currentVersion()
		if k, listed = pl.key(v.AccessKeyID()); !listed && !pl.hasCredential() {
			return wait(Step{})
		} else if !listed {
			return fail(VerificationFailed, "AWSCURRENT names access key %q, which is gone", v.AccessKeyID())
		}
	}
	switch verdict := pl.verdict(k); verdict.Meaning {
	case "":
		return do(cmd(verify, k.ID, "Secrets Manager tests it").of(v))
	case sessmtp.Accepted:
		return wait(Step{})
	default:
		return fail(VerificationFailed, "SES doesn't accept access key %s: %w", k.ID, verdict.Err)
	}
}

// finishSecret promotes the credential. It verifies first, because testSecret was another run.
func (pl *planner) finishSecret() Decision {
	v, k, its := pl.its()
	if !its {
		return Decision{}
	}
	return pl.finish(v, k)
}

// refuseStep says why a step can't go on.
func (pl *planner) refuseStep() Decision {
	return fail(Conflict,
		"%s can't go on: version %s of the secret isn't pending, or names no access key of the user %s; "+
			"applications go on with %s", pl.req.Action, pl.req.VersionID, pl.User, pl.currentName())
}
