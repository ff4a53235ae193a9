package stack

import (
	"encoding/json"
	"errors"
	"log/slog"
	"maps"
	"os/exec"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/lambda/messages"

	"github.com/seed-486a873a/ses-smtp-rotator/lambda/function"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/iamkey"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/rotation"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/smtpsecret"
)

// grants are actions, each with the one resource it is allowed on.
type grants map[string]string

// add grants an action for each method of an SDK interface: they are named alike.
func (g grants) add(service string, api reflect.Type, resource string) {
	for i := range api.NumMethod() {
		g[service+":"+api.Method(i).Name] = resource
	}
}

// grantsOf are those of a role's inline policies.
func grantsOf(t *testing.T, role node) grants {
	t.Helper()
	granted := grants{}
	role.at("Properties", "Policies").visit(func(statement node) { // those with a condition of the template among them
		for _, action := range statement.at("Action").list() {
			if _, twice := granted[action.String()]; twice {
				t.Errorf("%v is allowed twice", action)
			}
			granted[action.String()] = statement.at("Resource").String()
		}
	})
	return granted
}

func compare(t *testing.T, got, want grants) {
	t.Helper()
	for _, action := range slices.Sorted(maps.Keys(got)) {
		if _, ok := want[action]; !ok {
			t.Errorf("%s is allowed, and nothing calls it", action)
		}
	}
	for _, action := range slices.Sorted(maps.Keys(want)) {
		switch resource, ok := got[action]; {
		case !ok:
			t.Errorf("%s is called, and isn't allowed", action)
		case resource != want[action]:
			t.Errorf("%s is allowed on %s; it should be on %s", action, resource, want[action])
		}
	}
}

func TestTheFunctionMayDoExactlyWhatItCalls(t *testing.T) {
	want := grants{
		"logs:CreateLogStream": "map[Fn::GetAtt:LogGroup.Arn]",
		"logs:PutLogEvents":    "map[Fn::GetAtt:LogGroup.Arn]",
		"sqs:SendMessage":      "map[Fn::GetAtt:FailureQueue.Arn]", // by Lambda, for events that it gives up
		"kms:Decrypt":          "map[Ref:KmsKeyArn]",               // by Secrets Manager, where the key is the customer's
		"kms:GenerateDataKey":  "map[Ref:KmsKeyArn]",
	}
	for action := range forSubnets {
		want[action] = "*"
	}
	want.add("iam", reflect.TypeFor[iamkey.API](), "map[Fn::If:[MakesUser map[Fn::GetAtt:SmtpUser.Arn] "+
		"map[Fn::Sub:arn:${AWS::Partition}:iam::${AWS::AccountId}:user${ExistingUserPath}${ExistingUserName}]]]")
	want.add("secretsmanager", reflect.TypeFor[smtpsecret.API](), "map[Fn::If:[MakesSecret map[Ref:SmtpSecret] map[Ref:ExistingSecretArn]]]")
	resources := load(t, templateFile).at("Resources")
	if role := resources.at("Function", "Properties", "Role").String(); role != "map[Fn::GetAtt:FunctionRole.Arn]" {
		t.Errorf("the function's role is %s", role)
	}
	compare(t, grantsOf(t, resources.at("FunctionRole")), want)
}

// forSubnets are the actions with which Lambda plugs a function into subnets ("Giving Lambda functions access to resources in an
// Amazon VPC", AWS Lambda Developer Guide). Some work only where all resources are allowed.
var forSubnets = map[string]bool{
	"ec2:CreateNetworkInterface": true, "ec2:DescribeNetworkInterfaces": true, "ec2:DescribeSubnets": true,
	"ec2:DeleteNetworkInterface": true, "ec2:AssignPrivateIpAddresses": true, "ec2:UnassignPrivateIpAddresses": true,
}

