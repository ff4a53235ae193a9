package stack

import (
	"encoding/json"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sendpolicy"
)

// module is the resources of a state, by address within the module.
func module(state node) map[string]node {
	resources := map[string]node{}
	for _, child := range state.at("values", "root_module", "child_modules").list() {
		for _, r := range child.at("resources").list() {
			_, address, _ := strings.Cut(strings.TrimPrefix(r.at("address").String(), "module."), ".")
			resources[address] = r.at("values")
		}
	}
	return resources
}

const example = "deploy/terraform/example"

func TestTheModuleIsAppliedAndDestroyedWithoutATrace(t *testing.T) {
	t.Parallel()
	tf := newTerraform(t)
	tf.run("deploy/terraform", "fmt", "-check", "-recursive", "-diff")
	tf.run(example, "init", "-plugin-dir="+tf.plugins)
	tf.run(example, "validate")
	tf.run(example, "apply", "-auto-approve")
	made := module(tf.show(example))
	theSameRole(t, made)
	theSameAlarms(t, made)
	if made["aws_iam_user.smtp_user[0]"].at("force_destroy").String() != "true" { // moto deletes users that have access keys, AWS doesn't
		t.Error("a user that has access keys can't be destroyed")
	}

	// What the function does isn't Terraform's business, and doesn't get into its state.
	user, secret := made["aws_iam_user.smtp_user[0]"].at("name").String(), made["aws_secretsmanager_secret.smtp_secret[0]"].at("arn").String()
	ctx, ofIAM, ofSecrets := t.Context(), iam.NewFromConfig(tf.aws), secretsmanager.NewFromConfig(tf.aws)
	key, err := ofIAM.CreateAccessKey(ctx, &iam.CreateAccessKeyInput{UserName: &user})
	if err != nil {
		t.Fatal(err)
	}
	value := `{"username":"` + *key.AccessKey.AccessKeyId + `","password":"as good as a secret"}`
	if _, err := ofSecrets.PutSecretValue(ctx, &secretsmanager.PutSecretValueInput{SecretId: &secret, SecretString: &value}); err != nil {
		t.Fatal(err)
	}
	tf.run(example, "plan", "-out=plan")
	shown := tf.run(example, "show", "-json", "plan") // with the state, as it is now
	plan := document(t, node{shown})
	nothingToDo(t, plan)
	theSameParameters(t, plan.at("configuration", "root_module", "module_calls", "mail", "module", "variables"))
	if !strings.Contains(shown, `"prior_state":`) {
		t.Error("the plan says nothing of the state")
	}
	for _, part := range []string{*key.AccessKey.AccessKeyId, *key.AccessKey.SecretAccessKey, "as good as"} {
		if strings.Contains(shown, part) {
			t.Errorf("%q is in the state", part)
		}
	}

	tf.run(example, "destroy", "-auto-approve")
	if users, err := ofIAM.ListUsers(ctx, &iam.ListUsersInput{}); err != nil || len(users.Users) > 0 {
		t.Errorf("users are left: %v (%v)", users.Users, err)
	}
	if roles, err := ofIAM.ListRoles(ctx, &iam.ListRolesInput{}); err != nil || len(roles.Roles) > 0 {
		t.Errorf("roles are left: %v (%v)", roles.Roles, err)
	}
	if secrets, err := ofSecrets.ListSecrets(ctx, &secretsmanager.ListSecretsInput{}); err != nil || len(secrets.SecretList) > 0 {
		t.Errorf("secrets are left: %v (%v)", secrets.SecretList, err)
	}
}

// nothingToDo: a second plan is empty, but for what moto forgets.
func nothingToDo(t *testing.T, plan node) {
	t.Helper()
	for _, change := range plan.at("resource_changes").list() {
		actions := change.at("change", "actions").String()
		if actions == "[no-op]" || actions == "[read]" {
			continue
		}
		if actions != "[update]" {
			t.Errorf("a second apply does %s with %s", actions, change.at("address"))
		}
		before, after := change.at("change", "before").fields(), change.at("change", "after").fields()
		for name := range before { // an update has the same attributes on both sides
			motoForgets := change.at("type").String() == "aws_lambda_function" && name == "logging_config"
			if before[name].String() != after[name].String() && !motoForgets {
				t.Errorf("a second apply changes %s of %s: from %v to %v", name, change.at("address"), before[name], after[name])
			}
		}
	}
}

