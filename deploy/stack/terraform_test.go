package stack

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/localaws/awstest"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/localaws/whole"
)

const moduleFolder = "../terraform"

// programs understand the module.
var programs = []string{"terraform", "tofu"}

// terraform runs one of the programs in a copy of the module.
type terraform struct {
	*testing.T
	program, folder string
	env             []string
	aws             aws.Config
}

// newTerraform has an AWS that start starts.
func newTerraform(t *testing.T, start func(*testing.T) (url string)) *terraform {
	t.Helper()
	return newProgram(t, "terraform", start)
}

func newProgram(t *testing.T, name string, start func(*testing.T) (url string)) *terraform {
	t.Helper()
	if testing.Short() {
		t.Skipf("runs %s, and -short was asked for", name)
	}
	program, err := exec.LookPath(name)
	if err != nil {
		t.Skipf("%s isn't installed: %v", name, err)
	}
	tf := &terraform{T: t, program: program, folder: t.TempDir()}
	mirror(t, filepath.Join(tf.folder, "mirror"))
	address := start(t)
	tf.aws = awstest.Config(address)
	copyRepository(t, "deploy/terraform", tf.folder)
	tf.write(".build/function.zip", "a function")
	tf.write("mirror.tfrc", fmt.Sprintf("provider_installation {\n  filesystem_mirror {\n    path = %q\n  }\n}\n",
		filepath.Join(tf.folder, "mirror")))
	tf.env = append(os.Environ(), "AWS_ENDPOINT_URL="+address, "AWS_REGION="+awstest.Region,
		"AWS_ACCESS_KEY_ID=AKIATEST000000000000",
		"AWS_SECRET_ACCESS_KEY=test", "AWS_EC2_METADATA_DISABLED=true",
		"TF_CLI_CONFIG_FILE="+filepath.Join(tf.folder, "mirror.tfrc"),
		"TF_IN_AUTOMATION=1", "CHECKPOINT_DISABLE=1", "TF_VAR_identity_arn="+identity)
	return tf
}

// copyRepository leaves out what git ignores, such as what somebody has applied an example with.
func copyRepository(t *testing.T, part, to string) {
	t.Helper()
	git := exec.CommandContext(t.Context(), "git", "ls-files", "-z", "--cached", "--others", "--exclude-standard",
		"--", "./"+part)
	git.Dir = "../.."
	listed, err := git.Output()
	if err != nil || len(listed) == 0 {
		t.Fatal("git doesn't say what is in the repository:", err)
	}
	for name := range strings.SplitSeq(strings.TrimRight(string(listed), "\x00"), "\x00") {
		if _, err := os.Stat(filepath.Join("../..", name)); err == nil { // or it was deleted, which isn't committed yet
			copyFile(t, filepath.Join("../..", name), filepath.Join(to, name))
		}
	}
}

// withEach runs a test with each program; the essential part is Terraform. They take their turns,
// because a plan keeps a machine busy.
func withEach(t *testing.T, start func(*testing.T) (url string), test func(*terraform)) {
	t.Helper()
	for _, program := range programs[:whole.Size(t, "programs", 1, len(programs))] {
		t.Run(program, func(t *testing.T) { test(newProgram(t, program, start)) })
	}
}

// TestTheModulesInAnAccount has all that is applied. That is mostly waiting, so it goes on at once,
// however many processors there are.
func TestTheModulesInAnAccount(t *testing.T) {
	t.Parallel()
	whole.Only(t, "AWS's provider waits for a minute until its queue is there, and until it is gone")
	atOnce(t, map[string]func(*testing.T){
		"the module is applied and destroyed without a trace": func(t *testing.T) {
			atOnceWithEach(t, isAppliedAndDestroyed)
		},
		"the modules beside are applied and destroyed": modulesBesideAreAppliedAndDestroyed,
		"the function is downloaded and deployed if its checksum is right": func(t *testing.T) {
			atOnceWithEach(t, downloadsTheFunction)
		},
		"the commands work as printed": commandsWorkAsPrinted,
	})
}

func atOnce(t *testing.T, tests map[string]func(*testing.T)) {
	t.Helper()
	var running sync.WaitGroup
	for name, test := range tests {
		running.Go(func() { t.Run(name, test) })
	}
	running.Wait()
}

func atOnceWithEach(t *testing.T, test func(*terraform)) {
	t.Helper()
	tests := map[string]func(*testing.T){}
	for _, program := range programs {
		tests[program] = func(t *testing.T) { test(newProgram(t, program, awsByMoto)) }
	}
	atOnce(t, tests)
}

