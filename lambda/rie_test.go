package main_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/seed-486a873a/ses-smtp-rotator/lambda/localfunction"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/localaws"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/localaws/awstest"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/rotation"
)

// emulator is AWS's own implementation of the Runtime API, with the built function in it: the
// Lambda Runtime Interface Emulator, which is part of AWS's base images (see its README).
type emulator struct {
	*testing.T
	url     string
	process *exec.Cmd
	output  bytes.Buffer // what both print; complete, and safe to read, once stopped
	stop    func()
}

// startEmulator skips the test if there is no emulator.
func startEmulator(t *testing.T, d *localfunction.Deployment, timeout time.Duration) *emulator {
	t.Helper()
	program := findEmulator(t)
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	env, err := d.Environ()
	if err != nil {
		t.Fatal(err)
	}
	address := "127.0.0.1:" + awstest.FreePort(t)
	e := &emulator{T: t, url: "http://" + address + "/2015-03-31/functions/function/invocations"}
	e.process = exec.Command(program, "--log-level", "warning",
		"--runtime-interface-emulator-address", address,
		"--runtime-api-address", "127.0.0.1:"+awstest.FreePort(t), path)
	e.process.Env = append(slices.Clone(env), "AWS_LAMBDA_FUNCTION_NAME=ses-smtp-rotator",
		"AWS_LAMBDA_FUNCTION_TIMEOUT="+strconv.Itoa(int(timeout.Seconds())))
	e.process.Stdout, e.process.Stderr = &e.output, &e.output
	e.process.WaitDelay = 5 * time.Second // the function shares the output and might outlive the emulator
	if err := e.process.Start(); err != nil {
		t.Fatal(err)
	}
	e.stop = sync.OnceFunc(func() {
		// It ends the function, and then itself.
		_ = e.process.Process.Signal(syscall.SIGTERM)
		kill := time.AfterFunc(10*time.Second, func() { _ = e.process.Process.Kill() })
		defer kill.Stop()
		_ = e.process.Wait()
	})
	t.Cleanup(e.stop)
	e.listens(address)
	return e
}

// findEmulator returns the program that LAMBDA_RIE names, or aws-lambda-rie on the PATH.
func findEmulator(t *testing.T) string {
	t.Helper()
	name := os.Getenv("LAMBDA_RIE")
	if name == "" {
		name = "aws-lambda-rie"
	}
	program, err := exec.LookPath(name)
	if err != nil {
		t.Skip("AWS's Lambda runtime interface emulator isn't installed: go install "+
			"what .ci/versions has for rie, and name it in LAMBDA_RIE:", err)
	}
	return program
}

