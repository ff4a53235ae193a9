package stack

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/localaws/awstest"
)

// client runs commands in a folder that has what people deploy from, with the AWS CLI and moto.
type client struct {
	*testing.T
	folder, moto string
	env          []string
}

// builtFunction is what the client deploys. The build has a check of its own.
func builtFunction(t *testing.T) string {
	t.Helper()
	var archive bytes.Buffer
	if err := zip.NewWriter(&archive).Close(); err != nil {
		t.Fatal(err)
	}
	return archive.String()
}

// clientsOnly skips a test of others' programs with -short, which the race detector is run with.
func clientsOnly(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("other programs do the work, and their races aren't ours")
	}
}

func newClient(t *testing.T) client {
	t.Helper()
	clientsOnly(t)
	if _, err := exec.LookPath("aws"); err != nil {
		t.Skip("the AWS CLI isn't installed:", err)
	}
	if err := exec.CommandContext(t.Context(), "python3", "-c", "import moto").Run(); err != nil {
		t.Skip("python3 has no moto:", err)
	}
	moto := awstest.Moto(t, "python3", "testdata/moto_cloudformation.py")
	moto = strings.Replace(moto, "127.0.0.1", "localhost", 1) // where it looks for templates in its own S3
	c := withoutAWS(t)
	c.moto = moto
	c.env = append(c.env, "AWS_ENDPOINT_URL="+moto, "AWS_ACCESS_KEY_ID=test", "AWS_SECRET_ACCESS_KEY=test",
		"AWS_DEFAULT_REGION=eu-west-1")
	for _, bucket := range []string{"code-eu-west-1", "code-us-east-1"} {
		s3(t, http.MethodPut, moto+"/"+bucket)
	}
	return c
}

// withoutAWS has the folder alone.
func withoutAWS(t *testing.T) client {
	t.Helper()
	clientsOnly(t)
	c := client{T: t, folder: t.TempDir(), env: os.Environ()}
	copyFile(t, templateFile, c.folder+"/template.yaml")
	copyFile(t, "../fleet.sh", c.folder+"/deploy/fleet.sh")
	write(t, c.folder+"/built.zip", builtFunction(t))
	build := exec.CommandContext(t.Context(), "go", "build", "-o", c.folder+"/compact", "../internal/compact")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	_, afterTheFunction, found := strings.Cut(contents(t, "../build.sh"), "\nkey=")
	if !found {
		t.Fatal("build.sh doesn't write the compact template")
	}
	afterTheFunction = strings.ReplaceAll(afterTheFunction, "go run ./deploy/internal/compact", "./compact")
	write(t, c.folder+"/deploy/build.sh",
		"set -e\narch=${1:-arm64}\nmkdir -p .build\ncp built.zip .build/function.zip\nkey="+afterTheFunction)
	return c
}

// run runs commands for bash, up to the first that fails, and returns what they print.
func (c client) run(command string) string {
	c.Helper()
	cmd := exec.CommandContext(c.Context(), "bash", "-ec", command)
	cmd.Dir, cmd.Env = c.folder, c.env
	out, err := cmd.CombinedOutput()
	if err != nil {
		c.Fatalf("%s: %v\n%s", command, err, out)
	}
	return strings.TrimSpace(string(out))
}

// hasFunction checks that a stack is there and that its function has the built code.
func (c client) hasFunction(stack, region string) {
	c.Helper()
	const status = "CREATE_COMPLETE"
	if got := c.run("aws cloudformation describe-stacks --region " + region + " --stack-name " + stack +
		" --query 'Stacks[0].StackStatus' --output text"); got != status {
		c.Errorf("%s is %s, want %s", stack, got, status)
	}
	// Found by its name, because moto has no outputs of a stack that comes by a change set.
	sum := sha256.Sum256([]byte(builtFunction(c.T)))
	if got := c.run("aws lambda list-functions --region " + region + " --output text --query " +
		"'Functions[?starts_with(FunctionName, `" + stack + "-Function-`)].CodeSha256'"); got !=
		base64.StdEncoding.EncodeToString(sum[:]) {
		c.Errorf("the function of %s has other code: %q", stack, got)
	}
}

// s3 makes a bucket or reads an object, without the AWS CLI, which takes a second for it.
func s3(t *testing.T, method, url string, content ...string) string {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(strings.Join(content, "")))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "AWS test:unchecked")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		t.Fatalf("%s %s: %s %v\n%s", method, url, response.Status, err, body)
	}
	return string(body)
}

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	text, err := os.ReadFile(from)
	if err != nil {
		t.Fatal(err)
	}
	write(t, to, string(text))
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}
