package discover_test

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/seed-486a873a/ses-smtp-rotator/deploy/smtprotate/internal/discover"
)

func withoutServices(permissions []string) (actions []string) {
	for _, p := range permissions {
		_, action, _ := strings.Cut(p, ":")
		actions = append(actions, action)
	}
	return actions
}

// sorted returns a sorted copy.
func sorted(permissions []string) []string {
	all := slices.Clone(permissions)
	slices.Sort(all)
	return all
}

func TestThePageHasThePermissions(t *testing.T) {
	document, err := os.ReadFile("../../../discover.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(document), "## What it needs")
	section, _, _ = strings.Cut(section, "\n## ")
	var got []string
	for line := range strings.Lines(section) {
		if !strings.HasPrefix(line, "| `") {
			continue
		}
		service := ""
		for _, quoted := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(strings.Split(line, "|")[1], -1) {
			action := quoted[1]
			if before, after, found := strings.Cut(action, ":"); found {
				service, action = before, after
			}
			got = append(got, service+":"+action)
		}
	}
	if want := sorted(discover.Permissions()); !slices.Equal(sorted(got), want) {
		t.Errorf("deploy/discover.md has\n%v\nwant\n%v", sorted(got), want)
	}
}

// TestTheRoleHasThePermissions checks the role's permissions. Those for secrets' values are there
// only if asked for.
func TestTheRoleHasThePermissions(t *testing.T) {
	template, err := os.ReadFile("../../../discover-role.yaml")
	if err != nil {
		t.Fatal(err)
	}
	always, asked, found := strings.Cut(string(template), "    Condition: Secrets\n")
	if !found {
		t.Fatal("deploy/discover-role.yaml has no condition for secrets")
	}
	secret := func(p string) bool { return p == "secretsmanager:GetSecretValue" || p == "kms:Decrypt" }
	action := regexp.MustCompile(`(?m)^ +- ((?:iam|secretsmanager|kms):\w+)$`)
	for text, of := range map[string]func(string) bool{
		always: func(p string) bool { return !secret(p) }, asked: secret,
	} {
		var got, want []string
		for _, line := range action.FindAllStringSubmatch(text, -1) {
			got = append(got, line[1])
		}
		for _, p := range discover.Permissions() {
			if of(p) {
				want = append(want, p)
			}
		}
		if !slices.Equal(sorted(got), sorted(want)) {
			t.Errorf("deploy/discover-role.yaml has\n%v\nwant\n%v", sorted(got), sorted(want))
		}
	}
}
