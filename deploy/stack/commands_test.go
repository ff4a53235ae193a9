package stack

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/seed-486a873a/ses-smtp-rotator/deploy/internal/commands"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/localaws/whole"
)

const top = "../../"

// scene runs commands of a document, as people type them one after the other.
type scene struct {
	name     string
	document string
	// commands are those that begin with one of these.
	commands []string
	// takes says why plain go test leaves it out. Empty: it doesn't.
	takes string
	run   func(*typist)
}

var scenes = []scene{
	{"a stack by the AWS CLI", "README.md", []string{
		"bash deploy/build.sh", "aws s3 cp --recursive", "aws cloudformation deploy --template-file .build/",
		"aws cloudformation describe-stacks",
	}, "", byTheAWSCLI},
	{"a stack set", "deploy/fleet.md", []string{"bash deploy/fleet.sh", "aws cloudformation"}, "", byStackSets},
	{"operating", "README.md", []string{
		"aws lambda invoke", "aws secretsmanager get-secret-value", "export SMTPROTATE_FUNCTION=NAME",
		"go run ./deploy/smtprotate status",
		"go run ./deploy/smtprotate emergency", "go run ./deploy/smtprotate rotate",
		"go run ./deploy/smtprotate rollback", "go run ./deploy/smtprotate audit",
		"go run ./deploy/smtprotate policy --",
		"go run ./deploy/smtprotate derive", "aws iam remove-user-from-group",
	}, "", operating},
	{"an application follows", "README.md", []string{
		"go build -o /usr/local/bin/smtprotate", "smtprotate follow --",
	}, "", following},
	{"notices and a queue", "deploy/notify.md", []string{
		"aws cloudformation", "smtprotate follow --secret", "aws sns",
	}, "", noticesAndAQueue},
	{"from an empty folder", "README.md", []string{
		"git clone", "cd ses-smtp-rotator", "go run ./deploy/smtprotate demo",
	}, "the demo takes its time, and the clone compiles it", fromAnEmptyFolder},
	{"a stack by CDK", "deploy/cdk/README.md", []string{
		"bash deploy/build.sh", "cd deploy/cdk", "npx cdk",
	}, "CDK synthesises twice and makes a stack of its own before", byCDK},
	{"parameters", "deploy/apps/parameter-store.md", []string{"aws ssm"}, "", parameters},
	{"a role to look at accounts by", "deploy/discover.md", []string{"aws organizations", "aws cloudformation"}, "",
		aRoleToLookBy},
	{"who has read the secret", "deploy/runbook.md", []string{"aws cloudtrail lookup-events --start-time"}, "",
		whoHasRead},
	{"somebody is woken up", "deploy/runbook.md", []string{
		"STACK=", "output()", "FUNCTION=", "rotator", "go run ./deploy/smtprotate", "QUEUE=",
		"aws iam update-access-key --", "aws iam delete-access-key", "aws iam remove-user", "aws logs tail", "aws sqs",
		"aws scheduler", "aws lambda get-function-concurrency",
	}, "it is many commands", wokenUp},
}

