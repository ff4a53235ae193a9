package sessmtp

import (
	"regexp"
	"testing"
)

// FuzzNamesHaveTheirShapes compares the hand-written checks of names with regular expressions.
func FuzzNamesHaveTheirShapes(f *testing.F) {
	const label = `[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?`
	host := regexp.MustCompile(`^(` + label + `\.)*` + label + `\.?$`)
	region := regexp.MustCompile(`^[a-z]{2,}(-[a-z]+)+-[0-9]{1,2}$`)
	for _, seed := range []string{"", ".", "a", "a.", "a..", "-a", "a-", "a_b.c-d", "eu-west-1", "us-gov-west-12",
		"e-west-1", "eu--1", "eu-west-123", "eu-west-", "é.example"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if isHostName(text) != host.MatchString(text) {
			t.Errorf("isHostName(%q) is %v", text, isHostName(text))
		}
		if isRegion(text) != region.MatchString(text) {
			t.Errorf("isRegion(%q) is %v", text, isRegion(text))
		}
	})
}
