package stack

import (
	"bytes"
	"encoding/json"
	"net/http"
	"os/exec"
	"strings"
	"testing"
)

// TestWhatSAMDoes: `sam deploy` itself isn't run, because SAM's CLI isn't among the tools of these
// tests. It puts the template through SAM's translator to see what is in it, and uploads the local
// file of a function's Code as it is, if it is a zip (LambdaFunctionResource and ResourceZip.export
// in samcli/lib/package/packageable_resources.py). That is the packager of `aws cloudformation
// package`. Then it makes a change set of the template in its bucket, as `aws cloudformation deploy
// --s3-bucket` does. Only the bucket of --resolve-s3 is SAM's own.
func TestWhatSAMDoes(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	c.run("bash deploy/build.sh\n" +
		"aws cloudformation package --template-file template.yaml --s3-bucket code-eu-west-1 " +
		"--output-template-file packaged.yaml\n" +
		"aws cloudformation deploy --template-file packaged.yaml --s3-bucket code-eu-west-1 --stack-name mail " +
		"--capabilities CAPABILITY_IAM --parameter-overrides IdentityArns=" + identity)
	c.hasFunction("mail", "eu-west-1")

	template, packaged := load(t, templateFile), load(t, c.folder+"/packaged.yaml")
	code := packaged.at("Resources", "Function", "Properties", "Code")
	if got := s3(t, http.MethodGet, c.moto+"/"+code.at("S3Bucket").String()+"/"+code.at("S3Key").String()); got !=
		builtFunction(t) {
		t.Errorf("the package is %q", got)
	}
	packaged.at("Resources", "Function", "Properties").value.(map[string]any)["Code"] = ".build/function.zip"
	if all := differences("", canonical(t, template.value), canonical(t, packaged.value)); len(all) != 0 {
		t.Errorf("packaging changes the template:\n%s", strings.Join(all, "\n"))
	}
}

// TestSAMsTranslatorHasNothingToDo, because the template is plain CloudFormation.
func TestSAMsTranslatorHasNothingToDo(t *testing.T) {
	if err := exec.CommandContext(t.Context(), "python3", "-c", "import samtranslator").Run(); err != nil {
		t.Skip("python3 has no samtranslator, SAM's translator:", err)
	}
	template := load(t, templateFile)
	text, err := json.Marshal(template.value)
	if err != nil {
		t.Fatal(err)
	}
	var stderr bytes.Buffer
	cmd := exec.CommandContext(t.Context(), "python3", "testdata/sam_translate.py")
	cmd.Env = append(cmd.Environ(), "AWS_DEFAULT_REGION=eu-west-1")
	cmd.Stdin, cmd.Stderr = bytes.NewReader(text), &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, stderr.Bytes())
	}
	var translated any
	if err := json.Unmarshal(out, &translated); err != nil {
		t.Fatal(err)
	}
	if all := differences("", canonical(t, template.value), canonical(t, translated)); len(all) != 0 {
		t.Errorf("SAM changes the template:\n%s", strings.Join(all, "\n"))
	}
}
