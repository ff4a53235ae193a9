//go:build release

package release

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/seed-486a873a/ses-smtp-rotator/deploy/internal/commands"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/localaws/awstest"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/version"
)

// withoutGo runs commands in an empty folder. A Go that is called fails the test.
type withoutGo struct {
	*testing.T
	folder string
	env    []string
}

func newWithoutGo(t *testing.T, env ...string) withoutGo {
	t.Helper()
	c := withoutGo{t, t.TempDir(), nil}
	programs := t.TempDir()
	c.env = append(append(os.Environ(), env...), "PATH="+programs+":"+os.Getenv("PATH"))
	for _, name := range []string{"go", "gofmt"} {
		text := "#!/bin/sh\necho there is no Go here | tee " + programs + "/called >&2\nexit 1\n"
		if err := os.WriteFile(filepath.Join(programs, name), []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() {
		if _, err := os.Stat(programs + "/called"); err == nil {
			t.Error("Go was called")
		}
	})
	return c
}

func (c withoutGo) run(command string) string {
	c.Helper()
	var stderr bytes.Buffer
	cmd := exec.CommandContext(c.Context(), "bash", "-ec", command)
	cmd.Dir, cmd.Env, cmd.Stderr = c.folder, c.env, &stderr
	out, err := cmd.Output()
	if err != nil {
		c.Fatalf("%s: %v\n%s%s", command, err, out, stderr.Bytes())
	}
	return strings.TrimSpace(string(out))
}

// versionOf is what the snapshot's files have in their names.
func versionOf(t *testing.T, dist string) string {
	t.Helper()
	name := filepath.Base(one(t, dist, "smtprotate_*_linux_amd64.tar.gz"))
	return strings.TrimSuffix(strings.TrimPrefix(name, "smtprotate_"), "_linux_amd64.tar.gz")
}

// asset is the file that a release has under a name.
func asset(dist, name string) string {
	_, what, _ := strings.Cut(name, "_lambda_")
	if what != "" {
		return filepath.Join(dist, "../release/function-"+what)
	}
	if _, what, _ = strings.Cut(name, "_template_"); what != "" {
		return filepath.Join(dist, "../release/template-"+what)
	}
	return filepath.Join(dist, name)
}

// releases serves the snapshot's files as GitHub serves a release's.
func releases(t *testing.T, dist string) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasPrefix(r.URL.Path, "/seed-486a873a/ses-smtp-rotator/releases/download/v") {
			http.NotFound(w, r)
			return
		}
		http.ServeFile(w, r, asset(dist, path.Base(r.URL.Path)))
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// printed are the commands of deploy/docs/install.md that need no Go.
func printed(t *testing.T) []string {
	t.Helper()
	return slices.DeleteFunc(commands.Of(string(read(t, top+"/deploy/docs/install.md"))), func(command string) bool {
		return strings.HasPrefix(command, "go install ")
	})
}

// TestAReleaseIsInstalledWithoutGo runs what install.md prints, for both architectures of the
// function, with this snapshot in the place of release 0.1.0, and with moto in that of AWS.
func TestAReleaseIsInstalledWithoutGo(t *testing.T) {
	dist := snapshot(t)
	all := printed(t)
	if len(all) != 9 {
		t.Fatalf("install.md prints %d commands, and this knows 9:\n%s", len(all), strings.Join(all, "\n"))
	}
	moto := awstest.Moto(t, "python3", "../stack/testdata/moto_cloudformation.py")
	c := newWithoutGo(t, "AWS_ENDPOINT_URL="+moto, "AWS_ACCESS_KEY_ID=test", "AWS_SECRET_ACCESS_KEY=test",
		"AWS_DEFAULT_REGION=eu-west-1")
	c.run("aws s3 mb s3://code")
	for arch, lambdas := range map[string]string{"arm64": "arm64", "amd64": "x86_64"} {
		filled := strings.NewReplacer("https://github.com", releases(t, dist), "0.1.0", versionOf(t, dist),
			"BUCKET", "code", "--stack-name mail", "--stack-name mail-"+arch, "arm64", arch)
		said := c.run(filled.Replace(strings.Join(all[:6], "\n")))
		for _, want := range []string{"_lambda_" + arch + ".zip: OK", "_template_" + arch + ".yaml: OK",
			"SemanticVersion", version.Number} {
			if !strings.Contains(said, want) {
				t.Errorf("there is no %q in\n%s", want, said)
			}
		}
		sum := sha256.Sum256(read(t, asset(dist, "_lambda_"+arch+".zip")))
		want := base64.StdEncoding.EncodeToString(sum[:])
		if got := c.run("aws lambda list-functions --output text --query 'Functions[?starts_with(FunctionName, `mail-" +
			arch + "`)].CodeSha256'"); got != want {
			t.Errorf("%s: the function's code is %q, want %q", arch, got, want)
		}
		// Moto takes every function for one of x86_64.
		if text := string(read(t, asset(dist, "_template_"+arch+".yaml"))); !strings.Contains(text,
			"Architectures: ["+lambdas+"]") {
			t.Errorf("%s: the template isn't for %s", arch, lambdas)
		}
	}

	// Installing is for whoever owns the machine, so the package is only unpacked.
	install, _, _ := strings.Cut(all[6], "#")
	deb := strings.TrimPrefix(strings.TrimSpace(install), "apt-get install ./")
	if deb != "smtprotate_0.1.0_amd64.deb" {
		t.Fatalf("install.md installs %q", install)
	}
	c.run("dpkg-deb -x " + one(t, dist, "*_"+runtime.GOARCH+".deb") + " root")
	c.env = append(c.env, "PATH="+c.folder+"/root/usr/bin:"+os.Getenv("PATH"))
	if got := c.run(all[7] + "\n" + all[8] + "\ncomplete -p smtprotate"); !strings.HasPrefix(got, "smtprotate "+
		version.Number) || !strings.HasSuffix(got, " smtprotate") {
		t.Errorf("the installed program says %q", got)
	}
}
