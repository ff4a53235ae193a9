//go:build long

package proof

import (
	"encoding/json"
	"flag"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/rotation"
)

var (
	seed  = flag.Uint64("seed", uint64(time.Now().Unix()), "of the first life in the hostile world")
	calls = flag.Int("invocations", 1_000_000, "how many invocations the hostile world sees at least")
)

// TestTheLongForm explores as much as an hour or two allows, plays a million invocations in a
// hostile world, and records the result for MATRIX.md. Run it with
//
//	go test -tags long -run TestTheLongForm -timeout 6h ./pkg/rotation/proof
func TestTheLongForm(t *testing.T) {
	anywhere := func(scene, rotation.Request, rotation.Request) bool { return true }
	for _, c := range []campaign{heavyRaces(0, 4, everywhere), heavyRaces(1, 2, everywhere), races(0, anywhere),
		races(1, anywhere)} {
		began := time.Now()
		reports := c.run(t)
		if r := sum(reports); r.states > 0 { // otherwise -run left it out
			record(t, func(l *longForm) {
				l.Races = slices.DeleteFunc(l.Races, func(row longRow) bool { return row.Name == c.name })
				l.Races = append(l.Races, longRow{today(), c.name, explored(reports), r.states, r.ways, broken(r),
					since(began)})
			})
		}
	}
	t.Run("a hostile world", func(t *testing.T) {
		began := time.Now()
		row := hostileRow{Date: today(), Seed: *seed}
		for row.Invocations < *calls {
			row.Invocations += playLives(t, *seed+uint64(row.Lives), 500)
			row.Lives += 500
		}
		row.Failed, row.Took = t.Failed(), since(began)
		record(t, func(l *longForm) { l.Hostile = row })
	})
}

func today() string { return time.Now().UTC().Format(time.DateOnly) }

func since(began time.Time) string { return time.Since(began).Round(time.Second).String() }

// record writes what a part has found.
func record(t *testing.T, change func(*longForm)) {
	l := readLong(t)
	change(&l)
	text, err := json.MarshalIndent(l, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(longFile, append(text, '\n'), 0o644); err != nil {
		t.Fatal(err)
	}
}
