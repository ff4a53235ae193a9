package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	commandsof "github.com/seed-486a873a/ses-smtp-rotator/deploy/internal/commands"
	"github.com/seed-486a873a/ses-smtp-rotator/deploy/smtprotate/internal/discover"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/localaws/awstest"
)

// accessRole is the role that AWS makes in the accounts of an organization, and not in the
// management account.
const accessRole = "OrganizationAccountAccessRole"

// company is an organization on moto. Requests to it go through a proxy, which knows what moto
// doesn't: roles that can't be assumed, and IAM's action ListServiceSpecificCredentials.
type company struct {
	*testing.T
	cfg     aws.Config
	own     string            // the management account's ID
	members map[string]string // IDs by name

	mu      sync.Mutex
	refuses map[string]string // messages by the ID of the account that refuses its role
	assumed []url.Values
	called  []string // actions, as policies write them
}

const stsError = `<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type>` +
	`<Code>AccessDenied</Code><Message>%s</Message></Error><RequestId>1</RequestId></ErrorResponse>`

// found makes an organization of as many accounts as there are names, and its management account.
func found(t *testing.T, region string, names ...string) *company {
	t.Helper()
	target, err := url.Parse(awstest.Moto(t))
	if err != nil {
		t.Fatal(err)
	}
	c := &company{T: t, members: map[string]string{}, refuses: map[string]string{}}
	proxy := httputil.NewSingleHostReverseProxy(target)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { c.pass(proxy, w, r) }))
	t.Cleanup(server.Close)
	profile := filepath.Join(t.TempDir(), "config")
	err = os.WriteFile(profile, []byte("[profile root]\naws_access_key_id = AKIAOPERATOR00000000\n"+
		"aws_secret_access_key = secret\n"), 0o600)
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range map[string]string{
		"AWS_ENDPOINT_URL": server.URL, "AWS_REGION": region, "AWS_ACCESS_KEY_ID": "AKIAOPERATOR00000000",
		"AWS_SECRET_ACCESS_KEY": "secret", "AWS_EC2_METADATA_DISABLED": "true", "AWS_CONFIG_FILE": profile,
		"AWS_SHARED_CREDENTIALS_FILE": "/nonexistent",
	} {
		t.Setenv(name, value)
	}
	if c.cfg, err = (profileFlag{}).config(t.Context(), region); err != nil {
		t.Fatal(err)
	}
	api := organizations.NewFromConfig(c.cfg)
	made, err := api.CreateOrganization(t.Context(), &organizations.CreateOrganizationInput{})
	c.ok(err)
	c.own = *made.Organization.MasterAccountId
	for _, name := range names {
		made, err := api.CreateAccount(t.Context(), &organizations.CreateAccountInput{AccountName: &name,
			Email: aws.String("aws@example.com")})
		c.ok(err)
		c.members[name] = *made.CreateAccountStatus.AccountId
	}
	c.refuses[c.own] = c.denial(c.own)
	return c
}

// denial is how AWS says that an account's role can't be assumed.
func (c *company) denial(id string) string {
	return "User: arn:aws:iam::" + c.own + ":user/moto is not authorized to perform: sts:AssumeRole on resource: " +
		"arn:aws:iam::" + id + ":role/" + accessRole
}

func (c *company) ok(err error) {
	c.Helper()
	if err != nil {
		c.Fatal(err)
	}
}

// pass answers what moto can't, and passes everything else on.
func (c *company) pass(proxy http.Handler, w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		c.Error(err)
	}
	r.Body = io.NopCloser(strings.NewReader(string(body)))
	form, _ := url.ParseQuery(string(body))
	switch refusal := c.note(r, form); {
	case refusal != "":
		w.WriteHeader(http.StatusForbidden)
		fmt.Fprintf(w, stsError, refusal)
	case form.Get("Action") == "ListServiceSpecificCredentials":
		fmt.Fprint(w, `<ListServiceSpecificCredentialsResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/">`+
			`<ListServiceSpecificCredentialsResult/></ListServiceSpecificCredentialsResponse>`)
	default:
		proxy.ServeHTTP(w, r)
	}
}

// note keeps what the tests look at, and returns why a role can't be assumed, if it can't.
func (c *company) note(r *http.Request, form url.Values) (refusal string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	_, action, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	scope := strings.Split(r.Header.Get("Authorization")+"////", "/") // key, day, Region, service
	c.called = append(c.called, scope[3]+":"+cmp.Or(action, form.Get("Action")))
	if form.Get("Action") != "AssumeRole" {
		return ""
	}
	c.assumed = append(c.assumed, form)
	role, _ := arn.Parse(form.Get("RoleArn"))
	return c.refuses[role.AccountID]
}

