package proof

import (
	"os"
	"runtime/debug"
	"testing"
)

// TestMain spends memory on speed: explorations make much garbage and keep little.
func TestMain(m *testing.M) {
	debug.SetGCPercent(800)
	os.Exit(m.Run())
}