func TestWhatLambdaMayDoInSubnetsTheFunctionMayNot(t *testing.T) {
	d := deploy(t, load(t, templateFile), map[string]string{"IdentityArns": identity, "SubnetIds": "subnet-1,subnet-2", "SecurityGroupIds": "sg-1"})
	d.arns["Function"] = "arn:aws:lambda:::function"
	if !slices.Contains(d.made(), "NetworkIsLambdas") {
		t.Fatal("nothing keeps the function from it")
	}
	denied := d.resource("NetworkIsLambdas").at("PolicyDocument", "Statement").list()[0].String()
	const want = "map[Action:ec2:* Condition:map[ArnEquals:map[lambda:SourceFunctionArn:arn:aws:lambda:::function]] Effect:Deny Resource:*]"
	if denied != want {
		t.Errorf("%s, want %s", denied, want)
	}
	if in := d.resource("Function").at("VpcConfig").String(); in != "map[SecurityGroupIds:[sg-1] SubnetIds:[subnet-1 subnet-2]]" {
		t.Errorf("the function runs in %s", in)
	}
	outside := deploy(t, load(t, templateFile), map[string]string{"IdentityArns": identity})
	for action := range roleOf(outside.resource("FunctionRole")) {
		if forSubnets[action] {
			t.Errorf("%s is allowed where there are no subnets", action)
		}
	}
}

func TestTheSecretHasACopyInEachReplicaRegion(t *testing.T) {
	for regions, want := range map[string]string{
		"":                                 "<nil>",
		"us-east-1":                        "[map[Region:us-east-1]]",
		"us-east-1, eu-central-1":          "[map[Region:us-east-1] map[Region:eu-central-1]]",
		"us-east-1,eu-central-1,sa-east-1": "[map[Region:us-east-1] map[Region:eu-central-1] map[Region:sa-east-1]]",
	} {
		d := deploy(t, load(t, templateFile), map[string]string{"IdentityArns": identity, "ReplicaRegions": regions})
		if got := d.resource("SmtpSecret").at("ReplicaRegions").String(); got != want {
			t.Errorf("%q: %s, want %s", regions, got, want)
		}
	}
}

func TestTheScheduleMayInvokeTheFunctionAndNothingElse(t *testing.T) {
	compare(t, grantsOf(t, load(t, templateFile).at("Resources", "ScheduleRole")), grants{
		"lambda:InvokeFunction": "map[Fn::GetAtt:Function.Arn]",
		"sqs:SendMessage":       "map[Fn::GetAtt:FailureQueue.Arn]",
	})
}

func TestEveryAlarmLooksAtWhatIsMeasuredAndTellsAPerson(t *testing.T) {
	alarms := 0
	for name, r := range load(t, templateFile).at("Resources").fields() {
		if r.at("Type").String() != "AWS::CloudWatch::Alarm" {
			continue
		}
		alarms++
		p := r.at("Properties")
		of := p.at("Namespace").String() + " " + p.at("MetricName").String() + " " + p.at("Dimensions").list()[0].at("Value").String()
		switch metric, own := strings.CutPrefix(of, "SesSmtpRotator "); {
		case own && slices.Contains(function.MetricNames(), strings.Fields(metric)[0]) && strings.HasSuffix(metric, " map[Ref:Function]"):
		case slices.Contains([]string{"AWS/Lambda Errors map[Ref:Function]", "AWS/SQS ApproximateNumberOfMessagesVisible map[Fn::GetAtt:FailureQueue.QueueName]"}, of):
		default:
			t.Errorf("%s looks at %s, and nobody measures that", name, of)
		}
		for _, told := range []string{"AlarmActions", "OKActions"} {
			if to := p.at(told).String(); to != "[map[Ref:AlarmTopic]]" {
				t.Errorf("%s: %s is %s", name, told, to)
			}
		}
	}
	if alarms == 0 {
		t.Error("there is no alarm")
	}
}

