package sendpolicy

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// numberMeets tells whether a number, or a time in seconds, can meet the clauses. What they say
// only changes at the numbers that they name.
func numberMeets(clauses []clause) bool {
	tries := []float64{0}
	for _, c := range clauses {
		for _, text := range c.values {
			if n, ok := numberOf(text); ok {
				tries = append(tries, n-1, n, n+1)
			}
		}
	}
	return slices.ContainsFunc(tries, func(n float64) bool {
		return !slices.ContainsFunc(clauses, func(c clause) bool { return !c.met(n) })
	})
}

// numberOf reads a number, or a time as "IAM JSON policy elements: Condition operators" has it.
func numberOf(text string) (float64, bool) {
	if n, err := strconv.ParseFloat(text, 64); err == nil {
		return n, true
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04Z07:00", "2006-01-02T15:04:05", "2006-01-02"} {
		if t, err := time.Parse(layout, text); err == nil {
			return float64(t.Unix()), true
		}
	}
	return 0, false
}

// met tells whether a number can meet the clause. A value that can't be read may be any number.
func (c clause) met(n float64) bool {
	wanted := c.holds != c.not
	meets := slices.ContainsFunc(c.values, func(text string) bool {
		than, ok := numberOf(text)
		if !ok {
			return wanted
		}
		switch strings.TrimPrefix(strings.TrimPrefix(c.operator, "numeric"), "date") {
		case "equals":
			return n == than
		case "lessthan":
			return n < than
		case "lessthanequals":
			return n <= than
		case "greaterthan":
			return n > than
		case "greaterthanequals":
			return n >= than
		}
		return wanted
	})
	return meets == wanted
}
