package rotation

// decommission deletes the user's keys, whoever made them: the user goes, and IAM deletes none that has keys. Where the user
// stays and only the secret goes, it deletes those whose passwords go with it. Applications are cut off, so there is nothing
// to wait for.
func (pl *planner) decommission() Decision {
	for _, k := range pl.Keys {
		if !pl.req.OnlyStored {
			return do(Delete, k.ID, "the user is being removed").evenIfCurrent()
		}
		switch stored := pl.Stored[k.ID]; {
		case !stored.Known:
			return look(lookStored, k.ID)
		case stored.Denied != nil:
			return fail(AccessDenied, "whether the secret has access key %s, and it is to be deleted, can't be told: %w", k.ID, stored.Denied)
		case stored.Version != nil:
			return do(Delete, k.ID, "the secret that has its password is being removed").evenIfCurrent()
		}
	}
	if len(pl.Keys) > 0 {
		return wait(Step{Kind: Wait, Reason: "no version of the secret names any of the user's access keys"})
	}
	return wait(Step{Kind: Wait, Reason: "the user has no access keys"})
}