func TestTheCredentialMaySendFromTheIdentitiesThatAreGivenAndNoOthers(t *testing.T) {
	template := load(t, templateFile)
	resources := map[string]bool{}
	template.at("Resources", "SendingPolicy", "Properties", "PolicyDocument").visit(func(n node) {
		for _, action := range n.at("Action").list() {
			if action.String() != "ses:SendRawEmail" {
				t.Errorf("%v is allowed; SMTP needs ses:SendRawEmail alone", action)
			}
			resources[n.at("Resource").String()] = true
		}
	})
	if want := map[string]bool{"map[Ref:IdentityArns]": true, "map[Ref:ConfigurationSetArns]": true}; !maps.Equal(resources, want) {
		t.Errorf("sending is allowed on %v", slices.Sorted(maps.Keys(resources)))
	}

	identities := template.at("Parameters", "IdentityArns")
	if standard := identities.at("Default"); standard.value != nil {
		t.Errorf("IdentityArns has the default %v; it should have none", standard)
	}
	allowed := regexp.MustCompile(identities.at("AllowedPattern").String())
	const good = "arn:aws-cn:ses:cn-north-1:111122223333:identity/sender@example.com"
	if !allowed.MatchString(good) {
		t.Errorf("%q is refused", good)
	}
	for _, bad := range []string{"", "*", "arn:aws:ses:*:111122223333:identity/example.com",
		"arn:aws:ses:eu-west-1:111122223333:identity/*", "arn:aws:ses:eu-west-1:111122223333:identity/example.???"} {
		if allowed.MatchString(bad) {
			t.Errorf("%q is let through", bad)
		}
	}
}

func TestTheFirstCredentialComesBeforeTheScheduleAndGoesAfterIt(t *testing.T) {
	resources := load(t, templateFile).at("Resources")
	if token := resources.at("FirstCredential", "Properties", "ServiceToken").String(); token != "map[Fn::GetAtt:Function.Arn]" {
		t.Errorf("it is asked of %s", token)
	}
	if after := resources.at("Schedule", "DependsOn").String(); after != "FirstCredential" {
		t.Errorf("the schedule comes after %s", after)
	}
	if on := resources.at("FirstCredential", "Properties", "OnDelete").String(); on != "map[Fn::If:[MakesUser decommission keep]]" {
		t.Errorf("on deletion: %s", on)
	}
}

func TestAChangeOfAnySettingIsTriedWithTheUpdate(t *testing.T) {
	resources := load(t, templateFile).at("Resources")
	tried := resources.at("FirstCredential", "Properties", "Settings").list()
	for name, value := range resources.at("Function", "Properties", "Environment", "Variables").fields() {
		isSetting := value.at("Ref").value != nil // else it is the user or the secret
		if isSetting && !slices.ContainsFunc(tried, func(n node) bool { return n.String() == value.String() }) {
			t.Errorf("a change of %s isn't", name)
		}
	}
}

func TestEveryParameterIsDescribedInAGroupAndRefusesNonsense(t *testing.T) {
	template := load(t, templateFile)
	var grouped []string
	for _, group := range template.at("Metadata", "AWS::CloudFormation::Interface", "ParameterGroups").list() {
		for _, p := range group.at("Parameters").list() {
			grouped = append(grouped, p.String())
		}
	}
	for name, p := range template.at("Parameters").fields() {
		if i := slices.Index(grouped, name); i < 0 || slices.Contains(grouped[i+1:], name) {
			t.Errorf("%s isn't in one group", name)
		}
		if p.at("Description").value == nil {
			t.Errorf("%s isn't described", name)
		}
		if values := p.at("AllowedValues"); values.value != nil {
			if !slices.ContainsFunc(values.list(), func(n node) bool { return n.String() == p.at("Default").String() }) {
				t.Errorf("the default of %s isn't allowed", name)
			}
			continue
		}
		allowed := regexp.MustCompile(p.at("AllowedPattern").String())
		if p.at("AllowedPattern").value == nil || allowed.MatchString("no such thing") {
			t.Errorf("%s takes anything", name)
		}
		if standard := p.at("Default"); standard.value != nil && !allowed.MatchString(standard.String()) {
			t.Errorf("the default of %s isn't allowed", name)
		}
	}
}

