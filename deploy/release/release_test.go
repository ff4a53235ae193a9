//go:build release

package release

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/version"
)

const top = "../.."

// snapshot is the folder with a release that was made and not published.
func snapshot(t *testing.T) string {
	t.Helper()
	dist := os.Getenv("RELEASE_DIST")
	if dist == "" {
		t.Fatal("RELEASE_DIST has to name the folder of a snapshot: see the package's comment")
	}
	return dist
}

// one is the only file of dist that a pattern matches.
func one(t *testing.T, dist, pattern string) string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(dist, pattern))
	if err != nil || len(found) != 1 {
		t.Fatalf("%s: %q, %v; want one file", pattern, found, err)
	}
	return found[0]
}

func run(t *testing.T, name string, args ...string) string {
	t.Helper()
	var stderr bytes.Buffer
	cmd := exec.Command(name, args...)
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s %q: %v\n%s", name, args, err, stderr.Bytes())
	}
	return string(out)
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestEveryFileOfAReleaseHasItsChecksum(t *testing.T) {
	dist := snapshot(t)
	sums := map[string]string{}
	for line := range strings.Lines(string(read(t, dist+"/SHA256SUMS"))) {
		sum, name, _ := strings.Cut(strings.TrimSpace(line), "  ")
		sums[name] = sum
	}
	names := []string{"*_linux_amd64.tar.gz", "*_linux_arm64.tar.gz", "*_darwin_amd64.tar.gz", "*_darwin_arm64.tar.gz",
		"*_windows_amd64.zip", "*_windows_arm64.zip", "*_amd64.deb", "*_arm64.deb", "*.x86_64.rpm", "*.aarch64.rpm"}
	for _, pattern := range slices.Clone(names[:6]) {
		platform := strings.TrimSuffix(strings.TrimSuffix(pattern, ".zip"), ".tar.gz")
		names = append(names, platform+".cdx.json")
	}
	for _, pattern := range names {
		path := one(t, dist, pattern)
		if sum := fmt.Sprintf("%x", sha256.Sum256(read(t, path))); sums[filepath.Base(path)] != sum {
			t.Errorf("%s has the checksum %s, and SHA256SUMS says %q", path, sum, sums[filepath.Base(path)])
		}
		delete(sums, filepath.Base(path))
	}
	for _, suffix := range []string{"lambda_arm64.zip", "lambda_amd64.zip", "lambda_arm64.cdx.json",
		"lambda_amd64.cdx.json", "template_arm64.yaml", "template_amd64.yaml"} {
		name := "ses-smtp-rotator_" + versionOf(t, dist) + "_" + suffix
		sum := sums[name]
		if got := fmt.Sprintf("%x", sha256.Sum256(read(t, asset(dist, name)))); got != sum {
			t.Errorf("%s has the checksum %s, and SHA256SUMS says %s", name, got, sum)
		}
		delete(sums, name)
	}
	if len(sums) != 0 {
		t.Errorf("not looked at: %v", sums)
	}
}

func TestAReleasesProgramRunsWithoutGo(t *testing.T) {
	dist := snapshot(t)
	if runtime.GOOS != "linux" {
		t.Skip("its packages are for Linux")
	}
	to := t.TempDir()
	run(t, "dpkg-deb", "-x", one(t, dist, "*_"+runtime.GOARCH+".deb"), to+"/deb")
	run(t, "mkdir", to+"/archive")
	run(t, "tar", "-C", to+"/archive", "-xzf", one(t, dist, "*_linux_"+runtime.GOARCH+".tar.gz"))
	for _, program := range []string{to + "/deb/usr/bin/smtprotate", to + "/archive/smtprotate"} {
		cmd := exec.Command(program, "--version")
		cmd.Env = []string{"PATH="} // neither Go nor anything else
		out, err := cmd.Output()
		if err != nil || !strings.HasPrefix(string(out), "smtprotate "+version.Number) {
			t.Errorf("%s --version: %q, %v; want %s", program, out, err, version.Number)
		}
	}
}

