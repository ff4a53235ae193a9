package main

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/seed-486a873a/ses-smtp-rotator/deploy/smtprotate/internal/timeline"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/localaws/whole"
)

// wantNarrow wants no line to be wider than a terminal.
func wantNarrow(t *testing.T, text string) {
	t.Helper()
	for line := range strings.Lines(text) {
		if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > timeline.Width {
			t.Errorf("%d characters: %s", n, line)
		}
	}
}

func TestTheDemoIsReadable(t *testing.T) {
	whole.Only(t, "plays the whole demo, as the tests of internal/demo do")
	t.Parallel()
	code, stdout, stderr := smtprotate(t, "", "demo", "--fast")
	if code != 0 || stderr != "" {
		t.Errorf("exit code %d, %q", code, stderr)
	}
	wantNarrow(t, stdout)
	if strings.Contains(stdout, "\x1b") {
		t.Error("colours without a terminal")
	}
	if !strings.Contains(stdout, "✓ Nothing is pending.\n") || strings.Contains(stdout, "broken") {
		t.Errorf("it ends with:\n%s", stdout[max(0, len(stdout)-1000):])
	}
}

func TestTheDemoIsMachineReadable(t *testing.T) {
	whole.Only(t, "plays the whole demo, as the tests of internal/demo do")
	t.Parallel()
	code, stdout, stderr := smtprotate(t, "", "demo", "--json")
	if code != 0 || stderr != "" {
		t.Errorf("exit code %d, %q", code, stderr)
	}
	var last timeline.Event
	for line := range strings.Lines(stdout) {
		last = timeline.Event{}
		if err := json.Unmarshal([]byte(line), &last); err != nil || last.Kind == "" || last.At.IsZero() {
			t.Fatalf("%v: %s", err, line)
		}
	}
	if last.Kind != timeline.End || last.Summary == nil || last.Summary.Mail.Failed != 0 {
		t.Errorf("the last event is %+v", last)
	}
}

func TestTheDemoCanBeInterrupted(t *testing.T) {
	t.Parallel()
	ctx, interrupt := context.WithCancel(t.Context())
	var out, stderr strings.Builder
	stdout := writer(func(p []byte) (int, error) {
		if strings.Contains(string(p), "Applications send") {
			interrupt()
		}
		return out.Write(p)
	})
	c := &console{in: strings.NewReader(""), out: stdout, err: &stderr, getenv: func(string) string { return "" }}
	if code := run(ctx, []string{"demo"}, c); code != exitInterrupted || stderr.String() != "smtprotate: stopped\n" {
		t.Errorf("exit code %d, %q", code, stderr.String())
	}
}

// writer makes a function an io.Writer.
type writer func([]byte) (int, error)

func (w writer) Write(p []byte) (int, error) { return w(p) }