// mirror makes a folder in which each program finds AWS's provider: they look for it under the
// names of their own registries.
func mirror(t *testing.T, folder string) {
	t.Helper()
	provider := plugin(t)
	for _, registry := range []string{"registry.terraform.io", "registry.opentofu.org"} {
		found, err := filepath.Glob(filepath.Join(provider, "*"))
		if err != nil {
			t.Fatal(err)
		}
		if unpacked, _ := filepath.Glob(filepath.Join(provider, "*/*_*")); len(unpacked) > 0 {
			found = unpacked
		}
		for _, file := range found { // a version for one platform
			name, err := filepath.Rel(provider, file)
			if err != nil {
				t.Fatal(err)
			}
			link := filepath.Join(folder, registry, "hashicorp/aws", name)
			if err := errors.Join(os.MkdirAll(filepath.Dir(link), 0o755), os.Symlink(file, link)); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// plugin is a folder with AWS's provider, which is too large to be fetched for a test, in
// TF_PLUGIN_DIR, or where a mirror usually is ("Provider Installation", Terraform's CLI
// configuration).
func plugin(t *testing.T) string {
	t.Helper()
	home, _ := os.UserHomeDir()
	for _, pattern := range []string{os.Getenv("TF_PLUGIN_DIR"), home + "/.terraform.d/plugins",
		"/usr/local/share/terraform/plugins", "/opt/*"} {
		if found, _ := filepath.Glob(filepath.Join(pattern, "registry.terraform.io/hashicorp/aws")); pattern != "" &&
			len(found) > 0 {
			return found[0]
		}
	}
	t.Skip("AWS's provider isn't in any local mirror (TF_PLUGIN_DIR names one)")
	return ""
}

// awsForPlans knows whose account it is. A plan of what isn't there yet asks for nothing else.
func awsForPlans(t *testing.T) string {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if action := r.FormValue("Action"); action != "GetCallerIdentity" {
			t.Errorf("Terraform asks AWS for %q to plan", action)
			http.Error(w, "not here", http.StatusNotImplemented)
			return
		}
		fmt.Fprint(w, `<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>
			<Arn>arn:aws:iam::`+accountID+`:user/planner</Arn><UserId>AIDAPLANNER</UserId><Account>`+accountID+`</Account>
			</GetCallerIdentityResult></GetCallerIdentityResponse>`)
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// awsByMoto is moto with what it can't do answered for it: it has no Docker to run a function in,
// and no service-specific credentials, which Terraform looks for before it deletes a user.
func awsByMoto(t *testing.T) string {
	t.Helper()
	moto := awstest.Moto(t)
	response, err := http.Post(moto+"/moto-api/config", "application/json",
		strings.NewReader(`{"lambda":{"use_docker":false}}`))
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	target, err := url.Parse(moto)
	if err != nil {
		t.Fatal(err)
	}
	proxy := httputil.NewSingleHostReverseProxy(target)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if bytes.Contains(body, []byte("Action=ListServiceSpecificCredentials")) {
			fmt.Fprint(w, `<ListServiceSpecificCredentialsResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/">
				<ListServiceSpecificCredentialsResult/></ListServiceSpecificCredentialsResponse>`)
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	return server.URL
}

func (tf *terraform) write(name, text string) {
	tf.Helper()
	write(tf.T, filepath.Join(tf.folder, name), text)
}

// try runs a command in the folder of one configuration.
func (tf *terraform) try(in string, arguments ...string) (string, error) {
	tf.Helper()
	cmd := exec.CommandContext(tf.Context(), tf.program, arguments...)
	cmd.Dir, cmd.Env = filepath.Join(tf.folder, in), tf.env
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func (tf *terraform) run(in string, arguments ...string) string {
	tf.Helper()
	out, err := tf.try(in, arguments...)
	if err != nil {
		tf.Fatalf("%s %s: %v\n%s", filepath.Base(tf.program), strings.Join(arguments, " "), err, out)
	}
	return out
}

// show is the state, or a plan.
func (tf *terraform) show(in string, plan ...string) node {
	tf.Helper()
	var document any
	if err := json.Unmarshal([]byte(tf.run(in, append([]string{"show", "-json"}, plan...)...)), &document); err != nil {
		tf.Fatal(err)
	}
	return node{document}
}
