package rotation

// decommission deletes the user's keys, whoever made them: the user goes, and IAM deletes none that has keys. Applications
// are cut off, so there is nothing to wait for and nothing to spare.
func (pl planner) decommission() Decision {
	if len(pl.Keys) == 0 {
		return wait(Step{Kind: Wait, Reason: "the user has no access keys"})
	}
	return do(Delete, pl.Keys[0].ID, "the user is being removed").evenIfCurrent()
}
