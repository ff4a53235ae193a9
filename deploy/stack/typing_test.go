package stack

import (
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/seed-486a873a/ses-smtp-rotator/lambda/localfunction"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/localaws/awstest"
)

// shell is a client on this repository, with the function on this machine and without moto.
func shell(t *testing.T) (client, *localfunction.Deployment) {
	t.Helper()
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

// forThisCLI leaves out of commands what only version 2 of the AWS CLI knows, where there is
// version 1: it takes a payload as it is.
func forThisCLI(t *testing.T, commands string) string {
	t.Helper()
	version, err := exec.CommandContext(t.Context(), "aws", "--version").CombinedOutput()
	if err != nil {
		t.Skip("the AWS CLI isn't installed:", err)
	}
	if strings.HasPrefix(string(version), "aws-cli/1.") {
		t.Log("the AWS CLI is of version 1, so --cli-binary-format is left out")
		commands = strings.ReplaceAll(commands, "--cli-binary-format raw-in-base64-out ", "")
	}
	return commands
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
	c.run("aws iam create-user --user-name mailer; aws iam create-group --group-name AWSSESSendingGroupDoNotRename; " +
		"aws iam add-user-to-group --user-name mailer --group-name AWSSESSendingGroupDoNotRename; " + leave)
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
	daemon := p.next([]string{"--secret mail", "--secret " + localfunction.Secret, "sasl_passwd.tmpl", "deploy/apps/postfix/sasl_passwd.tmpl", "/etc/postfix/ses",
		folder + "/ses"}, "smtprotate follow --secret mail --template")
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

func fromAnEmptyFolder(p *typist) {
	const url = "https://github.com/seed-486a873a/ses-smtp-rotator"
	here := repository(p.T)
	if err := exec.CommandContext(p.Context(), "git", "-C", here, "rev-parse", "HEAD").Run(); err != nil {
		p.Skip("the source isn't in a repository:", err)
	}
	c := client{T: p.T, folder: p.TempDir(), env: append(os.Environ(), "GIT_CONFIG_COUNT=1",
		"GIT_CONFIG_KEY_0=url.file://"+here+".insteadOf", "GIT_CONFIG_VALUE_0="+url)}
	began := time.Now()
	shown := c.run(p.all())
	if !strings.Contains(shown, "Nothing is pending.") {
		p.Errorf("the demo ended with\n%s", shown)
	}
	p.Logf("it took %s", time.Since(began).Round(time.Second))
}