func TestTheDashboardShowsWhatIsMeasured(t *testing.T) {
	text := load(t, templateFile).at("Resources", "Dashboard", "Properties", "DashboardBody", "Fn::Sub").String()
	text = regexp.MustCompile(`\$\{[\w:.]+\}`).ReplaceAllString(text, "name")
	var body struct {
		Widgets []struct {
			X, Y, Width, Height int
			Properties          struct {
				Metrics [][]any
				Alarms  []string
			}
		}
	}
	if err := json.Unmarshal([]byte(text), &body); err != nil {
		t.Fatal(err)
	}
	shown := 0
	for i, w := range body.Widgets {
		if w.X+w.Width > 24 {
			t.Errorf("widget %d is beyond the right edge", i)
		}
		for j, other := range body.Widgets[:i] {
			if w.X < other.X+other.Width && other.X < w.X+w.Width && w.Y < other.Y+other.Height && other.Y < w.Y+w.Height {
				t.Errorf("widgets %d and %d overlap", j, i)
			}
		}
		for _, m := range w.Properties.Metrics {
			if m[0] != "SesSmtpRotator" {
				continue
			}
			shown++
			if !slices.Contains(function.MetricNames(), m[1].(string)) {
				t.Errorf("it shows %s, and nobody measures that", m[1])
			}
		}
		shown += len(w.Properties.Alarms)
	}
	if shown == 0 {
		t.Error("it shows nothing")
	}
}

func TestNoPolicyHasAWildcard(t *testing.T) {
	statements := 0
	load(t, templateFile).at("Resources").visit(func(n node) {
		for _, field := range []string{"ManagedPolicyArns", "NotAction", "NotResource", "NotPrincipal"} {
			if n.at(field).value != nil {
				t.Errorf("%s is used: %v", field, n)
			}
		}
		if n.at("Effect").value == nil {
			return
		}
		statements++
		if n.at("Effect").String() == "Deny" || !slices.ContainsFunc(n.at("Action").list(), func(a node) bool { return !forSubnets[a.String()] }) {
			return
		}
		for _, field := range []string{"Action", "Resource", "Principal"} {
			if strings.Contains(n.at(field).String(), "*") {
				t.Errorf("wildcard in %s of %v", field, n)
			}
		}
	})
	if statements == 0 {
		t.Error("no statement was found")
	}
}

// environment is what the function gets where every parameter has its default: the template's variables and Lambda's.
func environment(t *testing.T) map[string]string {
	t.Helper()
	template := load(t, templateFile)
	values := map[string]string{"AWS_REGION": "eu-west-1"}
	for name, value := range template.at("Resources", "Function", "Properties", "Environment", "Variables").fields() {
		if branches := value.at("Fn::If").list(); len(branches) > 0 {
			value = branches[1] // by default the stack makes everything itself
		}
		parameter := value.at("Ref").String()
		values[name] = parameter // a resource, whose name may be anything
		if standard := template.at("Parameters", parameter, "Default"); standard.value != nil {
			values[name] = standard.String()
		}
	}
	return values
}

// read is what the function asks of its environment, where that holds values.
func read(values map[string]string) []string {
	names := map[string]bool{}
	function.New(function.World{
		Log: slog.New(slog.DiscardHandler),
		Getenv: func(name string) string {
			names[name] = true
			return values[name]
		},
	})
	return slices.Collect(maps.Keys(names))
}

