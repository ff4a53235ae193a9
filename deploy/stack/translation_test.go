package stack

import (
	"encoding/json"
	"os/exec"
	"slices"
	"testing"
)

// SAM makes of the template what CloudFormation deploys. Where its translator is installed, the
// role and the environment that the other tests look at are held against that.
func TestTheTranslationHasTheSameRoleAndEnvironment(t *testing.T) {
	if err := exec.CommandContext(t.Context(), "python3", "-c", "import samtranslator").Run(); err != nil {
		t.Skip("aws-sam-translator isn't installed (pip install aws-sam-translator):", err)
	}
	out, err := exec.CommandContext(t.Context(), "python3", "testdata/translate.py", templateFile).Output()
	if err != nil {
		t.Fatal(err)
	}
	var document any
	if err := json.Unmarshal(out, &document); err != nil {
		t.Fatal(err)
	}
	parameters := map[string]string{"IdentityArns": identity}
	written, translated := deploy(t, load(t, templateFile), parameters), deploy(t, node{document}, parameters)
	for _, name := range written.made() {
		if !slices.Contains(translated.made(), name) {
			t.Errorf("%s isn't there", name)
		}
	}
	if !slices.Contains(translated.made(), "FunctionEventInvokeConfig") {
		t.Error("nothing says what becomes of failed invocations")
	}
	if kind := translated.template.at("Resources", "Function", "Type").String(); kind != "AWS::Lambda::Function" {
		t.Errorf("the function is a %s", kind)
	}
	for resource, properties := range map[string][]string{
		"Function":     {"Environment", "Runtime", "Architectures", "Role", "LoggingConfig", "Timeout", "MemorySize"},
		"FunctionRole": {"Policies", "AssumeRolePolicyDocument"},
	} {
		for _, p := range properties {
			if got, want := translated.resource(resource).at(p).String(),
				written.resource(resource).at(p).String(); got != want {
				t.Errorf("%s of %s: %s, want %s", p, resource, got, want)
			}
		}
	}
}