// untyped are commands that no scene runs, with the reason.
var untyped = []struct{ document, command, why string }{
	{"README.md", "go test ./...", "this test is part of it"},
	{"README.md", "WHOLE=1 go test ./...", "this test is part of it"},
	{"README.md", "sam deploy --resolve-s3 --stack-name mail --capabilities CAPABILITY_IAM " +
		"--parameter-overrides IdentityArns=" + identity111122223333, "SAM's CLI isn't there: see TestWhatSAMDoes"},
	{"README.md", "sam deploy --tags", "no command, only a flag"},
	{"README.md", "smtprotate demo", "no command, only a name"},
	{"README.md", "smtprotate follow", "no command, only a name"},
	{"README.md", "smtprotate grace", "no command, only a name"},
	{"README.md", "smtprotate audit", "no command, only a name"},
	{"README.md", "smtprotate derive", "no command, only a name"},
	{"README.md", "aws secretsmanager rotate-secret", "no command, only a name; lambda/function plays its steps"},
	{"README.md", "curl -fLO \"https://github.com/", release},
	{"README.md", "curl -fLO https://github.com/", release},
	{"README.md", "sha256sum --check", release},
	{"README.md", "aws s3 cp ses-smtp-rotator_0.1.0_lambda_arm64.zip", release},
	{"README.md", "aws cloudformation deploy --template-file ses-smtp-rotator_0.1.0_template_arm64.yaml", release},
	{"README.md", "aws cloudformation get-template-summary", release},
	{"README.md", "apt-get install ./smtprotate_0.1.0_amd64.deb", release + ", which unpacks it and installs nothing"},
	{"README.md", "smtprotate --version", release},
	{"README.md", "source <(smtprotate completion bash)", release},
	{"README.md", "go install github.com/seed-486a873a/ses-smtp-rotator/deploy/smtprotate@v0.1.0",
		"the tag isn't there yet"},

	{"CONTRIBUTING.md", "go test ./...", "this test is part of it"},
	{"CONTRIBUTING.md", "WHOLE=1 go test ./...", "this test is part of it"},
	{"CONTRIBUTING.md", "bash .ci/run", "it runs this test"},
	{"CONTRIBUTING.md", "WHOLE=1 go test ./pkg/rotation/proof -run TestTheMatrix -update", "it writes into the tree"},
	{"CONTRIBUTING.md", "go test ./deploy/stack -run Tables -update", "it writes into the tree"},
	{"CONTRIBUTING.md", "WHOLE=1 go test ./pkg/rotation/proof", ci + "go test"},
	{"CONTRIBUTING.md", "WHOLE=1 go test ./pkg/sendpolicy", ci + "go test"},
	{"CONTRIBUTING.md", "go test -tags long -run TestTheLongForm", "it takes half an hour"},
	{"CONTRIBUTING.md", "go test -run '^$' -bench . ./lambda/bench", ci + "go test -run '^$' -bench ."},
	{"CONTRIBUTING.md", "go vet", ci + "go vet ./..."},
	{"CONTRIBUTING.md", "terraform providers mirror", ci + "providers mirror"},
	{"CONTRIBUTING.md", "npm ci", ci + "ci --no-audit --no-fund"},
	{"CONTRIBUTING.md", "RELEASE_DIST=$PWD/.build/dist go test -tags release", ci + "go test -tags release"},
	{"CONTRIBUTING.md", "bash deploy/release/goreleaser.sh release --snapshot --clean",
		ci + "bash deploy/release/goreleaser.sh release --snapshot --clean"},

	{"deploy/discover.md", "smtprotate discover", "deploy/smtprotate/discover_test.go runs it"},
	{"deploy/discover.md", "smtprotate audit --user NAME", "no command, only a reminder of one"},
	{"deploy/rehearse.md", "smtprotate rehearse", "deploy/smtprotate/rehearse_test.go runs it"},
	{"deploy/rehearse.md", "smtprotate demo", "no command, only a name"},
	{"deploy/leaks.md", "go run ./deploy/smtprotate policy", "no command, only a name"},
	{"deploy/leaks.md", "smtprotate audit", "no command, only a name"},
	{"deploy/growth/README.md", "aws service-quotas", "no command, only a name"},
	{"deploy/growth/README.md", "go test ./deploy/growth", ci + "go test"},
	{"lambda/bench/README.md", "go test -run '^$' -bench", ci + "go test -run '^$' -bench ."},

	{"deploy/cdk/README.md", "npm ci", ci + "ci --no-audit --no-fund"},

	{"deploy/notify.md", "smtprotate follow", "no command, only a name"},

	{"deploy/runbook.md", "aws cloudtrail lookup-events --region", "moto has no events"},
	{"deploy/runbook.md", "smtprotate status", "no command, only a name"},
	{"deploy/runbook.md", "aws iam update-access-key … --status Inactive", "no command, only a reminder of one"},
	{"deploy/runbook.md", "aws secretsmanager cancel-rotate-secret --secret-id …", "the secret is left out"},
	{"deploy/runbook.md", "aws secretsmanager get-secret-value --secret-id …", "the secret is left out"},
	{"deploy/runbook.md", "aws secretsmanager put-secret-value --secret-id …", "the secret is left out"},
}

const (
	identity111122223333 = "arn:aws:ses:eu-west-1:111122223333:identity/example.com"
	// release is where a release's commands are run, with the files of a snapshot.
	release = "deploy/release/install_test.go runs it"
	// ci comes before a part of the line with which .ci/run, or .ci/tools for it, runs a command.
	ci = "in .ci/run: "
)

