// Package apptest is shared by the tests of recipes and products: it builds smtprotate once, and
// collects a program's output.
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

// built is the folder that smtprotate was built in; empty before that.
var built string

// Smtprotate returns the program's path. The first call builds it.
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

// Main runs a package's tests, and then removes what was built for them.
func Main(m *testing.M) {
	code := m.Run()
	if built != "" {
		_ = os.RemoveAll(built)
	}
	os.Exit(code)
}

// Output collects a program's output. It can be read while the program runs.
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

// String returns the output so far.
func (o *Output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}
