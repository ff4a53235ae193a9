// Package apptest is what the tests of recipes and of products share: smtprotate, built once, and
// what a program says.
package apptest

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
)

// built is where smtprotate is, once it was built.
var built string

// Smtprotate builds the program when it is first asked for, and returns its path.
var Smtprotate = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "smtprotate")
	if err != nil {
		return "", err
	}
	built = dir
	program := filepath.Join(dir, "smtprotate")
	out, err := exec.Command("go", "build", "-o", program,
		"github.com/seed-486a873a/ses-smtp-rotator/deploy/smtprotate").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%w: %s", err, out)
	}
	return program, nil
})

// Main runs a package's tests, and removes what was built for them.
func Main(m *testing.M) {
	code := m.Run()
	if built != "" {
		_ = os.RemoveAll(built)
	}
	os.Exit(code)
}

// Output is what a program says, and may be read while it runs.
type Output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write implements io.Writer.
func (o *Output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(p)
}

// String is all of it so far.
func (o *Output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}
