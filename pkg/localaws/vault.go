package localaws

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"
)

// These are the staging labels that Secrets Manager moves by itself.
const (
	current  = "AWSCURRENT"
	pending  = "AWSPENDING"
	previous = "AWSPREVIOUS"
)

// A vault is Secrets Manager's state: secrets, versions and labels. It knows the rules and not the
// protocol.
type vault struct {
	now       func() time.Time
	region    string
	secrets   map[string]*secret
	staleness time.Duration
}

type secret struct {
	name, arn, description string
	tags                   []tag // never written to
	created, changed       time.Time
	deleted                time.Time // when it was marked for deletion; zero if it wasn't
	versions               []*version
	labels                 history[map[string]string] // from label to the ID of its version
}

type version struct {
	id      string
	content content
	created time.Time
	empty   bool // a rotation began, and didn't put a value yet
}

// A content is a version's value: text, or bytes.
type content struct {
	value  string
	binary bool
}

func newVault(now func() time.Time, region string) *vault {
	return &vault{now: now, region: region, secrets: map[string]*secret{}}
}

// time returns the time now, as Secrets Manager reports it: to the millisecond.
func (v *vault) time() time.Time { return v.now().UTC().Truncate(time.Millisecond) }

func (v *vault) create(name string) (*secret, error) {
	if s := v.secrets[name]; s != nil && !s.deleted.IsZero() {
		return nil, refuse("InvalidRequestException", "You can't create this secret because a secret with this "+
			"name is already scheduled for deletion.")
	} else if s != nil {
		return nil, refuse("ResourceExistsException", "The operation failed because the secret %s already exists.",
			name)
	}
	prefix := "arn:aws:secretsmanager:" + v.region + ":" + account + ":secret:"
	s := &secret{name: name, arn: prefix + name + "-" + randomText(6, suffixAlphabet), created: v.time()}
	s.changed = s.created
	v.secrets[name] = s
	return s, nil
}

// secretName matches the names that a secret may have.
var secretName = regexp.MustCompile(`^[A-Za-z0-9/_+=.@!-]{1,512}$`)

// checkName refuses impossible names for a secret.
func checkName(name string) error {
	if secretName.MatchString(name) {
		return nil
	}
	return refuse("ValidationException", "Invalid name. Must be a valid name containing alphanumeric characters, or "+
		"any of the following: -/_+=.@!")
}

// find finds a secret by its name or ARN; an ARN may lack the random suffix.
func (v *vault) find(id string) (*secret, error) {
	if s := v.secrets[id]; s != nil {
		return s, nil
	}
	for _, s := range v.secrets {
		if id == s.arn || id == s.arn[:len(s.arn)-len("-AbCdEf")] {
			return s, nil
		}
	}
	if !strings.HasPrefix(id, "arn:") {
		if err := checkName(id); err != nil {
			return nil, err
		}
	}
	return nil, refuse("ResourceNotFoundException", "Secrets Manager can't find the specified secret.")
}

// usable finds a secret that isn't marked for deletion.
func (v *vault) usable(id string) (*secret, error) {
	s, err := v.find(id)
	if err == nil && !s.deleted.IsZero() {
		err = refuse("InvalidRequestException", "You can't perform this operation on the secret because it was "+
			"marked for deletion.")
	}
	return s, err
}

// put adds a version with labels. If the token put the same content before, it changes nothing.
func (v *vault) put(s *secret, token string, c content, labels []string) (*version, error) {
	if old := s.version(token); old != nil && old.empty {
		filled := &version{id: token, content: c, created: old.created}
		s.versions[slices.Index(s.versions, old)] = filled
		v.label(s, token, labels)
		return filled, nil
	} else if old != nil {
		if old.content != c {
			return nil, refuse("ResourceExistsException", "You can't use ClientRequestToken %s because that value is "+
				"already in use for a version of secret %s.", token, s.arn)
		}
		return old, nil
	}
	if len(labels) == 0 || len(s.versions) == 0 {
		labels = append(slices.Clone(labels), current)
	}
	if err := v.makeRoom(s); err != nil {
		return nil, err
	}
	added := &version{id: token, content: c, created: v.time()}
	s.versions = append(s.versions, added)
	v.label(s, token, labels)
	return added, nil
}

// These limit how many versions a secret has, and how soon a version may be removed ("AWS Secrets
// Manager quotas", Secrets Manager user guide).
const (
	versionQuota = 100
	youngVersion = 24 * time.Hour
)

// makeRoom removes old versions without labels, so that another fits. Secrets Manager removes none
// that is younger than a day.
func (v *vault) makeRoom(s *secret) error {
	excess := len(s.versions) - versionQuota + 1
	if excess <= 0 {
		return nil
	}
	labels, now := s.labels.latest(), v.now()
	s.versions = slices.DeleteFunc(slices.Clone(s.versions), func(old *version) bool {
		gone := excess > 0 && labelsOf(labels, old.id) == nil && now.Sub(old.created) >= youngVersion
		if gone {
			excess--
		}
		return gone
	})
	if excess > 0 {
		return refuse("LimitExceededException", "The secret has the maximum of %d versions.", versionQuota)
	}
	return nil
}

// label attaches the labels that a version is put with. If AWSCURRENT moves from another version to
// it, AWSPENDING is removed from that one; UpdateSecretVersionStage wouldn't do so.
func (v *vault) label(s *secret, id string, labels []string) {
	on := s.labels.latest()
	if left := on[current]; left != "" && left != id && on[pending] == left && slices.Contains(labels, current) {
		v.detach(s, pending)
	}
	v.attach(s, id, labels...)
}

// startRotation adds an empty version with AWSPENDING, as RotateSecret does before it first calls
// the function.
func (v *vault) startRotation(s *secret, token string) {
	s.versions = append(s.versions, &version{id: token, created: v.time(), empty: true})
	v.attach(s, token, pending)
}

// attach moves labels to a version, from wherever they were. The version that AWSCURRENT leaves
// gets AWSPREVIOUS, even if add has that label too.
func (v *vault) attach(s *secret, id string, add ...string) {
	labels := map[string]string{}
	maps.Copy(labels, s.labels.latest())
	left := labels[current]
	for _, label := range add {
		labels[label] = id
	}
	if left != "" && left != labels[current] {
		labels[previous] = left
	}
	s.labels.set(v.now(), labels)
	s.changed = v.time()
}

func (v *vault) detach(s *secret, label string) {
	labels := maps.Clone(s.labels.latest())
	delete(labels, label)
	s.labels.set(v.now(), labels)
	s.changed = v.time()
}

// version finds a version by its ID. It returns nil if there is none.
func (s *secret) version(id string) *version {
	for _, version := range s.versions {
		if version.id == id {
			return version
		}
	}
	return nil
}

// labelsOf returns the labels of one version, sorted.
func labelsOf(labels map[string]string, id string) (on []string) {
	for label, at := range labels {
		if at == id {
			on = append(on, label)
		}
	}
	slices.SortFunc(on, strings.Compare)
	return on
}
