package rotation

import (
	"testing"
	"time"
)

func TestDurationsAreGosWithDays(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"0": 0, "90s": 90 * time.Second, "72h": 72 * time.Hour, "30d": 30 * day, "1d12h": 36 * time.Hour, "0d": 0,
		"1h30m": 90 * time.Minute,
	} {
		if got, err := ParseDuration(text); err != nil || got != want {
			t.Errorf("%s: %v, %v; want %v", text, got, err, want)
		}
	}
	for _, text := range []string{"", "7", "7.5", "d", "-1d", "-1h", "1d-1h", "1.5d", "1w", "7 d", "9999999d", "1d1",
		"x"} {
		if got, err := ParseDuration(text); err == nil {
			t.Errorf("%q was understood as %v", text, got)
		}
	}
}

func TestDurationsAreWrittenAsTheSettingsWriteThem(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0s", 90 * time.Second: "1m30s", hour: "1h", 36 * hour: "36h", 7 * day: "7d", day: "1d", 8*day +
			15*time.Minute: "192h15m", 10 * time.Minute: "10m",
	} {
		if got := Duration(d).String(); got != want {
			t.Errorf("%v is written %s, want %s", d, got, want)
		}
	}
}
