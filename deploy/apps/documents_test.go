package apps_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

func TestEveryRecipeIsInTheTable(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.IsDir() && !strings.Contains(string(readme), "\n| ["+e.Name()+"](") {
			t.Errorf("README.md says nothing of %s", e.Name())
		}
	}
}

// TestWhatRecipesCopyIsThere looks for the files that READMEs tell people to copy or deploy.
func TestWhatRecipesCopyIsThere(t *testing.T) {
	named := regexp.MustCompile(`\bdeploy/apps/[\w./-]+\.\w+`)
	files, err := filepath.Glob("*/README.md")
	if err != nil {
		t.Fatal(err)
	}
	count := 0
	for _, file := range append(files, "README.md") {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range named.FindAllString(string(text), -1) {
			count++
			if _, err := os.Stat(filepath.Join("../..", path)); err != nil {
				t.Errorf("%s: %v", file, err)
			}
		}
	}
	if count == 0 {
		t.Error("no README names a file")
	}
}
