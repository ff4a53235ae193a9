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
var named = regexp.MustCompile(`^` + Prefix + `(\d{8}T\d{6}Z)-[a-z2-7]{6}`)

// Names are those of what one rehearsal makes.
type Names struct {
	// User is the function's, and Asked the one that questions are about.
	User, Asked string
	// Secret is the function's, and AskedSecret the one that questions are about.
	Secret, AskedSecret string
}

func newNames(now time.Time) Names {
	return namesOf(Prefix + now.UTC().Format(madeAt) + "-" + strings.ToLower(rand.Text()[:6]))
}

// domainOf is an address's.
func domainOf(address string) string { return address[strings.LastIndex(address, "@")+1:] }

func namesOf(run string) Names {
	return Names{User: run, Asked: run + "-asked", Secret: run + "/credential", AskedSecret: run + "/asked"}
}

// runOf is the rehearsal that a user or a secret is of, and when that began.
func runOf(name string) (run string, began time.Time, is bool) {
	found := named.FindStringSubmatch(name)
	if found == nil {
		return "", began, false
	}
	began, err := time.Parse(madeAt, found[1])
	return found[0], began, err == nil
}
