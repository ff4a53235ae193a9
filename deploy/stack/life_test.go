package stack

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/lambda/messages"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"github.com/seed-486a873a/ses-smtp-rotator/lambda/localfunction"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/localaws"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/localaws/awstest"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/rotation"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sendpolicy"
)

const (
	identity   = "arn:aws:ses:eu-west-1:" + accountID + ":identity/example.com"
	userName   = "mail-SmtpUser-1A2B3C"
	secretName = "SmtpSecret-d4E5f6"
	hour       = time.Hour
	day        = 24 * hour
)

// life is the function with the environment that the stack gives it, in an AWS that lets it do what
// its role allows.
type life struct {
	*testing.T
	*localfunction.Deployment
	role role
	arns map[string]string // of users and secrets, by name
}

// theStack is the template's, with copies of the credential, and with defaults for all but what has
// none and where the SMTP endpoint is.
func theStack(t *testing.T, world *localaws.World) (env map[string]string, allowed role) {
	t.Helper()
	d := deploy(t, load(t, templateFile), map[string]string{
		"IdentityArns":  identity,
		"SmtpEndpoint":  world.SMTP("eu-west-1"),
		"ParameterPath": "/mail/smtp",
	})
	d.physical["SmtpUser"], d.arns["SmtpUser"] = userName, userARN(userName)
	d.physical["SmtpSecret"] = secretARN(t, world, secretName)
	env = map[string]string{}
	for name, value := range d.resource("Function").at("Environment", "Variables").fields() {
		env[name] = value.String()
	}
	return env, d.roleOf("FunctionRole")
}

func userARN(name string) string { return "arn:aws:iam::" + accountID + ":user/ses-smtp/" + name }

func secretARN(t *testing.T, world *localaws.World, name string) string {
	t.Helper()
	client := secretsmanager.NewFromConfig(awstest.Config(world.URL()))
	described, err := client.DescribeSecret(t.Context(), &secretsmanager.DescribeSecretInput{SecretId: &name})
	if err != nil {
		t.Fatal(err)
	}
	return aws.ToString(described.ARN)
}

// newLife has the stack's user and secret, and others that are none of its business.
func newLife(t *testing.T) *life {
	t.Helper()
	function, err := localfunction.Start(localfunction.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { function.Close() })
	l := &life{T: t, Deployment: function, arns: map[string]string{}}
	for _, name := range []string{userName, "somebody"} {
		l.World.CreateUser(name)
		l.arns[name] = userARN(name)
	}
	for _, name := range []string{secretName, "something"} {
		l.World.CreateSecret(name, "{}")
		l.arns[name] = secretARN(t, l.World, name)
	}
	env, allowed := theStack(t, l.World)
	lambdas := func(name string) bool { return strings.HasPrefix(name, "AWS_") }
	maps.DeleteFunc(l.Env, func(name, _ string) bool { return !lambdas(name) }) // the stack sets all others
	maps.Copy(l.Env, env)
	l.role = allowed
	l.start()
	return l
}

// start is a new instance of the function.
func (l *life) start() {
	l.role.enforce(l.World, l.arns)
	l.Restart()
}

// step is one thing that happens in the life of a stack.
type step struct {
	name    string
	before  func(*life) // what happens meanwhile
	event   string
	outcome rotation.Outcome // "" where CloudFormation asks, which hears only of success
}

// steps are a whole life, from the stack's creation to its deletion.
var steps = []step{
	{"the first credential", nil, "Create", ""},
	{"rotation", after(30 * day), `{}`, rotation.Rotated},
	{"retirement", after(8 * day), `{}`, rotation.Retired},
	{"deletion", after(2 * day), `{}`, rotation.Deleted},
	{"the audit", manyRights, `{"action":"audit"}`, rotation.Reported},
	{"a tick after Secrets Manager's rotation gave up", givenUp, `{}`, rotation.Waiting},
	{"rotation by hand", after(day), `{"action":"rotate"}`, rotation.Rotated},
	{"rollback", after(hour), `{"action":"rollback"}`, rotation.RolledBack},
	{"emergency", after(hour), `{"action":"emergency"}`, rotation.Revoked},
	{"emergency beside an orphan", orphan, `{"action":"emergency"}`, rotation.Revoked},
	{"removal", nil, "Delete", ""},
}

func after(d time.Duration) func(*life) { return func(l *life) { l.World.Advance(d) } }

// orphan leaves an access key that nobody has used.
func orphan(l *life) {
	l.World.Advance(2 * hour)
	if _, _, err := l.World.CreateAccessKey(userName); err != nil {
		l.Fatal(err)
	}
}

