package stack

import (
	"bytes"
	"encoding/json"
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
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/localaws/awstest"
)

const moduleFolder = "../terraform"

// terraform runs the program in a copy of the module.
type terraform struct {
	*testing.T
	program, folder, plugins string
	env                      []string
	aws                      aws.Config
}

// newTerraform has an AWS that start starts.
func newTerraform(t *testing.T, start func(*testing.T) (url string)) *terraform {
	t.Helper()
	if testing.Short() {
		t.Skip("runs Terraform, and -short was asked for")
	}
	program, err := exec.LookPath("terraform")
	if err != nil {
		t.Skip("Terraform isn't installed:", err)
	}
	tf := &terraform{T: t, program: program, plugins: plugins(t), folder: t.TempDir()}
	address := start(t)
	tf.aws = awstest.Config(address)
	if err := os.CopyFS(filepath.Join(tf.folder, "deploy", "terraform"), os.DirFS(moduleFolder)); err != nil {
		t.Fatal(err)
	}
	tf.write(".build/function.zip", "a function")
	tf.write("empty.tfrc", "")
	tf.env = append(os.Environ(), "AWS_ENDPOINT_URL="+address, "AWS_REGION="+awstest.Region,
		"AWS_ACCESS_KEY_ID=AKIATEST000000000000",
		"AWS_SECRET_ACCESS_KEY=test", "AWS_EC2_METADATA_DISABLED=true",
		"TF_CLI_CONFIG_FILE="+filepath.Join(tf.folder, "empty.tfrc"),
		"TF_IN_AUTOMATION=1", "CHECKPOINT_DISABLE=1", "TF_VAR_identity_arn="+identity)
	return tf
}

// plugins is a folder with AWS's provider, which is too large to be fetched for a test:
// TF_PLUGIN_DIR, or where a mirror usually is ("Provider Installation", Terraform's CLI
// configuration).
func plugins(t *testing.T) string {
	t.Helper()
	home, _ := os.UserHomeDir()
	for _, pattern := range []string{os.Getenv("TF_PLUGIN_DIR"), home + "/.terraform.d/plugins",
		"/usr/local/share/terraform/plugins", "/opt/*"} {
		if found, _ := filepath.Glob(filepath.Join(pattern, "registry.terraform.io/hashicorp/aws/*")); pattern != "" &&
			len(found) > 0 {
			folder, _, _ := strings.Cut(found[0], "/registry.terraform.io/")
			return folder
		}
	}
	t.Skip("Terraform's AWS provider isn't in any local mirror (TF_PLUGIN_DIR names one)")
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
		tf.Fatalf("terraform %s: %v\n%s", strings.Join(arguments, " "), err, out)
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
