package main

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	commandsof "github.com/seed-486a873a/ses-smtp-rotator/deploy/internal/commands"
	"github.com/seed-486a873a/ses-smtp-rotator/deploy/smtprotate/internal/discover"
)

// furnished returns a company of five accounts: one is suspended, one refuses the role, and in one
// nobody sends.
func furnished(t *testing.T) *company {
	t.Helper()
	c := found(t, "eu-west-1", "shop", "news", "quiet", "closed", "shut")
	c.user(c.own, "alerts", ownSending)
	c.user(c.members["shop"], "mailer", wideSending)
	c.user(c.members["shop"], "twin", ownSending)
	c.user(c.members["news"], "twin", ownSending)
	c.user(c.members["quiet"], "person", strings.ReplaceAll(wideSending, "ses:SendRawEmail", "s3:GetObject"))
	c.user(c.members["closed"], "gone", wideSending)
	c.user(c.members["shut"], "hidden", wideSending)
	c.close(c.members["closed"])
	id := c.members["shut"]
	c.refuses[id] = c.denial(id) + " with an explicit deny in a service control policy"
	return c
}

func TestDiscoverLooksAtAllAccountsOfAnOrganization(t *testing.T) {
	c := furnished(t)
	page := t.TempDir() + "/page.html"
	c.called, c.assumed = nil, nil
	code, out, stderr := discovers(t, "--organization-role", accessRole, "--json", "--html", page)
	var report discover.Report
	if err := json.Unmarshal([]byte(out), &report); err != nil || code != exitFailed {
		t.Fatalf("exit code %d, %v: %s%s", code, err, out, stderr)
	}
	var got, places []string
	for _, s := range report.Accounts {
		places = append(places, s.Account)
		for _, u := range s.Found {
			got = append(got, strings.Join([]string{u.AccountName, u.Account, u.Name, string(u.Advice), u.Role}, " "))
		}
	}
	if !slices.IsSorted(places) || len(places) != 4 {
		t.Errorf("the accounts are %v", places)
	}
	want := []string{
		"master " + c.own + " alerts adopt ",
		"news " + c.members["news"] + " twin adopt " + accessRole,
		"shop " + c.members["shop"] + " mailer adopt " + accessRole,
		"shop " + c.members["shop"] + " twin adopt " + accessRole,
	}
	if slices.Sort(got); !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	reason := "role " + accessRole + " can't be assumed: AccessDenied (with an explicit deny in a service control " +
		"policy): check that it exists, that it trusts account " + c.own + ", and that you may assume it " +
		"(sts:AssumeRole)"
	place := discover.Place{Account: c.members["shut"], AccountName: "shut", Role: accessRole}
	if want := []discover.Missed{{Place: place, Reason: reason}}; !slices.Equal(report.Missed, want) {
		t.Errorf("missed: %+v", report.Missed)
	}
	if want := "smtprotate: account " + place.Account + " (shut): " + reason + "\n"; stderr != want {
		t.Errorf("it says %s", stderr)
	}
	if report.LeftOut["SUSPENDED"] != 1 || len(report.LeftOut) != 1 {
		t.Errorf("left out: %v", report.LeftOut)
	}
	text, err := os.ReadFile(page)
	for _, want := range []string{"(news)", "(shut)", "explicit deny", "1 SUSPENDED"} {
		if err != nil || !strings.Contains(string(text), want) {
			t.Errorf("the page doesn't say %q: %v", want, err)
		}
	}
	c.assumedToRead()
	c.callsWhatThePageNames()
}

// assumedToRead checks that the assumed credentials can only read, whatever the role may do.
func (c *company) assumedToRead() {
	c.Helper()
	for _, form := range c.assumed {
		var policy struct{ Statement []struct{ Action []string } }
		err := json.Unmarshal([]byte(form.Get("Policy")), &policy)
		if err != nil || len(policy.Statement) != 1 ||
			!slices.Equal(policy.Statement[0].Action, discover.Permissions()) ||
			form.Get("RoleSessionName") != "smtprotate-discover" {
			c.Errorf("%v: %v", form, err)
		}
	}
	if len(c.assumed) != 5 {
		c.Errorf("%d roles were assumed, want those of 5 ACTIVE accounts", len(c.assumed))
	}
}

