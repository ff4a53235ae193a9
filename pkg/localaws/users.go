package localaws

import (
	"cmp"
	"regexp"
	"slices"
	"time"
)

type user struct {
	name, id string
	path     string            // / if empty
	tags     map[string]string // replaced with each change
	created  time.Time
	keys     []*accessKey
	listed   history[[]Key] // what ListAccessKeys would have answered at each time

	rights   rights
	groups   []string // names
	boundary string   // the ARN of a managed policy, or empty
	held     history[held]
	ways     ways
}

// These match what a user and its path may be called ("CreateUser", IAM API Reference).
var (
	userName = regexp.MustCompile(`^[\w+=,.@-]{1,64}$`)
	userPath = regexp.MustCompile(`^/([!-~]{1,510}/)?$`)
)

// pathOf returns a user's path, which is / by default.
func (u *user) pathOf() string { return cmp.Or(u.path, "/") }

func (u *user) arn() string { return "arn:aws:iam::" + account + ":user" + u.pathOf() + u.name }

func (d *directory) createUser(name string) (*user, error) {
	if name == "" {
		return nil, missing("userName")
	}
	if !userName.MatchString(name) {
		return nil, invalidCharacters("userName")
	}
	if d.users[name] != nil {
		return nil, refuse("EntityAlreadyExists", "User with name %s already exists.", name)
	}
	u := &user{name: name, id: "AIDA" + randomText(17, idAlphabet), created: d.time()}
	d.users[name] = u
	return u, nil
}

// invalidCharacters returns the answer to an impossible name of a user or policy.
func invalidCharacters(member string) error {
	return refuse("ValidationError", "The specified value for %s is invalid. It must contain only "+
		"alphanumeric characters and/or the following: +=,.@_-", member)
}

func (d *directory) user(name string) (*user, error) {
	if u := d.users[name]; u != nil {
		return u, nil
	}
	return nil, refuse("NoSuchEntity", "The user with name %s cannot be found.", name)
}

// deleteUser deletes a user that has nothing left.
func (d *directory) deleteUser(name string) error {
	u, err := d.user(name)
	if err != nil {
		return err
	}
	if first := u.inTheWay(); first != "" {
		return refuse("DeleteConflict", "Cannot delete entity, must %s first.", first)
	}
	delete(d.users, name)
	return nil
}

// inTheWay returns what must be done before the user can be deleted, or "". The list is from
// "DeleteUser" (IAM API Reference); which of several things IAM names isn't documented. The texts
// about SSH keys, service-specific credentials and certificates aren't recorded anywhere; the
// others are.
func (u *user) inTheWay() string {
	switch {
	case !u.ways.password.IsZero():
		return "delete login profile"
	case len(u.keys) > 0:
		return "delete access keys"
	case len(u.ways.certificates) > 0:
		return "delete signing certificates"
	case len(u.ways.sshKeys) > 0:
		return "delete SSH public keys"
	case len(u.ways.services) > 0:
		return "delete service specific credentials"
	case len(u.ways.mfa) > 0:
		return "delete MFA device"
	case len(u.rights.inline) > 0:
		return "delete policies"
	case len(u.rights.attached) > 0:
		return "detach all policies"
	case len(u.groups) > 0:
		return "remove users from group"
	}
	return ""
}

// removeUser deletes a user with everything that it has.
func (d *directory) removeUser(u *user) {
	for _, k := range slices.Clone(u.keys) {
		d.deleteKey(k)
	}
	delete(d.users, u.name)
}
