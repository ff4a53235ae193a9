package proof

import (
	"crypto/sha256"
	"encoding/base32"
	"encoding/base64"
	"fmt"
	"maps"
	"time"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/localaws"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/rotation"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sessmtp"
)

const (
	user   = "smtp-sender"
	secret = "smtp/credential"
	region = "eu-west-1"
	second = "us-east-1" // the Region that is added

	hour = time.Hour
	day  = 24 * hour
)

// stage is one world, its clock, and the judge who watches it.
type stage struct {
	world     *localaws.World
	now       time.Time
	policy    rotation.Policy
	endpoints []sessmtp.Endpoint
	noted     bool              // a person has added a note to the value
	foreign   string            // the value, if it is another service's
	leftover  localaws.Version  // labelled AWSPENDING by another rotator; its ID is empty for none
	unsettled string            // how the value differs from the configuration, until somebody settles it
	copies    bool              // the credential is copied to Parameter Store
	stranger  string            // a key that a person made and sends with, day after day
	names     map[string]string // of keys and versions, by ID: who made them, and a number
	made      map[string]int    // how many each has made
	making    string            // who makes the next key
	judge     *judge
	mistake   *mistake // nil for none
	invoked   int

	// In a hostile world:
	lateUse time.Duration // how late use is reported
}

// begin is the time at which every stage's clock starts.
var begin = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// newStage returns a stage with a user without keys, and without a secret.
func newStage() *stage {
	s := &stage{now: begin, policy: rotation.DefaultPolicy(), names: map[string]string{}, made: map[string]int{},
		judge: newJudge()}
	s.world = localaws.New(localaws.Config{Regions: []string{region, second}, Now: s.time, NewKey: s.newKey})
	s.configure(region)
	s.world.CreateUser(user)
	return s
}

// clone returns an independent stage in the same state.
func (s *stage) clone() *stage {
	c := *s
	c.names, c.made, c.judge = maps.Clone(s.names), maps.Clone(s.made), s.judge.clone()
	c.world = s.world.Clone(c.time, c.newKey)
	return &c
}

func (s *stage) time() time.Time { return s.now }

// configure sets the Regions of the credential, the primary first.
func (s *stage) configure(regions ...string) {
	endpoints, err := sessmtp.ParseEndpoints("", regions)
	if err != nil {
		panic(err)
	}
	s.policy.Regions, s.endpoints = regions, endpoints
}

// newKey makes IDs and secrets that depend only on who makes them, so that runs can be compared.
func (s *stage) newKey() (id, secretKey string) {
	name := s.name(s.making, "k")
	sum := sha256.Sum256([]byte(name))
	id = "AKIA" + base32.StdEncoding.EncodeToString(sum[:10])
	s.names[id] = name
	return id, base64.StdEncoding.EncodeToString(sum[:30])
}

// name returns the next name for what the maker makes.
func (s *stage) name(maker, what string) string {
	s.made[maker+what]++
	return fmt.Sprintf("%s.%s%d", maker, what, s.made[maker+what])
}

// nameVersions names the versions that have no name yet.
func (s *stage) nameVersions(maker string) {
	for _, v := range s.world.Versions(secret) {
		if s.names[v.ID] == "" {
			s.names[v.ID] = s.name(maker, "v")
		}
	}
}

// after moves the clock on, and looks.
func (s *stage) after(d time.Duration) *stage {
	s.now = s.now.Add(d)
	s.look(nil, byTime)
	return s
}

// person is somebody at the console.
func (s *stage) person(act func(w *localaws.World)) *stage {
	s.making = "person"
	act(s.world)
	s.nameVersions("person")
	s.look(nil, byPerson)
	return s
}

func (s *stage) current() (localaws.Version, credential) {
	v, _ := s.world.Labelled(secret, string(rotation.Current))
	return v, credentialIn(v.Value)
}

// currentKey returns the key that AWSCURRENT names, empty for none.
func (s *stage) currentKey() string {
	_, c := s.current()
	return c.Username
}

// otherKey returns the user's key that AWSCURRENT doesn't name, empty for none.
func (s *stage) otherKey() string {
	current := s.currentKey()
	for _, k := range s.world.Keys(user) {
		if k.ID != current {
			return k.ID
		}
	}
	return ""
}

func (s *stage) key(id string) (localaws.Key, bool) {
	for _, k := range s.world.Keys(user) {
		if k.ID == id {
			return k, true
		}
	}
	return localaws.Key{}, false
}

// tick is one ordinary, undisturbed invocation.
func (s *stage) tick() *stage { return s.invoke(rotation.Request{Action: rotation.Tick}) }
