package rotation

import "time"

// Fact is one thing about the world that a run may look at. Its zero value means that nobody has
// looked.
type Fact[T any] struct {
	Value T
	// Known means that somebody has looked.
	Known bool
	// Denied says why the look failed, such as a missing permission. Value means nothing then.
	Denied error
}

// known returns a fact that has been looked at.
func known[T any](value T) Fact[T] { return Fact[T]{Value: value, Known: true} }

// ask names a fact that a rule has to know.
type ask struct {
	about factName
	key   string // the access key, for aboutLastUse and aboutStored
}

// factName says what a fact is about, in words for errors and tests.
type factName string

const (
	aboutPending  factName = "the version labelled AWSPENDING"
	aboutPrevious factName = "the version labelled AWSPREVIOUS"
	aboutLastUse  factName = "when the access key was last used"
	aboutStored   factName = "a version that names the access key, labelled or not"
	aboutCopies   factName = "the copies of the credential"
)

// The planner reads a fact through one of the following methods. One that nobody has looked at
// reads as its zero value, and is noted: Plan then discards what the rule decided and asks for the
// first fact that was missing. So a rule reads as if everything were known, and nobody ever looks
// at what no rule reads. A rule that can do without a fact reads the State's field instead.

func read[T any](pl *planner, f Fact[T], a ask) T {
	if !f.Known && pl.missing == (ask{}) {
		pl.missing = a
	}
	return f.Value
}

// pendingVersion returns the version labelled AWSPENDING, nil for none.
func (pl *planner) pendingVersion() *Version { return read(pl, pl.Pending, ask{about: aboutPending}) }

// previousVersion returns the version labelled AWSPREVIOUS, nil for none.
func (pl *planner) previousVersion() *Version {
	return read(pl, pl.Previous, ask{about: aboutPrevious})
}

// lastUsed returns when the key was last seen in use, zero for never.
func (pl *planner) lastUsed(k Key) time.Time { return read(pl, k.LastUsed, ask{aboutLastUse, k.ID}) }

// stored returns the newest version that names the key, nil for none, and the error if versions may
// not be listed.
func (pl *planner) stored(id string) (*Version, error) {
	f := pl.Stored[id]
	return read(pl, f, ask{aboutStored, id}), f.Denied
}

// copies returns the other places where applications read the credential, and the error if those
// can't be read. Nobody looks if none are configured, or if there is nothing to copy.
func (pl *planner) copies() ([]Copy, error) {
	if !pl.policy.HasCopies || !pl.hasCredential() {
		return nil, nil
	}
	return read(pl, pl.Copies, ask{about: aboutCopies}), pl.Copies.Denied
}

// pending returns the living key that waits for promotion, with the version that names it. If the
// user has no key but the current one, none can wait, and no look is needed.
func (pl *planner) pending() (*Version, Key, bool) {
	if pl.hasOthers() {
		pl.pendingVersion()
	}
	return pl.knownPending()
}

// isPrevious reports whether AWSPREVIOUS names the key.
func (pl *planner) isPrevious(id string) bool {
	pl.previousVersion()
	return pl.knownPrevious(id)
}