func TestEveryVariableThatTheFunctionReadsIsSetAndTheReverse(t *testing.T) {
	values := environment(t)
	names := read(values)
	values["VERIFY"] = "send"
	names = append(names, read(values)...)
	for _, name := range names {
		if _, ok := values[name]; !ok && !strings.HasPrefix(name, "AWS_") {
			t.Errorf("the function reads %s, which the template doesn't set", name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		if !slices.Contains(names, name) {
			t.Errorf("the template sets %s, which the function doesn't read", name)
		}
	}
}

func TestTheFunctionAcceptsTheDefaults(t *testing.T) {
	values := environment(t)
	f := function.New(function.World{
		Log:    slog.New(slog.DiscardHandler),
		Getenv: func(name string) string { return values[name] },
	})
	// Any faulty variable would be told first.
	_, err := f.Invoke(t.Context(), []byte(`{"action":"none of them"}`))
	var answer messages.InvokeResponse_Error
	if !errors.As(err, &answer) || answer.Type != string(rotation.RequestError) {
		t.Errorf("got %v, want a %s", err, rotation.RequestError)
	}
}

func TestTheDefaultsAreThoseOfTheFunction(t *testing.T) {
	standard := rotation.DefaultPolicy()
	values := environment(t)
	for name, want := range map[string]time.Duration{
		"ROTATION_INTERVAL": standard.RotationInterval,
		"GRACE_PERIOD":      standard.GracePeriod,
		"QUARANTINE_PERIOD": standard.QuarantinePeriod,
		"IN_USE_WINDOW":     standard.InUseWindow,
		"MAX_GRACE_PERIOD":  standard.MaxGracePeriod,
		"PROMOTION_WINDOW":  standard.PromotionWindow,
		"VERIFY_TIMEOUT":    standard.VerifyTimeout,
	} {
		text, unit := values[name], time.Duration(1)
		if days, ok := strings.CutSuffix(text, "d"); ok {
			text, unit = days+"h", 24
		}
		if got, err := time.ParseDuration(text); err != nil || got*unit != want {
			t.Errorf("%s is %q, want %v (%v)", name, values[name], want, err)
		}
	}
}

// SAM makes of the template what CloudFormation deploys. Where its translator is installed, the role and the environment that
// the other tests look at are held against that.
func TestTheTranslationHasTheSameRoleAndEnvironment(t *testing.T) {
	if err := exec.CommandContext(t.Context(), "python3", "-c", "import samtranslator").Run(); err != nil {
		t.Skip("aws-sam-translator isn't installed (pip install aws-sam-translator):", err)
	}
	out, err := exec.CommandContext(t.Context(), "python3", "testdata/translate.py", templateFile).Output()
	if err != nil {
		t.Fatal(err)
	}
	var document any
	if err := json.Unmarshal(out, &document); err != nil {
		t.Fatal(err)
	}
	parameters := map[string]string{"IdentityArns": identity}
	written, translated := deploy(t, load(t, templateFile), parameters), deploy(t, node{document}, parameters)
	for _, name := range written.made() {
		if !slices.Contains(translated.made(), name) {
			t.Errorf("%s isn't there", name)
		}
	}
	if !slices.Contains(translated.made(), "FunctionEventInvokeConfig") {
		t.Error("nothing says what becomes of failed invocations")
	}
	if kind := translated.template.at("Resources", "Function", "Type").String(); kind != "AWS::Lambda::Function" {
		t.Errorf("the function is a %s", kind)
	}
	for resource, properties := range map[string][]string{
		"Function":     {"Environment", "Runtime", "Architectures", "Role", "LoggingConfig", "Timeout", "MemorySize"},
		"FunctionRole": {"Policies", "AssumeRolePolicyDocument"},
	} {
		for _, p := range properties {
			if got, want := translated.resource(resource).at(p).String(), written.resource(resource).at(p).String(); got != want {
				t.Errorf("%s of %s: %s, want %s", p, resource, got, want)
			}
		}
	}
}

func TestCfnLintFindsNothing(t *testing.T) {
	lint, err := exec.LookPath("cfn-lint")
	if err != nil {
		t.Skip("cfn-lint isn't installed (pip install cfn-lint):", err)
	}
	if out, err := exec.CommandContext(t.Context(), lint, "--", templateFile).CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
