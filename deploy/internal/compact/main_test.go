package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const small = `Metadata:
  AWS::CloudFormation::Interface:
    ParameterGroups: []
Parameters: {}
Conditions: {}
Resources:
  Function:
    Type: AWS::Lambda::Function
    Metadata: { about: the local file }
    Properties:
      Architectures: [arm64]
      Code: function.zip # local
`

// build are the options that deploy/build.sh uses.
var build = options{arch: "arm64", key: "k.zip"}

func TestWhatIsMissingIsNamed(t *testing.T) {
	for _, in := range []struct{ template, says string }{
		{"", "there is no template in the file"},
		{"a: [", "yaml:"},
		{"Resources: {}", "no Resources.Function"},
		{strings.Replace(small, "Code:", "CodeUri:", 1), "no Code"},
		{strings.Replace(small, "Conditions: {}\n", "", 1), "no Conditions"},
		{strings.Replace(small, "ParameterGroups", "Groups", 1),
			"no Metadata.AWS::CloudFormation::Interface.ParameterGroups"},
		{strings.Replace(small, "Metadata: {", "Data: {", 1), "Resources.Function has no Metadata"},
		{strings.Replace(small, "Architectures:", "Architecture:", 1),
			"no Resources.Function.Properties.Architectures"},
		{strings.Replace(small, "[arm64]", "[arm64, x86_64]", 1), "isn't a list of one"},
		{strings.Replace(small, "Parameters: {}", "Parameters: { A: &a {}, B: *a }", 1), "doesn't support YAML " +
			"aliases"},
	} {
		if _, err := compact([]byte(in.template), build); err == nil || !strings.Contains(err.Error(), in.says) {
			t.Errorf("%q: got %v, want %q", in.template, err, in.says)
		}
	}
}

func TestCommentsAndWhiteSpaceAreRemovedAndTextIsKept(t *testing.T) {
	template := small + `      Dashboard: !Sub |
        {"a": [1,
               2], "b": "it's ${X}"}
      Text: >-
        one: two,
        three # four
      Lines: |
        one
        two
      List: [!Ref A, "yes", 'no', 1, true] # five
`
	out, err := compact([]byte(template), build)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`Dashboard: !Sub '{"a":[1,2],"b":"it''s ${X}"}',`,
		`Text: 'one: two, three # four',`,
		`Lines: "one\ntwo\n",`,
		`List: [!Ref A,"yes",'no',1,true]`,
		`S3Key: !If [HasCodeKey,!Ref CodeKey,k.zip]`,
	} {
		if !strings.Contains(string(out), want) {
			t.Errorf("there is no\n%s\nin\n%s", want, out)
		}
	}
	if strings.Contains(string(out), "five") || strings.Contains(string(out), "function.zip") {
		t.Errorf("got\n%s", out)
	}
}

func TestRunWritesTheTemplateAndReturnsTheKey(t *testing.T) {
	folder := t.TempDir()
	template, zip, to := filepath.Join(folder, "t"), filepath.Join(folder, "z"), filepath.Join(folder, "o")
	if _, err := run(build, template, zip, to); err == nil {
		t.Error("a missing template gives no error")
	}
	if err := os.WriteFile(template, []byte(small), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := run(build, template, zip, to); err == nil {
		t.Error("missing code gives no error")
	}
	if err := os.WriteFile(zip, []byte("code"), 0o600); err != nil {
		t.Fatal(err)
	}
	key, err := run(build, template, zip, to)
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(to)
	if err != nil || !strings.Contains(string(text), key) {
		t.Errorf("%v: there is no %s in\n%s", err, key, text)
	}
}

func TestTheTemplateSaysWhatTheCodeWasBuiltFor(t *testing.T) {
	for arch, want := range map[string]string{"arm64": "[arm64]", "amd64": "[x86_64]"} {
		out, err := compact([]byte(small), options{arch: arch, key: "k.zip"})
		if err != nil || !strings.Contains(string(out), "Architectures: "+want) {
			t.Errorf("%s: %v\n%s", arch, err, out)
		}
	}
}

func TestAReleasesTemplateFindsTheCodeByItsNameThere(t *testing.T) {
	folder := t.TempDir()
	template, zip, to := filepath.Join(folder, "t"), filepath.Join(folder, "z"), filepath.Join(folder, "o")
	for file, text := range map[string]string{template: small, zip: "code"} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	const want = "ses-smtp-rotator_1.2.3_lambda_amd64.zip"
	key, err := run(options{arch: "amd64", release: "1.2.3"}, template, zip, to)
	if err != nil || key != want {
		t.Errorf("the key is %s, %v; want %s", key, err, want)
	}
	text, err := os.ReadFile(to)
	if err != nil || !strings.Contains(string(text), "S3Key: !If [HasCodeKey,!Ref CodeKey,"+want+"]") ||
		!strings.Contains(string(text), "\n 'AWS::ServerlessRepo::Application': {Name: ") {
		t.Errorf("%v: got\n%s", err, text)
	}
}
