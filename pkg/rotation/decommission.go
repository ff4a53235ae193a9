package rotation

// forDecommissions delete the user's keys, whoever made them: the user goes, and IAM deletes none
// that has keys. If the user stays and only the secret goes, they delete those whose passwords go
// with it. Applications are cut off, so there is nothing to wait for.
var forDecommissions = []rule{
	{"delete", "IAM deletes no user that has keys, and a password that nobody has any more serves nobody",
		(*planner).deleteKeys},
	{"delete copies", "a copy of what is gone serves nobody", (*planner).deleteCopies},
	{"done", "nothing is left to delete", (*planner).decommissioned},
}

// deleteKeys takes one key after the other. If nobody may tell whether the secret has a key, that
// is an error: to leave it would be to forget it.
func (pl *planner) deleteKeys() Decision {
	for _, k := range pl.Keys {
		if !pl.req.OnlyStored {
			return do(cmd(deleteKey, k.ID, "the user is being removed").evenIfCurrent())
		}
		switch v, denied := pl.stored(k.ID); {
		case denied != nil:
			return fail(AccessDenied,
				"whether the secret has access key %s, and it is to be deleted, can't be told: %w", k.ID, denied)
		case v != nil:
			return do(cmd(deleteKey, k.ID, "the secret that has its password is being removed").evenIfCurrent())
		}
	}
	return Decision{}
}

func (pl *planner) decommissioned() Decision {
	if len(pl.Keys) > 0 {
		return wait(Step{Kind: Wait, Reason: "no version of the secret names any of the user's access keys"})
	}
	return wait(Step{Kind: Wait, Reason: "the user has no access keys"})
}
