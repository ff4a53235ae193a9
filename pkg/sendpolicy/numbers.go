package sendpolicy

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// timeMeets reports whether a time in seconds, from now on, can meet the clauses. It tries now and
// the times around each value, because the clauses' answers change only there.
func timeMeets(clauses []clause, now float64) bool {
	tries := []float64{now}
	for _, c := range clauses {
		for _, text := range c.values {
			if n, ok := numberOf(text); ok {
				tries = append(tries, n-1, n, n+1)
			}
		}
	}
	return slices.ContainsFunc(tries, func(n float64) bool {
		return n >= now && !slices.ContainsFunc(clauses, func(c clause) bool { return !c.met(n) })
	})
}

// numberOf reads a number, or a time in IAM's format as seconds.
func numberOf(text string) (float64, bool) {
	if n, err := strconv.ParseFloat(text, 64); err == nil {
		return n, true
	}
	t, ok := timeOf(text)
	return float64(t.Unix()), ok
}

// timeOf reads a time in the W3C profile of ISO 8601 ("Date and Time Formats"), which IAM accepts
// ("IAM JSON policy elements: Condition operators").
func timeOf(text string) (t time.Time, ok bool) {
	for _, layout := range []string{time.DateOnly, "2006-01", "2006-01-02T15:04Z07:00", time.RFC3339} {
		if t, err := time.Parse(layout, text); err == nil {
			return t, true
		}
	}
	return t, false
}

// met reports whether a number can meet the clause. A value that can't be read may be any number.
func (c clause) met(n float64) bool {
	wanted := c.like()
	meets := slices.ContainsFunc(c.values, func(text string) bool {
		than, ok := numberOf(text)
		if !ok {
			return wanted
		}
		switch strings.TrimPrefix(strings.TrimPrefix(c.base, "Numeric"), "Date") {
		case "Equals", "NotEquals":
			return n == than
		case "LessThan":
			return n < than
		case "LessThanEquals":
			return n <= than
		case "GreaterThan":
			return n > than
		case "GreaterThanEquals":
			return n >= than
		}
		return wanted
	})
	return meets == wanted
}
