package rehearse

import (
	"crypto/rand"
	"regexp"
	"strings"
	"time"
)

// What a rehearsal makes is known by these.
const (
	// Prefix begins the names of its users and secrets.
	Prefix = "ses-smtp-rehearsal-"
	// Path is its users'.
	Path = "/ses-smtp-rehearsal/"
)

// madeAt is how a rehearsal's name tells its time.
const madeAt = "20060102T150405Z"

// named is what the names of a rehearsal look like. Nothing else is ever removed.
var named = regexp.MustCompile(`^(` + Prefix + `([a-z0-9-]+)-(\d{8}T\d{6}Z)-[a-z2-7]{6})(-asked|/credential|/asked)?$`)

// Names are those of what one rehearsal makes. A user's name has at most 64 characters, and no
// Region's name is longer than 14.
type Names struct {
	// Run is what they begin with.
	Run string
	// Region is that of the secrets.
	Region string
	Began  time.Time
	// User is the function's, and Asked the one that questions are about.
	User, Asked string
	// Secret is the function's, and AskedSecret the one that questions are about.
	Secret, AskedSecret string
}

func newNames(region string, now time.Time) Names {
	run := Prefix + region + "-" + now.UTC().Format(madeAt) + "-" + strings.ToLower(rand.Text()[:6])
	names, _ := namesOf(run)
	return names
}

// namesOf are those of the rehearsal that a user or a secret is of.
func namesOf(name string) (n Names, is bool) {
	found := named.FindStringSubmatch(name)
	if found == nil {
		return n, false
	}
	run := found[1]
	n = Names{Run: run, Region: found[2], User: run, Asked: run + "-asked", Secret: run + "/credential",
		AskedSecret: run + "/asked"}
	var err error
	n.Began, err = time.Parse(madeAt, found[3])
	return n, err == nil
}
