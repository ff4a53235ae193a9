package stack

import (
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/iamaccess"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/iamkey"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/localaws/awstest"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/smtpparameter"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/smtpsecret"
)

const (
	kmsKey = "arn:aws:kms:eu-west-1:" + accountID + ":key/1234"
	copies = "arn:aws:ssm:eu-west-1:" + accountID + ":parameter/mail/smtp/*"
)

// withAllPermissions is the stack whose function has all that it can have.
func withAllPermissions(t *testing.T) *deployment {
	t.Helper()
	return deploy(t, load(t, templateFile), map[string]string{
		"IdentityArns": identity, "KmsKeyArn": kmsKey, "SubnetIds": "subnet-1", "SecurityGroupIds": "sg-1",
		"ParameterPath": "/mail/smtp",
	})
}

func TestTheFunctionMayDoExactlyWhatItCalls(t *testing.T) {
	d := withAllPermissions(t)
	d.physical["SmtpSecret"] = "the secret"
	want := role{
		"logs:CreateLogStream": {"arn:aws:::LogGroup.Arn"},
		"logs:PutLogEvents":    {"arn:aws:::LogGroup.Arn"},
		"sqs:SendMessage":      {"arn:aws:::FailureQueue.Arn"}, // by Lambda, for events that it gives up
		// By Secrets Manager and Parameter Store, where the key is the customer's.
		"kms:Decrypt":         {kmsKey, kmsKey},
		"kms:GenerateDataKey": {kmsKey},
		"kms:Encrypt":         {kmsKey},
	}
	for action := range ofParameters {
		want[action] = []string{copies}
	}
	if called := callsOfParameters(t); !maps.Equal(called, ofParameters) {
		t.Errorf("of Parameter Store, it calls %v", called)
	}
	for action := range forSubnets {
		want[action] = []string{"*"}
	}
	want.addCalls("iam", reflect.TypeFor[iamkey.API](), "arn:aws:::SmtpUser.Arn")
	want.addCalls("iam", reflect.TypeFor[iamaccess.API](), "arn:aws:::SmtpUser.Arn")
	for action := range ofGroupsAndPolicies {
		if _, ok := want[action]; !ok {
			t.Errorf("nothing calls %s", action)
		}
		want[action] = []string{"arn:aws:iam::" + accountID + ":group/*"}
		if strings.HasPrefix(action, "iam:GetPolicy") {
			want[action] = []string{"arn:aws:iam::" + accountID + ":policy/*", "arn:aws:iam::aws:policy/*"}
		}
	}
	want.addCalls("secretsmanager", reflect.TypeFor[smtpsecret.API](), "the secret")
	if by := d.resource("Function").at("Role").String(); by != "arn:aws:::FunctionRole.Arn" {
		t.Errorf("the function's role is %s", by)
	}
	compare(t, d.roleOf("FunctionRole"), want)
}

// ofGroupsAndPolicies are actions on what isn't the user's: it can be in any group, and have any
// managed policy.
var ofGroupsAndPolicies = map[string]bool{
	"iam:ListGroupPolicies": true, "iam:GetGroupPolicy": true, "iam:ListAttachedGroupPolicies": true,
	"iam:GetPolicy": true, "iam:GetPolicyVersion": true,
}

// ofParameters are the actions with which the function keeps copies of the credential.
var ofParameters = map[string]bool{"ssm:GetParameters": true, "ssm:PutParameter": true, "ssm:DeleteParameters": true}

// callsOfParameters are the actions behind all methods of smtpparameter.API, which don't have their
// names.
func callsOfParameters(t *testing.T) map[string]bool {
	t.Helper()
	called := map[string]bool{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, action, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
		called["ssm:"+action] = true
		_, _ = w.Write([]byte("{}"))
	}))
	defer server.Close()
	client := &smtpparameter.Client{Config: awstest.Config(server.URL), Region: awstest.Region, Endpoint: server.URL}
	api := reflect.TypeFor[smtpparameter.API]()
	for i := range api.NumMethod() {
		method := reflect.ValueOf(client).MethodByName(api.Method(i).Name)
		arguments := []reflect.Value{reflect.ValueOf(t.Context())}
		for j := 1; j < method.Type().NumIn(); j++ {
			arguments = append(arguments, reflect.Zero(method.Type().In(j)))
		}
		method.Call(arguments)
	}
	return called
}

