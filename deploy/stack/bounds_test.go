package stack

import (
	"encoding/json"
	"fmt"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sendpolicy"
)

// bound is a parameter whose value gets into a policy. It takes nothing that makes the policy wider
// than the one thing that the parameter names.
type bound struct {
	file, parameter string
	taken, refused  []string // values, or members where it is a list
	only            string   // "template" or "module" where the two differ; else both are held to it
}

const (
	ofSES     = "arn:aws:ses:eu-west-1:111122223333:"
	ofSecrets = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:"
	ofKMS     = "arn:aws:kms:eu-west-1:111122223333:"
	ofIAM     = "arn:aws:iam::111122223333:"
)

// wideIdentities are what an identity's ARN must not be: a pattern, or a policy variable, which IAM
// replaces by what the caller is ("IAM policy elements: Variables and tags").
var wideIdentities = []string{"*", ofSES + "identity/*", ofSES + "identity/example.???", ofSES + "*",
	"arn:aws:ses:*:111122223333:identity/example.com", "arn:aws:ses:eu-west-1:*:identity/example.com",
	"arn:*:ses:eu-west-1:111122223333:identity/example.com", ofSES + "identity/${aws:username}",
	ofSES + "identity/${*}", ofSES + "identity/$", ofSES + "identity/", ofSES + "identity/a b",
	ofSES + "configuration-set/mail"}

