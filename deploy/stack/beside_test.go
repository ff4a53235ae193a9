package stack

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/iam"
)

// What is deployed beside the stack: the endpoint to bind a credential to, and what forwards leaks.
const (
	endpointFile = "../endpoint.yaml"
	leaksFile    = "../leaks.yaml"
)

var smtpPorts = []string{"465", "587", "2465", "2587"}

func TestCfnLintFindsNothing(t *testing.T) {
	lint, err := exec.LookPath("cfn-lint")
	if err != nil {
		t.Skip("cfn-lint isn't installed (pip install cfn-lint):", err)
	}
	files, _ := filepath.Glob("../*.yaml")
	if len(files) < 2 {
		t.Errorf("there are %v", files)
	}
	compact, _ := compactFile(t, "code")
	files = append(files, compact)
	if out, err := exec.CommandContext(t.Context(), lint,
		append([]string{"--", templateFile}, files...)...).CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

func TestTheEndpointAdmitsThePrivateNetworksThatAreNamedAndNoOthers(t *testing.T) {
	template := load(t, endpointFile)
	allowed := regexp.MustCompile(template.at("Parameters", "PrivateNetworks", "AllowedPattern").String())
	for _, bad := range []string{"", "0.0.0.0/0", "10.0.0.0/7", "192.0.2.0/24", "172.32.0.0/16", "100.128.0.0/16",
		"10.0.0.0", "10.0.0.0/8, 10.0.0.0/8",
		"10.1.0.0/16,10.2.0.0/16,10.3.0.0/16,10.4.0.0/16,10.5.0.0/16,10.6.0.0/16"} {
		if allowed.MatchString(bad) {
			t.Errorf("%q is let through", bad)
		}
	}
	for _, given := range []string{"10.0.0.0/8", "10.1.0.0/16,172.16.0.0/12", "10.1.0.0/16,10.2.0.0/16,10.3.0.0/16",
		"10.1.0.0/16,10.2.0.0/16,10.3.0.0/16,10.4.0.0/16",
		"10.1.0.0/16,172.31.4.0/24,192.168.0.0/16,100.64.0.0/10,10.5.0.0/32"} {
		if !allowed.MatchString(given) {
			t.Errorf("%q is refused", given)
		}
		d := deploy(t, template, map[string]string{"PrivateNetworks": given, "VpcId": "vpc-1", "SubnetIds": "subnet-1"})
		var admitted []string
		for _, entry := range d.resource("Admitted").at("Entries").list() {
			admitted = append(admitted, entry.at("Cidr").String())
		}
		if got := strings.Join(admitted, ","); got != given {
			t.Errorf("%s is admitted, want %s", got, given)
		}
		group := d.resource("SecurityGroup")
		var ports []string
		for _, rule := range group.at("SecurityGroupIngress").list() {
			if from := rule.at("SourcePrefixListId").String(); from != "arn:aws:::Admitted.PrefixListId" ||
				len(rule.fields()) != 4 {
				t.Errorf("a rule lets in %v", rule)
			}
			ports = append(ports, rule.at("FromPort").String())
			if rule.at("ToPort").String() != rule.at("FromPort").String() {
				t.Errorf("a rule has ports in between: %v", rule)
			}
		}
		if !slices.Equal(ports, smtpPorts) {
			t.Errorf("ports %v are open", ports)
		}
		if out := group.at("SecurityGroupEgress").String(); out != "[map[CidrIp:127.0.0.1/32 IpProtocol:-1]]" {
			t.Errorf("it lets out %s", out)
		}
	}
}

func TestLeaksAreForwardedToTheRegionsThatAreNamed(t *testing.T) {
	for regions, want := range map[string][]string{
		"us-east-1":                     {"us-east-1"},
		"us-east-1,eu-central-1":        {"us-east-1", "eu-central-1"},
		"eu-west-1,us-east-1":           {"us-east-1"}, // the tests are in eu-west-1, which hears of it without
		"us-east-1,eu-west-1":           {"us-east-1"},
		"a-b-1,a-b-2,a-b-3,a-b-4,":      {"a-b-1", "a-b-2", "a-b-3", "a-b-4"},
		"a-b-1,a-b-2,a-b-3,a-b-4,a-b-5": {"a-b-1", "a-b-2", "a-b-3", "a-b-4", "a-b-5"},
	} {
		d := deploy(t, load(t, leaksFile), map[string]string{"Regions": regions})
		var targets []string
		for _, target := range d.resource("Rule").at("Targets").list() {
			targets = append(targets, target.at("Arn").String())
			if target.at("DeadLetterConfig", "Arn").value == nil || target.at("RoleArn").value == nil {
				t.Errorf("%v", target)
			}
		}
		var buses []string
		for _, region := range want {
			buses = append(buses, "arn:aws:events:"+region+":"+accountID+":event-bus/default")
		}
		if !slices.Equal(targets, buses) {
			t.Errorf("%s: %v, want %v", regions, targets, buses)
		}
		may := d.roleOf("Role")
		for _, bus := range buses {
			if len(may) != 1 || !slices.Contains(may["events:PutEvents"], bus) {
				t.Errorf("%s: it may %v", regions, may)
			}
		}
	}
}

func TestAnEventThatCantBeDeliveredGoesToAQueueThatTakesIt(t *testing.T) {
	d := deploy(t, load(t, templateFile), map[string]string{"IdentityArns": identity, "GuardDutyFindings": "yes"})
	takes := d.resource("FailureQueuePolicy").at("PolicyDocument", "Statement").list()[0].at("Condition", "ArnEquals",
		"aws:SourceArn")
	for _, rule := range []string{"LeakRule", "GuardDutyRule"} {
		target := d.resource(rule).at("Targets").list()[0]
		if to := target.at("DeadLetterConfig", "Arn").String(); to != "arn:aws:::FailureQueue.Arn" ||
			target.at("Arn").String() != "arn:aws:::Function.Arn" {
			t.Errorf("%s: %v", rule, target)
		}
		if !strings.Contains(takes.String(), "arn:aws:::"+rule+".Arn") {
			t.Errorf("the queue takes what comes from %s", takes)
		}
	}
}

func modulesBesideAreAppliedAndDestroyed(t *testing.T) {
	tf := newTerraform(t, awsByMoto)
	const beside = "deploy/beside"
	config := `
		resource "aws_vpc" "vpc" {
			cidr_block = "10.0.0.0/16"
			enable_dns_hostnames = true
		}
		resource "aws_subnet" "subnet" {
			vpc_id = aws_vpc.vpc.id
			cidr_block = "10.0.1.0/24"
		}
		module "endpoint" {
			source = "../terraform/modules/endpoint"
			name = "mail"
			vpc_id = aws_vpc.vpc.id
			subnet_ids = [aws_subnet.subnet.id]
			private_networks = ["10.0.0.0/16"]
		}
		module "mail" {
			source = "../terraform"
			name = "mail"
			function_zip = "../../.build/function.zip"
			identity_arns = ["` + identity + `"]
			vpc_endpoint_ids = [module.endpoint.endpoint_id] # which isn't known yet
		}
		module "leaks" {
			source = "../terraform/modules/leaks"
			regions = ["eu-west-1", "eu-central-1"]
			alarm_email = "ops@example.com"
		}
		module "notify" {
			source = "../terraform/modules/notify"
			secret_arn = module.mail.secret_arn
			notice_email = "ops@example.com"
			make_queue = true
		}`
	tf.write(beside+"/main.tf", config)
	tf.run(beside, "init")
	tf.run(beside, "apply", "-auto-approve")
	tf.run(beside, "plan", "-out=plan")
	plan := tf.show(beside, "plan")
	nothingToDo(t, plan)
	made := module(plan.at("prior_state"))
	var open []string
	for _, rule := range made["aws_security_group.security_group"].at("ingress").list() {
		if from := rule.at("cidr_blocks").String(); from != "[10.0.0.0/16]" {
			t.Errorf("a rule lets in %s", from)
		}
		open = append(open, rule.at("from_port").String())
	}
	if len(open) != len(smtpPorts) || slices.ContainsFunc(smtpPorts,
		func(p string) bool { return !slices.Contains(open, p) }) {
		t.Errorf("ports %v are open", open)
	}
	sending := made[`aws_iam_policy.sending_policy["endpoints"]`].at("policy").String()
	if id := made["aws_vpc_endpoint.endpoint"].at("id").String(); !strings.Contains(sending,
		fmt.Sprintf(`"aws:SourceVpce":[%q]`, id)) {
		t.Errorf("the credential isn't bound to %s: %s", id, sending)
	}
	if _, ok := made[`aws_cloudwatch_event_target.buses["eu-west-1"]`]; ok {
		t.Error("the Region forwards leaks to itself")
	}
	if to := made[`aws_cloudwatch_event_target.buses["eu-central-1"]`].at("arn").String(); !strings.HasSuffix(to,
		":eu-central-1:"+accountID+":event-bus/default") {
		t.Errorf("leaks are forwarded to %s", to)
	}
	tf.mailMayBeSentThroughout(beside, config)
	tf.run(beside, "destroy", "-auto-approve")
	if policies := tf.policies(); len(policies) > 0 {
		t.Errorf("left are the policies %v", policies)
	}
}

// mailMayBeSentThroughout: where mail comes in another way and another user sends it, its policy is
// there before the credential changes, and the one before is there until it has.
func (tf *terraform) mailMayBeSentThroughout(folder, config string) {
	tf.Helper()
	mailer, path := "mailer", "/apps/"
	if _, err := iam.NewFromConfig(tf.aws).CreateUser(tf.Context(), &iam.CreateUserInput{UserName: &mailer,
		Path: &path}); err != nil {
		tf.Fatal(err)
	}
	const attached = "module.mail.aws_iam_user_policy_attachment.sending_policy"
	for _, change := range []struct{ from, to, arguments string }{
		{"endpoints", "vpcs", "vpc_ids = [aws_vpc.vpc.id]"},
		{"vpcs", "endpoints", "vpc_endpoint_ids = [module.endpoint.endpoint_id]\nexisting_user_name = \"mailer\"\n" +
			"existing_user_path = \"/apps/\""},
	} {
		tf.write(folder+"/main.tf", strings.Replace(config, "vpc_endpoint_ids = [module.endpoint.endpoint_id]",
			change.arguments, 1))
		out, at := tf.run(folder, "apply", "-auto-approve", "-no-color"), -1
		for _, event := range []string{attached + `["` + change.to + `"]: Creation complete`,
			"module.mail.aws_lambda_invocation.first_credential: Creation complete",
			attached + `["` + change.from + `"]: Destroying`} {
			next := strings.Index(out, event)
			if next <= at {
				tf.Fatalf("%q comes too early, or not at all:\n%s", event, out)
			}
			at = next
		}
	}
}
