package stack

import (
	"encoding/json"
	"os"
	"os/exec"
	"reflect"
	"regexp"
	"strings"
	"testing"
)

// compactFile writes the compact template, and returns its path and the key of the code.
func compactFile(t *testing.T, code string) (file, key string) {
	t.Helper()
	folder := t.TempDir()
	write(t, folder+"/function.zip", code)
	out, err := exec.CommandContext(t.Context(), "go", "run", "../internal/compact", templateFile,
		folder+"/function.zip", folder+"/template.yaml").Output()
	if err != nil {
		t.Fatal(err)
	}
	return folder + "/template.yaml", strings.TrimSpace(string(out))
}

// mostBytes is how large a template may be as people deploy it: a request has room for 51,200
// ("Understand CloudFormation quotas"), and some of that is left for what comes.
const mostBytes = 45_000

// TestTheTemplateIsPlainAndSmall: service-managed stack sets and CDK take no transform.
func TestTheTemplateIsPlainAndSmall(t *testing.T) {
	file, _ := compactFile(t, "code")
	if size := len(contents(t, file)); size > mostBytes {
		t.Errorf("the compact template has %d bytes, and may have %d", size, mostBytes)
	}
	for _, file := range []string{templateFile, file} {
		load(t, file).visit(func(n node) {
			for name, value := range n.fields() {
				if name == "Transform" || name == "Fn::Transform" || strings.HasPrefix(name, "Fn::ForEach") ||
					name == "Type" && strings.HasPrefix(value.String(), "AWS::Serverless") {
					t.Errorf("%s has %s: %v", file, name, value)
				}
			}
		})
	}
}

func TestTheCompactTemplateMeansTheSame(t *testing.T) {
	file, key := compactFile(t, "code")
	again, _ := compactFile(t, "code")
	if contents(t, file) != contents(t, again) {
		t.Error("it isn't the same each time")
	}
	if _, other := compactFile(t, "other code"); other == key {
		t.Error("other code has the same key, so CloudFormation would notice nothing")
	}
	template, compact := load(t, templateFile), load(t, file)
	for _, added := range [][]string{{"Parameters", "CodeBucket"}, {"Parameters", "CodeKey"},
		{"Conditions", "HasRegionalBucket"}, {"Conditions", "HasCodeKey"}} {
		section := compact.at(added[0]).value.(map[string]any)
		if section[added[1]] == nil {
			t.Errorf("it has no %s", added[1])
		}
		delete(section, added[1])
	}
	groups := compact.at("Metadata", "AWS::CloudFormation::Interface").value.(map[string]any)
	all := groups["ParameterGroups"].([]any)
	groups["ParameterGroups"] = all[:len(all)-1]
	for _, document := range []node{template, compact} {
		function := document.at("Resources", "Function").value.(map[string]any)
		delete(function, "Metadata")
		delete(function["Properties"].(map[string]any), "Code")
		dashboard := document.at("Resources", "Dashboard", "Properties", "DashboardBody").value.(map[string]any)
		var body any
		if err := json.Unmarshal([]byte(dashboard["Fn::Sub"].(string)), &body); err != nil {
			t.Fatal(err)
		}
		dashboard["Fn::Sub"] = body
	}
	if !reflect.DeepEqual(template.value, compact.value) {
		t.Errorf("it means\n%v\nand not\n%v", compact, template)
	}
}

func TestTheTemplateIsForWhatWasBuilt(t *testing.T) {
	c := withoutAWS(t)
	for command, want := range map[string]string{
		"bash deploy/build.sh":       "[arm64]",
		"bash deploy/build.sh arm64": "[arm64]",
		"bash deploy/build.sh amd64": "[x86_64]",
	} {
		c.run(command)
		if got := load(t, c.folder+"/.build/template.yaml").at("Resources", "Function", "Properties",
			"Architectures").String(); got != want {
			t.Errorf("%s makes a template for %s, want %s", command, got, want)
		}
	}
}

func TestTheCodeIsWhereTheParametersSay(t *testing.T) {
	file, key := compactFile(t, "code")
	template := load(t, file)
	for _, in := range []struct{ bucket, key, wantBucket, wantKey string }{
		{"code", "", "code", key},
		{"code-", "", "code-eu-west-1", key},
		{"my.code-2", "f/1.zip", "my.code-2", "f/1.zip"},
	} {
		code := deploy(t, template, map[string]string{"IdentityArns": identity, "CodeBucket": in.bucket,
			"CodeKey": in.key}).resource("Function").at("Code")
		if b, k := code.at("S3Bucket").String(), code.at("S3Key").String(); b != in.wantBucket || k != in.wantKey {
			t.Errorf("%q, %q: the code is %s in %s", in.bucket, in.key, k, b)
		}
	}
	for name, values := range map[string]map[string]bool{
		"CodeBucket": {"code": true, "code-": true, "": false, "s3://code": false, "Code": false, "-code": false},
		"CodeKey":    {"": true, "a/b.zip": true, "a b.zip": false, "a/b": false},
	} {
		pattern := regexp.MustCompile(template.at("Parameters", name, "AllowedPattern").String())
		for value, allowed := range values {
			if pattern.MatchString(value) != allowed {
				t.Errorf("%s=%q: allowed is %v", name, value, !allowed)
			}
		}
	}
}

// TestAnUpdateReplacesNothing: what a stack has under one of these names would be made anew under
// another, and what has another type as well. Stacks have come from SAM with these.
func TestAnUpdateReplacesNothing(t *testing.T) {
	text, err := os.ReadFile("testdata/resources.json")
	if err != nil {
		t.Fatal(err)
	}
	var types map[string]string
	if err := json.Unmarshal(text, &types); err != nil {
		t.Fatal(err)
	}
	file, _ := compactFile(t, "code")
	for _, file := range []string{templateFile, file} {
		resources := load(t, file).at("Resources")
		for name, kind := range types {
			if got := resources.at(name, "Type").String(); got != kind {
				t.Errorf("%s is a %s, and stacks have a %s", name, got, kind)
			}
		}
		d := deploy(t, load(t, file), map[string]string{"IdentityArns": identity})
		invoke := d.resource("FunctionEventInvokeConfig")
		const want = "map[DestinationConfig:map[OnFailure:map[Destination:arn:aws:::FailureQueue.Arn]] " +
			"FunctionName:Function MaximumEventAgeInSeconds:3600 MaximumRetryAttempts:2 Qualifier:$LATEST]"
		if invoke.String() != want {
			t.Errorf("%s, want %s", invoke, want)
		}
	}
}