// TestTheCopiesAreThoseOfThePath: they are in the secret's Region and the stack's account, whoever
// owns the secret. The KMS key is for nothing but the secret and them.
func TestTheCopiesAreThoseOfThePath(t *testing.T) {
	const elsewhere = "arn:aws:secretsmanager:us-east-1:444455556666:secret:mail-AbCdEf"
	const elsewheresKey = "arn:aws:kms:us-east-1:444455556666:key/1"
	for name, c := range map[string]struct {
		given           map[string]string
		on, key, forKey string
	}{
		"none": {},
		"a key, and none": {given: map[string]string{"KmsKeyArn": kmsKey}, key: kmsKey,
			forKey: "[map[StringEquals:map[kms:EncryptionContext:SecretARN:SmtpSecret]]]"},
		"with the account's key": {given: map[string]string{"ParameterPath": "/mail/smtp"}, on: copies, forKey: "[]"},
		"with a key": {given: map[string]string{"ParameterPath": "/mail/smtp", "KmsKeyArn": kmsKey}, on: copies,
			key: kmsKey, forKey: "[map[StringEquals:map[kms:EncryptionContext:SecretARN:SmtpSecret]] " +
				"map[StringLike:map[kms:EncryptionContext:PARAMETER_ARN:arn:aws:ssm:*:" + accountID +
				":parameter/mail/smtp/*]]]"},
		"of a secret elsewhere": {given: map[string]string{"ParameterPath": "/a", "KmsKeyArn": elsewheresKey,
			"ExistingSecretArn": elsewhere}, on: "arn:aws:ssm:us-east-1:" + accountID + ":parameter/a/*",
			key: elsewheresKey, forKey: "[map[StringEquals:map[kms:EncryptionContext:SecretARN:" + elsewhere + "]] " +
				"map[StringLike:map[kms:EncryptionContext:PARAMETER_ARN:arn:aws:ssm:*:" + accountID +
				":parameter/a/*]]]"},
	} {
		given := maps.Clone(c.given)
		if given == nil {
			given = map[string]string{}
		}
		given["IdentityArns"] = identity
		d := deploy(t, load(t, templateFile), given)
		allowed := d.roleOf("FunctionRole")
		for action := range ofParameters {
			if got := strings.Join(allowed[action], " "); got != c.on {
				t.Errorf("%s: %s is allowed on %q, want %q", name, action, got, c.on)
			}
		}
		var conditions []string
		for _, policy := range d.resource("FunctionRole").at("Policies").list() {
			for _, statement := range policy.at("PolicyDocument", "Statement").list() {
				if strings.Contains(statement.at("Action").String(), "kms:") {
					conditions = append(conditions, statement.at("Condition").String())
				}
			}
		}
		if got := fmt.Sprint(conditions); c.forKey != "" && got != c.forKey {
			t.Errorf("%s: the key is for %s, want %s", name, got, c.forKey)
		}
		told := d.resource("Function").at("Environment", "Variables")
		if path, key := told.at("PARAMETER_PATH").String(), told.at("PARAMETER_KMS_KEY").String(); path !=
			given["ParameterPath"] || key != c.key {
			t.Errorf("%s: the function is told %q and %q", name, path, key)
		}
	}
}

// addCalls allows an action for each method of an SDK interface: they are named alike.
func (r role) addCalls(service string, api reflect.Type, resource string) {
	for i := range api.NumMethod() {
		r[service+":"+api.Method(i).Name] = []string{resource}
	}
}

func compare(t *testing.T, got, want role) {
	t.Helper()
	for action, on := range got {
		if _, ok := want[action]; !ok {
			t.Errorf("%s is allowed on %v, and nothing calls it", action, on)
		}
	}
	for action, on := range want {
		if !slices.Equal(got[action], on) {
			t.Errorf("%s is allowed on %v; it should be on %v", action, got[action], on)
		}
	}
}

func TestAnExistingUserAndSecretAreTheFunctionsOnlyOnes(t *testing.T) {
	const secret = "arn:aws-cn:secretsmanager:cn-north-1:111122223333:secret:mail-AbCdEf"
	d := deploy(t, load(t, templateFile), map[string]string{
		"IdentityArns": identity, "ExistingUserName": "mailer", "ExistingUserPath": "/apps/",
		"ExistingSecretArn": secret,
	})
	for action, on := range d.roleOf("FunctionRole") {
		want := map[string]string{"iam": "arn:aws:iam::" + accountID + ":user/apps/mailer", "secretsmanager": secret}
		if service, _, _ := strings.Cut(action, ":"); want[service] != "" && !ofGroupsAndPolicies[action] &&
			!slices.Equal(on, []string{want[service]}) {
			t.Errorf("%s is allowed on %s", action, on)
		}
	}
	for _, name := range []string{"SmtpUser", "SmtpSecret"} {
		if slices.Contains(d.made(), name) {
			t.Errorf("%s is made", name)
		}
	}
}

