package rotation

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func TestEachActionHasItsRules(t *testing.T) {
	for _, action := range []Action{Tick, Rotate, Emergency, Rollback, Decommission, CreateSecret, SetSecret,
		TestSecret, FinishSecret} {
		names := map[string]bool{}
		for _, r := range rules[action] {
			if r.name == "" || r.why == "" || r.decide == nil || names[r.name] {
				t.Errorf("%s: the rule %q lacks a part, or another rule has its name", action, r.name)
			}
			names[r.name] = true
		}
		if len(names) == 0 {
			t.Errorf("%s has no rules", action)
		}
	}
}

// TestThePageOfHowItWorksHasTheRulesOfATick compares its table with the rules, in their order. The
// rules store, doubt and given up only matter within one run, so the page leaves them out.
func TestThePageOfHowItWorksHasTheRulesOfATick(t *testing.T) {
	text, err := os.ReadFile("../../deploy/docs/how-it-works.md")
	if err != nil {
		t.Fatal(err)
	}
	_, after, _ := strings.Cut(string(text), "| rule | when | what it does |")
	table, _, _ := strings.Cut(after, "\n\n")
	var published, want []string
	for _, row := range regexp.MustCompile(`(?m)^\| \*(.*?)\* \|`).FindAllStringSubmatch(table, -1) {
		published = append(published, row[1])
	}
	for _, r := range forTicks {
		if !slices.Contains([]string{"store", "doubt", "given up"}, r.name) {
			want = append(want, r.name)
		}
	}
	if !slices.Equal(published, want) {
		t.Errorf("how-it-works.md has the rules %q, want %q", published, want)
	}
}

// TestOnlyTheClockReadsTheTime looks for code that reads a clock, waits, or is random.
func TestOnlyTheClockReadsTheTime(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if file == "clock.go" || strings.HasSuffix(file, "_test.go") {
			continue
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, imported := range parsed.Imports {
			if strings.Contains(imported.Path.Value, "math/rand") {
				t.Errorf("%s is random", file)
			}
		}
		ast.Inspect(parsed, func(n ast.Node) bool {
			call, ok := n.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			if of, ok := call.X.(*ast.Ident); ok && of.Name == "time" &&
				slices.Contains([]string{"Now", "Since", "Until", "Sleep", "After", "Tick", "NewTimer", "NewTicker",
					"AfterFunc"}, call.Sel.Name) {
				t.Errorf("%s calls time.%s", file, call.Sel.Name)
			}
			return true
		})
	}
}