// callsWhatThePageNames checks that, apart from looking at an account, only the calls that the page
// names were made.
func (c *company) callsWhatThePageNames() {
	c.Helper()
	document, err := os.ReadFile("../discover.md")
	c.ok(err)
	_, section, _ := strings.Cut(string(document), "## What it needs")
	var others []string
	for _, action := range c.called {
		if slices.Contains(discover.Permissions(), action) || slices.Contains(others, action) {
			continue
		}
		others = append(others, action)
		if !strings.Contains(section, `"`+action+`"`) && !strings.Contains(section, "`"+action+"`") {
			c.Errorf("the page says nothing about %s", action)
		}
	}
	slices.Sort(others)
	want := []string{"organizations:ListAccounts", "sts:AssumeRole", "sts:GetCallerIdentity"}
	if !slices.Equal(others, want) {
		c.Errorf("it calls %v, want %v", others, want)
	}
}

func TestDiscoverShowsAnOrganizationInATable(t *testing.T) {
	c := furnished(t)
	c.refuses[c.members["shut"]] = ""
	code, out, stderr := discovers(t, "--organization-role", accessRole, "--profile", "root")
	if code != 4 || stderr != "" {
		t.Errorf("exit code %d: %s", code, stderr)
	}
	plain := strings.Join(strings.Fields(out), " ")
	for _, want := range []string{
		c.members["shop"] + " mailer", "Account shop. Its policies allow: any sender of the account.",
		"smtprotate discover --profile root --organization-role " + accessRole + " --account " + c.members["shop"] +
			" --adopt mailer",
		"smtprotate discover --profile root --adopt alerts", // the management account, without the role
		"Account " + c.members["news"] + " (news) has 1 IAM user. 1 may send mail",
		"In 1 more account, with 1 IAM user, nobody may send mail or has sent any.",
		"Accounts of the organization that aren't ACTIVE were left out: 1 SUSPENDED.",
	} {
		if !strings.Contains(plain, want) {
			t.Errorf("it doesn't say %q:\n%s", want, out)
		}
	}
	if strings.Contains(out, "gone") {
		t.Errorf("it shows who is in a suspended account:\n%s", out)
	}
}

func TestDiscoverShowsOnATerminalHowFarAnOrganizationIs(t *testing.T) {
	c := found(t, "eu-west-1", "shop", "news")
	var out, err strings.Builder
	code := run(t.Context(), []string{"discover", "--organization-role", accessRole},
		&console{out: &out, err: &err, interactive: true})
	if code != 0 || !strings.HasPrefix(err.String(), "\rlisting the organization's accounts") ||
		!strings.Contains(err.String(), "of 3 accounts left") || !strings.HasSuffix(err.String(), " \r") {
		t.Errorf("exit code %d, in %s: the terminal has %q", code, c.own, err.String())
	}
}

func TestDiscoverAdoptsFromAnOrganization(t *testing.T) {
	c := furnished(t)
	c.refuses[c.members["shut"]] = ""
	shop, news := c.members["shop"], c.members["news"]
	for _, test := range []struct {
		args []string
		code int
		says string
	}{
		{[]string{"--adopt", "mailer"}, 0, "# Let a stack take over IAM user mailer of account " + shop + " (shop)."},
		{[]string{"--adopt", "mailer"}, 0, "run these commands with credentials of account " + shop + " (shop)"},
		{[]string{"--adopt", "twin"}, exitFailed, "user twin is in 2 accounts"},
		{[]string{"--adopt", "twin"}, exitFailed, "account " + news + " (news)"},
		{[]string{"--adopt", "twin"}, exitFailed, "Choose one with --account"},
		{[]string{"--adopt", "twin", "--account", news}, 0, "ExistingUserName=twin"},
		{[]string{"--adopt", "nobody"}, exitFailed, "the 5 accounts that were looked at have no user nobody that " +
			"may send mail or has sent any"},
		{[]string{"--account", c.members["closed"]}, exitFailed, "account " + c.members["closed"] + " is SUSPENDED"},
		{[]string{"--account", "999999999999"}, exitFailed, "account 999999999999 isn't in the organization: check " +
			"the ID"},
		{[]string{"--secret", "arn:aws:secretsmanager:eu-west-1:999999999999:secret:mail"}, exitFailed,
			": the secret isn't in an account that is looked at"},
	} {
		code, out, stderr := discovers(t, append(test.args, "--organization-role", accessRole)...)
		text := strings.Join(strings.Fields(strings.ReplaceAll(out+stderr, "\n#", "")), " ")
		if code != test.code || !strings.Contains(text, test.says) {
			t.Errorf("%v: exit code %d, want %d, and %q:\n%s%s", test.args, code, test.code, test.says, out, stderr)
		}
	}
}