// theSameRole: the function has the environment and the permissions that the template gives it.
func theSameRole(t *testing.T, made map[string]node) {
	t.Helper()
	d := deploy(t, load(t, templateFile), map[string]string{"IdentityArns": identity})
	d.physical["SmtpUser"] = made["aws_iam_user.smtp_user[0]"].at("name").String()
	d.arns["SmtpUser"] = made["aws_iam_user.smtp_user[0]"].at("arn").String()
	d.physical["SmtpSecret"] = made["aws_secretsmanager_secret.smtp_secret[0]"].at("arn").String()
	d.arns["FailureQueue"] = made["aws_sqs_queue.failure_queue"].at("arn").String()
	d.arns["LogGroup"] = made["aws_cloudwatch_log_group.log_group"].at("arn").String() + ":*"
	d.arns["Function"] = made["aws_lambda_function.function"].at("arn").String()

	environment := made["aws_lambda_function.function"].at("environment").list()[0].at("variables").String()
	if want := d.resource("Function").at("Environment", "Variables").String(); environment != want {
		t.Errorf("environment: %s, want %s", environment, want)
	}
	for resource, prefix := range map[string]string{"FunctionRole": "aws_iam_role_policy.function_role", "ScheduleRole": "aws_iam_role_policy.schedule_role"} {
		got, want := role{}, d.roleOf(resource)
		for address, r := range made {
			if strings.HasPrefix(address, prefix) {
				got.add(document(t, r.at("policy")))
			}
		}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%s may do\n%v, want\n%v", resource, got, want)
		}
	}
	got := asPolicy(t, document(t, made["aws_iam_user_policy.sending_policy"].at("policy")))
	if want := sendingPolicy(t, nil); !samePolicy(got, want) {
		t.Errorf("the credential may do %s, want %s", got, want)
	}
}

// samePolicy: with the same statements, in whatever order.
func samePolicy(a, b sendpolicy.Document) bool {
	byName := func(d sendpolicy.Document) map[string]sendpolicy.Statement {
		named := map[string]sendpolicy.Statement{}
		for _, s := range d.Statements {
			named[s.Sid] = s
		}
		return named
	}
	return len(a.Statements) == len(b.Statements) && reflect.DeepEqual(byName(a), byName(b))
}

func document(t *testing.T, text node) node {
	t.Helper()
	var policy any
	if err := json.Unmarshal([]byte(text.String()), &policy); err != nil {
		t.Fatal(err)
	}
	return node{policy}
}

func theSameAlarms(t *testing.T, made map[string]node) {
	t.Helper()
	fields := map[string]string{
		"Namespace": "namespace", "MetricName": "metric_name", "Statistic": "statistic", "ComparisonOperator": "comparison_operator",
		"Threshold": "threshold", "Period": "period", "EvaluationPeriods": "evaluation_periods", "DatapointsToAlarm": "datapoints_to_alarm",
		"TreatMissingData": "treat_missing_data",
	}
	for name, r := range load(t, templateFile).at("Resources").fields() {
		if r.at("Type").String() != "AWS::CloudWatch::Alarm" {
			continue
		}
		alarm := made[`aws_cloudwatch_metric_alarm.alarms["`+name+`"]`]
		for field, attribute := range fields {
			if got, want := alarm.at(attribute).String(), r.at("Properties", field).String(); got != want {
				t.Errorf("%s of %s is %s, want %s", attribute, name, got, want)
			}
		}
	}
	metric := regexp.MustCompile(`\["(?:SesSmtpRotator|AWS/Lambda)", ?"(\w+)"`)
	got := metric.FindAllStringSubmatch(made["aws_cloudwatch_dashboard.dashboard[0]"].at("dashboard_body").String(), -1)
	want := metric.FindAllStringSubmatch(load(t, templateFile).at("Resources", "Dashboard", "Properties", "DashboardBody", "Fn::Sub").String(), -1)
	names := func(found [][]string) (names []string) {
		for _, match := range found {
			names = append(names, match[1])
		}
		slices.Sort(names)
		return names
	}
	if len(got) == 0 || !slices.Equal(names(got), names(want)) {
		t.Errorf("the dashboard shows %v, want %v", names(got), names(want))
	}
}

// theSameParameters: what can be set has the same names in both, and the same defaults.
func theSameParameters(t *testing.T, variables node) {
	t.Helper()
	own := []string{"name", "function_zip", "tags"} // CloudFormation has them outside of the template
	parameters := map[string]node{}
	for name, p := range load(t, templateFile).at("Parameters").fields() {
		parameters[strings.ToLower(regexp.MustCompile(`(\w)([A-Z])`).ReplaceAllString(name, "${1}_$2"))] = p
	}
	for name := range variables.fields() {
		if _, ok := parameters[name]; !ok && !slices.Contains(own, name) {
			t.Errorf("%s isn't a parameter of the template", name)
		}
	}
	alike := map[string]string{"[]": "", "<nil>": "", "false": "no", "true": "yes"}
	for name, p := range parameters {
		variable, ok := variables.fields()[name]
		if !ok {
			t.Errorf("the module has no %s", name)
		}
		got, want := variable.at("default").String(), p.at("Default").String()
		if same, ok := alike[got]; ok {
			got = same
		}
		if p.at("Default").value == nil {
			want = ""
		}
		if got != want {
			t.Errorf("%s is %q by default, want %q", name, got, want)
		}
	}
}

