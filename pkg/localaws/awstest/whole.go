package awstest

import (
	"os"
	"testing"
)

// Whole tells whether WHOLE=1 asks for everything that can be tried, as .ci/run does. Without it, tests try the essential
// part, which people wait for before they commit.
func Whole() bool { return os.Getenv("WHOLE") != "" }

// OnlyWhole skips a test that has no essential part.
func OnlyWhole(t testing.TB, why string) {
	t.Helper()
	if !Whole() {
		t.Skipf("%s: set WHOLE=1 to run it", why)
	}
}

// Size is how many of something a test tries: the first in the essential form, the second in the whole.
func Size(t testing.TB, of string, essential, whole int) int {
	t.Helper()
	if Whole() {
		t.Logf("the whole: %d %s", whole, of)
		return whole
	}
	t.Logf("the essential part: %d %s; WHOLE=1 tries %d", essential, of, whole)
	return essential
}
