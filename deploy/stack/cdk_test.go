package stack

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/localaws/whole"
)

const cdkFolder = top + "deploy/cdk"

// withCDK has the example for CDK in the client's folder, with the modules that are installed here:
// in CDK_NODE_MODULES, or beside the example.
func (c client) withCDK() client {
	c.Helper()
	modules := os.Getenv("CDK_NODE_MODULES")
	if modules == "" {
		modules, _ = filepath.Abs(cdkFolder + "/node_modules")
	}
	if _, err := os.Stat(modules + "/aws-cdk-lib"); err != nil {
		c.Skip("CDK isn't installed (npm ci in deploy/cdk, or CDK_NODE_MODULES=…/node_modules):", err)
	}
	if _, err := exec.LookPath("npx"); err != nil {
		c.Skip("npx isn't installed:", err)
	}
	for _, name := range []string{"cdk.json", "mail.ts", "package.json", "tsconfig.json"} {
		copyFile(c.T, cdkFolder+"/"+name, c.folder+"/deploy/cdk/"+name)
	}
	if err := os.Symlink(modules, c.folder+"/deploy/cdk/node_modules"); err != nil {
		c.Fatal(err)
	}
	c.env = append(c.env, "CDK_DISABLE_CLI_TELEMETRY=true", "HOME="+c.TempDir())
	return c
}

// synthesised reads what CDK has made of the example.
func (c client) synthesised() node {
	c.Helper()
	var value any
	text := contents(c.T, c.folder+"/deploy/cdk/cdk.out/mail.template.json")
	if err := json.Unmarshal([]byte(text), &value); err != nil {
		c.Fatal(err)
	}
	return node{value}
}

// TestCDKLeavesTheTemplateAsItIs is the first half of the scene "a stack by CDK", which the whole
// has anyway.
func TestCDKLeavesTheTemplateAsItIs(t *testing.T) {
	if whole.Wanted() {
		return
	}
	t.Parallel()
	c := withoutAWS(t).withCDK()
	c.run("bash deploy/build.sh; cd deploy/cdk; npx cdk synth --quiet")
	c.isAsItWas()
}

// isAsItWas checks that CDK changes nothing in the template except for the parameters that the
// example sets, and for what it adds.
func (c client) isAsItWas() {
	c.Helper()
	t := c.T
	want := canonical(t, load(t, c.folder+"/.build/template.yaml").value).(map[string]any)
	got := canonical(t, c.synthesised().value).(map[string]any)

	asset := map[string]any{"Fn::Sub": "cdk-hnb659fds-assets-${AWS::AccountId}-${AWS::Region}"}
	entry, _ := load(t, c.folder+"/deploy/cdk/cdk.out/mail.assets.json").at("files").value.(map[string]any)
	var key string
	for name := range entry {
		if strings.HasSuffix(node{entry[name]}.at("source", "path").String(), ".zip") {
			key = name + ".zip"
		}
	}
	set := map[string]any{"CodeBucket": asset, "CodeKey": key, "RotationInterval": "14d", "IdentityArns": []any{
		map[string]any{"Fn::Join": []any{"", []any{"arn:", map[string]any{"Ref": "AWS::Partition"}, ":ses:",
			map[string]any{"Ref": "AWS::Region"}, ":", map[string]any{"Ref": "AWS::AccountId"},
			":identity/example.com"}}}}}
	for name := range set {
		delete(want["Parameters"].(map[string]any), name)
	}
	want = filledIn(want, set).(map[string]any)
	var added []string
	for _, section := range []string{"Resources", "Outputs", "Parameters", "Rules"} {
		theirs, _ := want[section].(map[string]any)
		ours, _ := got[section].(map[string]any)
		for name := range ours {
			if _, is := theirs[name]; !is {
				added = append(added, section+"/"+name)
				delete(ours, name)
			}
		}
	}
	for _, resource := range got["Resources"].(map[string]any) {
		delete(resource.(map[string]any), "Metadata") // the construct's path
	}
	// CDK asks with the parameters' labels for what it has set itself, too.
	delete(got, "Metadata")
	delete(want, "Metadata")
	if all := differences("", want, got); len(all) != 0 {
		t.Errorf("CDK changes the template:\n%s", strings.Join(all, "\n"))
	}
	slices.Sort(added)
	if text := regexp.MustCompile(`[0-9A-F]{8}\b`).ReplaceAllString(strings.Join(added, " "), ""); text != "Outputs/TaskRoleArn "+
		"Parameters/BootstrapVersion Resources/Task Resources/TaskDefaultPolicy Rules/CheckBootstrapVersion" {
		t.Errorf("CDK adds %s", text)
	}
}

// filledIn is a template with values in the place of parameters.
func filledIn(value any, set map[string]any) any {
	switch v := value.(type) {
	case []any:
		for i := range v {
			v[i] = filledIn(v[i], set)
		}
	case map[string]any:
		if name, is := v["Ref"].(string); is && set[name] != nil {
			return set[name]
		}
		if text, is := v["Fn::Sub"].(string); is {
			return substituted(text, set)
		}
		for name := range v {
			v[name] = filledIn(v[name], set)
		}
	}
	return value
}

// substituted is how CDK fills a value into a text: as it is, or, if it is no text, as a variable.
func substituted(text string, set map[string]any) any {
	variables := map[string]any{}
	for name, value := range set {
		if plain, is := value.(string); is {
			text = strings.ReplaceAll(text, "${"+name+"}", plain)
		} else if strings.Contains(text, "${"+name+"}") {
			variables[name] = value
		}
	}
	if len(variables) == 0 {
		return map[string]any{"Fn::Sub": text}
	}
	return map[string]any{"Fn::Sub": []any{text, variables}}
}

// TestTheExamplesModulesAreFromAnywhere: versions are exact, and no registry's address is in the
// lock file, which would keep others from theirs.
func TestTheExamplesModulesAreFromAnywhere(t *testing.T) {
	for name, version := range load(t, cdkFolder+"/package.json").at("dependencies").fields() {
		if !regexp.MustCompile(`^\d+\.\d+\.\d+$`).MatchString(version.String()) {
			t.Errorf("%s is of version %s", name, version)
		}
	}
	lock := contents(t, cdkFolder+"/package-lock.json")
	if strings.Contains(lock, `"resolved"`) || strings.Contains(lock, "http") && strings.Contains(lock, "registry") {
		t.Error("package-lock.json says where modules come from")
	}
	if !strings.Contains(lock, `"integrity": "sha512-`) {
		t.Error("package-lock.json has no checksums")
	}
}

// byCDK makes the stack, and first CDK's own with the bucket that the code goes to.
func byCDK(p *typist) {
	c := newClient(p.T).withCDK()
	c.run("cat >typed <<'EOF'\nset -e\n" + p.all() + "\nEOF\nyes | head -n 20 | script -qec 'bash typed' /dev/null")
	c.hasFunction("mail", "eu-west-1")
	c.isAsItWas()
}
