package stack

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// calls is one call of the module, with arguments beside those that it has to have.
func calls(name, more string) string {
	return fmt.Sprintf("module %q {\n  source = \"../terraform\"\n  name = %[1]q\n  function_zip = "+
		"\"../../.build/function.zip\"\n"+
		"  identity_arns = [%q]\n%s\n}\n", name, identity, more)
}

// callsWith is a call with so many identities, and each way in.
func callsWith(name string, identities int) string {
	one := strings.Replace(identity, "example.com", "notices.example.com", 1)
	return strings.Replace(calls(name, `
		source_networks = ["192.0.2.0/28"]
		vpc_endpoint_ids = ["vpce-0123456789abcdef0"]
		vpc_ids = ["vpc-0123456789abcdef0"]`),
		fmt.Sprintf("[%q]", identity), fmt.Sprintf("[for i in range(%d) : %q]", identities, one), 1)
}

// callsBeside is calls of the modules beside, one for each list of networks and one for each list
// of Regions.
func callsBeside(networks, regions string) string {
	return `
		module "endpoint" {
			for_each = toset([` + networks + `])
			source = "../terraform/modules/endpoint"
			name = "mail"
			vpc_id = "vpc-1"
			subnet_ids = ["subnet-1"]
			private_networks = compact(split(",", each.value))
		}
		module "leaks" {
			for_each = toset([` + regions + `])
			source = "../terraform/modules/leaks"
			regions = split(",", each.value)
		}`
}

// callsNotify is calls of modules/notify, by name, each with other arguments.
func callsNotify(arguments map[string]string) (text string) {
	for name, more := range arguments {
		text += "\nmodule \"" + name + "\" {\n  source = \"../terraform/modules/notify\"\n" + more + "\n}\n"
	}
	return text
}

// A plan costs seconds, so one has all that can be asked for, and the next all that is refused.

func TestTheModulesPlanWhatIsAskedFor(t *testing.T) {
	t.Parallel()
	withEach(t, awsForPlans, planWhatIsAskedFor)
}

func planWhatIsAskedFor(tf *terraform) {
	t := tf.T
	module, _ := fits(t)
	const asked = "deploy/asked"
	tf.write(asked+"/main.tf", calls("everything", `
		configuration_set_arns = ["`+configurationSet+`"]
		sandbox_recipient_arns = ["`+recipient+`"]
		from_addresses = ["*@example.com"]
		from_names = ["Example*"]
		recipients = ["*@example.com"]
		source_networks = ["192.0.2.0/24"]
		vpc_endpoint_ids = ["vpce-1"]
		vpc_ids = ["vpc-1"]
		private_networks = ["10.0.0.0/16"]
		tls_only = true
		guard_duty_findings = true
		smtp_regions = ["eu-west-1", "us-east-1"]
		reader_arns = ["arn:aws:iam::123456789012:role/application"]
		kms_key_arn = aws_kms_key.key.arn
		replica_regions = ["us-east-1", "eu-central-1"]
		rotate_button = true
		reserved_concurrency = 1
		subnet_ids = ["subnet-1"]
		security_group_ids = ["sg-1"]
		parameter_path = "/mail/smtp"
		alarm_email = "ops@example.com"`)+calls("adopting", `
		parameter_path = "/mail/smtp"
		existing_user_name = "mailer"
		existing_user_path = "/apps/"
		kms_key_arn = "arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
		existing_secret_arn = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:mail-AbCdEf"`)+`
		resource "aws_kms_key" "key" {} # whose ARN isn't known yet`+
		"\n"+callsWith("most", module)+
		callsBeside(`"10.0.0.0/8", "172.16.0.0/12,192.168.0.0/16", "100.64.0.0/10,172.31.1.0/24"`,
			`"eu-central-1", "eu-west-1,us-east-1"`)+
		callsNotify(map[string]string{
			"told":   `secret_arn = "` + toldOf + `"` + "\nnotice_email = \"ops@example.com\"\nmake_queue = true",
			"quiet":  `secret_arn = "` + toldOf + `"`,
			"beside": `secret_arn = module.everything.secret_arn`, // which isn't known yet
		}))
	tf.run(asked, "init")
	tf.run(asked, "plan", "-out=plan")
	plan := tf.show(asked, "plan")
	theSameParameters(t, plan.at("configuration", "root_module", "module_calls", "everything", "module", "variables"))
	planned := map[string]node{}
	for _, change := range plan.at("resource_changes").list() {
		planned[strings.TrimPrefix(change.at("address").String(), "module.")] = change.at("change", "after")
	}
	everythingIsPlanned(t, planned)
	theSameLeaks(t, planned)
	theSameNotices(t, planned)
	whatThereIsIsAdopted(t, planned)
}