var bounds = []bound{
	{file: templateFile, parameter: "IdentityArns",
		taken: []string{"arn:aws-cn:ses:cn-north-1:111122223333:identity/sender@example.com",
			ofSES + "identity/example.com", ofSES + "identity/o'brien+a=b@example.com"},
		refused: append([]string{""}, wideIdentities...)},
	{file: templateFile, parameter: "SandboxRecipientArns",
		taken: []string{ofSES + "identity/someone@example.net"}, refused: wideIdentities},
	{file: templateFile, parameter: "ConfigurationSetArns",
		taken: []string{ofSES + "configuration-set/Mail_2-x"},
		refused: []string{ofSES + "configuration-set/*", ofSES + "configuration-set/a?", ofSES + "*",
			ofSES + "configuration-set/${aws:username}", ofSES + "configuration-set/",
			ofSES + "identity/example.com"}},
	{file: templateFile, parameter: "FromAddresses",
		taken: []string{"*@example.com", "a@*.example.com", "billing@example.com", "*@mail.*.example.com",
			"bounce+*@example.co.uk"},
		refused: []string{"*", "*@*", "**@*", "*e*@*", "*@*.*", "*@*.com", "*@*e.com", "*@*example.com",
			"*@example.*", "billing@*", "?@?", "?*@?*", "${aws:username}@example.com", "${*}@example.com",
			"a@${aws:PrincipalTag/domain}", "example.com", "a b@c.d"}},
	{file: templateFile, parameter: "Recipients",
		taken: []string{"*@example.com", "success@simulator.amazonses.com", "*@*.example.com"},
		refused: []string{"*", "*@*", "**@*", "*e*@*", "*@*.*", "*@*.com", "*@*example.com", "*@example.*",
			"billing@*", "?@?", "?*@?*", "${aws:username}@example.com", "a@${aws:PrincipalTag/domain}",
			"example.com", "a b@c.d"}},
	{file: templateFile, parameter: "FromNames", only: "template",
		taken: []string{"", "Doe, Jane", "Doe, Jane|Example*", "* via Example, Inc.", "*Support*", "HR", "IT *"},
		refused: []string{"*", "**", "* *", "*e*", "e*", "*|Example", "Example|*", "|", "|Example", "Example|",
			"A B||C D", " Example", "Example ", "Example |Other", "Example| Other", "????", "Example?",
			"${aws:username}", "${*}", "Example $"}},
	{file: templateFile, parameter: "FromNames", only: "module",
		taken: []string{"Doe, Jane", "Example*", "* via Example, Inc.", "*Support*", "HR", "IT *", "a|b c"},
		refused: []string{"", "*", "**", "* *", "*e*", "e*", " Example", "Example ", "????", "Example?",
			"${aws:username}", "${*}", "Example $"}},
	{file: templateFile, parameter: "SourceNetworks",
		taken: []string{"192.0.2.10/32", "192.0.2.0/24", "203.0.0.0/16", "10.1.0.0/16", "2001:db8::/48",
			"2001:db8::/32", "2600:1f00::1/128", "3fff::/32"},
		refused: append([]string{"10.0.0.0/8", "203.0.0.0/15", "2001::/31", "2000::/3", "fd00::/32",
			"fe80::/64"}, noNetworks...)},
	{file: templateFile, parameter: "PrivateNetworks",
		taken: []string{"10.0.0.0/8", "10.1.0.0/16", "172.16.0.0/12", "10.1.2.3/32", "100.64.0.0/10",
			"fd12:3456::/32", "fd00:ec2::/64", "2600:1f00:1:2::/56"},
		refused: append([]string{"10.0.0.0/7", "0.0.0.0/5", "fd00::/8", "fc00::/7", "2000::/3",
			"2600::/31"}, noNetworks...)},
	{file: templateFile, parameter: "VpcEndpointIds", taken: []string{"vpce-0123456789abcdef0"},
		refused: []string{"*", "vpce-*", "vpce-0*", "vpce-?", "vpce-", "vpce-${aws:username}",
			"vpc-0123456789abcdef0"}},
	{file: templateFile, parameter: "VpcIds", taken: []string{"vpc-0123456789abcdef0"},
		refused: []string{"*", "vpc-*", "vpc-0*", "vpc-?", "vpc-", "vpc-${aws:username}", "vpce-0123456789abcdef0"}},
	{file: templateFile, parameter: "ExistingUserName", taken: []string{"", "mailer", "a+b=c,d.e@f-g_h"},
		refused: []string{"*", "mail*", "mail?", "${aws:username}", "apps/mailer", "a:b", "a b",
			strings.Repeat("a", 65)}},
	{file: templateFile, parameter: "ExistingUserPath", taken: []string{"/", "/apps/", "/apps/mail.example-1/"},
		refused: []string{"", "*", "/*/", "/apps*/", "/app?/", "/${aws:username}/", "/$/", "/apps", "apps/", "//",
			"/a//b/"}},
	{file: templateFile, parameter: "ExistingSecretArn",
		taken: []string{"", ofSecrets + "mail-AbCdEf", ofSecrets + "apps/mail_1+a=b.c@d-AbCdEf"},
		refused: []string{"*", ofSecrets + "*", ofSecrets + "*-AbCdEf", ofSecrets + "mail-??????",
			ofSecrets + "m?il-AbCdEf", ofSecrets + "${aws:username}-AbCdEf", ofSecrets + "$-AbCdEf", "mail",
			ofSecrets + "mail", "arn:aws:secretsmanager:*:111122223333:secret:mail-AbCdEf"}},
	{file: templateFile, parameter: "ReaderArns",
		taken: []string{ofIAM + "role/application", ofIAM + "user/apps/mail.er",
			ofIAM + "role/aws-reserved/sso.amazonaws.com/eu-west-1/AWSReservedSSO_Mail_0123456789abcdef"},
		refused: []string{"*", ofIAM + "*", ofIAM + "root", "111122223333", ofIAM + "role/*", ofIAM + "role/app?",
			ofIAM + "role/", "arn:aws:iam::*:role/application", ofIAM + "role/${aws:username}",
			ofIAM + "group/staff", "arn:aws:sts::111122223333:assumed-role/application/*"}},
	{file: templateFile, parameter: "KmsKeyArn",
		taken: []string{"", ofKMS + "key/1234abcd-12ab-34cd-56ef-1234567890ab",
			ofKMS + "key/mrk-1234abcd12ab34cd56ef1234567890ab"},
		refused: []string{"*", ofKMS + "*", ofKMS + "key/*", ofKMS + "key/1234?", ofKMS + "key/",
			ofKMS + "key/${aws:username}", ofKMS + "alias/mail", "arn:aws:kms:*:111122223333:key/1234abcd",
			"1234abcd-12ab-34cd-56ef-1234567890ab"}},
	{file: templateFile, parameter: "ParameterPath", only: "template",
		taken: slices.Concat(goodPaths, []string{""}), refused: wrongPaths},
	{file: templateFile, parameter: "ParameterPath", only: "module",
		taken: slices.Concat(goodPaths, []string{""}), refused: slices.Concat(wrongPaths, reservedPaths)},
	{file: leaksFile, parameter: "Regions", taken: []string{"us-east-1", "us-gov-west-1"},
		refused: []string{"", "*", "us-*", "us-east-?", "us-east-*", "${AWS::Region}", "us-east-1/x", "us-east"}},
}

