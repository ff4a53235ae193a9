package rotation

import (
	"fmt"
	"iter"
	"maps"
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
	// LastUsed is when IAM last saw it used, zero for never. It means nothing until LastUsedKnown.
	LastUsed      time.Time
	LastUsedKnown bool
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
	// Blank: the value is missing or {}: no credential yet.
	Blank bool
	// Foreign says why the value can't be a credential of ours, empty where it can.
	Foreign string
	// User is the IAM user that the value names, empty where it names none.
	User string
	// Logins are what the credential gives an application, the primary Region first, all with the same username.
	Logins []sessmtp.Login
	// Outdated: the value names other endpoints than those configured now.
	Outdated bool
	// Content is the adapter's own and comes back to it untouched.
	Content any
}

// AccessKeyID is the access key that the version's credential is made from.
func (v Version) AccessKeyID() string {
	if len(v.Logins) == 0 {
		return ""
	}
	return v.Logins[0].Username
}

func (v Version) serves(region string) bool {
	return slices.ContainsFunc(v.Logins, func(l sessmtp.Login) bool { return l.Region == region })
}

// Seen is a labelled version as far as it was looked at.
type Seen struct {
	Known   bool
	Version *Version // nil: no version has the label
	Denied  error    // the permission to look is missing, and this says which
}

// State is what was observed, and what this invocation has done since.
type State struct {
	User     string // the SMTP user, for ownership and texts
	Keys     []Key
	Current  Version // without ID: no version is labelled AWSCURRENT
	Pending  Seen    // a version other than Current that is labelled AWSPENDING
	Previous Seen
	// Stored has, of those access keys that were asked about, the newest version that names them, labelled or not.
	Stored map[string]Seen
	Done   Progress
}

// Progress is what this invocation has done so far. Only the invocation knows it, and it dies with it.
type Progress struct {
	// Fresh is a credential whose key was made and whose password isn't stored yet.
	Fresh []sessmtp.Login
	// Verdicts are what SES said, by access key.
	Verdicts map[string]Verdict
	// CurrentBy is the version that this invocation made current since it observed. As long as it is current, nobody who
	// observed an earlier one can promote.
	CurrentBy string
	// Restaged is the version that this invocation wrote last from an older one's content. Once is enough, however short
	// the promotion window.
	Restaged string
	// GivenUp is the pending key that SES refused for too long. Nobody can promote it any more, and it is to be deleted.
	GivenUp string
	// RollbackTo is the access key that a rollback is about, whatever AWSPREVIOUS comes to name meanwhile.
	RollbackTo string
	// Overtaken are keys that couldn't be promoted because AWSCURRENT had moved. Whoever moved it may be about to delete them,
	// so they aren't tried again.
	Overtaken []string
	// Promoted: a credential other than the one observed as current was made current.
	Promoted bool
	// Left are the versions that this invocation moved AWSCURRENT away from. To read one of them as current is old news.
	Left []string
	// Made are the keys that were made, and Revoked those that were deleted: IAM may list either as it was for some seconds.
	Made []string
	// Deactivated are the keys that were made Inactive; deleting them is for a later invocation.
	Deactivated []string
	// Revoked are the keys that were deleted.
	Revoked []string
}

// Verdict is what verification said of a credential.
type Verdict struct {
	Meaning sessmtp.Meaning
	Err     error // details, where it wasn't accepted
}

// seen is a version that was looked at, by its ID.
func (s *State) seen(id string) Version {
	for _, seen := range append(slices.Collect(maps.Values(s.Stored)), s.Pending, s.Previous) {
		if seen.Version != nil && seen.Version.ID == id {
			return *seen.Version
		}
	}
	return s.Current
}

func (s *State) key(id string) (Key, bool) {
	i := slices.IndexFunc(s.Keys, func(k Key) bool { return k.ID == id })
	if i < 0 {
		return Key{}, false
	}
	return s.Keys[i], true
}

// others are the keys that AWSCURRENT doesn't name.
func (s *State) others() iter.Seq[Key] {
	return func(yield func(Key) bool) {
		for _, k := range s.Keys {
			if k.ID != s.Current.AccessKeyID() && !yield(k) {
				return
			}
		}
	}
}

// hasOthers tells whether there are any.
func (s *State) hasOthers() bool {
	for range s.others() {
		return true
	}
	return false
}

// hasCredential tells whether AWSCURRENT holds one, dead or alive.
func (s *State) hasCredential() bool { return s.Current.ID != "" && !s.Current.Blank }

// broken: AWSCURRENT names a key that can't send.
func (s *State) broken() bool {
	k, ok := s.key(s.Current.AccessKeyID())
	return s.hasCredential() && (!ok || k.Status != Active)
}

// pending is the living key that waits for promotion, with the version that names it.
func (s *State) pending() (Version, Key, bool) {
	if s.Pending.Version == nil {
		return Version{}, Key{}, false
	}
	v := *s.Pending.Version
	k, ok := s.key(v.AccessKeyID())
	return v, k, ok && v.ID != s.Current.ID && k.ID != s.Current.AccessKeyID() && !s.setAside(v) && !s.overtaken(k)
}

// overtaken: the pending key is older than the current one, so it was current before, or could have been. What staged it
// was a fence or a rollback that came too late, and to promote it now would undo what overtook it. Where the current key
// is broken, it is better than nothing. Neither is it tried again where this invocation was overtaken with it.
func (s *State) overtaken(k Key) bool {
	current, ok := s.key(s.Current.AccessKeyID())
	return ok && current.Status == Active && k.Created.Before(current.Created) || slices.Contains(s.Done.Overtaken, k.ID)
}

// setAside: this version was current, and a person has made another one current since. It isn't unfinished.
func (s *State) setAside(v Version) bool { return slices.Contains(v.Labels, Previous) }

// named tells whether any version names the key, and whether that is known.
func (s *State) named(id string) (named, known bool) {
	seen := s.Stored[id]
	return seen.Version != nil, seen.Known
}

// unnamed says of a key that as far as is known no version names it.
func (s *State) unnamed(id string) string {
	if denied := s.Stored[id].Denied; denied != nil {
		return fmt.Sprintf("whether a version names it can't be told (%v)", denied)
	}
	return "no version names it"
}

// isPrevious tells whether AWSPREVIOUS names the key, as far as it was looked at.
func (s *State) isPrevious(id string) bool {
	return s.Previous.Version != nil && s.Previous.Version.AccessKeyID() == id
}

// ours: a value is ours where it names the user, or one of the user's access keys.
func (s *State) ours(v Version) bool {
	if v.Blank || v.ID == "" {
		return true
	}
	_, listed := s.key(v.AccessKeyID())
	return v.Foreign == "" && (v.User == s.User || listed)
}