// in is IAM in an account.
func (c *company) in(id string) *iam.Client {
	cfg := c.cfg.Copy()
	if id != c.own {
		cfg.Credentials = aws.NewCredentialsCache(stscreds.NewAssumeRoleProvider(sts.NewFromConfig(c.cfg),
			"arn:aws:iam::"+id+":role/maker"))
	}
	return iam.NewFromConfig(cfg)
}

// user makes one that may send, with a key.
func (c *company) user(id, name, policy string) {
	c.Helper()
	api := c.in(id)
	_, err := api.CreateUser(c.Context(), &iam.CreateUserInput{UserName: &name})
	c.ok(err)
	_, err = api.PutUserPolicy(c.Context(), &iam.PutUserPolicyInput{UserName: &name, PolicyName: aws.String("send"),
		PolicyDocument: &policy})
	c.ok(err)
	_, err = api.CreateAccessKey(c.Context(), &iam.CreateAccessKeyInput{UserName: &name})
	c.ok(err)
}

// close has an account suspended, as one is that is closed.
func (c *company) close(id string) {
	c.Helper()
	_, err := organizations.NewFromConfig(c.cfg).CloseAccount(c.Context(),
		&organizations.CloseAccountInput{AccountId: &id})
	c.ok(err)
}

// furnished has five accounts: one is suspended, one refuses the role, one has nobody that sends.
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
		"policy): is it there, does it trust account " + c.own + ", and may you assume it (sts:AssumeRole)?"
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

// assumedToRead: whatever a role may do, these credentials only read.
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

// callsWhatThePageNames: besides what looking at an account takes, these are all.
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
			c.Errorf("the page says nothing of %s", action)
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
		c.members["shop"] + " mailer", "Account shop. May: any sender of the account.",
		"smtprotate discover --profile root --organization-role " + accessRole + " --account " + c.members["shop"] +
			" --adopt mailer",
		"smtprotate discover --profile root --adopt alerts", // in the management account, without the role
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

func TestDiscoverAdoptsFromAnOrganization(t *testing.T) {
	c := furnished(t)
	c.refuses[c.members["shut"]] = ""
	shop, news := c.members["shop"], c.members["news"]
	for _, test := range []struct {
		args []string
		code int
		says string
	}{
		{[]string{"--adopt", "mailer"}, 0, "# IAM user mailer of account " + shop + " (shop), taken over"},
		{[]string{"--adopt", "mailer"}, 0, "run these with credentials of account " + shop + " (shop)"},
		{[]string{"--adopt", "twin"}, exitFailed, "user twin is in 2 accounts"},
		{[]string{"--adopt", "twin"}, exitFailed, "account " + news + " (news)"},
		{[]string{"--adopt", "twin"}, exitFailed, "Name one of them by --account"},
		{[]string{"--adopt", "twin", "--account", news}, 0, "ExistingUserName=twin"},
		{[]string{"--adopt", "nobody"}, exitFailed, "no user nobody may send mail, or has sent any, in the 5 accounts"},
		{[]string{"--account", c.members["closed"]}, exitFailed, "account " + c.members["closed"] + " is SUSPENDED"},
		{[]string{"--account", "999999999999"}, exitFailed, "account 999999999999 isn't one of the organization's"},
		{[]string{"--secret", "arn:aws:secretsmanager:eu-west-1:999999999999:secret:mail"}, exitFailed,
			"isn't in an account that is looked at"},
	} {
		code, out, stderr := discovers(t, append(test.args, "--organization-role", accessRole)...)
		text := strings.Join(strings.Fields(strings.ReplaceAll(out+stderr, "\n#", "")), " ")
		if code != test.code || !strings.Contains(text, test.says) {
			t.Errorf("%v: exit code %d, want %d, and %q:\n%s%s", test.args, code, test.code, test.says, out, stderr)
		}
	}
}

// TestDiscoverReadsAllPagesOfAnOrganization: moto gives as many accounts in a page as are asked
// for, and Organizations 20 at most.
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
		"--account goes with --organization-role":              {"--account", "111122223333"},
		"goes with one --profile":                              {"--organization-role=a", "--profile=b", "--profile=c"},
		"--organization-role: arn:aws:iam::1:role/a is an ARN": {"--organization-role=arn:aws:iam::1:role/a"},
		`--organization-role: "a b" can't be the name`:         {"--organization-role=a b"},
		`--account: "12" isn't the ID of an account`:           {"--organization-role=a", "--account=12"},
		"must be the secret's ARN":                             {"--organization-role=a", "--secret=mail"},
	} {
		if code, out, stderr := discovers(t, args...); code != exitFailed || !strings.Contains(stderr, says) {
			t.Errorf("%v: exit code %d, want %q: %s%s", args, code, says, out, stderr)
		}
	}
}

// TestDiscoverLooksAtAnOrganizationAsItsPageSays runs the page's commands.
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
