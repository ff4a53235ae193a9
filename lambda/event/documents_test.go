package event

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func contents(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile("../../" + file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// marks lists the texts by which a table of events names each kind of event.
func marks() []string {
	all := []string{riskCredentials + "*", "GuardDuty", "SNS", "Step", "CloudFormation", "the schedule's"}
	for _, action := range actions[1:] { // {"action":"tick"} is {} in more words
		all = append(all, `{"action":"`+string(action.name)+`"}`)
	}
	return all
}

func TestThePageOfEventsHasARowForEveryEvent(t *testing.T) {
	_, table, ok := strings.Cut(contents(t, "deploy/docs/events.md"), "| event | what the function does |\n|---|---|\n")
	if !ok {
		t.Fatal("events.md has no table of events")
	}
	table, _, _ = strings.Cut(table, "\n\n")
	left := marks()
	for row := range strings.Lines(table) {
		event := strings.Split(row, "|")[1]
		n := len(left)
		left = slices.DeleteFunc(left, func(mark string) bool { return strings.Contains(event, mark) })
		if len(left) == n {
			t.Errorf("events.md has an event that doesn't exist: %s", event)
		}
	}
	for _, mark := range left {
		t.Errorf("events.md doesn't mention %s", mark)
	}
}

func TestThePackageCommentHasARowForEveryEvent(t *testing.T) {
	comment, _, _ := strings.Cut(contents(t, "lambda/event/event.go"), "\npackage event")
	for _, mark := range marks() {
		if !strings.Contains(comment, mark) {
			t.Errorf("the package comment doesn't mention %s", mark)
		}
	}
}

// TestTheActionsInDocumentsAreUnderstood reads every event that the documents tell people to send,
// and those that the schedules send.
func TestTheActionsInDocumentsAreUnderstood(t *testing.T) {
	action := regexp.MustCompile(`\{"action":"[^{}]*\}`)
	for _, file := range []string{
		"README.md", "CHANGELOG.md", "deploy/docs/events.md", "deploy/docs/deploy.md", "deploy/runbook.md",
		"deploy/terraform/README.md", "template.yaml",
	} {
		found := action.FindAllString(contents(t, file), -1)
		if len(found) == 0 {
			t.Errorf("%s names no action", file)
		}
		for _, text := range found {
			payload := strings.ReplaceAll(text, "AKIA…", "AKIAIOSFODNN7EXAMPLE")
			if _, err := Parse([]byte(payload), ""); err != nil {
				t.Errorf("%s: %s: %v", file, text, err)
			}
		}
	}
}

func TestTheErrorOfAnUnknownActionNamesThemAll(t *testing.T) {
	_, err := Parse([]byte(`{"action":"?"}`), "")
	for _, action := range actions {
		if !strings.Contains(err.Error(), string(action.name)) {
			t.Errorf("it doesn't name %s: %v", action.name, err)
		}
	}
}
