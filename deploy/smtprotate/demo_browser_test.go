package main

import (
	"context"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/seed-486a873a/ses-smtp-rotator/deploy/smtprotate/internal/timeline"
	"github.com/seed-486a873a/ses-smtp-rotator/deploy/smtprotate/internal/timeline/live"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/localaws/whole"
)

// inBrowser runs demo --html with these flags as well, and calls open with the page's URL when that
// is printed.
func inBrowser(ctx context.Context, open func(url string), flags ...string) (code int, stderr string) {
	var err strings.Builder
	stdout := writer(func(p []byte) (int, error) {
		if url := regexp.MustCompile(`http://127\S+`).Find(p); url != nil {
			open(string(url))
		}
		return len(p), nil
	})
	c := &console{in: strings.NewReader(""), out: stdout, err: &err, getenv: func(string) string { return "" }}
	code = run(ctx, append([]string{"demo", "--html"}, flags...), c)
	return code, err.String()
}

func TestTheDemoPlaysInABrowser(t *testing.T) {
	whole.Only(t, "plays the whole demo, as the tests of internal/demo do")
	b := startChromium(t)
	file := filepath.Join(t.TempDir(), "demo.svg")
	code, stderr := inBrowser(t.Context(), b.open, "--fast", "--svg", file)
	if code != 0 || stderr != "" {
		t.Errorf("exit code %d, %q", code, stderr)
	}
	text := b.wait("The play is over")
	for _, want := range []string{
		"1 The first credential", "2 Applications send", "3 Thirty days later", "4 Grace", "5 Out of use",
		"6 A crash in the middle", "7 A leak", "8 What is left", "In the end", "Nothing is pending.", "0 failed",
		"23 Nov 09:00", "crash", "warning", "30 days: ",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in:\n%s", want, text)
		}
	}
	if strings.Contains(text, "broken") || strings.Contains(text, "AKIA") {
		t.Errorf("a broken promise, or a key without a name:\n%s", text)
	}
	drawn, err := os.ReadFile(file)
	if err != nil || !strings.Contains(string(drawn), "no mail failed") {
		t.Errorf("%v, the picture: %s", err, drawn)
	}
	if got := b.eval(`document.querySelector("#picture desc").textContent`); !strings.Contains(string(drawn), got) {
		t.Errorf("the page's picture is another: %s", got)
	}
	if len(b.complaints) > 0 {
		t.Errorf("the console says: %s", b.complaints)
	}
	b.screenshots()
}

func TestADemoThatNobodyWatchesDoesNotBegin(t *testing.T) {
	ctx, interrupt := context.WithCancel(t.Context())
	defer interrupt()
	began := time.Now()
	code, stderr := inBrowser(ctx, func(string) { time.AfterFunc(50*time.Millisecond, interrupt) })
	if code != exitInterrupted || stderr != "smtprotate: stopped\n" || time.Since(began) > 5*time.Second {
		t.Errorf("exit code %d, %q", code, stderr)
	}
}

func TestSomebodyWhoClosedThePageIsToldToOpenItAgain(t *testing.T) {
	t.Parallel()
	page, err := live.Serve()
	if err != nil {
		t.Fatal(err)
	}
	defer page.Close()
	page.Show(timeline.Event{Kind: timeline.End})
	said := make(chan string, 1)
	c := &console{err: writer(func(p []byte) (int, error) { said <- string(p); return len(p), nil })}
	ended := make(chan error)
	go func() { ended <- delivered(t.Context(), c, page) }()
	if text := <-said; !strings.Contains(text, "Open it again") {
		t.Errorf("it says %q", text)
	}
	answer, err := http.Get(page.URL + "events")
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func TestAPictureThatCannotBeWrittenIsNoticedBeforeThePlay(t *testing.T) {
	file := filepath.Join(t.TempDir(), "missing", "demo.svg")
	code, stdout, stderr := smtprotate(t, "", "demo", "--svg", file)
	if code != exitFailed || stdout != "" || !strings.Contains(stderr, filepath.Dir(file)) {
		t.Errorf("exit code %d, %q, %q", code, stdout, stderr)
	}
}
