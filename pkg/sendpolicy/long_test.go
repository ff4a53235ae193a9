//go:build long

package sendpolicy_test

import (
	"flag"
	"testing"
	"time"
)

var (
	seed   = flag.Uint64("seed", uint64(time.Now().Unix())<<20, "of the first grant")
	grants = flag.Int("grants", 300_000, "how many are compared")
)

// TestTheLongForm compares audit and judge on hundreds of thousands of grants, different ones each
// time, and prints how many there were of each kind. Run it with
//
//	go test -tags long -run TestTheLongForm -timeout 2h -v ./pkg/sendpolicy
//
// Add -seed to repeat a run.
func TestTheLongForm(t *testing.T) { differ(t, *seed, *grants) }
