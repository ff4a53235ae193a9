package rotation

import (
	"testing"
	"time"
)

func TestDurationsAreGosWithDays(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"0": 0, "90s": 90 * time.Second, "72h": 72 * time.Hour, "30d": 30 * day, "1d12h": 36 * time.Hour, "0d": 0, "1h30m": 90 * time.Minute,
	} {
		if got, err := ParseDuration(text); err != nil || got != want {
			t.Errorf("%s: %v, %v; want %v", text, got, err, want)
		}
	}
	for _, text := range []string{"", "7", "7.5", "d", "-1d", "-1h", "1d-1h", "1.5d", "1w", "7 d", "9999999d", "1d1", "x"} {
		if got, err := ParseDuration(text); err == nil {
			t.Errorf("%q was understood as %v", text, got)
		}
	}
}
