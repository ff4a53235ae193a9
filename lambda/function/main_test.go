package function_test

import (
	"flag"
	"os"
	"runtime/debug"
	"testing"
)

// TestMain runs more tests at once than there are processors, because most of them wait for
// VERIFY_TIMEOUT, and lets garbage accumulate, because worlds make much of it and don't live long.
func TestMain(m *testing.M) {
	flag.Parse()
	if !given("test.parallel") {
		_ = flag.Set("test.parallel", "10")
	}
	debug.SetGCPercent(400)
	os.Exit(m.Run())
}

// given reports whether the command line sets a flag.
func given(name string) (found bool) {
	flag.Visit(func(f *flag.Flag) { found = found || f.Name == name })
	return found
}
