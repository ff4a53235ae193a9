package rotation

// forDecommissions are the rules that delete all of the user's keys, whoever made them: the user is
// being deleted, and IAM deletes no user that has keys. If only the secret is being deleted, they
// delete the keys whose passwords are in it. Applications are cut off anyway, so there is nothing
// to wait for.
var forDecommissions = []rule{
	{"delete", "IAM deletes no user that has keys, and a key is of no use once its password is gone",
		(*planner).deleteKeys},
	{"delete copies", "a copy of a deleted credential is of no use", (*planner).deleteCopies},
	{"done", "nothing is left to delete", (*planner).decommissioned},
}

// deleteKeys deletes one key after the other. If it may not look whether the secret names a key, it
// fails: nobody would ever delete a key that it left.
func (pl *planner) deleteKeys() Decision {
	for _, k := range pl.Keys {
		if !pl.req.OnlyStored {
			return do(cmd(deleteKey, k.ID, "the user is being removed").evenIfCurrent())
		}
		switch v, denied := pl.stored(k.ID); {
		case denied != nil:
			return fail(AccessDenied,
				"can't find out whether the secret names access key %s, and so whether to delete it: %w", k.ID, denied)
		case v != nil:
			return do(cmd(deleteKey, k.ID, "the secret that holds its password is being removed").evenIfCurrent())
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
