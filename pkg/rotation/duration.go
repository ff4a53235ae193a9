package rotation

import (
	"fmt"
	"strings"
	"time"
)

// Duration is a duration as the settings write it: in days where it is whole days, else Go's form without zeros at its
// end.
type Duration time.Duration

func (d Duration) String() string {
	const day = 24 * time.Hour
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
