package stack

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/lambda"
)

// download serves a file to those who know the password.
type download struct {
	mu        sync.Mutex
	file      string
	downloads int
}

func (r *download) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	r.mu.Lock()
	defer r.mu.Unlock()
	_, password, _ := request.BasicAuth()
	if password != "hunter2" || request.FormValue("signature") != "sesame" {
		http.Error(w, "who are you?", http.StatusForbidden)
		return
	}
	r.downloads++
	fmt.Fprint(w, r.file)
}

// publish puts a file in the place of the one before, and returns its checksum.
func (r *download) publish(file string) [sha256.Size]byte {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.file = file
	return sha256.Sum256([]byte(file))
}

func (r *download) downloaded() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.downloads
}

// TestTheDownloadSaysWhatIsWrong and leaves no file.
func TestTheDownloadSaysWhatIsWrong(t *testing.T) {
	var r download
	server := httptest.NewServer(&r)
	t.Cleanup(server.Close)
	sum := fmt.Sprintf("%x", r.publish("the function"))
	place := strings.TrimPrefix(server.URL, "http://") + "/function.zip"
	url := "http://somebody:hunter2@" + place + "?signature=sesame"
	needed := []string{"sh", "sed", "cut", "mkdir", "dirname", "mktemp", "rm", "mv"}
	for _, c := range []struct {
		what, url, sum string
		has            []string
		says           []string // nothing where it works
	}{
		{"all is right", url, sum, []string{"curl", "sha256sum"}, nil},
		{"a Mac", url, sum, []string{"curl", "shasum", "env", "perl"}, nil},
		{"brackets", url + "&for=[1]{2}", sum, []string{"curl", "sha256sum"}, nil},
		{"another checksum", url, strings.Repeat("0", 64), []string{"curl", "sha256sum"},
			[]string{"http://" + place + " has the SHA-256 checksum " + sum, "function_sha256 is 0000", "SHA256SUMS"}},
		{"refused", strings.Replace(url, "sesame", "please", 1), sum, []string{"curl", "sha256sum"},
			[]string{"http://" + place + " can't be downloaded", "403"}},
		{"brackets, and refused", strings.Replace(url, "sesame", "[please]", 1), sum, []string{"curl", "sha256sum"},
			[]string{"http://" + place + " can't be downloaded", "403"}},
		{"no curl", url, sum, []string{"sha256sum"}, []string{"curl isn't on the PATH", "function_zip"}},
		{"no checksums", url, sum, []string{"curl"},
			[]string{"Neither sha256sum nor shasum is on the PATH", "function_zip"}},
	} {
		t.Run(c.what, func(t *testing.T) {
			folder := t.TempDir()
			script := exec.CommandContext(t.Context(), "/bin/sh", moduleFolder+"/download.sh")
			script.Env = []string{"PATH=" + onlyThese(t, slices.Concat(needed, c.has)...), "FUNCTION_URL=" + c.url,
				"FUNCTION_SHA256=" + c.sum, "FUNCTION_FILE=" + folder + "/of its own/function.zip"}
			out, err := script.CombinedOutput()
			for _, said := range c.says {
				if !strings.Contains(string(out), said) {
					t.Errorf("it doesn't say %q: %s", said, out)
				}
			}
			for _, secret := range []string{"hunter2", "sesame", "please"} {
				if strings.Contains(string(out), secret) {
					t.Errorf("it says %q: %s", secret, out)
				}
			}
			kept, _ := filepath.Glob(folder + "/*/*")
			if works := c.says == nil; works != (err == nil) || works != (len(kept) == 1) {
				t.Errorf("it ends with %v, and there is %v: %s", err, kept, out)
			}
		})
	}
}

// onlyThese is a PATH.
func onlyThese(t *testing.T, programs ...string) (folder string) {
	t.Helper()
	folder = t.TempDir()
	for _, name := range programs {
		program, err := exec.LookPath(name)
		if err != nil {
			t.Skip(err)
		}
		if err := os.Symlink(program, filepath.Join(folder, name)); err != nil {
			t.Fatal(err)
		}
	}
	return folder
}