// manyRights has the user have something of every kind that an audit looks at.
func manyRights(l *life) {
	const document = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"ses:SendRawEmail","Resource":"*"}]}`
	l.World.PutGroupPolicy("staff", "send", document)
	l.World.AttachGroupPolicy("staff", "arn:aws:iam::"+accountID+":policy/send", document)
	for _, err := range []error{
		l.World.PutUserPolicy(userName, "send", document),
		l.World.AddUserToGroup(userName, "staff"),
		l.World.CreateLoginProfile(userName),
	} {
		if err != nil {
			l.Fatal(err)
		}
	}
}

// givenUp leaves a version without a value.
func givenUp(l *life) {
	if _, err := l.World.StartRotation(secretName); err != nil {
		l.Fatal(err)
	}
}

// take does a step, and returns its error.
func (l *life) take(s step) error {
	l.Helper()
	if s.before != nil {
		s.before(l)
	}
	if s.event == "Create" || s.event == "Delete" {
		return l.cloudFormation(s.event)
	}
	answer, err := l.Invoke(l.Context(), s.event)
	if err != nil {
		return err
	}
	if answer.Outcome != s.outcome {
		return fmt.Errorf("outcome %s, want %s: %s", answer.Outcome, s.outcome, answer.Text)
	}
	return nil
}

// cloudFormation asks as the custom resource does, and returns the reason of a failure.
func (l *life) cloudFormation(requestType string) error {
	l.Helper()
	var answer struct{ Status, Reason string }
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if err := json.NewDecoder(r.Body).Decode(&answer); err != nil {
			l.Error(err)
		}
	}))
	defer server.Close()
	event := fmt.Sprintf(`{"RequestType":%q,"ResponseURL":%q,"StackId":%q,"RequestId":"r","LogicalResourceId":"FirstCredential",
		"ResourceProperties":{"ServiceTimeout":"900","OnDelete":"decommission"}}`, requestType, server.URL, pseudoParameters["AWS::StackId"])
	if _, err := l.Invoke(l.Context(), event); err != nil {
		return err
	}
	if answer.Status != "SUCCESS" {
		return errors.New(answer.Reason)
	}
	current, _ := l.World.Labelled(secretName, "AWSCURRENT")
	switch keys, copied := l.World.Keys(userName), l.World.Parameters(); {
	case requestType == "Delete" && len(keys)+len(copied) > 0:
		return fmt.Errorf("keys and %d parameters are left: %v", len(copied), keys)
	case requestType == "Create" && !slices.ContainsFunc(copied, func(p localaws.Parameter) bool {
		return p.Name == "/mail/smtp/credential" && p.Value == current.Value
	}):
		return fmt.Errorf("none of %d parameters has the credential", len(copied))
	case requestType == "Create" && (len(keys) != 1 || !strings.Contains(current.Value, keys[0].ID)):
		return fmt.Errorf("AWSCURRENT doesn't name the one key that should be there: %v", keys)
	}
	return nil
}

func TestAWholeLifeWithTheEnvironmentAndTheRoleOfTheStack(t *testing.T) {
	l := newLife(t)
	for _, s := range steps {
		if err := l.take(s); err != nil {
			t.Fatalf("%s: %v", s.name, err)
		}
	}
}

func TestEachPermissionIsNeededForANamedStep(t *testing.T) {
	full := newLife(t).role
	for _, action := range full.actions() {
		t.Run(action, func(t *testing.T) {
			t.Parallel()
			l := newLife(t)
			l.role = l.role.without(action)
			l.start()
			for _, s := range steps {
				if err := l.take(s); err != nil {
					if !strings.Contains(err.Error(), action) {
						t.Errorf("%s fails, and the error doesn't say why: %v", s.name, err)
					}
					t.Logf("%s needs it", s.name)
					return
				}
			}
			t.Error("nothing needs it")
		})
	}
}

func TestTheAuditOfTheStacksOwnUserFindsNothingOfHighSeverity(t *testing.T) {
	l := newLife(t)
	if err := l.take(steps[0]); err != nil {
		t.Fatal(err)
	}
	for i, policy := range sendingPolicies(t, nil) {
		if err := l.World.AttachUserPolicy(userName, policyARN(waysIn[i]), policy.String()); err != nil {
			t.Fatal(err)
		}
	}
	answer, err := l.Invoke(t.Context(), `{"action":"audit"}`)
	if err != nil {
		t.Fatal(err)
	}
	if len(answer.Findings) != 1 || answer.Findings[0].Code != sendpolicy.NoSource ||
		sendpolicy.Worst(answer.Findings).AtLeast(sendpolicy.High) {
		t.Error(answer.Text)
	}
}

func TestOtherUsersAndSecretsAreOutOfReach(t *testing.T) {
	for variable, other := range map[string]string{"SMTP_USER_NAME": "somebody", "SECRET_ID": "something"} {
		for _, event := range []string{`{}`, `{"action":"rotate"}`, `{"action":"emergency"}`, `{"action":"rollback"}`,
			`{"action":"status"}`, `{"action":"audit"}`} {
			l := newLife(t)
			l.Env[variable] = other
			l.start()
			var refused messages.InvokeResponse_Error
			_, err := l.Invoke(t.Context(), event)
			if !errors.As(err, &refused) || refused.Type != string(rotation.AccessDenied) ||
				!strings.Contains(refused.Message, l.arns[other]) {
				t.Errorf("%s=%s, %s: %v", variable, other, event, err)
			}
			for _, name := range []string{userName, "somebody"} {
				if n := len(l.World.Keys(name)); n != 0 {
					t.Errorf("%s=%s, %s: %s has %d access keys", variable, other, event, name, n)
				}
			}
		}
	}
}

func TestOtherParametersAreOutOfReach(t *testing.T) {
	for _, path := range []string{"/shop/smtp", "/mail", "/mail/smtp2"} {
		l := newLife(t)
		l.Env["PARAMETER_PATH"] = path
		l.start()
		var refused messages.InvokeResponse_Error
		if _, err := l.Invoke(t.Context(), `{}`); !errors.As(err, &refused) ||
			refused.Type != string(rotation.AccessDenied) || !strings.Contains(refused.Message, path+"/") {
			t.Errorf("%s: %v", path, err)
		}
		if n := len(l.World.Parameters()); n != 0 {
			t.Errorf("%s: there are %d parameters", path, n)
		}
	}
}

// What CloudFormation makes first it deletes last.
func TestWhatNeedsAnotherComesAfterIt(t *testing.T) {
	for _, c := range []struct{ first, then, why string }{
		{"Function", "FirstCredential", "it is asked for the credential"},
		{"SendFromOutside", "FirstCredential", "the credential may be tried by sending"},
		{"SendFromEndpoints", "FirstCredential", "the credential may be tried by sending"},
		{"SendFromVpcs", "FirstCredential", "the credential may be tried by sending"},
		{"SmtpUser", "SendFromOutside", "IAM deletes no user that has policies"},
		{"SmtpUser", "SendFromEndpoints", "IAM deletes no user that has policies"},
		{"SmtpUser", "SendFromVpcs", "IAM deletes no user that has policies"},
		{"FirstCredential", "Schedule", "no tick makes a key while the last ones go"},
		{"FirstCredential", "NoTick", "there was none yet"},
		{"RotationPermission", "RotationConfiguration", "Secrets Manager tries it"},
		{"RotationConfiguration", "FirstCredential", "Secrets Manager refuses it while a credential waits for SES"},
		{"NetworkPermission", "Function", "Lambda needs it as long as the function is in the subnets"},
	} {
		d := deploy(t, load(t, templateFile), map[string]string{
			"IdentityArns": identity, "RotateButton": "yes", "SubnetIds": "subnet-1", "SecurityGroupIds": "sg-1",
			"SourceNetworks": "192.0.2.0/24", "VpcEndpointIds": "vpce-1", "VpcIds": "vpc-1",
		})
		if before := d.before(c.then); !slices.Contains(before, c.first) || slices.Contains(d.before(c.first), c.then) {
			t.Errorf("%s comes after %v, and not after %s, though %s", c.then, before, c.first, c.why)
		}
	}
}

func TestWhatGoesWithTheStackTakesItsKeysWithIt(t *testing.T) {
	const secret = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:mail-AbCdEf"
	for _, c := range []struct{ user, secret, want string }{
		{"", "", "decommission"}, {"", secret, "decommission"}, {"mailer", "", "decommission-stored"},
		{"mailer", secret, "keep"},
	} {
		d := deploy(t, load(t, templateFile), map[string]string{"IdentityArns": identity, "ExistingUserName": c.user,
			"ExistingSecretArn": c.secret})
		if got := d.resource("FirstCredential").at("OnDelete").String(); got != c.want {
			t.Errorf("user %q, secret %q: %s, want %s", c.user, c.secret, got, c.want)
		}
	}
}
