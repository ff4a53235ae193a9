package event

// Leak says that access keys are in the wrong hands. They may be any user's: AWS sends it to every
// function of the account.
type Leak struct {
	AccessKeyIDs []string // at least one
	Reason       string   // for the log: what was noticed
}

func (Leak) isEvent() {}
