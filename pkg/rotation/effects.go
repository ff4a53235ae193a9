package rotation

import (
	"maps"
	"slices"
	"time"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sessmtp"
)

// This file has what a command or a look changes in the State; the calls are in act.go, the looks
// in observe.go. Each effect is a pure function, so the next plan starts from what the call
// changed, and nothing that is known is asked for again.

// observe starts a new state from the keys and AWSCURRENT. It keeps what was done, but not what was
// learnt, which may be outdated. It drops a fresh credential that couldn't be stored: its key is an
// orphan now.
func (s State) observe(keys []Key, current *Version) State {
	next := State{User: s.User, Secret: s.Secret, Stored: map[string]Fact[*Version]{}}
	next.Done = s.Done.and(deed{what: observed})
	for _, k := range keys {
		if !s.Done.deleted(k.ID) {
			next.Keys = append(next.Keys, k)
		}
	}
	if current != nil {
		next.Current = *current
		next.Pending.Known = slices.Contains(current.Labels, Pending) // nothing else is pending then
	}
	return next
}

// lookedAtPending notes which version AWSPENDING is on. If that is AWSCURRENT's, nothing is
// pending.
func (s State) lookedAtPending(v *Version) State {
	if v != nil && v.ID == s.Current.ID {
		v = nil
	}
	s.Pending = known(v)
	return s
}

func (s State) lookedAtPrevious(v *Version) State {
	s.Previous = known(v)
	return s
}

// lookedForStored notes the version that names a key. If looking is denied, each rule does what
// spares the key.
func (s State) lookedForStored(key string, v *Version, denied error) State {
	s.Stored = maps.Clone(s.Stored)
	if s.Stored == nil {
		s.Stored = map[string]Fact[*Version]{}
	}
	s.Stored[key] = Fact[*Version]{Value: v, Known: true, Denied: denied}
	return s
}

func (s State) lookedAtLastUse(key string, at time.Time) State {
	return s.edit(key, func(k *Key) { k.LastUsed = known(at) })
}

// lookedAtCopies notes what the copies hold, or why they can't be read.
func (s State) lookedAtCopies(copies []Copy, denied error) State {
	s.Copies = Fact[[]Copy]{Value: copies, Known: true, Denied: denied}
	return s
}

// copied notes that this copy now holds what AWSCURRENT holds, or was deleted.
func (s State) copied(name string, at time.Time) State {
	var all []Copy
	for _, c := range s.Copies.Value {
		switch {
		case c.Name != name:
			all = append(all, c)
		case !c.Unwanted:
			all = append(all, Copy{Name: name, UpToDate: true, Changed: at})
		}
	}
	s.Copies.Value = all
	return s
}

// copiesFailed notes that a copy couldn't be written.
func (s State) copiesFailed(why error) State {
	s.Done = s.Done.and(deed{what: failedToCopy, err: why})
	return s
}

func (s State) copiesDeleted() State {
	s.Done = s.Done.and(deed{what: deletedCopies})
	return s
}

// created adds a key and its credential, which is stored next.
func (s State) created(k Key, credential []sessmtp.Login) State {
	s.Keys = append(slices.Clone(s.Keys), k)
	s.Fresh = credential
	s.Done = s.Done.and(deed{what: made, key: k.ID})
	return s
}

// staged notes that the version, and no other, has AWSPENDING.
func (s State) staged(v Version) State {
	s.Fresh = nil
	s.Pending = known(&v)
	return s
}

// restaged is like staged, for a version that holds an older one's credential.
func (s State) restaged(v Version) State {
	s = s.staged(v)
	s.Done = s.Done.and(deed{what: restaged, version: v.ID, key: v.AccessKeyID()})
	return s
}

// unstaged notes that AWSPENDING was moved to AWSCURRENT's version.
func (s State) unstaged() State {
	s.Pending = known[*Version](nil)
	return s
}

// verified notes what SES said. A key whose password it accepts is Active, whatever IAM lists.
func (s State) verified(key string, v Verdict) State {
	if v.Meaning == sessmtp.Accepted {
		s = s.statusSet(key, Active)
	}
	s.Done = s.Done.and(deed{what: verified, key: key, verdict: v})
	return s
}

// moved notes that AWSCURRENT went to the version, and AWSPREVIOUS to the one that it left.
// AWSPENDING stays on the version: it travels with AWSCURRENT.
func (s State) moved(to Version) State {
	left := s.Current
	s.Previous, s.Current, s.Copies = known(&left), to, Fact[[]Copy]{}
	s.Done = s.Done.and(deed{what: moved, from: left.ID, version: to.ID})
	return s.unstaged()
}

// movedByOther notes that AWSCURRENT had left the version that was observed as current. If no
// version was current, AWSCURRENT can only be on this run's own first version, so there is nothing
// to note.
func (s State) movedByOther() State {
	if s.Current.ID != "" {
		s.Done = s.Done.and(deed{what: wasMoved, from: s.Current.ID})
	}
	return s
}

// promoted is like moved, for a credential other than the one that was current.
func (s State) promoted(to Version) State {
	s = s.moved(to)
	s.Done = s.Done.and(deed{what: promoted, version: to.ID, key: to.AccessKeyID()})
	return s
}

// gaveUp notes that the pending key is to be deleted, now that a fence keeps others from promoting
// it.
func (s State) gaveUp(key string) State {
	s.Done = s.Done.and(deed{what: gaveUp, key: key})
	return s
}

// tooLate notes that the key couldn't be promoted because AWSCURRENT had moved.
func (s State) tooLate(key string) State {
	s.Done = s.Done.and(deed{what: wasTooLate, key: key})
	return s
}

func (s State) statusSet(key string, status KeyStatus) State {
	return s.edit(key, func(k *Key) { k.Status = status })
}

func (s State) activated(key string) State {
	s = s.statusSet(key, Active)
	s.Done = s.Done.and(deed{what: activated, key: key})
	return s
}

// deactivating is noted before the call: if the answer is lost, the key may be Inactive, and this
// run mustn't delete it.
func (s State) deactivating(key string) State {
	s.Done = s.Done.and(deed{what: deactivated, key: key})
	return s
}

func (s State) deleted(key string) State {
	s.Keys = slices.DeleteFunc(slices.Clone(s.Keys), func(k Key) bool { return k.ID == key })
	s.Done = s.Done.and(deed{what: deleted, key: key})
	return s
}

func (s State) edit(key string, change func(*Key)) State {
	s.Keys = slices.Clone(s.Keys)
	for i := range s.Keys {
		if s.Keys[i].ID == key {
			change(&s.Keys[i])
		}
	}
	return s
}
