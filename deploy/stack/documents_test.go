package stack

import (
	"fmt"
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

// TestTheDocumentsSayWhatAWSAsksFor: each of these is what AWS documents, in a place where people
// look for it.
func TestTheDocumentsSayWhatAWSAsksFor(t *testing.T) {
	const (
		// "Interface VPC endpoints", IAM User Guide.
		iamsEndpoint  = "us-east-1, cn-north-1 and us-gov-west-1 alone"
		leaveTheGroup = "--group-name AWSSESSendingGroupDoNotRename"
		ownIdentity   = "verified identity"
		lastUse       = "within 15 minutes"
	)
	description := func(name string) string {
		return load(t, templateFile).at("Parameters", name, "Description").String()
	}
	variable := func(name string) string {
		_, text, _ := strings.Cut(contents(t, moduleFolder+"/variables.tf"), fmt.Sprintf("variable %q {", name))
		text, _, _ = strings.Cut(text, "\n}")
		return text
	}
	row := func(name string) string {
		_, text, _ := strings.Cut(contents(t, "../docs/parameters.md"), "\n| `"+name+"`")
		text, _, _ = strings.Cut(text, "\n")
		return text
	}
	for _, said := range []struct{ where, text, says string }{
		{"SubnetIds", description("SubnetIds"), iamsEndpoint},
		{"subnet_ids", variable("subnet_ids"), iamsEndpoint},
		{"parameters.md, SubnetIds", row("SubnetIds"), iamsEndpoint},
		{"endpoint.yaml", strings.ReplaceAll(contents(t, "../endpoint.yaml"), "\n#", ""), iamsEndpoint},
		{"runbook.md", contents(t, "../runbook.md"), iamsEndpoint},
		{"deploy.md", contents(t, "../docs/deploy.md"), leaveTheGroup},
		{"runbook.md", contents(t, "../runbook.md"), leaveTheGroup},
		{"IdentityArns", description("IdentityArns"), ownIdentity},
		{"FromAddresses", description("FromAddresses"), ownIdentity},
		{"identity_arns", variable("identity_arns"), ownIdentity},
		{"from_addresses", variable("from_addresses"), ownIdentity},
		{"parameters.md, IdentityArns", row("IdentityArns"), ownIdentity},
		{"parameters.md, FromAddresses", row("FromAddresses"), ownIdentity},
		{"postfix/README.md", contents(t, "../apps/postfix/README.md"), ownIdentity},
		{"InUseWindow", description("InUseWindow"), lastUse},
		{"in_use_window", variable("in_use_window"), lastUse},
		{"parameters.md, IN_USE_WINDOW", row("IN_USE_WINDOW"), "Shorter than 1h"},
		{"grace.md", contents(t, "../apps/grace.md"), lastUse},
	} {
		if !strings.Contains(strings.ReplaceAll(strings.Join(strings.Fields(said.text), " "), "`", ""), said.says) {
			t.Errorf("%s doesn't say %q", said.where, said.says)
		}
	}
}

func TestTheDocumentsNameEveryParameterAlarmAndPermission(t *testing.T) {
	parameters, runbook := contents(t, "../docs/parameters.md"), contents(t, "../runbook.md")
	template := load(t, templateFile)
	variables := template.at("Resources", "Function", "Properties", "Environment", "Variables")
	for name := range template.at("Parameters").fields() {
		inTable := strings.Contains(parameters, "`"+name+"`")
		for variable, value := range variables.fields() {
			if value.at("Ref").String() == name {
				inTable = strings.Contains(parameters, "| `"+variable+"` |")
			}
		}
		if !inTable {
			t.Errorf("parameters.md says nothing of the parameter %s", name)
		}
	}
	var alarms []string
	ofAlarms := contents(t, "../docs/alarms.md")
	for name, r := range template.at("Resources").fields() {
		if r.at("Type").String() != "AWS::CloudWatch::Alarm" {
			continue
		}
		alarms = append(alarms, name)
		if !strings.Contains(ofAlarms, "| `"+name+"` |") {
			t.Errorf("alarms.md says nothing of the alarm %s", name)
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
	permissions := contents(t, "../docs/permissions.md")
	for action := range withAllPermissions(t).roleOf("FunctionRole") {
		service, name, _ := strings.Cut(action, ":")
		short := strings.Contains(permissions, "`"+service+":") && strings.Contains(permissions, "`"+name+"`")
		if !strings.Contains(permissions, "`"+action+"`") && !short {
			t.Errorf("permissions.md says nothing of the permission %s", action)
		}
	}
}