// goodPaths are of Parameter Store ("Understanding requirements and constraints for parameter
// names", AWS Systems Manager User Guide). It keeps some to itself, which CloudFormation leaves to
// the function to say.
var (
	goodPaths  = []string{"/mail", "/mail/smtp", "/Mail_1/smtp.example-2", "/mail/aws", strings.Repeat("/a", 14)}
	wrongPaths = []string{"*", "/*", "/mail/*", "/mail?", "/mail/?", "/${aws:username}", "/mail$", "/", "//", "/mail/",
		"mail/smtp", "/mail//smtp", "/mail smtp", "/mail:1", "arn:aws:ssm:eu-west-1:111122223333:parameter/mail",
		strings.Repeat("/a", 15)}
	reservedPaths = []string{"/aws", "/AWS/mail", "/aws/reference/secretsmanager", "/ssm/mail", "/Ssm-mail", "/awsmail"}
)

// noNetworks are networks that say more or something else than they seem to: with IPv4 addresses in
// IPv6 ones, IAM sees the former.
var noNetworks = []string{"0.0.0.0/0", "0.0.0.0/1", "128.0.0.0/1", "::/0", "::/1", "8000::/1", "::ffff:0:0/96",
	"::ffff:0.0.0.0/96", "::ffff:192.0.2.0/120", "64:ff9b::/96", "::/96", "::1/128", "*", "192.0.2.*", "192.0.2.0/*",
	"192.0.2.10",
	"192.0.2.0/33", "2001:db8::/129", "${aws:SourceIp}", "${aws:SourceIp}/32", "192.0.2.0/024", "a.b.c.d/24"}

func (b bound) inModule() bool   { return b.only != "template" }
func (b bound) inTemplate() bool { return b.only != "module" }

func TestNoParameterMakesAPolicyWider(t *testing.T) {
	for _, b := range bounds {
		if !b.inTemplate() {
			continue
		}
		parameter := load(t, b.file).at("Parameters", b.parameter)
		// It has to match all of a value, or of a list's member.
		allowed := regexp.MustCompile(`^(?:` + parameter.at("AllowedPattern").String() + `)$`)
		isList := parameter.at("Type").String() == "CommaDelimitedList"
		for _, value := range b.taken {
			// People write spaces after commas.
			if !allowed.MatchString(value) || isList && !allowed.MatchString(" "+value+" ") {
				t.Errorf("%s: %q is refused", b.parameter, value)
			}
		}
		for _, value := range b.refused {
			if allowed.MatchString(value) {
				t.Errorf("%s: %q is let through", b.parameter, value)
			}
		}
	}
}

// TestWhatIsTakenIsNarrowForTheAudit: the stack's alarm doesn't tell of what its parameters take.
func TestWhatIsTakenIsNarrowForTheAudit(t *testing.T) {
	from := map[string]string{"PrivateNetworks": "VpcIds", "SandboxRecipientArns": "FromAddresses"}
	with := map[string]string{"VpcIds": "vpc-1", "FromAddresses": "*@example.com"}
	for _, b := range bounds {
		if b.file != templateFile || !b.inTemplate() {
			continue
		}
		for _, value := range b.taken {
			parameters := map[string]string{b.parameter: value}
			if needed := from[b.parameter]; needed != "" {
				parameters[needed] = with[needed]
			}
			for _, f := range auditOf(t, parameters) {
				if f.Code == sendpolicy.WideSource || f.Severity.AtLeast(sendpolicy.High) {
					t.Errorf("%s %q: %s %s, %s", b.parameter, value, f.Severity, f.Code, f.Message)
				}
			}
		}
	}
}

