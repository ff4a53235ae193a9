package localaws

import "time"

// CreateUser makes an IAM user. If the user exists, it does nothing.
func (w *World) CreateUser(name string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.directory.createUser(name)
}

// DeleteUser deletes an IAM user with everything that it has.
func (w *World) DeleteUser(name string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if u, err := w.directory.user(name); err == nil {
		w.directory.removeUser(u)
	}
}

// CreateAccessKey makes an access key for a user, who may have two.
func (w *World) CreateAccessKey(user string) (id, secret string, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	k, err := w.directory.createKey(user)
	if err != nil {
		return "", "", err
	}
	return k.id, k.secret, nil
}

// ImportAccessKey adds an access key that another implementation of IAM made, so that SMTP accepts
// it here.
func (w *World) ImportAccessKey(user, id, secret string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	u, err := w.directory.user(user)
	if err != nil {
		return err
	}
	_, err = w.directory.addKey(u, id, secret)
	return err
}

// SetKeyStatus activates or deactivates an access key: the status is Active or Inactive.
func (w *World) SetKeyStatus(id, status string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	k, err := w.directory.key(id)
	if err != nil {
		return err
	}
	return w.directory.setStatus(k, status)
}

// DeleteAccessKey deletes an access key.
func (w *World) DeleteAccessKey(id string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	k, err := w.directory.key(id)
	if err == nil {
		w.directory.deleteKey(k)
	}
	return err
}

// UseKey marks an access key as used for sending at a time.
func (w *World) UseKey(id string, at time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.directory.use(id, use{at, smtpService, w.regions[0]})
}

// CreateSecret makes a secret with a first version, or without any version if value is empty. If
// the secret exists, it does nothing.
func (w *World) CreateSecret(name, value string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	s, err := w.vault.create(name)
	if err == nil && value != "" {
		w.vault.put(s, newUUID(), content{value: value}, nil)
	}
}

// PutSecretValue adds a version to a secret; labels default to AWSCURRENT.
func (w *World) PutSecretValue(name, value string, labels ...string) (versionID string, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	s, err := w.vault.usable(name)
	if err != nil {
		return "", err
	}
	added, err := w.vault.put(s, newUUID(), content{value: value}, labels)
	if err != nil {
		return "", err
	}
	return added.id, nil
}

// StartRotation does what Secrets Manager does before it first calls a rotation function: it makes
// a new version without a value, labelled AWSPENDING. It returns the version's ID, which is the
// ClientRequestToken of all four steps.
func (w *World) StartRotation(name string) (token string, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	s, err := w.vault.usable(name)
	if err != nil {
		return "", err
	}
	token = newUUID()
	w.vault.startRotation(s, token)
	return token, nil
}

// MoveLabel moves a staging label from one version to another; either may be "".
func (w *World) MoveLabel(secret, label, from, to string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	s, err := w.vault.usable(secret)
	if err != nil {
		return err
	}
	return w.vault.move(s, label, to, from)
}

// PutParameter makes or overwrites a parameter. The type is String, StringList or SecureString, or
// "" to keep the existing type.
func (w *World) PutParameter(name, kind, value string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	in := parametersInput{Name: name, Type: kind, Value: value, Overwrite: true}
	if err := in.check("PutParameter"); err != nil {
		return err
	}
	_, err := w.shelf.putParameter(&in)
	return err
}

// DeleteParameter deletes a parameter.
func (w *World) DeleteParameter(name string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.shelf.delete(name)
}
