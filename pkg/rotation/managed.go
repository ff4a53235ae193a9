package rotation

import "github.com/seed-486a873a/ses-smtp-rotator/pkg/sessmtp"

// managed is a step of Secrets Manager's own rotation: the same plan, for the version whose ID Secrets Manager has chosen, and
// cut where it cuts ("Lambda rotation functions", Secrets Manager User Guide). Each step may come again, and a tick may have
// gone on meanwhile.
func (pl *planner) managed() Decision {
	switch {
	case pl.Done.Fresh != nil:
		return pl.stage()
	case pl.Done.Promoted || pl.Current.ID == pl.req.VersionID:
		return wait(Step{})
	case !pl.Pending.Known:
		return look(lookPending, "")
	}
	v, k, unfinished := pl.pending()
	its := unfinished && v.ID == pl.req.VersionID
	switch pl.req.Action {
	case CreateSecret:
		return pl.createSecret(v, k, unfinished, its)
	case TestSecret:
		return pl.testSecret(v, k, its)
	case FinishSecret:
		if its {
			return pl.finish()
		}
	case SetSecret: // IAM makes an access key that works
		if its {
			return wait(Step{})
		}
	}
	return fail(Conflict, "version %s of the secret isn't pending with an access key of the user %s, so %s has nothing to go on with; "+
		"applications go on with %s", pl.req.VersionID, pl.User, pl.req.Action, pl.currentName())
}

func (pl *planner) createSecret(v Version, k Key, unfinished, its bool) Decision {
	switch {
	case its:
		return wait(Step{})
	case unfinished:
		return fail(RotationBlocked, "access key %s is pending already, in version %s of the secret: the next tick finishes it", k.ID, v.ID)
	}
	return pl.rotate("Secrets Manager rotates the secret")
}

// testSecret logs in with the new credential. When rotation is only configured, Secrets Manager asks for this step alone, and
// the version is empty: then AWSCURRENT is what can be tested.
func (pl *planner) testSecret(v Version, k Key, its bool) Decision {
	current := !its
	if current {
		var ok bool
		if k, ok = pl.key(pl.Current.AccessKeyID()); !ok && !pl.hasCredential() {
			return wait(Step{})
		} else if !ok {
			return fail(VerificationFailed, "AWSCURRENT names access key %q, which is gone", pl.Current.AccessKeyID())
		}
	}
	switch verdict := pl.verdict(k); verdict.Meaning {
	case "":
		d := do(Verify, k.ID, "Secrets Manager tests it")
		if current {
			d.Step.VersionID = pl.Current.ID
		}
		return d
	case sessmtp.Accepted:
		return wait(Step{})
	default:
		return fail(VerificationFailed, "SES doesn't accept access key %s: %w", k.ID, verdict.Err)
	}
}

// asked tells whether somebody waits for a rotation to happen now, and is to hear why not.
func (r Request) asked() bool { return r.Action == Rotate || r.Action == CreateSecret }
