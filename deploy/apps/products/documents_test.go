//go:build linux

package products_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// answers are the parts of each page, in this order.
var answers = []string{"Setting", "Credential", "Queued mail", "Reload", "TLS", "State", "Grace period", "Check"}

func TestEveryPageAnswersTheSame(t *testing.T) {
	answer := regexp.MustCompile(`(?m)^\*\*([A-Z][^*]*)\.\*\* `)
	for _, p := range pages(t) {
		var has []string
		for _, m := range answer.FindAllStringSubmatch(p.text, -1) {
			has = append(has, m[1])
		}
		if !slices.Equal(has, answers) {
			t.Errorf("%s.md answers %q, want %q", p.name, has, answers)
		}
		command := p.command("smtprotate follow")
		for _, m := range regexp.MustCompile(`--template (\S+):`).FindAllStringSubmatch(command, -1) {
			if !slices.ContainsFunc(p.files, func(f file) bool { return f.path == m[1] }) {
				t.Errorf("%s.md has follow render %s, and doesn't say what is in it", p.name, m[1])
			}
		}
	}
}

// TestTheTableSaysWhatPagesAndTestsDo compares the table's states with the pages' and with the
// tests that exist.
func TestTheTableSaysWhatPagesAndTestsDo(t *testing.T) {
	readme := recipe(t, "README.md")
	rows := regexp.MustCompile(`(?m)^\| \[(\w+)\]\((\w+)\.md\) \| ([^|]*) \|`).FindAllStringSubmatch(readme, -1)
	tests := testNames(t)
	listed := map[string]bool{}
	for _, row := range rows {
		product, name, state := row[1], row[2], row[3]
		listed[name] = true
		page := readPage(t, name)
		if !strings.HasPrefix(page.text, "# "+product+"\n") {
			t.Errorf("%s.md doesn't begin with %q", name, product)
		}
		said := page.text[strings.Index(page.text, "**State.** ")+len("**State.** "):]
		begins := map[string]string{"run": "Run: ", "library run": "Its library was run: ", "read only": "Read only: "}
		kind, version, _ := strings.Cut(state, ", ")
		version, _, _ = strings.Cut(version, ":")
		if begins[kind] == "" || !strings.HasPrefix(said, begins[kind]) {
			t.Errorf("%s.md says %.40q, and the table %q", name, said, state)
		}
		if first, _, _ := strings.Cut(said, " of Debian"); kind == "run" && !strings.HasSuffix(first, " "+version) {
			t.Errorf("%s.md says that %q was run, and the table %q", name, first, version)
		}
		if has := slices.Contains(tests, "Test"+strings.ToLower(product)); has != (kind != "read only") {
			t.Errorf("the table says %q of %s; whether there is a test of that name: %v", state, product, has)
		}
	}
	for _, p := range pages(t) {
		if !listed[p.name] {
			t.Errorf("README.md's table has no %s.md", p.name)
		}
	}
}

func pages(t *testing.T) (all []page) {
	t.Helper()
	files, err := filepath.Glob("*.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if f != "README.md" {
			all = append(all, readPage(t, strings.TrimSuffix(f, ".md")))
		}
	}
	return all
}

// testNames returns the tests' names, in lower case after "Test".
func testNames(t *testing.T) (names []string) {
	t.Helper()
	files, err := filepath.Glob("*_test.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		for _, m := range regexp.MustCompile(`(?m)^func Test(\w+)\(`).FindAllStringSubmatch(recipe(t, f), -1) {
			names = append(names, "Test"+strings.ToLower(m[1]))
		}
	}
	return names
}

func TestLinksLeadSomewhere(t *testing.T) {
	files, err := filepath.Glob("*.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		for _, m := range regexp.MustCompile(`\]\(([^):#]+)\)`).FindAllStringSubmatch(recipe(t, f), -1) {
			if _, err := os.Stat(m[1]); err != nil {
				t.Errorf("%s: %v", f, err)
			}
		}
	}
}
