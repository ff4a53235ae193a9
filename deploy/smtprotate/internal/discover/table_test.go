package discover_test

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/seed-486a873a/ses-smtp-rotator/deploy/smtprotate/internal/discover"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/iamaccess"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sendpolicy"
)

var today = time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)

// reported returns a report of one account with these users.
func reported(users int, of ...discover.Facts) discover.Report {
	survey := discover.Survey{Place: discover.Place{Account: "111122223333"}, Users: users}
	for _, f := range of {
		survey.Found = append(survey.Found, discover.Judge(f, today))
	}
	discover.Sort(survey.Found)
	return discover.Report{At: today, Accounts: []discover.Survey{survey}}
}

// ofConsoleSince returns a user that SES's console created.
func ofConsoleSince(name string, made time.Time) discover.Facts {
	return discover.Facts{Place: discover.Place{Account: "111122223333"}, ARN: "arn:aws:iam::111122223333:user/" + name,
		Access: sendpolicy.Access{User: name, Policies: []sendpolicy.Policy{
			{Name: consolePolicy, From: "inline", Text: console}}},
		Keys: []discover.Key{{ID: "AKIAIOSFODNN7EXAMPLE", Status: "Active", Created: made,
			Used: &iamaccess.Use{At: today.Add(-day), Service: "ses-smtp", Region: "eu-west-1"}}},
	}
}

func TestThePageShowsATable(t *testing.T) {
	var table strings.Builder
	facts := ofConsoleSince("ses-smtp-user.20190312", time.Date(2019, 3, 12, 0, 0, 0, 0, time.UTC))
	if err := discover.Table(&table, reported(214, facts)); err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile("../../../discover.md")
	if err != nil || !strings.Contains(string(page), "```text\n"+table.String()+"```\n") {
		t.Errorf("deploy/discover.md has another table than\n%s%v", table.String(), err)
	}
}

func TestAccountsWithNothingFoundShareALine(t *testing.T) {
	loud := reported(1, ofConsoleSince("a", today)).Accounts[0]
	quiet := discover.Survey{Place: discover.Place{Account: "444455556666"}, Users: 7}
	for want, accounts := range map[string][]discover.Survey{
		"Account 444455556666 has 7 IAM users. 0 may send": {quiet},
		"In 2 accounts, with 14 IAM users, nobody may":     {quiet, quiet},
		"In 1 more account, with 7 IAM users, nobody may":  {quiet, loud},
	} {
		r := discover.Report{Accounts: accounts, LeftOut: map[string]int{"SUSPENDED": 2, "CLOSED": 1},
			Missed: []discover.Missed{{Place: numbered(1), Reason: "why"}, {Place: numbered(2), Reason: "why"}}}
		text := strings.Join(r.Summary(), "\n")
		for _, want := range []string{want, "aren't ACTIVE were left out: 1 CLOSED, 2 SUSPENDED.",
			"Couldn't be looked at: account 000000000001 (name-1), account 000000000002 (name-2)."} {
			if !strings.Contains(text, want) {
				t.Errorf("it doesn't say %q:\n%s", want, text)
			}
		}
	}
}

func TestALongNameHasALineOfItsOwn(t *testing.T) {
	var table strings.Builder
	long := ofConsoleSince(strings.Repeat("long-name-", 6), today)
	long.Keys[0].Used.Region = strings.Repeat("a-region-", 3) + "1"
	if err := discover.Table(&table, reported(1, long)); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(table.String(), "\n")
	if lines[1] != "HIGH   "+strings.Repeat("long-name-", 6) ||
		!strings.HasPrefix(lines[2], strings.Repeat(" ", 35)+"AKIAIOSFODNN7EXAMPLE Active") ||
		!strings.HasPrefix(lines[3], "       last used: ses-smtp a-region-") {
		t.Errorf("the table is\n%s", table.String())
	}
	for _, line := range lines {
		if len(line) > 100 {
			t.Errorf("%d characters: %s", len(line), line)
		}
	}
}

func TestOtherWaysInAreToBeClosed(t *testing.T) {
	f := ofConsoleSince("shop", today)
	f.Access.Policies[0].Text, f.Access.Console, f.Profile = narrow, true, "prod"
	u := discover.Judge(f, today)
	const want = ". Close its other ways into AWS, which rotation doesn't: smtprotate audit --profile prod --user " +
		"shop " +
		"says how"
	if u.Severity != sendpolicy.High || !strings.HasSuffix(u.Todo, want) {
		t.Errorf("%s: %s", u.Severity, u.Todo)
	}
}

func TestACommandGoesIntoTheAccountByTheRole(t *testing.T) {
	f := ofConsoleSince("shop", today)
	f.Profile, f.Role, f.AccountName = "root", "look", "the shop"
	u := discover.Judge(f, today)
	const adopt = "smtprotate discover --profile root --organization-role look --account 111122223333 --adopt shop " +
		"prints"
	if !strings.Contains(u.Todo, adopt) {
		t.Errorf("it says %s", u.Todo)
	}
	f.Access.Policies[0].Text, f.Access.Console = narrow, true
	const audit = ": smtprotate audit --user shop, with credentials of account 111122223333, says how"
	if u := discover.Judge(f, today); !strings.HasSuffix(u.Todo, audit) {
		t.Errorf("it says %s", u.Todo)
	}
	adoption := discover.TakeOver(f, "eu-west-1", today)
	for _, text := range []string{adoption.CloudFormation(), adoption.Terraform("0.1.0")} {
		const title = "# Let a stack take over IAM user shop of account 111122223333 (the shop). Nothing has been run."
		const where = "# - The user is in another account"
		if !strings.HasPrefix(text, title) || !strings.Contains(text, where) || strings.Contains(text, "root") {
			t.Errorf("it is for another account:\n%s", text)
		}
	}
}

func TestThePageEscapesWhatComesFromAWS(t *testing.T) {
	hostile := ofConsoleSince(`a<script>b`, today)
	hostile.Access.OtherLogins, hostile.AccountName = []string{"<img src=x>"}, "<script>"
	var page strings.Builder
	report := reported(1, hostile)
	report.Accounts[0].AccountName = "<img src=y>"
	report.Accounts = append(report.Accounts, report.Accounts[0])
	report.Missed = []discover.Missed{{Place: discover.Place{Account: "1", AccountName: "<script>"}, Reason: "<img>"}}
	if err := discover.Page(&page, report); err != nil {
		t.Fatal(err)
	}
	if text := page.String(); strings.Contains(text, "<script>") || strings.Contains(text, "<img") {
		t.Errorf("the page contains a user's name unescaped:\n%s", text)
	}
}

func TestAnAccountWithoutFindingsIsShownWithWhatIsNotKnown(t *testing.T) {
	r := reported(1)
	r.Accounts[0].Unknown = []string{"something"}
	r.Accounts[0].WithoutKeys = []string{"a"}
	var table, page strings.Builder
	if discover.Table(&table, r) != nil || discover.Page(&page, r) != nil {
		t.Error("it can't be shown")
	}
	for _, want := range []string{"Account 111122223333 has 1 IAM user. 0 may send", "Not known: something.",
		"1 more user may send but has no access key."} {
		if !strings.Contains(table.String(), want) || !strings.Contains(page.String(), want) {
			t.Errorf("it doesn't say %q:\n%s", want, table.String())
		}
	}
}
