package rotation_test

import (
	"os/exec"
	"strings"
	"testing"
)

func TestRotationKnowsNoAWS(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	for imported := range strings.Lines(string(out)) {
		if strings.HasPrefix(imported, "github.com/aws/") {
			t.Errorf("it links %s", imported)
		}
	}
}
