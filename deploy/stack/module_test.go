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
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sendpolicy"
)

// module is the resources of a state, or those that a plan leads to, by address within the module.
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

const example = "deploy/terraform/examples/complete"

func isAppliedAndDestroyed(tf *terraform) {
	tf.run(example, "init")
	tf.run(example, "validate")
	tf.write(example+"/dashboard_override.tf", `module "mail" { make_dashboard = true }`)
	tf.run(example, "apply", "-auto-approve")
	parts := tf.rotate()
	tf.run(example, "plan", "-out=plan")
	shown := tf.run(example, "show", "-json", "plan") // with the state, as it is now
	plan := document(tf.T, node{shown})
	nothingToDo(tf.T, plan)
	for _, part := range parts {
		if strings.Contains(shown, part) {
			tf.Errorf("%q is in the state", part)
		}
	}
	made := module(plan.at("prior_state"))
	theSameRole(tf.T, made)
	theSameAlarms(tf.T, made)
	theSameDashboard(tf.T, made)
	// moto deletes users that have access keys, AWS doesn't
	if made["aws_iam_user.smtp_user[0]"].at("force_destroy").String() != "true" {
		tf.Error("a user that has access keys can't be destroyed")
	}
	tf.run(example, "destroy", "-auto-approve")
	users, roles, secrets := tf.made()
	if policies := tf.policies(); len(users)+len(roles)+len(secrets)+len(policies) > 0 {
		tf.Errorf("left are the users %v, the roles %v, the secrets %v and the policies %v", users, roles, secrets,
			policies)
	}
}

// rotate does what the function does, which isn't Terraform's business and doesn't get into its
// state. It returns what must not be there.
func (tf *terraform) rotate() (secrets []string) {
	tf.Helper()
	users, _, made := tf.made()
	if len(users) != 1 || len(made) != 1 {
		tf.Fatalf("there are the users %v and the secrets %v", users, made)
	}
	key, err := iam.NewFromConfig(tf.aws).CreateAccessKey(tf.Context(), &iam.CreateAccessKeyInput{UserName: &users[0]})
	if err != nil {
		tf.Fatal(err)
	}
	value := `{"username":"` + *key.AccessKey.AccessKeyId + `","password":"as good as a secret"}`
	put := &secretsmanager.PutSecretValueInput{SecretId: &made[0], SecretString: &value}
	if _, err := secretsmanager.NewFromConfig(tf.aws).PutSecretValue(tf.Context(), put); err != nil {
		tf.Fatal(err)
	}
	return []string{*key.AccessKey.AccessKeyId, *key.AccessKey.SecretAccessKey, "as good as"}
}

// made lists what is in the account, by name.
func (tf *terraform) made() (users, roles, secrets []string) {
	tf.Helper()
	ofIAM, ofSecrets := iam.NewFromConfig(tf.aws), secretsmanager.NewFromConfig(tf.aws)
	someUsers, err := ofIAM.ListUsers(tf.Context(), &iam.ListUsersInput{})
	if err != nil {
		tf.Fatal(err)
	}
	for _, u := range someUsers.Users {
		users = append(users, *u.UserName)
	}
	someRoles, err := ofIAM.ListRoles(tf.Context(), &iam.ListRolesInput{})
	if err != nil {
		tf.Fatal(err)
	}
	for _, r := range someRoles.Roles {
		roles = append(roles, *r.RoleName)
	}
	someSecrets, err := ofSecrets.ListSecrets(tf.Context(), &secretsmanager.ListSecretsInput{})
	if err != nil {
		tf.Fatal(err)
	}
	for _, s := range someSecrets.SecretList {
		secrets = append(secrets, *s.Name)
	}
	return users, roles, secrets
}

// policies are the customer managed ones.
func (tf *terraform) policies() (names []string) {
	tf.Helper()
	own := &iam.ListPoliciesInput{Scope: types.PolicyScopeTypeLocal}
	some, err := iam.NewFromConfig(tf.aws).ListPolicies(tf.Context(), own)
	if err != nil {
		tf.Fatal(err)
	}
	for _, p := range some.Policies {
		names = append(names, *p.PolicyName)
	}
	return names
}

