package main_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// deployed has the flags with which deploy/build.sh builds the function.
var deployed = []string{"-buildvcs=false", "-tags", "lambda.norpc", "-trimpath", `-ldflags=-s -w`}

// binary returns the path of the function, built once as it is deployed, for this machine.
var binary = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "ses-smtp-rotator-")
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "bootstrap")
	cmd := exec.Command("go", slices.Concat([]string{"build"}, deployed, []string{"-o", path, "."})...)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=")
	out, err := cmd.CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("go build: %w: %s", err, out)
	}
	return path, nil
})

// TestTheFunctionIsTestedAsItIsDeployed compares the flags above with the script's.
func TestTheFunctionIsTestedAsItIsDeployed(t *testing.T) {
	t.Parallel()
	script, err := os.ReadFile("../deploy/build.sh")
	if err != nil {
		t.Fatal(err)
	}
	written := strings.ReplaceAll(string(script), `"`, "")
	if want := "go build " + strings.Join(deployed, " ") + " -o "; !strings.Contains(written, want) ||
		!strings.Contains(written, "CGO_ENABLED=0 GOFLAGS=''") {
		t.Errorf("deploy/build.sh doesn't say CGO_ENABLED=0 GOFLAGS='' %s", want)
	}
}

func TestMain(m *testing.M) {
	code := m.Run()
	if path, err := binary(); err == nil {
		_ = os.RemoveAll(filepath.Dir(path))
	}
	os.Exit(code)
}

// answer is what the function gave the Runtime API for one invocation.
type answer struct {
	body      []byte
	errorType string // empty if it succeeded
}

// process is the built function, running under the test's Runtime API ("Using the Lambda runtime
// API for custom runtimes", Lambda developer guide).
type process struct {
	*testing.T
	events  chan []byte
	answers chan answer
	output  bytes.Buffer  // complete and safe to read after ended is closed
	ended   chan struct{} // closed when the process has ended
	kill    func()        // SIGKILL; returns when the process has ended
	stop    func()        // kill, and end the Runtime API
	timeout time.Duration
}

func startFunction(t *testing.T, env []string) *process {
	t.Helper()
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	p := &process{
		T: t, timeout: 30 * time.Second,
		events: make(chan []byte), answers: make(chan answer), ended: make(chan struct{}),
	}
	stopped := make(chan struct{})
	api := httptest.NewServer(p.runtimeAPI(stopped))
	cmd := exec.Command(path)
	cmd.Env = append(slices.Clone(env),
		"AWS_LAMBDA_RUNTIME_API="+strings.TrimPrefix(api.URL, "http://"),
		"AWS_LAMBDA_FUNCTION_NAME=ses-smtp-rotator",
	)
	cmd.Stdout, cmd.Stderr = &p.output, &p.output
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		_ = cmd.Wait()
		close(p.ended)
	}()
	p.kill = func() {
		_ = cmd.Process.Kill()
		<-p.ended
	}
	p.stop = sync.OnceFunc(func() {
		p.kill()
		close(stopped)
		api.Close()
	})
	t.Cleanup(p.stop)
	return p
}

func (p *process) runtimeAPI(stopped chan struct{}) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /2018-06-01/runtime/invocation/next", func(w http.ResponseWriter, r *http.Request) {
		select {
		case event := <-p.events:
			w.Header().Set("Lambda-Runtime-Aws-Request-Id", fmt.Sprintf("request-%d", time.Now().UnixNano()))
			w.Header().Set("Lambda-Runtime-Deadline-Ms", fmt.Sprint(time.Now().Add(p.timeout).UnixMilli()))
			w.Header().Set("Lambda-Runtime-Invoked-Function-Arn",
				"arn:aws:lambda:eu-west-1:123456789012:function:ses-smtp-rotator")
			_, _ = w.Write(event)
		case <-stopped:
		case <-r.Context().Done():
		}
	})
	finish := func(failed bool) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			w.WriteHeader(http.StatusAccepted)
			a := answer{body: body}
			if failed {
				a.errorType = r.Header.Get("Lambda-Runtime-Function-Error-Type")
				var e struct{ ErrorType string }
				if json.Unmarshal(body, &e) == nil && e.ErrorType != "" {
					a.errorType = e.ErrorType
				}
			}
			p.answers <- a
		}
	}
	mux.HandleFunc("POST /2018-06-01/runtime/invocation/{id}/response", finish(false))
	mux.HandleFunc("POST /2018-06-01/runtime/invocation/{id}/error", finish(true))
	return mux
}

// invoke sends one event and waits for its answer.
func (p *process) invoke(event string) answer {
	p.Helper()
	a, alive := p.invokeUntilKilled(event)
	if !alive {
		p.Fatalf("the function died of %s; it printed: %s", event, p.output.String())
	}
	return a
}

// invokeUntilKilled is invoke for a function that may be killed before it answers. It reports
// whether it answered.
func (p *process) invokeUntilKilled(event string) (a answer, alive bool) {
	p.Helper()
	limit := time.After(time.Minute)
	select {
	case p.events <- []byte(event):
	case <-p.ended:
		p.Fatalf("the function ended before any event; it printed: %s", p.output.String())
	case <-limit:
		p.kill()
		p.Fatalf("the function doesn't ask for events; it printed: %s", p.output.String())
	}
	select {
	case a = <-p.answers:
		return a, true
	case <-p.ended:
		return answer{}, false
	case <-limit:
		p.Fatalf("no answer to %s", event)
	}
	return answer{}, false
}

// TestTheLogHasNothingThatATerminalActsOn: people read the log in a terminal (aws logs tail), and
// it has texts from events.
func TestTheLogHasNothingThatATerminalActsOn(t *testing.T) {
	t.Parallel()
	env, err := deploy(t).Environ()
	if err != nil {
		t.Fatal(err)
	}
	p := startFunction(t, env)
	p.invoke("{\"action\":\"rotate\",\"reason\":\"\\u001b]0;mine\\u0007\u009b2J\u202e\u007f\"}")
	p.stop()
	printed := p.output.String()
	if !strings.Contains(printed, `"reason":"\u001b]0;mine\u0007\u009b2J\u202e\u007f"`) ||
		strings.ContainsAny(printed, "\x1b\a\u009b\u202e\x7f") {
		t.Errorf("a terminal acts on %q", printed)
	}
	for line := range strings.Lines(printed) {
		if !json.Valid([]byte(line)) {
			t.Errorf("it isn't JSON: %s", line)
		}
	}
}
