package localaws

import (
	"slices"
	"time"
)

// These are the statuses of an access key; IAM has no others.
const (
	active   = "Active"
	inactive = "Inactive"
)

const keyQuota = 2

// A directory is IAM's state: users, their access keys and their rights. It knows IAM's rules and
// not its protocol.
type directory struct {
	now     func() time.Time
	newKey  func() (id, secret string)
	regions []string // that serve SMTP
	users   map[string]*user
	keys    []*accessKey // every key ever made, oldest first; a deleted key has no status

	groups   map[string]*group
	policies map[string]*managedPolicy // by ARN
	report   *credentialReport         // the latest, or nil

	servers       int             // SMTP servers in each Region
	propagation   []time.Duration // how long changes take to reach each server; the last repeats
	lastUsedDelay time.Duration
	listStaleness time.Duration
	pageSize      int // of IAM's lists, at most; 0 means as the call asks
}

func newDirectory(now func() time.Time, newKey func() (id, secret string), regions []string, servers int) *directory {
	return &directory{now: now, newKey: newKey, regions: regions, users: map[string]*user{},
		groups: map[string]*group{}, policies: map[string]*managedPolicy{}, servers: servers}
}

func (d *directory) createKey(userName string) (*accessKey, error) {
	u, err := d.user(userName)
	if err != nil {
		return nil, err
	}
	id, secret := d.newKey()
	return d.addKey(u, id, secret)
}

func (d *directory) addKey(u *user, id, secret string) (*accessKey, error) {
	if len(u.keys) >= keyQuota {
		return nil, refuse("LimitExceeded", "Cannot exceed quota for AccessKeysPerUser: %d", keyQuota)
	}
	k := &accessKey{id: id, owner: u, secret: secret, passwords: map[string]string{}, created: d.time()}
	for _, region := range d.regions {
		k.passwords[region] = SMTPPassword(secret, region)
	}
	u.keys = append(u.keys, k)
	d.keys = append(d.keys, k)
	d.change(k, active)
	return k, nil
}

// key finds an existing access key by its ID.
func (d *directory) key(id string) (*accessKey, error) {
	if k := d.everMade(id); k != nil && k.status != "" {
		return k, nil
	}
	return nil, refuse("NoSuchEntity", "The Access Key with id %s cannot be found.", id)
}

// keyOf finds an existing access key of one user.
func (d *directory) keyOf(userName, id string) (*accessKey, error) {
	if _, err := d.user(userName); err != nil {
		return nil, err
	}
	k, err := d.key(id)
	if err == nil && k.owner.name != userName {
		err = refuse("NoSuchEntity", "The Access Key with id %s cannot be found.", id)
	}
	return k, err
}

// everMade finds an access key, existing or deleted.
func (d *directory) everMade(id string) *accessKey {
	for _, k := range d.keys {
		if k.id == id {
			return k
		}
	}
	return nil
}

func (d *directory) setStatus(k *accessKey, status string) error {
	if status != active && status != inactive {
		return refuse("ValidationError", "1 validation error detected: Value '%s' at 'status' failed to satisfy "+
			"constraint: Member must satisfy enum value set: [Active, Inactive]", status)
	}
	if k.status != status {
		d.change(k, status)
	}
	return nil
}

func (d *directory) deleteKey(k *accessKey) {
	k.owner.keys = slices.DeleteFunc(k.owner.keys, func(other *accessKey) bool { return other == k })
	d.change(k, "")
}

// smtpService is IAM's name for the service that an SMTP login uses.
const smtpService = "ses-smtp"

// useSpan is how long IAM ignores further uses of a key: "When an access key is used more than once
// in a 15-minute span, only the first use is recorded" ("Generate credential reports for your AWS
// account", IAM user guide).
const useSpan = 15 * time.Minute

// use records the use of a key, if IAM would.
func (d *directory) use(id string, u use) {
	k := d.everMade(id)
	if k == nil {
		return
	}
	if last, ok := k.lastUse(u.at); ok && u.at.Sub(last.at) < useSpan {
		return
	}
	k.uses = append(k.uses, u)
}