func downloadsTheFunction(tf *terraform) {
	var r download
	server := httptest.NewServer(&r)
	tf.Cleanup(server.Close)
	place := strings.TrimPrefix(server.URL, "http://") + "/function.zip"
	tf.env = append(tf.env, "TF_VAR_function_url=http://somebody:hunter2@"+place+"?signature=sesame")
	first := r.publish("the first function")
	tf.run(example, "init")

	out, err := tf.apply(sha256.Sum256([]byte("another function")))
	got, want := hex.EncodeToString(first[:]), fmt.Sprintf("%x", sha256.Sum256([]byte("another function")))
	for _, said := range []string{"http://" + place, got, "function_sha256 is " + want} {
		if err == nil || !strings.Contains(out, said) {
			tf.Errorf("with another checksum, it doesn't say %q (%v):\n%s", said, err, out)
		}
	}
	if tf.functionHash() != "" {
		tf.Error("with another checksum, a function is deployed")
	}
	if kept, _ := filepath.Glob(filepath.Join(tf.folder, example, ".terraform/ses-smtp-rotator/*")); len(kept) > 0 {
		tf.Errorf("what has another checksum is kept: %v", kept)
	}

	tf.isDeployed(first)
	tf.isDownloadedWhereItIsMissing(&r, first)
	state := tf.run(example, "show", "-json")
	for _, secret := range []string{"hunter2", "sesame"} {
		if strings.Contains(out+state, secret) {
			tf.Errorf("the log or the state has %q", secret)
		}
	}
	if filepath.Base(tf.program) == "terraform" { // the rest makes no difference
		tf.isDeployed(r.publish("the second function"))
		tf.isDeployedFromS3()
	}
}

func (tf *terraform) isDeployedFromS3() {
	tf.Helper()
	moto := *tf.aws.BaseEndpoint
	s3(tf.T, http.MethodPut, moto+"/code")
	s3(tf.T, http.MethodPut, moto+"/code/function.zip", "the third function")
	tf.write(example+"/code_override.tf", `module "mail" {
		function_url = ""
		function_sha256 = ""
		function_bucket = "code"
		function_key = "function.zip"
	}`)
	tf.isDeployed(sha256.Sum256([]byte("the third function")))
}

// isDownloadedWhereItIsMissing tries another machine, and one whose file is no longer what it was.
func (tf *terraform) isDownloadedWhereItIsMissing(r *download, sum [sha256.Size]byte) {
	tf.Helper()
	before := r.downloaded()
	if err := os.RemoveAll(filepath.Join(tf.folder, example, ".terraform")); err != nil {
		tf.Fatal(err)
	}
	tf.run(example, "init")
	if changes := tf.changes(); !slices.Equal(changes, []string{"module.mail.terraform_data.download[0]"}) {
		tf.Errorf("on another machine, %v are changed", changes)
	}
	tf.isDeployed(sum)
	tf.write(fmt.Sprintf("%s/.terraform/ses-smtp-rotator/%x.zip", example, sum), "what is this?")
	tf.run(example, "apply", "-auto-approve", "-replace=module.mail.aws_lambda_function.function")
	if got := tf.functionHash(); got != base64.StdEncoding.EncodeToString(sum[:]) {
		tf.Errorf("what was in the file is deployed: %s", got)
	}
	if times := r.downloaded() - before; times != 2 {
		tf.Errorf("a missing file and a changed one are downloaded %d times", times)
	}
}

// isDeployed applies, after which nothing is left to do.
func (tf *terraform) isDeployed(sum [sha256.Size]byte) {
	tf.Helper()
	if out, err := tf.apply(sum); err != nil {
		tf.Fatalf("%v\n%s", err, out)
	}
	if got, want := tf.functionHash(), base64.StdEncoding.EncodeToString(sum[:]); got != want {
		tf.Errorf("the function is %s, want %s", got, want)
	}
	if changes := tf.changes(); len(changes) > 0 {
		tf.Errorf("a second apply changes %v", changes)
	}
}

// apply is by the checksum that the next plans have, too.
func (tf *terraform) apply(sum [sha256.Size]byte) (string, error) {
	tf.Helper()
	tf.env = append(tf.env, fmt.Sprintf("TF_VAR_function_sha256=%x", sum))
	return tf.try(example, "apply", "-auto-approve", "-no-color")
}

// functionHash is what AWS says of the function, and empty if there is none.
func (tf *terraform) functionHash() string {
	tf.Helper()
	listed, err := lambda.NewFromConfig(tf.aws).ListFunctions(tf.Context(), &lambda.ListFunctionsInput{})
	if err != nil {
		tf.Fatal(err)
	}
	for _, f := range listed.Functions {
		return *f.CodeSha256
	}
	return ""
}

// changes are the addresses of what the next apply would change.
func (tf *terraform) changes() []string {
	tf.Helper()
	tf.run(example, "plan", "-out=plan")
	return slices.Sorted(maps.Keys(changes(tf.show(example, "plan"))))
}
