package stack

import (
	"maps"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/version"
)

// releaseFile writes the template of release 0.1.0.
func releaseFile(t *testing.T) string {
	t.Helper()
	folder := t.TempDir()
	write(t, folder+"/function.zip", "code")
	out, err := exec.CommandContext(t.Context(), "go", "run", "../internal/compact", "-release", "0.1.0", templateFile,
		folder+"/function.zip", folder+"/template.yaml").CombinedOutput()
	if err != nil || strings.TrimSpace(string(out)) != "ses-smtp-rotator_0.1.0_lambda_arm64.zip" {
		t.Fatalf("%v: %s", err, out)
	}
	return folder + "/template.yaml"
}

// TestAReleaseSaysWhatItIs holds its metadata to the rules of the AWS Serverless Application
// Repository ("AWS SAM template Metadata section properties").
func TestAReleaseSaysWhatItIs(t *testing.T) {
	file := releaseFile(t)
	if size := len(contents(t, file)); size > mostBytes {
		t.Errorf("a release's template has %d bytes, and may have %d", size, mostBytes)
	}
	application := load(t, file).at("Metadata", "AWS::ServerlessRepo::Application")
	for name, rule := range map[string]struct {
		pattern string
		most    int
	}{
		"Name":            {`^[a-zA-Z0-9\-]+$`, 140},
		"Description":     {`.`, 256},
		"Author":          {`^[a-z0-9]([a-z0-9]|-[a-z0-9])*$`, 127}, // two hyphens don't follow each other
		"SpdxLicenseId":   {`^Apache-2\.0$`, 127},
		"HomePageUrl":     {`^https://github\.com/seed-486a873a/ses-smtp-rotator$`, 1000},
		"SourceCodeUrl":   {`^https://github\.com/seed-486a873a/ses-smtp-rotator/tree/v` + version.Number + `$`, 1000},
		"SemanticVersion": {`^` + regexp.QuoteMeta(version.Number) + `$`, 127},
	} {
		value := application.at(name).String()
		if len(value) > rule.most || !regexp.MustCompile(rule.pattern).MatchString(value) {
			t.Errorf("%s is %q, want at most %d bytes like %s", name, value, rule.most, rule.pattern)
		}
	}
	labels, _ := application.at("Labels").value.([]any)
	if len(labels) == 0 || len(labels) > 10 {
		t.Errorf("there are %d labels, and may be 10", len(labels))
	}
	for _, label := range labels {
		if l, _ := label.(string); len(l) > 127 || !regexp.MustCompile(`^[a-zA-Z0-9+\-_:/@]+$`).MatchString(l) {
			t.Errorf("%v can't be a label", label)
		}
	}
	// Packagers look for these beside the template, where a release hasn't got them.
	for _, name := range []string{"LicenseUrl", "ReadmeUrl"} {
		if _, is := application.fields()[name]; is {
			t.Errorf("it has %s", name)
		}
	}
	if !strings.Contains(contents(t, "../../LICENSE"), "Apache License") {
		t.Error("the licence is another")
	}
}

// inTheRepository are the types of the services that the stack uses which the AWS Serverless
// Application Repository takes ("List of Supported AWS Resources"). Of IAM it takes some, and of
// custom resources those with CloudFormation's own name: `sam publish` refuses Custom::…
// (https://github.com/aws/aws-sam-cli/issues/955).
var inTheRepository = strings.Fields(`
	AWS::CloudFormation::CustomResource AWS::CloudWatch::Alarm AWS::CloudWatch::Dashboard AWS::Events::Rule
	AWS::IAM::ManagedPolicy AWS::IAM::Policy AWS::IAM::Role AWS::Lambda::EventInvokeConfig AWS::Lambda::Function
	AWS::Lambda::Permission AWS::Logs::LogGroup AWS::SecretsManager::ResourcePolicy
	AWS::SecretsManager::RotationSchedule AWS::SecretsManager::Secret AWS::SNS::Subscription AWS::SNS::Topic
	AWS::SNS::TopicPolicy AWS::SQS::Queue AWS::SQS::QueuePolicy`)

// TestThePageSaysWhyTheRepositoryDoesNotHaveIt fails as well if it could have it.
func TestThePageSaysWhyTheRepositoryDoesNotHaveIt(t *testing.T) {
	refused := map[string]bool{}
	for _, resource := range load(t, templateFile).at("Resources").fields() {
		if kind := resource.at("Type").String(); !slices.Contains(inTheRepository, kind) {
			refused[kind] = true
		}
	}
	words := strings.Join(strings.Fields(contents(t, top+"deploy/docs/install.md")), " ")
	_, page, _ := strings.Cut(words, "Serverless Application Repository doesn't")
	page, _, _ = strings.Cut(page, "A release's template")
	var said []string
	for _, match := range regexp.MustCompile("`((AWS|Custom)::[\\w:]+)`").FindAllStringSubmatch(page, -1) {
		said = append(said, match[1])
	}
	slices.Sort(said)
	if want := slices.Sorted(maps.Keys(refused)); !slices.Equal(said, want) {
		t.Errorf("the repository takes no %v, and install.md says %v", want, said)
	}
}