func (e *emulator) listens(address string) {
	e.Helper()
	for range 200 {
		connection, err := net.Dial("tcp", address)
		if err == nil {
			_ = connection.Close()
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	e.stop()
	e.Fatalf("the emulator doesn't listen at %s; it printed: %s", address, e.output.String())
}

// post sends the function an event, as the Invoke API does. The emulator, like that API, answers
// HTTP 200 for a function's error; unlike that API, it has no header to tell the two apart.
func (e *emulator) post(event string) (answer, error) {
	response, err := http.Post(e.url, "application/json", strings.NewReader(event))
	if err != nil {
		return answer{}, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return answer{}, err
	}
	if response.StatusCode != http.StatusOK {
		return answer{}, fmt.Errorf("HTTP status %s: %s", response.Status, body)
	}
	var failure struct{ ErrorType string }
	if err := json.Unmarshal(body, &failure); err != nil {
		return answer{}, fmt.Errorf("%w: the answer is %s", err, body)
	}
	return answer{body: body, errorType: failure.ErrorType}, nil
}

func (e *emulator) invoke(event string) answer {
	e.Helper()
	a, err := e.post(event)
	if err != nil {
		e.stop()
		e.Fatalf("%s: %v; emulator and function printed: %s", event, err, e.output.String())
	}
	return a
}

func (e *emulator) want(event string, outcome rotation.Outcome) {
	e.Helper()
	a := e.invoke(event)
	var result rotation.Result
	if err := json.Unmarshal(a.body, &result); a.errorType != "" || err != nil || result.Outcome != outcome {
		e.Errorf("%s: want %s, got %s", event, outcome, a.body)
	}
}

// wantError checks everything that callers see: exactly the two members that Lambda documents ("AWS
// Lambda function errors in Go").
func (e *emulator) wantError(event string, errorType rotation.ErrorType, part string) {
	e.Helper()
	body := e.invoke(event).body
	var failure map[string]string
	if err := json.Unmarshal(body, &failure); err != nil || len(failure) != 2 ||
		failure["errorType"] != string(errorType) || !strings.Contains(failure["errorMessage"], part) {
		e.Errorf("%s: want %s naming %s, got %s", event, errorType, part, body)
	}
}

// printed returns what the function logged, without the emulator's own lines: one JSON object a
// line, and no secrets.
func (e *emulator) printed(secrets []string) string {
	e.Helper()
	e.stop()
	var lines strings.Builder
	for line := range strings.Lines(e.output.String()) {
		first, _, _ := strings.Cut(line, " ")
		if first != "START" && first != "END" && first != "REPORT" && !strings.Contains(line, "(rapid)") &&
			strings.TrimSpace(line) != "" {
			lines.WriteString(line)
		}
	}
	onlyJSONWithoutSecrets(e.T, lines.String(), secrets)
	return lines.String()
}

// TestInTheEmulatorTheFunctionAnswersAsDocumented shows that the function and AWS's own Runtime API
// agree. The other tests use a Runtime API written from the documentation, so they can't show that.
func TestInTheEmulatorTheFunctionAnswersAsDocumented(t *testing.T) {
	t.Parallel()
	d := deploy(t)
	e := startEmulator(t, d, 30*time.Second)

	e.want(`{"action":"status"}`, rotation.Reported)
	e.want(`{}`, rotation.Rotated)
	first, err := d.Current()
	if err != nil || !first.Accepted {
		t.Fatalf("after the first tick, SES doesn't accept AWSCURRENT (%s, error %v)", first.Username, err)
	}
	e.wantError(`{"action":"rotate and more"}`, rotation.RequestError, `"rotate and more"`)
	e.wantError(`{"action":"emergency","access_key_id":"AKIASTRANGER00000000"}`, rotation.RequestError,
		"AKIASTRANGER00000000")
	e.wantError(`that's no JSON`, rotation.RequestError, "JSON")
	for range 20 {
		e.want(`{}`, rotation.Waiting)
	}
	e.want(``, rotation.Waiting) // Lambda's Invoke API allows for no payload
	e.want(`{"action":"rotate","reason":"a test"}`, rotation.Rotated)
	e.want(`{"action":"emergency"}`, rotation.Revoked)
	if err := d.Unsettled(); err != nil {
		t.Error(err)
	}

	log := e.printed(d.World.Secrets())
	if n := strings.Count(log, `"msg":"result"`); n != 25 {
		t.Errorf("%d results were logged, want 25, one for each success: %s", n, log)
	}
	if n := strings.Count(log, `"msg":"failed"`); n != 3 {
		t.Errorf("%d failures were logged, want 3: %s", n, log)
	}
}

// TestInTheEmulatorACallThatNeverReturnsIsToldBeforeTheTimeout: the emulator derives the deadline
// from the function's timeout, and what it says after that has no errorType.
func TestInTheEmulatorACallThatNeverReturnsIsToldBeforeTheTimeout(t *testing.T) {
	t.Parallel()
	d := deploy(t)
	e := startEmulator(t, d, 6*time.Second)
	d.World.Intercept(func(c localaws.Call) *localaws.Fault { return &localaws.Fault{Delay: time.Minute} })
	e.wantError(`{}`, rotation.AWSError, "iam:ListAccessKeys")
	d.World.Intercept(nil)
	e.want(`{}`, rotation.Rotated) // the same process continues
	e.printed(d.World.Secrets())
}

// TestTwoEmulatorsAtOnceLeaveACredentialThatWorks: Lambda runs two invocations at once in two
// execution environments. An emulator is one of them, and crashes if it gets two events at once.
func TestTwoEmulatorsAtOnceLeaveACredentialThatWorks(t *testing.T) {
	t.Parallel()
	d := deploy(t)
	var both [2]*emulator
	for i := range both {
		both[i] = startEmulator(t, d, 30*time.Second)
		both[i].want(`{"action":"status"}`, rotation.Reported)
	}
	var running sync.WaitGroup
	var answers [2]answer
	var errs [2]error
	for i, e := range both {
		running.Go(func() { answers[i], errs[i] = e.post(`{}`) })
	}
	running.Wait()
	for i := range both {
		if errs[i] != nil {
			t.Error(errs[i])
		}
	}
	c, err := d.Current()
	if err != nil || !c.Accepted {
		t.Errorf("SES doesn't accept AWSCURRENT (%s, error %v) after %s and %s",
			c.Username, err, answers[0].body, answers[1].body)
	}
	for _, e := range both {
		e.printed(d.World.Secrets())
	}
}
