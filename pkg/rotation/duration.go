package rotation

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

const day = 24 * time.Hour

// Duration is a duration that prints as the settings write it: in days if it is whole days,
// otherwise in Go's form without trailing zeros.
type Duration time.Duration

func (d Duration) String() string {
	if t := time.Duration(d); t >= day && t%day == 0 {
		return fmt.Sprintf("%dd", t/day)
	}
	text := time.Duration(d).String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

// ParseDuration reads Go's durations, with d for days of 24 hours in front: 90s, 72h, 30d, 1d12h.
func ParseDuration(s string) (time.Duration, error) {
	days, rest, hasDays := strings.Cut(s, "d")
	if !hasDays {
		days, rest = "0", s
	}
	n, err := strconv.Atoi(days)
	if err != nil || n < 0 || n > 36500 {
		return 0, fmt.Errorf("%q is not a duration such as 90s, 72h or 30d", s)
	}
	total := time.Duration(n) * day
	if rest == "" && hasDays {
		return total, nil
	}
	part, err := time.ParseDuration(rest)
	switch {
	case err != nil && strings.Trim(rest, "0123456789.") == "" && rest != "":
		return 0, fmt.Errorf("%q has no unit: write %ss, %sh or %sd, say", s, rest, rest, rest)
	case err != nil:
		return 0, fmt.Errorf("%q is not a duration such as 90s, 72h or 30d", s)
	case part < 0:
		return 0, errors.New("it is negative")
	}
	return total + part, nil
}
