package proof

import (
	"os"
	"runtime/debug"
	"testing"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/localaws/whole"
)

// wholeWanted is set where all is to be tried that MATRIX.md shows, and not only the essential
// part.
var wholeWanted = whole.Wanted() && !raceDetector

// TestMain spends memory on speed: explorations make much garbage and keep little.
func TestMain(m *testing.M) {
	debug.SetGCPercent(800)
	os.Exit(m.Run())
}
