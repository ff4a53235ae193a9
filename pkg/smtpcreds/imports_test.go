package smtpcreds_test

import (
	"os/exec"
	"strings"
	"testing"
)

// An application that imports this package must not link any of the Lambda function's code.
func TestItLinksNothingOfTheFunctions(t *testing.T) {
	const module = "github.com/seed-486a873a/ses-smtp-rotator/"
	out, err := exec.Command("go", "list", "-deps", ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	allowed := map[string]bool{"pkg/smtpcreds": true, "pkg/credential": true, "pkg/secretid": true,
		"pkg/sessmtp": true}
	found := 0
	for _, imported := range strings.Fields(string(out)) {
		path, ours := strings.CutPrefix(imported, module)
		switch {
		case !ours:
		case allowed[path]:
			found++
		default:
			t.Errorf("smtpcreds links %s", path)
		}
	}
	if found != len(allowed) {
		t.Errorf("go list found %d of the %d packages that it does link:\n%s", found, len(allowed), out)
	}
}
