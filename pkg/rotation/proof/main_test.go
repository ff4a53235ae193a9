package proof

import (
	"os"
	"runtime/debug"
	"testing"
)

// whole is set where all is to be tried that MATRIX.md shows, and not only the essential part.
var whole = os.Getenv("WHOLE") != "" && !raceDetector

// TestMain spends memory on speed: explorations make much garbage and keep little.
func TestMain(m *testing.M) {
	debug.SetGCPercent(800)
	os.Exit(m.Run())
}
