package main

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// chromium is a browser without a window, driven by the Chrome DevTools Protocol over two pipes.
type chromium struct {
	t       *testing.T
	to      *os.File
	from    *bufio.Reader
	calls   int
	session string
	// complaints are errors and warnings of the console, and uncaught exceptions.
	complaints []string
}

// startChromium opens an empty page, or skips the test.
func startChromium(t *testing.T) *chromium {
	t.Helper()
	program, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("chromium isn't installed")
	}
	profile, err := os.MkdirTemp("", "chromium")
	if err != nil {
		t.Fatal(err)
	}
	b := &chromium{t: t}
	cmd := exec.Command(program, "--headless=new", "--no-sandbox", "--disable-gpu", "--remote-debugging-pipe",
		"--user-data-dir="+profile, "--window-size=1200,1000", "about:blank")
	cmd.Env = append(os.Environ(), "TMPDIR="+profile)
	b.connect(cmd)
	t.Cleanup(func() {
		b.to.Close() // at which it ends
		defer time.AfterFunc(10*time.Second, func() { cmd.Process.Kill() }).Stop()
		cmd.Wait()
		for range 50 { // its helpers write for a moment longer
			if os.RemoveAll(profile) == nil {
				return
			}
			time.Sleep(100 * time.Millisecond)
		}
		t.Errorf("%s can't be removed", profile)
	})
	var made struct{ TargetID, SessionID string }
	b.call("Target.createTarget", map[string]any{"url": "about:blank"}, &made)
	b.call("Target.attachToTarget", map[string]any{"targetId": made.TargetID, "flatten": true}, &made)
	b.session = made.SessionID
	for _, domain := range []string{"Runtime", "Log", "Page"} {
		b.call(domain+".enable", nil, nil)
	}
	return b
}

// connect starts a browser that reads from its file 3 and writes to its file 4.
func (b *chromium) connect(cmd *exec.Cmd) {
	b.t.Helper()
	three, to, err := os.Pipe()
	if err != nil {
		b.t.Fatal(err)
	}
	from, four, err := os.Pipe()
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() { from.Close() })
	from.SetReadDeadline(time.Now().Add(5 * time.Minute))
	b.to, b.from = to, bufio.NewReader(from)
	cmd.ExtraFiles = []*os.File{three, four}
	if err := cmd.Start(); err != nil {
		b.t.Fatal(err)
	}
	three.Close()
	four.Close()
}

// call calls a method.
func (b *chromium) call(method string, params map[string]any, result any) {
	b.t.Helper()
	b.calls++
	request := map[string]any{"id": b.calls, "method": method, "params": params}
	if b.session != "" {
		request["sessionId"] = b.session
	}
	text, err := json.Marshal(request)
	if err != nil {
		b.t.Fatal(err)
	}
	if _, err := b.to.Write(append(text, 0)); err != nil {
		b.t.Fatal(err)
	}
	answer := b.answer()
	if result == nil {
		return
	}
	if err := json.Unmarshal(answer, result); err != nil {
		b.t.Fatal(err)
	}
}

// answer is that to the last call. What the console says before it is noted.
func (b *chromium) answer() json.RawMessage {
	b.t.Helper()
	for {
		line, err := b.from.ReadBytes(0)
		if err != nil {
			b.t.Fatal(err)
		}
		var m struct {
			ID                    int
			Method                string
			Error, Params, Result json.RawMessage
		}
		if err := json.Unmarshal(bytes.TrimSuffix(line, []byte{0}), &m); err != nil {
			b.t.Fatal(err)
		}
		switch m.Method {
		case "Runtime.consoleAPICalled", "Runtime.exceptionThrown", "Log.entryAdded":
			b.complaints = append(b.complaints, string(m.Params))
		}
		if m.ID == b.calls {
			if m.Error != nil {
				b.t.Fatalf("chromium says %s", m.Error)
			}
			return m.Result
		}
	}
}

// open loads a page.
func (b *chromium) open(url string) {
	b.t.Helper()
	b.call("Page.navigate", map[string]any{"url": url}, nil)
}

// eval is the value of an expression, as text.
func (b *chromium) eval(expression string) string {
	b.t.Helper()
	var answer struct{ Result struct{ Value any } }
	b.call("Runtime.evaluate", map[string]any{"expression": expression}, &answer)
	return fmt.Sprint(answer.Result.Value)
}

// wait returns the page's text when it contains this.
func (b *chromium) wait(text string) (all string) {
	b.t.Helper()
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		if all = b.eval("document.body.innerText"); strings.Contains(all, text) {
			return all
		}
	}
	b.t.Fatalf("no %q in:\n%s", text, all)
	return ""
}

// screenshots are kept by go test -artifacts.
func (b *chromium) screenshots() {
	b.t.Helper()
	for _, scheme := range []string{"light", "dark"} {
		b.call("Emulation.setEmulatedMedia", map[string]any{"features": []any{
			map[string]any{"name": "prefers-color-scheme", "value": scheme},
		}}, nil)
		var answer struct{ Data string }
		b.call("Page.captureScreenshot", nil, &answer)
		picture, err := base64.StdEncoding.DecodeString(answer.Data)
		if err != nil {
			b.t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(b.t.ArtifactDir(), scheme+".png"), picture, 0o644); err != nil {
			b.t.Fatal(err)
		}
	}
}
