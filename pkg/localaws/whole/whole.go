// Package whole lets tests have two sizes. Plain `go test ./...`, which people wait for before they
// commit, tries the essential part. With WHOLE=1, as .ci/run sets it, tests try all.
package whole

import (
	"os"
	"testing"
)

// Wanted tells whether WHOLE=1 asks for all.
func Wanted() bool { return os.Getenv("WHOLE") != "" }

// Only skips a test that has no essential part, and says why it takes long.
func Only(t testing.TB, why string) {
	t.Helper()
	if !Wanted() {
		t.Skipf("%s: set WHOLE=1 to run it", why)
	}
}

// Size is how many of something a test tries: the first number for the essential part, the second for
// the whole.
func Size(t testing.TB, of string, essential, whole int) int {
	t.Helper()
	if Wanted() {
		t.Logf("the whole: %d %s", whole, of)
		return whole
	}
	t.Logf("the essential part: %d %s; WHOLE=1 tries %d", essential, of, whole)
	return essential
}
