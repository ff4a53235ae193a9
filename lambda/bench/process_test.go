package bench

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// lambda is the function; bare does nothing. Like the other programs of BenchmarkSize, bare is
// under testdata: these programs aren't part of ./..., and only the benchmarks build them.
const (
	lambda = "./.."
	bare   = "./testdata/bare"
)

// flags are the flags in deploy/build.sh.
var flags = []string{"build", "-buildvcs=false", "-tags", "lambda.norpc", "-trimpath", "-ldflags=-s -w"}

// build builds a program as deploy/build.sh builds the function.
func build(b *testing.B, arch, program, out string) {
	b.Helper()
	cmd := exec.Command("go", append(slices.Clone(flags), "-o", out, program)...)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH="+arch, "GOFLAGS=")
	if text, err := cmd.CombinedOutput(); err != nil {
		b.Fatalf("%v: %s", err, text)
	}
}

// programs returns the folder for programs built for this machine.
var programs = sync.OnceValues(func() (string, error) { return os.MkdirTemp("", "bench") })

func TestMain(m *testing.M) {
	code := m.Run()
	if dir, err := programs(); err == nil {
		_ = os.RemoveAll(dir)
	}
	os.Exit(code)
}

func built(b *testing.B, program string) string {
	b.Helper()
	dir, err := programs()
	if err != nil {
		b.Fatal(err)
	}
	out := filepath.Join(dir, "program"+strings.ReplaceAll(program, "/", "-"))
	if _, err := os.Stat(out); err != nil {
		build(b, runtime.GOARCH, program, out)
	}
	return out
}

// process is a program started under a Runtime API ("Using the Lambda runtime API for custom
// runtimes", Lambda developer guide). That API does only what one event needs.
type process struct {
	*testing.B
	cmd             *exec.Cmd
	api             *httptest.Server
	started, polled time.Time
	polls           chan time.Time
	events          chan string
	answers         chan time.Time
	ended           chan struct{}
}

func start(b *testing.B, path string, env ...string) *process {
	b.Helper()
	p := &process{B: b, polls: make(chan time.Time, 9), events: make(chan string), answers: make(chan time.Time, 9),
		ended: make(chan struct{})}
	p.api = httptest.NewServer(http.HandlerFunc(p.serve))
	p.cmd = exec.Command(path)
	p.cmd.Env = append(env, "AWS_LAMBDA_RUNTIME_API="+strings.TrimPrefix(p.api.URL, "http://"),
		"AWS_LAMBDA_FUNCTION_NAME=mail")
	p.started = time.Now()
	if err := p.cmd.Start(); err != nil {
		b.Fatal(err)
	}
	p.polled = p.wait(p.polls)
	return p
}

func (p *process) serve(w http.ResponseWriter, r *http.Request) {
	now := time.Now()
	if r.Method == http.MethodPost {
		_, _ = io.Copy(io.Discard, r.Body)
		w.WriteHeader(http.StatusAccepted)
		if !strings.HasSuffix(r.URL.Path, "/response") {
			p.Errorf("%s", r.URL.Path)
		}
		p.answers <- now
		return
	}
	p.polls <- now
	select {
	case event := <-p.events:
		w.Header().Set("Lambda-Runtime-Aws-Request-Id", "1")
		w.Header().Set("Lambda-Runtime-Deadline-Ms", fmt.Sprint(time.Now().Add(time.Minute).UnixMilli()))
		_, _ = io.WriteString(w, event)
	case <-p.ended:
	}
}

func (p *process) wait(moment chan time.Time) time.Time {
	p.Helper()
	select {
	case at := <-moment:
		return at
	case <-time.After(time.Minute):
		p.Fatal("it doesn't ask for events, or doesn't answer")
		return time.Time{}
	}
}

// invoke sends an event, and returns how long the answer took.
func (p *process) invoke(event string) time.Duration {
	p.Helper()
	p.events <- event
	sent := time.Now()
	return p.wait(p.answers).Sub(sent)
}

// peak returns the most memory that the process has had, in bytes: VmHWM of proc(5).
func (p *process) peak() float64 {
	p.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if err != nil {
		p.Skip("there is no proc(5) here:", err)
	}
	_, rest, _ := strings.Cut(string(text), "VmHWM:")
	kilobytes, err := strconv.Atoi(strings.Fields(rest)[0])
	if err != nil {
		p.Fatal(err)
	}
	return float64(kilobytes) * 1024
}

func (p *process) stop() {
	_ = p.cmd.Process.Kill()
	_ = p.cmd.Wait()
	close(p.ended)
	p.api.Close()
}

// median returns the median of a list that isn't empty.
func median(of []float64) float64 {
	slices.Sort(of)
	return of[len(of)/2]
}
