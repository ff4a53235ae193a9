// Package whole gives tests two sizes. Plain `go test ./...`, which people wait for before they
// commit, runs the essential part. With WHOLE=1, as .ci/run sets it, tests run everything.
package whole

import (
	"os"
	"testing"
)

// Wanted reports whether WHOLE=1 asks for everything.
func Wanted() bool { return os.Getenv("WHOLE") != "" }

// Only skips a test that has no essential part. why says why it takes long.
func Only(t testing.TB, why string) {
	t.Helper()
	if !Wanted() {
		t.Skipf("%s: set WHOLE=1 to run it", why)
	}
}

// Size returns how many of something a test tries: essential by default, whole with WHOLE=1.
func Size(t testing.TB, of string, essential, whole int) int {
	t.Helper()
	if Wanted() {
		t.Logf("the whole: %d %s", whole, of)
		return whole
	}
	t.Logf("the essential part: %d %s; WHOLE=1 tries %d", essential, of, whole)
	return essential
}
