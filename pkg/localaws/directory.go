package localaws

import (
	"slices"
	"time"
)

// Statuses of an access key. Nothing else is a status in IAM.
const (
	active   = "Active"
	inactive = "Inactive"
)

const keyQuota = 2

// A directory is what IAM knows: users, their access keys and their rights, with IAM's rules and
// nothing of its protocol.
type directory struct {
	now     func() time.Time
	newKey  func() (id, secret string)
	regions []string // that serve SMTP
	users   map[string]*user
	keys    []*accessKey // every key ever made, oldest first; a deleted one has no status

	groups   map[string]*group
	policies map[string]*managedPolicy // by ARN
	report   *credentialReport         // the latest; nil: there is none

	servers       int             // SMTP servers that hear of changes
	propagation   []time.Duration // how long that takes, per server; the last repeats
	lastUsedDelay time.Duration
	listStaleness time.Duration
	pageSize      int // of IAM's lists, at most; 0: as is asked
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

// key finds a living access key by its ID.
func (d *directory) key(id string) (*accessKey, error) {
	if k := d.everMade(id); k != nil && k.status != "" {
		return k, nil
	}
	return nil, refuse("NoSuchEntity", "The Access Key with id %s cannot be found.", id)
}

// keyOf finds a living access key of one user.
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

// everMade finds an access key that lives or has lived.
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

// smtpService is what IAM calls the service that an SMTP login uses.
const smtpService = "ses-smtp"

// useSpan is how long IAM records no further use of a key after one: "When an access key is used
// more than once in a 15-minute span, only the first use is recorded" ("Generate credential
// reports for your AWS account", IAM user guide).
const useSpan = 15 * time.Minute

// use records that a key was used, unless IAM wouldn't.
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
