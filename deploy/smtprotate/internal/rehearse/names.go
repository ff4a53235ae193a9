package rehearse

import (
	"crypto/rand"
	"regexp"
	"strings"
	"time"
)

// Names by which a rehearsal's users and secrets are recognised.
const (
	// Prefix is what the names of its users and secrets begin with.
	Prefix = "ses-smtp-rehearsal-"
	// Path is the path of its users.
	Path = "/ses-smtp-rehearsal/"
)

// madeAt is the form of the time in a rehearsal's name.
const madeAt = "20060102T150405Z"

// named matches the names of a rehearsal's users and secrets. Nothing else is ever removed.
var named = regexp.MustCompile(`^(` + Prefix + `([a-z0-9-]+)-(\d{8}T\d{6}Z)-[a-z2-7]{6})(-asked|/credential|/asked)?$`)

// Names are the names of everything one rehearsal creates. IAM allows 64 characters for a user's
// name, which is enough, because no Region's name is longer than 14.
type Names struct {
	// Run is what the names begin with.
	Run string
	// Region is the Region of the secrets.
	Region string
	Began  time.Time
	// User is the function's user, and Asked the one that questions are about.
	User, Asked string
	// Secret is the function's secret, and AskedSecret the one that questions are about.
	Secret, AskedSecret string
}

func newNames(region string, now time.Time) Names {
	run := Prefix + region + "-" + now.UTC().Format(madeAt) + "-" + strings.ToLower(rand.Text()[:6])
	names, _ := namesOf(run)
	return names
}

// namesOf returns the names of the rehearsal that a user or a secret belongs to, if it does.
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
