package stack

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/seed-486a873a/ses-smtp-rotator/deploy/internal/commands"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/localaws/whole"
)

const top = "../../"

// TestEveryCommandOfTheDocumentsIsAccountedFor holds what the scenes run, and the reasons for what
// they don't, against what the documents print.
func TestEveryCommandOfTheDocumentsIsAccountedFor(t *testing.T) {
	used := make([]bool, len(untyped))
	documents := append(pages(t), "README.md", "CONTRIBUTING.md", "deploy/fleet.md", "deploy/cdk/README.md",
		"deploy/runbook.md", "deploy/leaks.md", "deploy/growth/README.md", "lambda/bench/README.md", "deploy/notify.md",
		"deploy/apps/parameter-store.md", "deploy/discover.md", "deploy/rehearse.md")
	for _, document := range documents {
		all := commands.Of(contents(t, top+document))
		for _, command := range all {
			found := slices.ContainsFunc(scenes, func(s scene) bool {
				return slices.Contains(s.documents, document) && s.has(command)
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
		t.Error("the release's test doesn't run what install.md prints")
	}
}

// pages are the documents in deploy/docs.
func pages(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob(top + "deploy/docs/*.md")
	if err != nil || len(files) == 0 {
		t.Fatalf("deploy/docs has no pages: %v", err)
	}
	for i, file := range files {
		files[i] = strings.TrimPrefix(file, top)
	}
	return files
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
			for _, document := range s.documents {
				for _, command := range commands.Of(contents(t, top+document)) {
					if s.has(command) && !slices.Contains(p.left, command) {
						p.left = append(p.left, command)
					}
				}
			}
			for _, begin := range s.commands {
				if !slices.ContainsFunc(p.left, func(c string) bool { return strings.HasPrefix(c, begin) }) {
					t.Errorf("%v have no command %q", s.documents, begin)
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
