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
	anywhere := func(scene, rotation.Request, rotation.Request) bool { return true }
	for _, c := range []campaign{heavyRaces(0, 4, everywhere), heavyRaces(1, 2, everywhere), races(0, anywhere), races(1, anywhere)} {
		began := time.Now()
		r := c.run(t)
		all := sum(r)
		record.Races = append(record.Races, longRow{c.name, explored(r), all.states, all.ways, broken(all), time.Since(began).Round(time.Second).String()})
		record.write(t)
	}
	began := time.Now()
	for record.Invocations < *calls {
		record.Invocations += playLives(t, *seed+uint64(record.Lives), 500)
		record.Lives += 500
	}
	record.Took = time.Since(began).Round(time.Second).String()
	record.Failed = t.Failed()
	record.write(t)
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