func everythingIsPlanned(t *testing.T, planned map[string]node) {
	t.Helper()
	for _, address := range []string{
		"aws_secretsmanager_secret_policy.secret_policy[0]",
		"aws_secretsmanager_secret_rotation.rotation_configuration[0]",
		"aws_lambda_permission.rotation_permission[0]", `aws_iam_role_policy.function_role["network"]`,
		`aws_iam_role_policy.function_role["copies"]`,
		`aws_cloudwatch_event_rule.leaks["guardduty"]`, `aws_cloudwatch_event_rule.leaks["health"]`,
		"aws_iam_role_policy.network_is_lambdas[0]", "aws_sns_topic_subscription.alarm_subscription[0]",
	} {
		if _, ok := planned["everything."+address]; !ok {
			t.Errorf("%s isn't planned", address)
		}
	}
	ofModule := map[string]node{}
	for address, resource := range planned {
		if own, ok := strings.CutPrefix(address, "everything."); ok {
			ofModule[own] = resource
		}
	}
	theSameAlarms(t, ofModule)
	theSamePolicies(t, ofModule, everyNarrowing)
}

// theSameLeaks: the rules match what the templates' do.
func theSameLeaks(t *testing.T, planned map[string]node) {
	t.Helper()
	stack := deploy(t, load(t, templateFile), map[string]string{
		"IdentityArns": identity, "GuardDutyFindings": "yes", "ExistingUserName": "everything-smtp",
	})
	beside := deploy(t, load(t, leaksFile), map[string]string{"Regions": "eu-central-1"})
	for address, rule := range map[string]node{
		`everything.aws_cloudwatch_event_rule.leaks["health"]`:        stack.resource("LeakRule"),
		`everything.aws_cloudwatch_event_rule.leaks["guardduty"]`:     stack.resource("GuardDutyRule"),
		`leaks["eu-central-1"].aws_cloudwatch_event_rule.rule`:        beside.resource("Rule"),
		`leaks["eu-west-1,us-east-1"].aws_cloudwatch_event_rule.rule`: beside.resource("Rule"),
	} {
		got := document(t, planned[address].at("event_pattern")).String()
		if want := rule.at("EventPattern").String(); got != want {
			t.Errorf("%s: %s, want %s", address, got, want)
		}
	}
}

func whatThereIsIsAdopted(t *testing.T, planned map[string]node) {
	t.Helper()
	for _, address := range []string{"aws_iam_user.smtp_user[0]", "aws_secretsmanager_secret.smtp_secret[0]"} {
		if _, ok := planned["adopting."+address]; ok {
			t.Errorf("%s is made, though there is one", address)
		}
	}
	keys := planned[`adopting.aws_iam_role_policy.function_role["access-keys"]`].at("policy").String()
	if !strings.Contains(keys, `"Resource":"arn:aws:iam::123456789012:user/apps/mailer"`) {
		t.Errorf("the policy for the existing user's keys is %s", keys)
	}
	role := planned[`adopting.aws_iam_role_policy.function_role["secret"]`]
	if policy := role.at("policy").String(); !strings.Contains(policy, `"kms:Decrypt"`) {
		t.Errorf("nothing lets Secrets Manager use the KMS key: %s", policy)
	}
	theSameCopies(t, planned["adopting.aws_iam_role_policy.function_role[\"copies\"]"])
}