// packaged are files that both kinds of packages have, each with something that is in it.
var packaged = map[string]string{
	"/etc/default/smtprotate":                                 "SMTPROTATE_SECRET",
	"/usr/bin/smtprotate":                                     "ELF",
	"/usr/lib/systemd/system/smtprotate-postfix.service":      "ExecStart=/usr/bin/smtprotate follow",
	"/usr/share/bash-completion/completions/smtprotate":       "complete -o default",
	"/usr/share/doc/smtprotate/apps/README.md":                "smtprotate follow",
	"/usr/share/doc/smtprotate/apps/postfix/sasl_passwd.tmpl": "{{",
	"/usr/share/doc/smtprotate/apps/msmtp/msmtprc.tmpl":       "{{",
	"/usr/share/doc/smtprotate/copyright":                     "Apache License",
	"/usr/share/fish/vendor_completions.d/smtprotate.fish":    "complete -c smtprotate",
	"/usr/share/man/man1/smtprotate.1.gz":                     "\x1f\x8b",
}

func TestThePackagesHaveWhatBelongsOnAMachine(t *testing.T) {
	dist := snapshot(t)
	to := t.TempDir()
	run(t, "dpkg-deb", "-x", one(t, dist, "*_amd64.deb"), to)
	rpm := strings.Fields(run(t, "rpm", "-qlp", one(t, dist, "*.x86_64.rpm")))
	for path, want := range packaged {
		if !strings.Contains(string(read(t, to+path)), want) {
			t.Errorf("%s of the package for Debian hasn't %q", path, want)
		}
		if !slices.Contains(rpm, path) {
			t.Errorf("the RPM hasn't %s", path)
		}
	}
	if text := run(t, "dpkg-deb", "-I", one(t, dist, "*_amd64.deb"), "conffiles"); text != "/etc/default/smtprotate\n" {
		t.Errorf("configuration that an upgrade keeps: %q", text)
	}
}

// Each recipe for a machine of one's own is in the packages, and no other: those for platforms run
// elsewhere.
func TestThePackagesHaveEachRecipeForAMachine(t *testing.T) {
	config := string(read(t, top+"/.goreleaser.yaml"))
	entries, err := os.ReadDir(top + "/deploy/apps")
	if err != nil {
		t.Fatal(err)
	}
	elsewhere := []string{"ecs", "kubernetes", "lambda"}
	for _, entry := range entries {
		name := entry.Name()
		if !entry.IsDir() {
			continue
		}
		from := "src: deploy/apps/" + name
		has := strings.Contains(config, from+"/*\n") || strings.Contains(config, from+"/*.md\n") // beside its tests
		if has == slices.Contains(elsewhere, name) {
			t.Errorf("deploy/apps/%s is in the packages: %t", name, has)
		}
	}
}

func TestTheBillOfMaterialsHasWhatIsLinked(t *testing.T) {
	type component struct{ Name string }
	var bill struct {
		Format     string `json:"bomFormat"`
		Components []component
	}
	if err := json.Unmarshal(read(t, one(t, snapshot(t), "*_linux_amd64.cdx.json")), &bill); err != nil {
		t.Fatal(err)
	}
	if bill.Format != "CycloneDX" || len(bill.Components) < 10 {
		t.Errorf("%s with %d components", bill.Format, len(bill.Components))
	}
	for _, want := range []string{"github.com/alecthomas/kong", "github.com/aws/aws-sdk-go-v2"} {
		if !slices.ContainsFunc(bill.Components, func(c component) bool { return c.Name == want }) {
			t.Errorf("%s isn't in it", want)
		}
	}
}

// A release whose tag says another version than the source is refused before anything is built.
func TestATagThatTheSourceDoesNotKnowIsRefused(t *testing.T) {
	scratch := t.TempDir() // prepare.sh clears .build/release of the tree that it is in
	run(t, "mkdir", "-p", scratch+"/deploy/release", scratch+"/pkg/version")
	run(t, "cp", "prepare.sh", scratch+"/deploy/release")
	run(t, "cp", top+"/pkg/version/version.go", scratch+"/pkg/version")
	out, err := exec.Command("bash", scratch+"/deploy/release/prepare.sh", "9.9.9").CombinedOutput()
	if err == nil || !strings.Contains(string(out), "the tag is v9.9.9") ||
		!strings.Contains(string(out), version.Number) {
		t.Errorf("%v: %s", err, out)
	}
}

// The scripts of packages run as root on other people's machines.
func TestThePackagesScriptsRunWithoutSystemd(t *testing.T) {
	for script, args := range map[string][]string{
		"installed.sh": {"configure"}, "removing.sh": {"remove"},
	} {
		if _, err := os.Stat("/run/systemd/system"); err == nil {
			t.Skip("systemd runs here, and they would tell it something")
		}
		run(t, "sh", append([]string{"-eu", script}, args...)...)
	}
}
