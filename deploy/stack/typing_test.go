package stack

import (
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/seed-486a873a/ses-smtp-rotator/lambda/localfunction"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/localaws/awstest"
)

// sesGroup is the group that SES's console puts its users into.
const sesGroup = "AWSSESSendingGroupDoNotRename"

// shell is a client on this repository, with the function on this machine and without moto.
func shell(t *testing.T) (client, *localfunction.Deployment) {
	t.Helper()
	clientsOnly(t)
	d, err := localfunction.Start(localfunction.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	if _, err := d.Invoke(t.Context(), "{}"); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(d.API("rotator"))
	t.Cleanup(server.Close)
	return client{T: t, folder: repository(t), env: append(os.Environ(),
		"AWS_ENDPOINT_URL="+d.World.URL(), "AWS_ENDPOINT_URL_LAMBDA="+server.URL, "AWS_REGION="+localfunction.Region,
		"AWS_DEFAULT_REGION="+localfunction.Region, "AWS_ACCESS_KEY_ID=AKIAOPERATOR00000000",
		"AWS_SECRET_ACCESS_KEY=test", "AWS_CONFIG_FILE=/nonexistent", "AWS_SHARED_CREDENTIALS_FILE=/nonexistent",
	)}, d
}

// onATerminal is run with somebody there who types yes to all that is asked.
func (c client) onATerminal(commands string) string {
	c.Helper()
	if _, err := exec.LookPath("script"); err != nil {
		c.Skip("there is no program to make a terminal with:", err)
	}
	file := c.TempDir() + "/typed"
	write(c.T, file, "set -e\n"+commands)
	return c.run("printf 'y\\ny\\ny\\n' | script -qec 'bash " + file + "' /dev/null")
}

// forThisCLI changes commands for version 1 of the AWS CLI, where that is installed. It takes a
// payload as it is, without a flag, and looks for SQS in AWS whatever the environment says.
func forThisCLI(t *testing.T, commands string) string {
	t.Helper()
	if isVersion1(t) {
		t.Log("the AWS CLI is of version 1: --cli-binary-format is left out, and SQS is told where it is")
		commands = strings.NewReplacer("--cli-binary-format raw-in-base64-out ", "",
			"aws sqs ", `aws --endpoint-url "$AWS_ENDPOINT_URL" sqs `).Replace(commands)
	}
	return commands
}

func isVersion1(t *testing.T) bool {
	t.Helper()
	version, err := exec.CommandContext(t.Context(), "aws", "--version").CombinedOutput()
	if err != nil {
		t.Skip("the AWS CLI isn't installed:", err)
	}
	return strings.HasPrefix(string(version), "aws-cli/1.")
}

func operating(p *typist) {
	c, d := shell(p.T)
	before, err := d.Current()
	if err != nil {
		p.Fatal(err)
	}
	key := p.TempDir() + "/secret-access-key"
	write(p.T, key, "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY\n")
	names := []string{"NAME", "rotator", "AKIA…", before.Username, "< secret-access-key", "< " + key}
	if got := c.run(forThisCLI(p.T, p.next(names, "aws lambda invoke"))); !strings.Contains(got, before.Username) {
		p.Errorf("the function's status is %s", got)
	}
	if got := c.run(p.next([]string{"ARN", localfunction.Secret}, "aws secretsmanager")); !strings.Contains(got,
		before.Username) {
		p.Errorf("the secret's value is %s", got)
	}
	leave := p.next([]string{"NAME", "mailer"}, "aws iam remove-user-from-group")
	shown := c.onATerminal(p.all(names...))
	for _, want := range []string{
		"Outcome     revoked", "Outcome     rotated", "Outcome     rolled back", `"Action": "ses:SendRawEmail"`,
		"BMW5RDrXmmVs0lV7GpI4oLkHXpZ4stDsk6q91z1g38Pk", // as pkg/sessmtp derives it from AWS's example of a key
		"Nothing is wider than an SMTP credential needs.",
	} {
		if !strings.Contains(shown, want) {
			p.Errorf("there is no %q in\n%s", want, shown)
		}
	}
	after, err := d.Current()
	if err != nil || after.Username == before.Username {
		p.Errorf("the leaked key %s is still current: %s, %v", before.Username, after.Username, err)
	}

	moto := awstest.Moto(p.T)
	c.env = append(c.env, "AWS_ENDPOINT_URL="+moto)
	c.run("aws iam create-user --user-name mailer; aws iam create-group --group-name " + sesGroup +
		"; aws iam add-user-to-group --user-name mailer --group-name " + sesGroup + "; " + leave)
	if got := c.run("aws iam list-groups-for-user --user-name mailer --query Groups"); got != "[]" {
		p.Errorf("the user is still in %s", got)
	}
}

// following has programs of its own in the place of Postfix and Gunicorn; deploy/apps has the real
// ones.
func following(p *typist) {
	c, d := shell(p.T)
	folder := p.TempDir()
	current, err := d.Current()
	if err != nil {
		p.Fatal(err)
	}
	for name, text := range map[string]string{
		"postfix": "echo \"$1\" >" + folder + "/reloaded", "gunicorn": "env >" + folder + "/environment; echo \"$1\"",
	} {
		write(p.T, folder+"/bin/"+name, "#!/bin/sh\n"+text+"\n")
		if err := os.Chmod(folder+"/bin/"+name, 0o755); err != nil {
			p.Fatal(err)
		}
	}
	if err := os.MkdirAll(folder+"/ses", 0o755); err != nil {
		p.Fatal(err)
	}
	c.env = append(c.env, "PATH="+folder+"/bin:"+os.Getenv("PATH"))
	c.run(p.next([]string{"/usr/local/bin", folder + "/bin"}, "go build"))
	daemon := p.next([]string{"--secret mail", "--secret " + localfunction.Secret,
		"sasl_passwd.tmpl", "deploy/apps/postfix/sasl_passwd.tmpl", "/etc/postfix/ses", folder + "/ses"},
		"smtprotate follow --secret mail --template")
	c.run("exec " + daemon + " 2>" + folder + "/log & for i in $(seq 100); do [ -s " + folder +
		"/reloaded ] && break; sleep 0.1; done; kill $!; wait $! || true")
	if got := contents(p.T, folder+"/reloaded"); got != "reload\n" {
		p.Errorf("postfix was told %q: %s", got, contents(p.T, folder+"/log"))
	}
	if got := contents(p.T, folder+"/ses/sasl_passwd"); !strings.Contains(got, current.Username) {
		p.Error("the file hasn't the credential")
	}
	if got := c.run(p.all("mail", localfunction.Secret)); !strings.Contains(got, "shop.wsgi") {
		p.Errorf("gunicorn said %q", got)
	}
	if got := contents(p.T, folder+"/environment"); !strings.Contains(got, current.Username) {
		p.Error("the program hasn't the credential in its environment")
	}
}

// wokenUp has the stack in moto, whose function answers on this machine. The keys that people touch
// by hand are the stack's user's.
func wokenUp(p *typist) {
	c := newClient(p.T)
	c.run("bash deploy/build.sh; aws cloudformation create-stack --stack-name mail " +
		"--template-body file://.build/template.yaml --capabilities CAPABILITY_IAM " +
		"--parameters ParameterKey=CodeBucket,ParameterValue=code-eu-west-1 " +
		"ParameterKey=IdentityArns,ParameterValue=" + identity)
	name := c.run("aws lambda list-functions --query 'Functions[0].FunctionName' --output text")
	user := c.run("aws iam list-users --query 'Users[0].UserName' --output text")
	c.run("aws iam create-group --group-name " + sesGroup + "; aws iam add-user-to-group --user-name " + user +
		" --group-name " + sesGroup)
	byHand := c.run("aws iam create-access-key --user-name " + user + " --query AccessKey.AccessKeyId --output text")

	_, d := shell(p.T)
	moto, err := url.Parse(c.moto)
	if err != nil {
		p.Fatal(err)
	}
	invoke, rest := d.API(name), httputil.NewSingleHostReverseProxy(moto)
	lambda := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/invocations") {
			invoke.ServeHTTP(w, r)
			return
		}
		rest.ServeHTTP(w, r)
	}))
	p.Cleanup(lambda.Close)
	c.folder, c.env = repository(p.T), append(c.env, "AWS_ENDPOINT_URL_LAMBDA="+lambda.URL)

	first, err := d.Current()
	if err != nil {
		p.Fatal(err)
	}
	terminal := forThisCLI(p.T, p.next(nil, "STACK=", "output()", "FUNCTION=", "rotator()")) + "\n"
	back := p.next(nil, "rotator '{\"action\":\"rollback\"}'")
	shown := c.onATerminal(terminal + p.next(nil, "rotator '{\"action\":\"status\"}'") + "\n" +
		p.next(nil, "go run ./deploy/smtprotate emergency"))
	second, err := d.Current()
	if err != nil {
		p.Fatal(err)
	}
	shown += c.onATerminal(terminal + p.next([]string{"AKIA…", second.Username}, "rotator"))
	third, err := d.Current()
	if err != nil || third.Username == second.Username || first.Username == second.Username {
		p.Errorf("two leaks: the key was %s, %s and %s, %v", first.Username, second.Username, third.Username, err)
	}
	if tail := p.next(nil, "aws logs tail"); isVersion1(p.T) {
		p.Log("the AWS CLI is of version 1, which doesn't follow logs")
	} else {
		c.onATerminal(terminal + tail)
	}
	c.onATerminal(terminal + forThisCLI(p.T, p.next([]string{"AKIA…", byHand}, "aws iam", "QUEUE=", "aws sqs",
		"aws scheduler", "aws lambda get-function-concurrency")))
	if got := c.run("aws iam list-access-keys --user-name " + user + " --query AccessKeyMetadata; " +
		"aws iam list-groups-for-user --user-name " + user + " --query Groups"); got != "[]\n[]" {
		p.Errorf("the user still has %s", got)
	}
	if _, err := d.Invoke(p.Context(), `{"action":"rotate"}`); err != nil {
		p.Fatal(err)
	}
	shown += c.onATerminal(terminal + back)
	if strings.Contains(shown, "errorType") || !strings.Contains(shown, "rolled_back") {
		p.Errorf("there was a failure, or no rollback, in\n%s", shown)
	}
}

func fromAnEmptyFolder(p *typist) {
	clientsOnly(p.T)
	const url = "https://github.com/seed-486a873a/ses-smtp-rotator"
	here := repository(p.T)
	if err := exec.CommandContext(p.Context(), "git", "-C", here, "rev-parse", "HEAD").Run(); err != nil {
		p.Skip("the source isn't in a repository:", err)
	}
	c := client{T: p.T, folder: p.TempDir(), env: append(os.Environ(), "GIT_CONFIG_COUNT=1",
		"GIT_CONFIG_KEY_0=url."+here+".insteadOf", "GIT_CONFIG_VALUE_0="+url)}
	began := time.Now()
	shown := c.run(p.all())
	if !strings.Contains(shown, "Nothing is pending.") {
		p.Errorf("the demo ended with\n%s", shown)
	}
	p.Logf("it took %s", time.Since(began).Round(time.Second))
}
