package proof

import (
	"os"
	"runtime/debug"
	"testing"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/localaws/whole"
)

// wholeWanted says whether to try all that MATRIX.md shows, and not only the essential part.
var wholeWanted = whole.Wanted() && !raceDetector

// TestMain trades memory for speed: explorations make much garbage and keep little.
func TestMain(m *testing.M) {
	debug.SetGCPercent(800)
	os.Exit(m.Run())
}