// The role's policy, and its condition on the KMS key, name the ARN as it is given, so a secret of
// another Region is the function's as well.
func TestASecretOfAnotherRegionIsTheFunctionsToUse(t *testing.T) {
	const secret = "arn:aws:secretsmanager:us-east-1:444455556666:secret:mail-AbCdEf"
	const key = "arn:aws:kms:us-east-1:444455556666:key/1"
	d := deploy(t, load(t, templateFile), map[string]string{
		"IdentityArns": identity, "ExistingSecretArn": secret, "KmsKeyArn": key,
	})
	if told := d.resource("Function").at("Environment", "Variables", "SECRET_ID").String(); told != secret {
		t.Errorf("SECRET_ID is %s", told)
	}
	allowed := d.roleOf("FunctionRole")
	for action, on := range map[string]string{
		"secretsmanager:GetSecretValue": secret, "secretsmanager:PutSecretValue": secret,
		"secretsmanager:UpdateSecretVersionStage": secret, "kms:Decrypt": key, "kms:GenerateDataKey": key,
	} {
		if !slices.Equal(allowed[action], []string{on}) {
			t.Errorf("%s is allowed on %v, want %s", action, allowed[action], on)
		}
	}
	if text := d.resource("FunctionRole").String(); !strings.Contains(text, "kms:EncryptionContext:SecretARN:"+secret) {
		t.Errorf("the KMS key isn't for the secret: %s", text)
	}
}

func TestTheScheduleMayInvokeTheFunctionAndNothingElse(t *testing.T) {
	d := deploy(t, load(t, templateFile), map[string]string{"IdentityArns": identity})
	compare(t, d.roleOf("ScheduleRole"), role{
		"lambda:InvokeFunction": {"arn:aws:::Function.Arn"},
		"sqs:SendMessage":       {"arn:aws:::FailureQueue.Arn"},
	})
}

// forSubnets are the actions with which Lambda plugs a function into subnets ("Giving Lambda
// functions access to resources in an Amazon VPC", AWS Lambda Developer Guide). Some work only
// where all resources are allowed.
var forSubnets = map[string]bool{
	"ec2:CreateNetworkInterface": true, "ec2:DescribeNetworkInterfaces": true, "ec2:DescribeSubnets": true,
	"ec2:DeleteNetworkInterface": true, "ec2:AssignPrivateIpAddresses": true, "ec2:UnassignPrivateIpAddresses": true,
}

func TestWhatLambdaMayDoInSubnetsTheFunctionMayNot(t *testing.T) {
	d := deploy(t, load(t, templateFile), map[string]string{"IdentityArns": identity, "SubnetIds": "subnet-1,subnet-2",
		"SecurityGroupIds": "sg-1"})
	d.arns["Function"] = "arn:aws:lambda:::function"
	if !slices.Contains(d.made(), "NetworkIsLambdas") {
		t.Fatal("nothing keeps the function from it")
	}
	denied := d.resource("NetworkIsLambdas").at("PolicyDocument", "Statement").list()[0].String()
	const want = "map[Action:ec2:* " +
		"Condition:map[ArnEquals:map[lambda:SourceFunctionArn:arn:aws:lambda:::function]] Effect:Deny Resource:*]"
	if denied != want {
		t.Errorf("%s, want %s", denied, want)
	}
	if in := d.resource("Function").at("VpcConfig").String(); in != "map[SecurityGroupIds:[sg-1] "+
		"SubnetIds:[subnet-1 subnet-2]]" {
		t.Errorf("the function runs in %s", in)
	}
	outside := deploy(t, load(t, templateFile), map[string]string{"IdentityArns": identity})
	for action := range outside.roleOf("FunctionRole") {
		if forSubnets[action] {
			t.Errorf("%s is allowed where there are no subnets", action)
		}
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
		if n.at("Effect").String() == "Deny" || !slices.ContainsFunc(n.at("Action").list(),
			func(a node) bool { return !forSubnets[a.String()] }) {
			return
		}
		for _, field := range []string{"Action", "Resource", "Principal"} {
			anybodys := field == "Resource" && !slices.ContainsFunc(n.at("Action").list(),
				func(a node) bool { return !ofGroupsAndPolicies[a.String()] })
			text := n.at(field).String()
			if field == "Resource" { // all below a path that nobody else writes to
				text = strings.Replace(text, ":parameter${ParameterPath}/* ", "", 1)
			}
			if strings.Contains(text, "*") && !anybodys {
				t.Errorf("wildcard in %s of %v", field, n)
			}
		}
	})
	if statements == 0 {
		t.Error("no statement was found")
	}
}
