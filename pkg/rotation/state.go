package rotation

import (
	"iter"
	"slices"
	"time"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sessmtp"
)

// KeyStatus is IAM's status of an access key.
type KeyStatus string

const (
	Active   KeyStatus = "Active"
	Inactive KeyStatus = "Inactive"
)

// Key is an access key of the SMTP user, without its secret.
type Key struct {
	ID      string
	Status  KeyStatus
	Created time.Time
	// LastUsed is when IAM last saw it used, zero for never.
	LastUsed Fact[time.Time]
}

// Label is a staging label of Secrets Manager.
type Label string

const (
	Current  Label = "AWSCURRENT"
	Pending  Label = "AWSPENDING"
	Previous Label = "AWSPREVIOUS"
)

// Version is a version of the secret and the credential in it.
type Version struct {
	ID      string
	Created time.Time
	Labels  []Label
	// Blank means that the value is missing or {}: there is no credential yet.
	Blank bool
	// Foreign says why the value can't be a credential of ours, empty if it can.
	Foreign string
	// User is the IAM user that the value names, empty if it names none.
	User string
	// Logins are the logins that the credential offers, the primary Region first, all with the same
	// username.
	Logins []sessmtp.Login
	// Differs says, for people, how a value that people wrote differs from the configuration. It is
	// empty if it doesn't.
	Differs string
	// Unsettled means that nobody has decided about the difference yet. A rotation would take away
	// what applications send with.
	Unsettled bool
	// SecretKeys names the value's members that hold a secret access key.
	SecretKeys []string
	// Outdated means that the value names other endpoints than those configured now.
	Outdated bool
	// Content belongs to the adapter, which gets it back unchanged.
	Content any
}

// Copy is one place other than the secret where applications read the current credential.
type Copy struct {
	Name string
	// UpToDate means that it holds what AWSCURRENT holds.
	UpToDate bool
	// Unwanted means that AWSCURRENT has nothing for it, so it is to be deleted.
	Unwanted bool
	// Changed is when it was last written, zero if it doesn't exist.
	Changed time.Time
}

// AccessKeyID returns the access key that the version's credential is made from.
func (v Version) AccessKeyID() string {
	if len(v.Logins) == 0 {
		return ""
	}
	return v.Logins[0].Username
}

func (v *Version) serves(region string) bool {
	return slices.ContainsFunc(v.Logins, func(l sessmtp.Login) bool { return l.Region == region })
}

// names reports whether there is a version and it names the access key.
func (v *Version) names(id string) bool { return v != nil && v.AccessKeyID() == id }

// State is what was observed, and what this run has changed since.
type State struct {
	User    string // the SMTP user, for ownership and texts
	Secret  string // the secret's name, for texts
	Keys    []Key
	Current Version // its ID is empty if no version is labelled AWSCURRENT
	// Pending is a version other than Current that is labelled AWSPENDING, nil for none.
	Pending  Fact[*Version]
	Previous Fact[*Version]
	// Stored has, for each access key that was asked about, the newest version that names it,
	// labelled or not.
	Stored map[string]Fact[*Version]
	// Copies are all other places where applications read the credential.
	Copies Fact[[]Copy]
	// Fresh is a credential whose key was just made and whose password isn't stored yet.
	Fresh []sessmtp.Login
	Done  History
}

func (s *State) key(id string) (Key, bool) {
	for _, k := range s.Keys {
		if k.ID == id {
			return k, true
		}
	}
	return Key{}, false
}

// others returns the keys that AWSCURRENT doesn't name.
func (s *State) others() iter.Seq[Key] {
	return func(yield func(Key) bool) {
		for _, k := range s.Keys {
			if k.ID != s.Current.AccessKeyID() && !yield(k) {
				return
			}
		}
	}
}

// hasOthers reports whether there are such keys.
func (s *State) hasOthers() bool {
	for range s.others() {
		return true
	}
	return false
}

// hasCredential reports whether AWSCURRENT holds one, dead or alive.
func (s *State) hasCredential() bool { return s.Current.ID != "" && !s.Current.Blank }

// broken reports whether AWSCURRENT names a key that can't send.
func (s *State) broken() bool {
	k, ok := s.key(s.Current.AccessKeyID())
	return s.hasCredential() && (!ok || k.Status != Active)
}

// knownPending returns the living key that waits for promotion, with the version that names it, as
// far as anybody has looked.
func (s *State) knownPending() (*Version, Key, bool) {
	v := s.Pending.Value
	if v == nil || v.ID == s.Current.ID || s.setAside(v) || v.Unsettled {
		return nil, Key{}, false
	}
	k, ok := s.key(v.AccessKeyID())
	return v, k, ok && k.ID != s.Current.AccessKeyID() && !s.overtaken(k)
}

// overtaken reports whether the pending key is older than the current one, so that it was current
// before or could have been. A fence or a rollback that came too late staged it, and to promote it
// now would undo what overtook it. If the current key is broken, an older key is better than
// nothing. A key that this run was too late to promote is overtaken too.
func (s *State) overtaken(k Key) bool {
	current, ok := s.key(s.Current.AccessKeyID())
	return ok && current.Status == Active && k.Created.Before(current.Created) || s.Done.tooLate(k.ID)
}

// setAside reports whether this version was current and a person has made another one current
// since. Then it isn't unfinished.
func (s *State) setAside(v *Version) bool { return slices.Contains(v.Labels, Previous) }

// knownPrevious reports whether AWSPREVIOUS names the key, as far as anybody has looked.
func (s *State) knownPrevious(id string) bool { return s.Previous.Value.names(id) }

// fenced reports whether this run made the current version current since it last observed. Then an
// invocation that observed an earlier one can't promote any more.
func (s *State) fenced() bool { return s.Current.ID != "" && s.Current.ID == s.Done.currentBy() }

// ours reports whether a value is ours: it names the user, or one of the user's access keys.
func (s *State) ours(v *Version) bool {
	if v.Blank || v.ID == "" {
		return true
	}
	_, listed := s.key(v.AccessKeyID())
	return v.Foreign == "" && (v.User == s.User || listed)
}
