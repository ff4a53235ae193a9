package version

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

func TestAVersionSaysWhatItWasBuiltFrom(t *testing.T) {
	for _, c := range []struct{ how, module, want string }{
		{"deploy/build.sh", "", Number},
		{"go run", "(devel)", Number},
		{"go install at the release's tag", "v" + Number, Number},
		{"go install at a commit", "v0.0.0-20261129101500-0b7bb7b", Number + " (0.0.0-20261129101500-0b7bb7b)"},
		{"go build in a changed tree", "v" + Number + "+dirty", Number + " (" + Number + "+dirty)"},
	} {
		if got := describe(c.module); got != c.want {
			t.Errorf("%s: %q, want %q", c.how, got, c.want)
		}
	}
}

func TestTheNumberIsOneOfSemanticVersioningAndInTheChangelogOnceReleased(t *testing.T) {
	if !regexp.MustCompile(`^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-dev)?$`).MatchString(Number) {
		t.Fatalf("%s is no version", Number)
	}
	changelog, err := os.ReadFile("../../CHANGELOG.md")
	if err != nil {
		t.Fatal(err)
	}
	released := !strings.HasSuffix(Number, "-dev")
	if released && !strings.Contains(string(changelog), "\n## ["+Number+"]") {
		t.Errorf("CHANGELOG.md has no section %s", Number)
	}
}
