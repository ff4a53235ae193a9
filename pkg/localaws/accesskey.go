package localaws

import "time"

// An accessKey is one access key, existing or deleted.
type accessKey struct {
	id, secret string
	passwords  map[string]string // the SMTP password in each Region; never changes
	owner      *user
	status     string // "" once it is deleted
	created    time.Time
	uses       []use
	news       []news
}

// A use is a login or call that IAM has recorded.
type use struct {
	at              time.Time
	service, region string
}

// lastUse returns the latest use until t, and whether there was any.
func (k *accessKey) lastUse(t time.Time) (last use, ok bool) {
	for _, u := range k.uses {
		if !u.at.After(t) && (!ok || !u.at.Before(last.at)) {
			last, ok = u, true
		}
	}
	return last, ok
}

// opens reports whether the password is this key's in the Region. It isn't if the Region isn't
// served.
func (k *accessKey) opens(region, password string) bool {
	own, served := k.passwords[region]
	return served && password == own
}

// A Key is an access key as it is now.
type Key struct {
	ID       string
	Status   string // Active or Inactive
	Created  time.Time
	LastUsed time.Time // as IAM records it, without its delay; zero if never
}

// list returns the user's access keys as they are now, oldest first.
func (u *user) list() []Key {
	keys := make([]Key, len(u.keys))
	for i, k := range u.keys {
		keys[i] = Key{ID: k.id, Status: k.status, Created: k.created}
		for _, use := range k.uses {
			if use.at.After(keys[i].LastUsed) {
				keys[i].LastUsed = use.at
			}
		}
	}
	return keys
}
