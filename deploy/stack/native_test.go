package stack

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/localaws/whole"
)

func nativeTests(t *testing.T) string {
	t.Helper()
	files, err := filepath.Glob(moduleFolder + "/tests/*.tftest.hcl")
	if err != nil || len(files) == 0 {
		t.Fatal("the module has no tests of its own:", err)
	}
	var text strings.Builder
	for _, file := range files {
		text.WriteString(contents(t, file))
	}
	return text.String()
}

func TestTheModulesOwnTestsPass(t *testing.T) {
	t.Parallel()
	whole.Only(t, "plans for each of the module's own tests")
	runs := len(regexp.MustCompile(`(?m)^run "`).FindAllString(nativeTests(t), -1))
	withEach(t, awsForPlans, func(tf *terraform) {
		tf.run("deploy/terraform", "fmt", "-check", "-recursive", "-diff")
		tf.run("deploy/terraform", "init")
		out := tf.run("deploy/terraform", "test", "-no-color")
		if all := fmt.Sprintf("Success! %d passed, 0 failed.", runs); !strings.Contains(out, all) {
			tf.Errorf("it doesn't say %q:\n%s", all, out)
		}
	})
}

// TestTheModulesOwnTestsRefuseWhatTheModulesRefuse: each validation and each precondition has a
// test that fails without it.
func TestTheModulesOwnTestsRefuseWhatTheModulesRefuse(t *testing.T) {
	tests := nativeTests(t)
	refused := map[string]int{} // how often, by what refuses
	for _, list := range regexp.MustCompile(`(?s)expect_failures = \[(.*?)\]`).FindAllStringSubmatch(tests, -1) {
		for _, what := range regexp.MustCompile(`[\w.]+`).FindAllString(list[1], -1) {
			refused[what]++
		}
	}
	for _, folder := range folders(t, ".", "modules/*") {
		code := sources(t, folder)
		check := func(what, kind, text string) {
			if count := len(regexp.MustCompile(`(?m)^ +`+kind+` \{$`).FindAllString(text, -1)); refused[what] < count {
				t.Errorf("%s: %s has %d of %s, and the tests try %d", folder, what, count, kind, refused[what])
			}
		}
		for _, match := range regexp.MustCompile(`(?ms)^variable "(\w+)" \{\n(.*?)^\}`).FindAllStringSubmatch(code, -1) {
			check("var."+match[1], "validation", match[2])
		}
		for _, match := range regexp.MustCompile(`(?ms)^resource "(\w+)" "(\w+)" \{\n(.*?)^\}`).
			FindAllStringSubmatch(code, -1) {
			check(match[1]+"."+match[2], "precondition", match[3])
		}
	}
}

// TestTheModuleIsLinted with every rule of tflint's own ruleset.
func TestTheModuleIsLinted(t *testing.T) {
	program, err := exec.LookPath("tflint")
	if err != nil {
		t.Skip("tflint isn't installed:", err)
	}
	config, err := filepath.Abs(moduleFolder + "/.tflint.hcl")
	if err != nil {
		t.Fatal(err)
	}
	lint := exec.CommandContext(t.Context(), program, "--recursive", "--config", config)
	lint.Dir, lint.Env = moduleFolder, append(os.Environ(), "NO_COLOR=1")
	if out, err := lint.CombinedOutput(); err != nil || strings.TrimSpace(string(out)) != "" {
		t.Errorf("%v\n%s", err, out)
	}
}

// deprecated is what AWS's provider 6 deprecates of what the modules and the examples use: by the
// provider's schema, as @pulumi/aws 7.48 repeats it, and by its "Version 6 Upgrade Guide".
var deprecated = map[string][]string{
	"data.aws_caller_identity":                nil,
	"data.aws_partition":                      {"id"},
	"data.aws_region":                         {"id", "name"},
	"aws_cloudwatch_dashboard":                nil,
	"aws_cloudwatch_event_rule":               {"is_enabled"},
	"aws_cloudwatch_event_target":             nil,
	"aws_cloudwatch_log_group":                nil,
	"aws_cloudwatch_metric_alarm":             nil,
	"aws_iam_policy":                          nil,
	"aws_iam_role":                            {"inline_policy", "managed_policy_arns"},
	"aws_iam_role_policy":                     nil,
	"aws_iam_user":                            nil,
	"aws_iam_user_policy":                     nil,
	"aws_iam_user_policy_attachment":          nil,
	"aws_lambda_function":                     nil,
	"aws_lambda_function_event_invoke_config": nil,
	"aws_lambda_invocation":                   nil,
	"aws_lambda_permission":                   nil,
	"aws_scheduler_schedule":                  nil,
	"aws_secretsmanager_secret":               nil,
	"aws_secretsmanager_secret_policy":        nil,
	"aws_secretsmanager_secret_rotation":      nil,
	"aws_security_group":                      nil,
	"aws_sns_topic":                           nil,
	"aws_sns_topic_policy":                    nil,
	"aws_sns_topic_subscription":              nil,
	"aws_sqs_queue":                           nil,
	"aws_sqs_queue_policy":                    nil,
	"aws_vpc_endpoint":                        nil,
	"terraform_data":                          nil,
}

func TestTheModulesUseNothingThatAWSsProvider6Deprecates(t *testing.T) {
	used := map[string]bool{}
	for _, folder := range folders(t, ".", "modules/*", "examples/*") {
		for _, b := range regexp.MustCompile(`(?ms)^(resource|data) "(\w+)" "\w+" \{(.*?)^?\}$`).
			FindAllStringSubmatch(sources(t, folder), -1) {
			kind := strings.TrimPrefix(b[1]+"."+b[2], "resource.")
			used[kind] = true
			names, known := deprecated[kind]
			if !known {
				t.Errorf("%s uses %s: look up what AWS's provider deprecates of it", folder, kind)
			}
			for _, name := range names {
				if regexp.MustCompile(`(?m)^  ` + name + `\b`).MatchString(b[3]) {
					t.Errorf("%s sets %s of %s", folder, name, kind)
				}
			}
		}
		for kind, names := range deprecated {
			for _, match := range regexp.MustCompile(`(?:^|[^.\w])`+regexp.QuoteMeta(kind)+`\.\w+(?:\[[^\]]*\])?\.(\w+)`).
				FindAllStringSubmatch(sources(t, folder), -1) {
				if slices.Contains(names, match[1]) {
					t.Errorf("%s reads %s of %s", folder, match[1], kind)
				}
			}
		}
	}
	for kind := range deprecated {
		if !used[kind] {
			t.Errorf("nothing uses %s any more", kind)
		}
	}
}
