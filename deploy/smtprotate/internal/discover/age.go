package discover

import (
	"fmt"
	"time"
)

func days(d time.Duration) int { return int(d / day) }

func date(t time.Time) string { return t.UTC().Format("2 Jan 2006") }

// Age formats a duration in days, or in years if it is two years or more.
func Age(d time.Duration) string {
	if d >= 2*365*day {
		return fmt.Sprintf("%.1f years", d.Hours()/24/365.25)
	}
	if days(d) == 1 {
		return "1 day"
	}
	return fmt.Sprintf("%d days", days(d))
}
