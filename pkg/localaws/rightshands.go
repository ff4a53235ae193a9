package localaws

import (
	"fmt"
	"slices"
)

// PutUserPolicy gives a user an inline policy, or replaces the one of that name.
func (w *World) PutUserPolicy(userName, name, document string) error {
	return w.changeUser(userName, func(u *user) { u.rights.put(name, document) })
}

// DeleteUserPolicy removes an inline policy from a user.
func (w *World) DeleteUserPolicy(userName, name string) error {
	return w.changeUser(userName, func(u *user) { u.rights.remove(name) })
}

// AttachUserPolicy attaches the managed policy with that ARN to a user. It makes the policy, or a
// new version if the document differs from the last one.
func (w *World) AttachUserPolicy(userName, arn, document string) error {
	return w.changeUser(userName, func(u *user) {
		w.directory.putPolicy(arn, document)
		u.rights.attach(arn)
	})
}

// SetPermissionsBoundary makes the managed policy with that ARN a user's boundary. It makes the
// policy as AttachUserPolicy does.
func (w *World) SetPermissionsBoundary(userName, arn, document string) error {
	return w.changeUser(userName, func(u *user) {
		w.directory.putPolicy(arn, document)
		u.boundary = arn
	})
}

// AddUserToGroup adds a user to a group. Like the methods for a group's policies, it makes the
// group if it doesn't exist.
func (w *World) AddUserToGroup(userName, groupName string) error {
	return w.changeUser(userName, func(u *user) {
		w.directory.groupNamed(groupName)
		if !slices.Contains(u.groups, groupName) {
			u.groups = append(slices.Clip(u.groups), groupName)
		}
	})
}

// PutGroupPolicy gives a group an inline policy, or replaces the one of that name.
func (w *World) PutGroupPolicy(groupName, name, document string) {
	w.changeGroup(groupName, func(g *group) { g.rights.put(name, document) })
}

// AttachGroupPolicy attaches a managed policy to a group, as AttachUserPolicy does to a user.
func (w *World) AttachGroupPolicy(groupName, arn, document string) {
	w.changeGroup(groupName, func(g *group) {
		w.directory.putPolicy(arn, document)
		g.rights.attach(arn)
	})
}

// CreateLoginProfile gives a user a password for the console.
func (w *World) CreateLoginProfile(userName string) error {
	return w.changeUser(userName, func(u *user) { u.ways.password = w.directory.time() })
}

// AddMFADevice gives a user another MFA device.
func (w *World) AddMFADevice(userName string) error {
	return w.changeUser(userName, func(u *user) {
		serial := fmt.Sprintf("arn:aws:iam::%s:mfa/%s-%d", account, u.name, len(u.ways.mfa)+1)
		u.ways.mfa = append(slices.Clip(u.ways.mfa), device{serial, w.directory.time()})
	})
}

// AddSSHPublicKey gives a user an SSH key for CodeCommit. The status is Active or Inactive, as for
// all of a user's ways in.
func (w *World) AddSSHPublicKey(userName, status string) (id string, err error) {
	id = "APKA" + randomText(17, idAlphabet)
	return id, w.changeUser(userName, func(u *user) {
		u.ways.sshKeys = append(slices.Clip(u.ways.sshKeys), login{id: id, status: status, created: w.directory.time()})
	})
}

// AddServiceSpecificCredential gives a user a credential for one service, such as
// codecommit.amazonaws.com.
func (w *World) AddServiceSpecificCredential(userName, service, status string) (id string, err error) {
	id = "ACCA" + randomText(17, idAlphabet)
	return id, w.changeUser(userName, func(u *user) {
		u.ways.services = append(slices.Clip(u.ways.services), login{id, status, service, w.directory.time()})
	})
}

// AddSigningCertificate gives a user a certificate for signing requests.
func (w *World) AddSigningCertificate(userName, status string) (id string, err error) {
	id = randomText(32, idAlphabet)
	return id, w.changeUser(userName, func(u *user) {
		u.ways.certificates = append(slices.Clip(u.ways.certificates),
			login{id: id, status: status, created: w.directory.time()})
	})
}

func (w *World) changeUser(name string, change func(*user)) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	u, err := w.directory.user(name)
	if err == nil {
		change(u)
		w.directory.hold(u)
	}
	return err
}

func (w *World) changeGroup(name string, change func(*group)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	g := w.directory.groupNamed(name)
	change(g)
	g.held.set(w.Now(), g.rights)
}