// theSameCopies: the function may do with Parameter Store what the template lets it do.
func theSameCopies(t *testing.T, planned node) {
	t.Helper()
	d := deploy(t, load(t, templateFile), map[string]string{"IdentityArns": identity, "ParameterPath": "/mail/smtp",
		"KmsKeyArn":         "arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab",
		"ExistingSecretArn": "arn:aws:secretsmanager:eu-west-1:123456789012:secret:mail-AbCdEf"})
	got, want := role{}, role{}
	got.add(document(t, planned.at("policy")))
	allowed := d.roleOf("FunctionRole")
	for action := range ofParameters {
		want[action] = allowed[action]
	}
	want["kms:Encrypt"], want["kms:Decrypt"] = allowed["kms:Encrypt"], allowed["kms:Encrypt"]
	if !maps.EqualFunc(got, want, slices.Equal) {
		t.Errorf("the function may keep copies by %s, want %s", got, want)
	}
}

func TestTheModulesRefuseNonsense(t *testing.T) {
	t.Parallel()
	tf := newTerraform(t, awsForPlans)
	tf.run("deploy/terraform", "fmt", "-check", "-recursive", "-diff")
	module, _ := fits(t)
	const refused = "deploy/refused"
	tf.write(refused+"/main.tf", calls("mail", `
		rotation_interval = "8d15m"
		verify = "send"
		sandbox_recipient_arns = ["`+recipient+`"]
		private_networks = ["10.0.0.0/16"]
		subnet_ids = ["subnet-1"]
		existing_secret_arn = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:mail-AbCdEf"
		reader_arns = ["arn:aws:iam::123456789012:role/application"]
		from_names = [for i in range(600) : "Example ${i}"]`)+callsWith("more", module+1)+
		callsBeside(`"172.16.0.0/8", "192.168.0.0/15", "100.64.0.0/9", "10.0.0.0/7", "192.0.2.0/24", ""`,
			`"us-east-1,us-east-1", "everywhere", "a-b-1,a-b-2,a-b-3,a-b-4,a-b-5,a-b-6"`)+`
		module "alone" { # which isn't looked at together with the other Regions
			source = "../terraform/modules/leaks"
			regions = ["eu-west-1"]
		}
		`+callsNotify(map[string]string{
		"elsewhere": `secret_arn = "` + strings.Replace(toldOf, "eu-west-1", "eu-central-1", 1) + `"`,
		"unclear": `for_each = toset(["mail", "` + strings.TrimSuffix(toldOf, "-AbCdEf") + `"])
			secret_arn = each.value`,
	}))
	tf.run(refused, "init")
	out, err := tf.try(refused, "plan", "-no-color")
	if err == nil {
		t.Fatal("all of it is planned")
	}
	text := regexp.MustCompile(`[\s│]+`).ReplaceAllString(out, " ")
	for reason, times := range map[string]int{
		"rotation_interval must exceed": 1, "verify_from is needed": 1, "security_group_ids are needed together": 1,
		"could send as its recipients": 1, "other people's VPCs": 1, "an existing one has its own": 1,
		`sending policy "outside" would have 7978 characters`: 1, `sending policy "endpoints" would have 6`: 1,
		"must be private networks": 6,
		"names a Region twice":     1, "one to five names": 2, "names this Region alone": 1,
		"secret_arn is in another Region": 1, "secret_arn must be the whole ARN": 2,
	} {
		if got := strings.Count(text, reason); got != times {
			t.Errorf("%d are refused because %q, want %d:\n%s", got, reason, times, text)
		}
	}
}