// TestASenderIsALimitForTheAuditAsForTheParameter looks at senders alone, as whom mail of any
// identity may come.
func TestASenderIsALimitForTheAuditAsForTheParameter(t *testing.T) {
	for _, b := range bounds {
		if b.parameter != "FromAddresses" {
			continue
		}
		for _, value := range slices.Concat(b.taken, b.refused) {
			if !strings.Contains(value, "@") || strings.ContainsAny(value, "? $") {
				continue // it isn't a sender, or doesn't mean what it says
			}
			policy := fmt.Sprintf(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"ses:SendRawEmail",
				"Resource":"*","Condition":{"StringLike":{"ses:FromAddress":%q},
				"IpAddress":{"aws:SourceIp":"192.0.2.0/24"}}}]}`, value)
			found := sendpolicy.Audit(sendpolicy.Access{User: userName, Policies: []sendpolicy.Policy{
				{Name: "mail", From: "attached", Text: policy}}})
			if narrow := !sendpolicy.Worst(found).AtLeast(sendpolicy.High); narrow != slices.Contains(b.taken, value) {
				t.Errorf("%q is narrow for the audit: %v", value, narrow)
			}
		}
	}
}

// TestEveryParameterInAPolicyIsBounded: those that get into what allows something are in the table.
func TestEveryParameterInAPolicyIsBounded(t *testing.T) {
	for _, file := range []string{templateFile, endpointFile, leaksFile} {
		template, found := load(t, file), map[string]bool{}
		for _, resource := range template.at("Resources").fields() {
			properties := resource.at("Properties")
			if resource.at("Type").String() == "AWS::Lambda::Permission" {
				template.parametersIn(properties, found)
			}
			properties.visit(func(n node) {
				template.parametersIn(n.at("Statement"), found)
				template.parametersIn(n.at("EventPattern"), found)
			})
		}
		in := map[string]bool{}
		for _, b := range bounds {
			if b.file == file {
				in[b.parameter] = true
			}
		}
		if !maps.Equal(found, in) {
			t.Errorf("%s: in policies are %v, and the table has %v", file, slices.Sorted(maps.Keys(found)),
				slices.Sorted(maps.Keys(in)))
		}
	}
}

// parametersIn finds those that n mentions, by Ref or in a Sub.
func (n node) parametersIn(part node, found map[string]bool) {
	mentioned := regexp.MustCompile(`\$\{(\w+)\}`)
	part.visit(func(p node) {
		names := []string{p.at("Ref").String()}
		for _, text := range p.at("Fn::Sub").list() {
			for _, match := range mentioned.FindAllStringSubmatch(text.String(), -1) {
				names = append(names, match[1])
			}
		}
		for _, name := range names {
			if n.at("Parameters", name).value != nil {
				found[name] = true
			}
		}
	})
}

// A list with an empty member besides is a list that is given: a rule that took it for none would
// let through what it is there to refuse.
func TestAListIsGivenEvenWithAnEmptyMember(t *testing.T) {
	for _, c := range []struct {
		parameters map[string]string
		want       string
	}{
		{nil, "[]"},
		{map[string]string{"PrivateNetworks": "10.0.0.0/16"}, "[PrivateNetworksAreSomewhere]"},
		{map[string]string{"PrivateNetworks": "10.0.0.0/16,"}, "[PrivateNetworksAreSomewhere]"},
		{map[string]string{"PrivateNetworks": "10.0.0.0/16,", "VpcIds": "vpc-1"}, "[]"},
		{map[string]string{"PrivateNetworks": "10.0.0.0/16", "VpcIds": ","}, "[PrivateNetworksAreSomewhere]"},
		{map[string]string{"SandboxRecipientArns": recipient}, "[SandboxRecipientsNeedASender]"},
		{map[string]string{"SandboxRecipientArns": "," + recipient}, "[SandboxRecipientsNeedASender]"},
		{map[string]string{"SandboxRecipientArns": recipient, "FromAddresses": ","}, "[SandboxRecipientsNeedASender]"},
		{map[string]string{"SandboxRecipientArns": recipient, "FromAddresses": "*@example.com"}, "[]"},
		{map[string]string{"ExistingSecretArn": ofSecrets + "mail-AbCdEf",
			"ReaderArns": "," + ofIAM + "role/application"},
			"[TheSecretOfAnExistingUser]"},
		{map[string]string{"ExistingSecretArn": ofSecrets + "mail-AbCdEf"}, "[]"},
		{map[string]string{"SubnetIds": "subnet-1,"}, "[SubnetsNeedSecurityGroups]"},
		{map[string]string{"SecurityGroupIds": ",sg-1"}, "[SecurityGroupsNeedSubnets]"},
		{map[string]string{"SubnetIds": "subnet-1", "SecurityGroupIds": "sg-1"}, "[]"},
		{map[string]string{"Verify": "send"}, "[SendingNeedsASender]"},
	} {
		given := map[string]string{"IdentityArns": identity}
		maps.Copy(given, c.parameters)
		if got := fmt.Sprint(deploy(t, load(t, templateFile), given).broken()); got != c.want {
			t.Errorf("%v breaks %s, want %s", c.parameters, got, c.want)
		}
	}
}

// variableOf is what a parameter is called in a module.
func variableOf(parameter string) string {
	return strings.ToLower(regexp.MustCompile(`(\w)([A-Z])`).ReplaceAllString(parameter, "${1}_$2"))
}

// TestNoVariableMakesAPolicyWider has only the modules' variables, each with all its values: so a
// plan asks nobody.
func TestNoVariableMakesAPolicyWider(t *testing.T) {
	t.Parallel()
	tf := newTerraform(t, awsForPlans)
	module := map[string]string{templateFile: "", leaksFile: "leaks"}
	for file, folder := range module {
		text := contents(t, filepath.Join(moduleFolder, map[string]string{leaksFile: "modules"}[file], folder,
			"variables.tf"))
		tf.write("bounds/only"+folder+"/main.tf", strings.Join(regexp.MustCompile(`(?ms)^variable .*?^}`).
			FindAllString(text, -1), "\n"))
	}
	for _, kind := range []string{"taken", "refused"} {
		values, calls := map[string][]string{}, ""
		for _, b := range bounds {
			if !b.inModule() {
				continue
			}
			variable := variableOf(b.parameter)
			if values[variable] = b.taken; kind == "refused" {
				values[variable] = slices.DeleteFunc(slices.Clone(b.refused), func(v string) bool { return v == "" })
			}
			calls += theCall(b, variable, module[b.file])
		}
		text, err := json.Marshal(values)
		if err != nil {
			t.Fatal(err)
		}
		folder := "bounds/" + kind
		tf.write(folder+"/values.json", string(text))
		tf.write(folder+"/main.tf", calls)
		tf.run(folder, "init")
		out, err := tf.try(folder, "plan", "-no-color")
		if kind == "taken" {
			if err != nil {
				t.Errorf("a value is refused:\n%s", out)
			}
			continue
		}
		out = regexp.MustCompile(`[\s│]+`).ReplaceAllString(out, " ")
		for variable, refused := range values {
			if got := strings.Count(out, " "+variable+" must "); got != len(refused) {
				t.Errorf("%d values of %s are refused, want %d: %q\n%s", got, variable, len(refused), refused, out)
			}
		}
	}
}

// theCall is one of the module for each value of a variable.
func theCall(b bound, variable, folder string) string {
	own := "name = \"mail\"\n  function_zip = \"function.zip\"\n"
	if folder != "" {
		own = ""
	} else if variable != "identity_arns" {
		own += fmt.Sprintf("  identity_arns = [%q]\n", identity)
	}
	value := "each.value"
	for _, list := range []string{"arns", "addresses", "names", "recipients", "networks", "ids", "regions"} {
		if strings.HasSuffix(variable, list) {
			value = "[each.value]"
		}
	}
	return "module \"" + variable + "\" {\n  for_each = toset(jsondecode(file(\"values.json\"))." + variable + ")\n" +
		"  source = \"../only" + folder + "\"\n  " + own + "  " + variable + " = " + value + "\n}\n"
}