// TestEveryCommandOfTheDocumentsIsAccountedFor holds what the scenes run, and the reasons for what
// they don't, against what the documents print.
func TestEveryCommandOfTheDocumentsIsAccountedFor(t *testing.T) {
	used := make([]bool, len(untyped))
	for _, document := range []string{
		"README.md", "CONTRIBUTING.md", "deploy/fleet.md", "deploy/cdk/README.md", "deploy/runbook.md",
		"deploy/leaks.md", "deploy/growth/README.md", "lambda/bench/README.md", "deploy/notify.md",
		"deploy/apps/parameter-store.md", "deploy/discover.md", "deploy/rehearse.md",
	} {
		all := commands.Of(contents(t, top+document))
		for _, command := range all {
			found := slices.ContainsFunc(scenes, func(s scene) bool {
				return s.document == document && s.has(command)
			})
			for i, u := range untyped {
				if u.document == document && strings.HasPrefix(command, u.command) {
					used[i], found = true, true
				}
			}
			if !found {
				t.Errorf("%s: no test runs this, and nothing says why:\n%s", document, command)
			}
		}
	}
	script := contents(t, top+".ci/run") + contents(t, top+".ci/tools")
	for i, u := range untyped {
		if !used[i] {
			t.Errorf("%s has no command %q", u.document, u.command)
		}
		if line, is := strings.CutPrefix(u.why, ci); is && !strings.Contains(script, line) {
			t.Errorf(".ci/run doesn't run %q", line)
		}
	}
	installs := contents(t, top+"deploy/release/install_test.go")
	if !strings.Contains(installs, "commands.Of(") {
		t.Error("the release's test doesn't run what README.md prints")
	}
}

func (s scene) has(command string) bool {
	return slices.ContainsFunc(s.commands, func(begin string) bool { return strings.HasPrefix(command, begin) })
}

// TestTheDocumentsCommandsWork runs the commands of every scene, with real clients.
func TestTheDocumentsCommandsWork(t *testing.T) {
	for _, s := range scenes {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			if s.takes != "" {
				whole.Only(t, s.takes)
			}
			p := &typist{T: t}
			for _, command := range commands.Of(contents(t, top+s.document)) {
				if s.has(command) {
					p.left = append(p.left, command)
				}
			}
			for _, begin := range s.commands {
				if !slices.ContainsFunc(p.left, func(c string) bool { return strings.HasPrefix(c, begin) }) {
					t.Errorf("%s has no command %q", s.document, begin)
				}
			}
			s.run(p)
			if len(p.left) != 0 && !t.Failed() {
				t.Errorf("these weren't run:\n%s", strings.Join(p.left, "\n"))
			}
		})
	}
}

// typist types the commands of a scene.
type typist struct {
	*testing.T
	left []string
}

// next takes the scene's commands that begin with one of these, or all, one a line, with the
// placeholders filled in: old, new, old, new.
func (p *typist) next(filled []string, begins ...string) string {
	p.Helper()
	var taken []string
	p.left = slices.DeleteFunc(p.left, func(command string) bool {
		if !(scene{commands: begins}).has(command) {
			return false
		}
		taken = append(taken, command)
		return true
	})
	if len(taken) == 0 {
		p.Fatalf("there is no command that begins with %q", begins)
	}
	return strings.NewReplacer(filled...).Replace(strings.Join(taken, "\n"))
}

// all takes all the scene's commands.
func (p *typist) all(filled ...string) string { return p.next(filled, "") }

func byTheAWSCLI(p *typist) {
	c := newClient(p.T)
	c.run(p.all("BUCKET", "code-eu-west-1"))
	c.hasFunction("mail", "eu-west-1")
	c.run("aws cloudformation create-stack --stack-name by-body --template-body file://.build/template.yaml " +
		"--capabilities CAPABILITY_IAM --parameters ParameterKey=CodeBucket,ParameterValue=code-eu-west-1 " +
		"ParameterKey=IdentityArns,ParameterValue=" + identity)
	c.hasFunction("by-body", "eu-west-1")
}

// byStackSets can't see into service-managed stacks, which need an organization: moto takes the
// template for them.
func byStackSets(p *typist) {
	c := newClient(p.T)
	c.run(p.next(nil, "bash", "aws cloudformation create-", "aws cloudformation update-"))
	if got := c.run("aws cloudformation list-stack-instances --stack-set-name mail " +
		"--query 'Summaries[].[Account,Region]' --output text"); strings.Join(strings.Fields(got), " ") !=
		"111122223333 eu-west-1" {
		p.Errorf("the stack set has stacks in %q", got)
	}
	for _, region := range []string{"eu-west-1", "us-east-1"} {
		c.run("aws cloudformation create-stack --region " + region + " --stack-name regional --template-body " +
			"file://.build/template.yaml --capabilities CAPABILITY_IAM --parameters " +
			"ParameterKey=CodeBucket,ParameterValue=code- ParameterKey=IdentityArns,ParameterValue=" + identity)
		c.hasFunction("regional", region)
	}
	copyFile(p.T, "../dashboard.yaml", c.folder+"/deploy/dashboard.yaml")
	c.run(p.next(nil, "aws cloudformation deploy"))
	c.run("aws cloudwatch get-dashboard --dashboard-name ses-smtp-credentials")
	c.run(p.next(nil, "aws cloudformation delete-", "aws cloudformation list-"))
}

func repository(t *testing.T) string {
	t.Helper()
	folder, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSuffix(folder, "/deploy/stack")
}
