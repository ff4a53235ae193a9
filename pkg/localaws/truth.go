package localaws

import (
	"slices"
	"strings"
	"time"
)

// Keys returns a user's access keys as they are now, oldest first. If the user doesn't exist, it
// returns none.
func (w *World) Keys(user string) []Key {
	w.mu.Lock()
	defer w.mu.Unlock()
	u, err := w.directory.user(user)
	if err != nil {
		return nil
	}
	return u.list()
}

// A Version is a version of a secret as it is now.
type Version struct {
	ID      string
	Value   string
	Created time.Time
	Labels  []string // sorted
}

// Versions returns every version of a secret, labelled or not, oldest first. If the secret doesn't
// exist, it returns none.
func (w *World) Versions(secret string) []Version {
	w.mu.Lock()
	defer w.mu.Unlock()
	s, err := w.vault.find(secret)
	if err != nil {
		return nil
	}
	versions := make([]Version, len(s.versions))
	for i, v := range s.versions {
		versions[i] = s.describe(v)
	}
	return versions
}

// Labelled returns the version that has a staging label, and whether there is one.
func (w *World) Labelled(secret, label string) (Version, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	s, err := w.vault.find(secret)
	if err != nil {
		return Version{}, false
	}
	v := s.version(s.labels.latest()[label])
	if v == nil {
		return Version{}, false
	}
	return s.describe(v), true
}

func (s *secret) describe(v *version) Version {
	return Version{v.id, v.content.value, v.created, labelsOf(s.labels.latest(), v.id)}
}

// Parameters returns every parameter as it is now, decrypted, by name.
func (w *World) Parameters() []Parameter {
	w.mu.Lock()
	defer w.mu.Unlock()
	var parameters []Parameter
	for name := range w.shelf.parameters {
		if versions := w.shelf.versions(name, 0); len(versions) > 0 {
			parameters = append(parameters, versions[len(versions)-1].Parameter)
		}
	}
	slices.SortFunc(parameters, func(a, b Parameter) int { return strings.Compare(a.Name, b.Name) })
	return parameters
}

// Accepts reports whether every SMTP server of the Region would accept the username and password
// now.
func (w *World) Accepts(region, username, password string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	k := w.directory.everMade(username)
	if k == nil || !k.opens(region, password) {
		return false
	}
	for server := range w.servers {
		if k.statusOn(server, w.Now()) != active {
			return false
		}
	}
	return true
}

// Secrets returns every secret access key that ever existed, and every SMTP password derived from
// one in the World's Regions. None of them may appear in logs, errors or results.
func (w *World) Secrets() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	var secrets []string
	for _, k := range w.directory.keys {
		secrets = append(secrets, k.secret)
		for _, region := range w.regions {
			secrets = append(secrets, k.passwords[region])
		}
	}
	return secrets
}