// TestDiscoverReadsAllPagesOfAnOrganization uses pages of 20 accounts, Organizations' maximum: moto
// returns as many as are asked for.
func TestDiscoverReadsAllPagesOfAnOrganization(t *testing.T) {
	var names []string
	for i := range 120 {
		names = append(names, fmt.Sprintf("account-%03d", i))
	}
	c := found(t, "us-gov-west-1", names...)
	last := c.members["account-119"]
	code, out, stderr := discovers(t, "--organization-role", "path/look", "--account", last, "--account", c.own,
		"--json")
	var report discover.Report
	if err := json.Unmarshal([]byte(out), &report); err != nil || code != 0 || len(report.Accounts) != 2 {
		t.Fatalf("exit code %d, %v: %s%s", code, err, out, stderr)
	}
	isOther := func(action string) bool { return action != "organizations:ListAccounts" }
	if n := len(slices.DeleteFunc(slices.Clone(c.called), isOther)); n < 2 {
		t.Errorf("the accounts came in %d pages", n)
	}
	var roles []string
	for _, form := range c.assumed {
		roles = append(roles, form.Get("RoleArn"))
	}
	if slices.Sort(roles); !slices.Contains(roles, "arn:aws-us-gov:iam::"+last+":role/path/look") || len(roles) != 2 {
		t.Errorf("the roles are %v", roles)
	}
}

func TestDiscoverRefusesFlagsThatDontGoWithAnOrganization(t *testing.T) {
	for says, args := range map[string][]string{
		"--account needs --organization-role": {"--account", "111122223333"},
		"--organization-role takes one --profile, which lists the organization's accounts, but 2 are given": {
			"--organization-role=a", "--profile=b", "--profile=c"},
		"--organization-role: arn:aws:iam::1:role/a is an ARN": {"--organization-role=arn:aws:iam::1:role/a"},
		`--organization-role: "a b" can't be a role's name`:    {"--organization-role=a b"},
		`--account: "12" isn't an account's ID`:                {"--organization-role=a", "--account=12"},
		"--secret mail: with --organization-role, give the secret's ARN, which names its account": {
			"--organization-role=a", "--secret=mail"},
	} {
		if code, out, stderr := discovers(t, args...); code != exitFailed || !strings.Contains(stderr, says) {
			t.Errorf("%v: exit code %d, want %q: %s%s", args, code, says, out, stderr)
		}
	}
}

// TestDiscoverLooksAtAnOrganizationAsItsPageSays runs the commands of discover.md.
func TestDiscoverLooksAtAnOrganizationAsItsPageSays(t *testing.T) {
	text, err := os.ReadFile("../discover.md")
	if err != nil {
		t.Fatal(err)
	}
	c := found(t, "eu-west-1", "shop", "news")
	c.refuses = nil
	ids := strings.NewReplacer("111122223333", c.members["shop"], "444455556666", c.members["news"])
	t.Chdir(t.TempDir())
	ran := 0
	for _, command := range commandsof.Of(string(text)) {
		args, is := strings.CutPrefix(command, "smtprotate discover ")
		if !is || !strings.Contains(args, "--organization-role") {
			continue
		}
		ran++
		if code, _, stderr := discovers(t, strings.Fields(ids.Replace(args))...); code != 0 || stderr != "" {
			t.Errorf("%s: exit code %d: %s", command, code, stderr)
		}
	}
	if ran < 2 {
		t.Errorf("%d commands ran", ran)
	}
}
