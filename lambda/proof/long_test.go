//go:build long

package proof

import (
	"encoding/json"
	"flag"
	"os"
	"testing"
	"time"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/rotation"
)

var (
	seed  = flag.Uint64("seed", uint64(time.Now().Unix()), "of the first life in the hostile world")
	calls = flag.Int("invocations", 1_000_000, "how many invocations the hostile world sees at least")
)

// TestTheLongForm explores all that can be explored in an hour or so, plays a million invocations in a hostile world, and
// records the result for MATRIX.md. Run it with
//
//	go test -tags long -run TestTheLongForm -timeout 6h ./lambda/proof
func TestTheLongForm(t *testing.T) {
	record := longForm{Date: time.Now().UTC().Format(time.DateOnly), Seed: *seed}
	began := time.Now()
	for record.Invocations < *calls {
		record.Invocations += playLives(t, *seed+uint64(record.Lives), 500)
		record.Lives += 500
	}
	record.Took = time.Since(began).Round(time.Second).String()
	record.write(t)
	for _, c := range []campaign{races(0, light), races(1, light), races(0, heavyAtHeart)} {
		began := time.Now()
		reports := c.run(t)
		r := sum(reports)
		row := longRow{c.longName(), explored(reports), r.states, r.ways, 0, time.Since(began).Round(time.Second).String()}
		for _, n := range r.broken {
			row.Broken += n
		}
		record.Races = append(record.Races, row)
		record.write(t)
	}
	record.Failed = t.Failed()
	record.write(t)
}

// heavyAtHeart are the pairs whose interleavings go into the billions, in scenes that stand for the others.
func heavyAtHeart(sc scene, a, b rotation.Request) bool {
	return heavy(a, b) && (sc.name == "fresh" || sc.name == "pending")
}

func (c campaign) longName() string {
	if heavy(c.trials[0].phases[0][0], c.trials[0].phases[0][1]) {
		return c.name + ": emergencies and rollbacks, in two scenes"
	}
	return c.name
}

func (l longForm) write(t *testing.T) {
	text, err := json.MarshalIndent(l, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(longFile, append(text, '\n'), 0o644); err != nil {
		t.Fatal(err)
	}
}
