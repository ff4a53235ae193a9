package stack

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func contents(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestTheTemplateIsDeployedThroughABucket: it is larger than what CloudFormation takes in a request
// ("Understand CloudFormation quotas").
func TestTheTemplateIsDeployedThroughABucket(t *testing.T) {
	if size := len(contents(t, templateFile)); size <= 51_200 {
		t.Skipf("it has %d bytes", size)
	}
	for _, file := range []string{"../../README.md", "../fleet.md"} {
		commands := strings.ReplaceAll(contents(t, file), "\\\n", " ")
		for _, command := range regexp.MustCompile(`aws cloudformation (deploy|create-stack\S*|update-stack\S*) .*`).
			FindAllString(commands, -1) {
			if strings.Contains(command, "--template-body") ||
				strings.Contains(command, "--template-file") && !strings.Contains(command, "--s3-bucket") {
				t.Errorf("%s: CloudFormation doesn't take the template with %s", file, command)
			}
		}
	}
}

func TestTheDocumentsNameEveryParameterAlarmAndPermission(t *testing.T) {
	readme, runbook := contents(t, "../../README.md"), contents(t, "../runbook.md")
	template := load(t, templateFile)
	variables := template.at("Resources", "Function", "Properties", "Environment", "Variables")
	for name := range template.at("Parameters").fields() {
		inTable := strings.Contains(readme, "`"+name+"`")
		for variable, value := range variables.fields() {
			if value.at("Ref").String() == name {
				inTable = strings.Contains(readme, "| `"+variable+"` |")
			}
		}
		if !inTable {
			t.Errorf("README.md says nothing of the parameter %s", name)
		}
	}
	var alarms []string
	for name, r := range template.at("Resources").fields() {
		if r.at("Type").String() != "AWS::CloudWatch::Alarm" {
			continue
		}
		alarms = append(alarms, name)
		if !strings.Contains(readme, "| `"+name+"` |") {
			t.Errorf("README.md says nothing of the alarm %s", name)
		}
	}
	var described []string
	_, section, _ := strings.Cut(runbook, "\n## Alarms\n")
	section, _, _ = strings.Cut(section, "\n## ")
	for _, match := range regexp.MustCompile(`(?m)^### (\w+)$`).FindAllStringSubmatch(section, -1) {
		described = append(described, match[1])
	}
	slices.Sort(alarms)
	slices.Sort(described)
	if !slices.Equal(alarms, described) {
		t.Errorf("the runbook describes %v, and there are %v", described, alarms)
	}
	for action := range withAllPermissions(t).roleOf("FunctionRole") {
		service, name, _ := strings.Cut(action, ":")
		short := strings.Contains(readme, "`"+service+":") && strings.Contains(readme, "`"+name+"`")
		if !strings.Contains(readme, "`"+action+"`") && !short {
			t.Errorf("README.md says nothing of the permission %s", action)
		}
	}
}
