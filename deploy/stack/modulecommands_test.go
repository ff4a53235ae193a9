package stack

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"

	"github.com/seed-486a873a/ses-smtp-rotator/deploy/internal/commands"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/localaws/awstest"
)

// session is a section of the module's README: what it has people type, in a shell or into main.tf.
type session struct {
	title  string
	blocks []printed
}

// printed is one block of it.
type printed struct{ language, text, notRun string }

// sessions are the sections with commands. A comment before a block says why it can't be run here:
// <!-- not run: because -->.
func sessions(page string) (found []session) {
	block := regexp.MustCompile("(?ms)(?:^<!-- not run: ([^\n]*) -->\n)?^```(\\w*)\n(.*?)^```$")
	for _, section := range strings.Split(page, "\n## ")[1:] {
		title, text, _ := strings.Cut(section, "\n")
		var blocks []printed
		for _, match := range block.FindAllStringSubmatch(text, -1) {
			blocks = append(blocks, printed{match[2], match[3], match[1]})
		}
		if len(blocks) > 0 {
			found = append(found, session{title, blocks})
		}
	}
	return found
}

// TestTheModulesCommandsAreInBlocks so that none of them goes untried.
func TestTheModulesCommandsAreInBlocks(t *testing.T) {
	page := contents(t, moduleFolder+"/README.md")
	for _, s := range sessions(page) {
		for _, b := range s.blocks {
			if b.language != "sh" && b.language != "hcl" {
				t.Errorf("%s: a block is in %q", s.title, b.language)
			}
			page = strings.Replace(page, b.text, "", 1)
		}
	}
	for _, command := range commands.Of(page) {
		t.Errorf("%q is in no block", command)
	}
}

// commandsWorkAsPrinted has a copy of the repository as GitHub, and moto as AWS.
func commandsWorkAsPrinted(t *testing.T) {
	tests := map[string]func(*testing.T){}
	for _, s := range sessions(contents(t, moduleFolder+"/README.md")) {
		tests[s.title] = s.worksAsPrinted
	}
	atOnce(t, tests)
}

// releaseOf is what the file of a release has in it.
func releaseOf(version string) string { return "the function of " + version }

const noChecksum = "0000000000000000000000000000000000000000000000000000000000000000"

func (s session) worksAsPrinted(t *testing.T) {
	if _, err := exec.LookPath("aws"); err != nil {
		t.Skip("the AWS CLI isn't installed:", err)
	}
	tf := newTerraform(t, awsByMoto)
	gitHub := tf.gitHub()
	folder := filepath.Join(tf.folder, "own")
	if strings.Contains(s.blocks[0].text, "deploy/build.sh") {
		folder = gitHub // which is a copy of the repository
	}
	tf.env = append(tf.env, "TF_CLI_ARGS_apply=-auto-approve", "TF_CLI_ARGS_destroy=-auto-approve", "TF_INPUT=0",
		"AWS_PAGER=", "AWS_DEFAULT_REGION="+awstest.Region, "SECRET_ARN="+tf.aSecret())
	for _, b := range s.blocks {
		switch {
		case b.notRun != "":
			t.Logf("not run, because %s:\n%s", b.notRun, b.text)
		case b.language == "hcl":
			sum := fmt.Sprintf("%x", sha256.Sum256([]byte(releaseOf("v0.1.0"))))
			write(t, filepath.Join(folder, "main.tf"), strings.Replace(b.text, noChecksum, sum, 1))
		default:
			if strings.Contains(b.text, "init -upgrade") {
				tf.upgrade(folder)
			}
			folder = tf.typed(folder, b.text)
			sum := sha256.Sum256([]byte(releaseOf("v0.2.0")))
			if got := tf.functionHash(); strings.Contains(b.text, "init -upgrade") &&
				got != base64.StdEncoding.EncodeToString(sum[:]) {
				t.Errorf("upgraded, the function is %s", got)
			}
		}
	}
	users, roles, secrets := tf.made()
	if policies := tf.policies(); len(users)+len(roles)+len(policies) > 0 || len(secrets) != 1 {
		t.Errorf("left are the users %v, the roles %v, the secrets %v and the policies %v", users, roles, secrets,
			policies)
	}
}

// typed is run by a shell, which returns the folder that it is in at the end.
func (tf *terraform) typed(folder, text string) string {
	tf.Helper()
	if err := os.MkdirAll(folder, 0o755); err != nil {
		tf.Fatal(err)
	}
	shell := exec.CommandContext(tf.Context(), "bash", "-euc", text+"\npwd >"+filepath.Join(tf.folder, "pwd"))
	shell.Dir, shell.Env = folder, tf.env
	out, err := shell.CombinedOutput()
	if err != nil {
		tf.Fatalf("%s: %v\n%s", text, err, out)
	}
	return strings.TrimSpace(contents(tf.T, filepath.Join(tf.folder, "pwd")))
}

// upgrade is what the README says before it: another release is named.
func (tf *terraform) upgrade(folder string) {
	tf.Helper()
	file := filepath.Join(folder, "main.tf")
	sum := func(version string) string { return fmt.Sprintf("%x", sha256.Sum256([]byte(releaseOf(version)))) }
	write(tf.T, file, strings.NewReplacer("0.1.0", "0.2.0", sum("v0.1.0"), sum("v0.2.0")).
		Replace(contents(tf.T, file)))
}

// gitHub is a copy of the repository with two releases, which git and curl take for GitHub's.
func (tf *terraform) gitHub() (folder string) {
	tf.Helper()
	const at = "https://github.com/seed-486a873a/ses-smtp-rotator"
	folder = filepath.Join(tf.folder, "ses-smtp-rotator")
	copyRepository(tf.T, "", folder)
	tf.typed(folder, "git init -q\ngit add -A\ngit -c user.name=test -c user.email=test@example.com commit -qm test\n"+
		"git tag v0.1.0\ngit tag v0.2.0")
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		version := strings.Split(r.URL.Path, "/")[5]
		file := "ses-smtp-rotator_" + version[1:] + "_lambda_arm64.zip"
		if "https://"+r.Host+r.URL.Path != at+"/releases/download/"+version+"/"+file {
			http.NotFound(w, r)
			return
		}
		fmt.Fprint(w, releaseOf(version))
	}))
	tf.Cleanup(server.Close)
	tf.write("curl/.curlrc", "insecure\nconnect-to = \"github.com:443:"+server.Listener.Addr().String()+"\"\n")
	tf.env = append(tf.env, "CURL_HOME="+filepath.Join(tf.folder, "curl"), "GIT_CONFIG_COUNT=1",
		"GIT_CONFIG_KEY_0=url.file://"+folder+".insteadOf", "GIT_CONFIG_VALUE_0="+at)
	return folder
}

// aSecret has a key and a copy that can be taken away.
func (tf *terraform) aSecret() (arn string) {
	tf.Helper()
	name, key, region := "somebody-elses", "alias/mail", "eu-central-1"
	made, err := secretsmanager.NewFromConfig(tf.aws).CreateSecret(tf.Context(), &secretsmanager.CreateSecretInput{
		Name: &name, KmsKeyId: &key, AddReplicaRegions: []types.ReplicaRegionType{{Region: &region}},
	})
	if err != nil {
		tf.Fatal(err)
	}
	return *made.ARN
}