// nothingToDo: a second plan is empty, but for what moto forgets.
func nothingToDo(t *testing.T, plan node) {
	t.Helper()
	if len(module(plan.at("prior_state"))) == 0 {
		t.Error("the plan says nothing of the state")
	}
	for address, what := range changes(plan) {
		t.Errorf("a second apply changes %s: %s", address, what)
	}
}

// changes is what a plan would do, by address.
func changes(plan node) map[string]string {
	found := map[string]string{}
	for _, change := range plan.at("resource_changes").list() {
		address, actions := change.at("address").String(), change.at("change", "actions").String()
		if actions == "[no-op]" || actions == "[read]" {
			continue
		}
		if actions != "[update]" {
			found[address] = actions
		}
		before, after := change.at("change", "before").fields(), change.at("change", "after").fields()
		for name := range before { // an update has the same attributes on both sides
			motoForgets := change.at("type").String() == "aws_lambda_function" && name == "logging_config"
			if before[name].String() != after[name].String() && !motoForgets {
				found[address] += fmt.Sprintf(" %s from %v to %v", name, before[name], after[name])
			}
		}
	}
	return found
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

	environment := made["aws_lambda_function.function"].at("environment").list()[0].at("variables")
	want := d.resource("Function").at("Environment", "Variables")
	want.value.(map[string]any)["STACK_ID"] = "none" // there is no stack
	if environment.String() != want.String() {
		t.Errorf("environment: %s, want %s", environment, want)
	}
	for resource, prefix := range map[string]string{"FunctionRole": "aws_iam_role_policy.function_role",
		"ScheduleRole": "aws_iam_role_policy.schedule_role"} {
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
	theSamePolicies(t, made, nil)
	for address, attachment := range made {
		if strings.HasPrefix(address, "aws_iam_user_policy_attachment.") &&
			(attachment.at("user").String() != d.physical["SmtpUser"] || attachment.at("policy_arn").value == nil) {
			t.Errorf("%s: %v", address, attachment)
		}
	}
}

// theSamePolicies: the user's policies are those of the template, one for each way in.
func theSamePolicies(t *testing.T, module map[string]node, parameters map[string]string) {
	t.Helper()
	var got []sendpolicy.Document
	for address, r := range module {
		instance, ok := strings.CutPrefix(address, "aws_iam_policy.sending_policy")
		if !ok {
			continue
		}
		got = append(got, asPolicy(t, document(t, r.at("policy"))))
		if _, ok := module["aws_iam_user_policy_attachment.sending_policy"+instance]; !ok {
			t.Errorf("%s is nobody's", address)
		}
	}
	want := sendingPolicies(t, parameters)
	if len(got) != len(want) || !samePolicy(together(got...), together(want...)) {
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

// theSameDashboard: it has the same widgets, with the same queries.
func theSameDashboard(t *testing.T, made map[string]node) {
	t.Helper()
	var got dashboard
	body := made["aws_cloudwatch_dashboard.dashboard[0]"].at("dashboard_body").String()
	if err := json.Unmarshal([]byte(body), &got); err != nil {
		t.Fatal(err)
	}
	source := regexp.MustCompile(`SOURCE '[^']*'|FunctionName="[^"]*"`)
	shows := func(d dashboard) (all []string) {
		for _, w := range d.Widgets {
			p := w.Properties
			text := fmt.Sprint(p.Title, len(p.Alarms), p.Query)
			for _, m := range p.Metrics {
				if expression, ok := m[0].(map[string]any); ok {
					text += fmt.Sprint(expression["expression"])
				} else {
					text += fmt.Sprint(m[:2])
				}
			}
			all = append(all, source.ReplaceAllString(text, ""))
		}
		return all
	}
	if want := shows(templatesDashboard(t, templateFile)); !slices.Equal(shows(got), want) {
		t.Errorf("the dashboard shows\n%q, want\n%q", shows(got), want)
	}
}

// theSameParameters: what can be set has the same names in both, and the same defaults.
func theSameParameters(t *testing.T, variables node) {
	t.Helper()
	own := []string{"name", "tags", "function_zip", "function_bucket", "function_key", "function_version",
		"function_url", "function_sha256", "architecture"} // CloudFormation has them outside of the template
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
