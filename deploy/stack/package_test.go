package stack

import (
	"archive/zip"
	"bytes"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/localaws/awstest"
)

// TestThePackageAndTheFleetFindTheFunction plays deployment without SAM as far as S3.
func TestThePackageAndTheFleetFindTheFunction(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("aws"); err != nil {
		t.Skip("the AWS CLI isn't installed:", err)
	}
	moto := awstest.Moto(t)
	env := append(os.Environ(), "AWS_ENDPOINT_URL="+moto, "AWS_ACCESS_KEY_ID=test", "AWS_SECRET_ACCESS_KEY=test",
		"AWS_DEFAULT_REGION=eu-west-1")
	folder := t.TempDir()
	run := func(name string, arguments ...string) {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), name, arguments...)
		cmd.Dir, cmd.Env = folder, env
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%s %s: %v\n%s", name, strings.Join(arguments, " "), err, out)
		}
	}
	copyFile(t, templateFile, folder+"/template.yaml")
	copyFile(t, "../fleet.sh", folder+"/deploy/fleet.sh")
	// The build has a check of its own; here it has only to be found.
	var archive bytes.Buffer
	if err := zip.NewWriter(&archive).Close(); err != nil {
		t.Fatal(err)
	}
	function := archive.String()
	write(t, folder+"/built.zip", function)
	write(t, folder+"/deploy/build.sh", "mkdir -p .build && cp built.zip .build/function.zip\n")

	s3(t, http.MethodPut, moto+"/code-eu-west-1")
	s3(t, http.MethodPut, moto+"/code-us-east-1")
	run("bash", "deploy/fleet.sh", "code", "eu-west-1", "us-east-1")
	d := deploy(t, load(t, folder+"/.build/fleet.yaml"), map[string]string{"IdentityArns": identity})
	code := d.resource("Function").at("CodeUri")
	for _, region := range []string{"eu-west-1", "us-east-1"} {
		bucket := strings.Replace(code.at("Bucket").String(), "eu-west-1", region, 1)
		if got := s3(t, http.MethodGet, moto+"/"+bucket+"/"+code.at("Key").String()); got != function {
			t.Errorf("in %s the function is %q", region, got)
		}
	}

	run("aws", "cloudformation", "package", "--template-file", "template.yaml", "--s3-bucket", "code-eu-west-1",
		"--output-template-file", "packaged.yaml")
	packaged := load(t, folder+"/packaged.yaml").at("Resources", "Function", "Properties", "CodeUri").String()
	if got := s3(t, http.MethodGet, moto+"/"+strings.TrimPrefix(packaged, "s3://")); got != function {
		t.Errorf("the package is %q", got)
	}
}

// s3 makes a bucket or reads an object, without the AWS CLI, which takes a second for it.
func s3(t *testing.T, method, url string) string {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, url, nil)
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