func TestTheModulePlansWhatIsAskedForAndRefusesNonsense(t *testing.T) {
	t.Parallel()
	tf := newTerraform(t)
	with := func(name, more string) string {
		return fmt.Sprintf("module %q {\n  source = \"../terraform\"\n  name = %[1]q\n  function_zip = \"../../.build/function.zip\"\n"+
			"  identity_arns = [%q]\n%s\n}\n", name, identity, more)
	}
	const asked, refused = "deploy/asked", "deploy/refused"
	tf.write(asked+"/main.tf", with("everything", `
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
		alarm_email = "ops@example.com"`)+with("adopting", `
		existing_user_name = "mailer"
		existing_user_path = "/apps/"
		kms_key_arn = "arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
		existing_secret_arn = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:mail-AbCdEf"`)+`
		resource "aws_kms_key" "key" {} # whose ARN isn't known yet`)
	tf.run(asked, "init", "-plugin-dir="+tf.plugins)
	tf.run(asked, "plan", "-out=plan")
	planned := map[string]node{}
	for _, change := range tf.show(asked, "plan").at("resource_changes").list() {
		planned[strings.TrimPrefix(change.at("address").String(), "module.")] = change.at("change", "after")
	}
	for _, address := range []string{
		"aws_secretsmanager_secret_policy.secret_policy[0]", "aws_secretsmanager_secret_rotation.rotation_configuration[0]",
		"aws_lambda_permission.rotation_permission[0]", `aws_iam_role_policy.function_role["network"]`,
		`aws_cloudwatch_event_rule.leaks["guardduty"]`, `aws_cloudwatch_event_rule.leaks["health"]`,
		"aws_iam_role_policy.network_is_lambdas[0]", "aws_sns_topic_subscription.alarm_subscription[0]",
	} {
		if _, ok := planned["everything."+address]; !ok {
			t.Errorf("%s isn't planned", address)
		}
	}
	sending := asPolicy(t, document(t, planned["everything.aws_iam_user_policy.sending_policy"].at("policy")))
	if want := sendingPolicy(t, everyNarrowing); !samePolicy(sending, want) {
		t.Errorf("the credential may do %s, want %s", sending, want)
	}
	for _, address := range []string{"aws_iam_user.smtp_user[0]", "aws_secretsmanager_secret.smtp_secret[0]"} {
		if _, ok := planned["adopting."+address]; ok {
			t.Errorf("%s is made, though there is one", address)
		}
	}
	keys := planned[`adopting.aws_iam_role_policy.function_role["access-keys"]`].at("policy").String()
	if !strings.Contains(keys, `"Resource":"arn:aws:iam::123456789012:user/apps/mailer"`) {
		t.Errorf("the policy for the existing user's keys is %s", keys)
	}
	if policy := planned[`adopting.aws_iam_role_policy.function_role["secret"]`].at("policy").String(); !strings.Contains(policy, `"kms:Decrypt"`) {
		t.Errorf("nothing lets Secrets Manager use the KMS key: %s", policy)
	}

	tf.write(refused+"/main.tf", with("mail", `
		rotation_interval = "8d15m"
		verify = "send"
		sandbox_recipient_arns = ["`+recipient+`"]
		private_networks = ["10.0.0.0/16"]
		subnet_ids = ["subnet-1"]
		existing_secret_arn = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:mail-AbCdEf"
		reader_arns = ["arn:aws:iam::123456789012:role/application"]`))
	tf.run(refused, "init", "-plugin-dir="+tf.plugins)
	out, err := tf.try(refused, "plan", "-no-color")
	text := regexp.MustCompile(`[\s│]+`).ReplaceAllString(out, " ")
	for _, reason := range []string{
		"rotation_interval must exceed", "verify_from is needed", "security_group_ids are needed together", "could send as its recipients", "everybody's VPC", "an existing one has its own",
	} {
		if err == nil || !strings.Contains(text, reason) {
			t.Errorf("it isn't refused because %s: %v\n%s", reason, err, text)
		}
	}
}
