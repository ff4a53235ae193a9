package stack

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"
)

// settings are what each example needs to be told.
var settings = map[string]map[string]any{
	"complete": {"from_addresses": []string{"news@example.com"}, "source_networks": []string{"192.0.2.10/32"},
		"vpc_id": "vpc-1", "subnet_ids": []string{"subnet-1"}, "alarm_email": "ops@example.com",
		"reader_arns": []string{"arn:aws:iam::" + accountID + ":role/shop"}},
	"adopt": {"user_name": "mailer", "user_path": "/apps/",
		"secret_arn": "arn:aws:secretsmanager:eu-west-1:" + accountID + ":secret:mail-AbCdEf"},
	"regions": {"identity_arns": []string{identity, strings.Replace(identity, "eu-west-1", "eu-central-1", 1)}},
	"fleet": {"credentials": map[string]any{
		"shop":   map[string]any{"region": "eu-west-1", "identity_arns": []string{identity}},
		"ledger": map[string]any{"region": "eu-west-1", "identity_arns": []string{identity}},
		"news": map[string]any{"region": "us-east-1",
			"identity_arns":  []string{strings.Replace(identity, "eu-west-1", "us-east-1", 1)},
			"from_addresses": []string{"news@example.com"}},
	}},
}

// whatExamplesMake is a part of it: what the example is about.
var whatExamplesMake = map[string][]string{
	"complete": {"module.mail.aws_iam_user.smtp_user[0]", `module.mail.aws_iam_policy.sending_policy["endpoints"]`,
		`module.mail.aws_iam_policy.sending_policy["outside"]`, "module.endpoint[0].aws_vpc_endpoint.endpoint",
		"module.mail.aws_secretsmanager_secret_policy.secret_policy[0]"},
	"adopt": {"module.mail.aws_lambda_function.function"},
	"regions": {"module.mail.aws_secretsmanager_secret.smtp_secret[0]",
		`module.leaks.aws_cloudwatch_event_target.buses["eu-west-1"]`,
		`module.leaks_backup.aws_cloudwatch_event_target.buses["eu-west-1"]`},
	"fleet": {`module.mail_eu["shop"].aws_lambda_function.function`, `module.mail_eu["ledger"].aws_iam_user.smtp_user[0]`,
		`module.mail_us["news"].aws_lambda_function.function`},
}

// TestTheExamplesArePlannedWithoutAWarning: also none that says that something is deprecated.
func TestTheExamplesArePlannedWithoutAWarning(t *testing.T) {
	t.Parallel()
	tf := newTerraform(t, awsForPlans)
	for _, example := range folders(t, "examples/*") {
		name := filepath.Base(example)
		folder := "deploy/terraform/examples/" + name
		text, err := json.Marshal(settings[name])
		if err != nil || settings[name] == nil {
			tf.Fatalf("what does %s need? %v", name, err)
		}
		tf.write(folder+"/terraform.tfvars.json", string(text))
		tf.run(folder, "init")
		made := map[string]bool{}
		for line := range strings.Lines(tf.run(folder, "plan", "-json")) {
			if strings.Contains(line, `"type":"diagnostic"`) {
				tf.Errorf("%s: %s", name, line)
			}
			change := document(t, node{line}).at("change")
			made[change.at("resource", "addr").String()] = change.at("action").String() == "create"
		}
		for _, address := range whatExamplesMake[name] {
			if !made[address] {
				tf.Errorf("%s doesn't make %s", name, address)
			}
		}
		if name == "adopt" && (made["module.mail.aws_iam_user.smtp_user[0]"] ||
			made["module.mail.aws_secretsmanager_secret.smtp_secret[0]"]) {
			tf.Error("what is there is made again")
		}
	}
}
