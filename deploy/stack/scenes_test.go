package stack

// scene runs commands of a document, as people type them one after the other.
type scene struct {
	name string
	// documents print the commands. What two of them print alike is run once.
	documents []string
	// commands are those that begin with one of these.
	commands []string
	// takes says why plain go test leaves it out. Empty: it doesn't.
	takes string
	run   func(*typist)
}

var scenes = []scene{
	{"a stack by the AWS CLI", []string{"README.md", "deploy/docs/deploy.md"}, []string{
		"bash deploy/build.sh", "aws s3 cp --recursive", "aws cloudformation deploy --template-file .build/",
		"aws cloudformation describe-stacks",
	}, "", byTheAWSCLI},
	{"a stack set", []string{"deploy/fleet.md"}, []string{
		"bash deploy/fleet.sh", "aws cloudformation",
	}, "", byStackSets},
	{"operating", []string{"README.md", "deploy/docs/deploy.md", "deploy/docs/command-line.md"}, []string{
		"aws lambda invoke", "aws secretsmanager get-secret-value", "export SMTPROTATE_FUNCTION=NAME",
		"go run ./deploy/smtprotate status",
		"go run ./deploy/smtprotate emergency", "go run ./deploy/smtprotate rotate",
		"go run ./deploy/smtprotate rollback", "go run ./deploy/smtprotate audit",
		"go run ./deploy/smtprotate policy --",
		"go run ./deploy/smtprotate derive", "aws iam remove-user-from-group",
	}, "", operating},
	{"an application follows", []string{"README.md", "deploy/docs/secret.md"}, []string{
		"go build -o /usr/local/bin/smtprotate", "smtprotate follow --",
	}, "", following},
	{"notices and a queue", []string{"deploy/notify.md"}, []string{
		"aws cloudformation", "smtprotate follow --secret", "aws sns",
	}, "", noticesAndAQueue},
	{"from an empty folder", []string{"README.md", "deploy/docs/command-line.md"}, []string{
		"git clone", "cd ses-smtp-rotator", "go run ./deploy/smtprotate demo",
	}, "the demo takes its time, and the clone compiles it", fromAnEmptyFolder},
	{"a stack by CDK", []string{"deploy/cdk/README.md"}, []string{
		"bash deploy/build.sh", "cd deploy/cdk", "npx cdk",
	}, "CDK synthesises twice and makes a stack of its own before", byCDK},
	{"parameters", []string{"deploy/apps/parameter-store.md"}, []string{"aws ssm"}, "", parameters},
	{"a role to look at accounts by", []string{"deploy/discover.md"}, []string{
		"aws organizations", "aws cloudformation",
	}, "", aRoleToLookBy},
	{"who has read the secret", []string{"deploy/runbook.md"}, []string{
		"aws cloudtrail lookup-events --start-time",
	}, "", whoHasRead},
	{"somebody is woken up", []string{"deploy/runbook.md"}, []string{
		"STACK=", "output()", "FUNCTION=", "rotator", "go run ./deploy/smtprotate", "QUEUE=",
		"aws iam update-access-key --", "aws iam delete-access-key", "aws iam remove-user", "aws logs tail", "aws sqs",
		"aws scheduler", "aws lambda get-function-concurrency",
	}, "it is many commands", wokenUp},
}

// untyped are commands that no scene runs, with the reason.
var untyped = []struct{ document, command, why string }{
	{"README.md", "go test ./...", "this test is part of it"},
	{"README.md", "smtprotate discover", "no command, only a name"},
	{"README.md", "smtprotate follow", "no command, only a name"},
	{"deploy/docs/deploy.md", "sam deploy --resolve-s3 --stack-name mail --capabilities CAPABILITY_IAM " +
		"--parameter-overrides IdentityArns=" + identity111122223333, "SAM's CLI isn't there: see TestWhatSAMDoes"},
	{"deploy/docs/parameters.md", "sam deploy --tags", "no command, only a flag"},
	{"deploy/docs/secret.md", "smtprotate follow", "no command, only a name"},
	{"deploy/docs/secret.md", "smtprotate grace", "no command, only a name"},
	{"deploy/docs/deploy.md", "smtprotate audit", "no command, only a name"},
	{"deploy/docs/events.md", "aws secretsmanager rotate-secret",
		"no command, only a name; lambda/function plays its steps"},
	{install, "curl -fLO \"https://github.com/", release},
	{install, "curl -fLO https://github.com/", release},
	{install, "sha256sum --check", release},
	{install, "aws s3 cp ses-smtp-rotator_0.1.0_lambda_arm64.zip", release},
	{install, "aws cloudformation deploy --template-file ses-smtp-rotator_0.1.0_template_arm64.yaml", release},
	{install, "aws cloudformation get-template-summary", release},
	{install, "apt-get install ./smtprotate_0.1.0_amd64.deb", release + ", which unpacks it and installs nothing"},
	{install, "smtprotate --version", release},
	{install, "source <(smtprotate completion bash)", release},
	{install, "go install github.com/seed-486a873a/ses-smtp-rotator/deploy/smtprotate@v0.1.0",
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
	install              = "deploy/docs/install.md"
	identity111122223333 = "arn:aws:ses:eu-west-1:111122223333:identity/example.com"
	// release is where a release's commands are run, with the files of a snapshot.
	release = "deploy/release/install_test.go runs it"
	// ci comes before a part of the line with which .ci/run, or .ci/tools for it, runs a command.
	ci = "in .ci/run: "
)
