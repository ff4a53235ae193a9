package function

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"
)

// TestPackagesDontNameTheFunctionsVariables searches every text in pkg for them: users of the
// command line, or of a program of their own, also read what the packages report.
func TestPackagesDontNameTheFunctionsVariables(t *testing.T) {
	names := []string{"SMTP_USER_NAME", "SECRET_ID", "SMTP_REGIONS", "SMTP_ENDPOINT", "VERIFY_FROM", "SUSPECTED_LEAKS",
		"STACK_ID", "PARAMETER_PATH", "PARAMETER_KMS_KEY"}
	for _, one := range periods {
		names = append(names, one.variable)
	}
	check := func(path string) {
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			text, ok := n.(*ast.BasicLit)
			for _, name := range names {
				if ok && text.Kind == token.STRING && strings.Contains(text.Value, name) {
					t.Errorf("%s names %s: %s", path, name, text.Value)
				}
			}
			return true
		})
	}
	err := filepath.WalkDir("../../pkg", func(path string, _ fs.DirEntry, err error) error {
		if strings.HasSuffix(path, ".go") && !strings.HasSuffix(path, "_test.go") {
			check(path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
