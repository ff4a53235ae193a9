package discover_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/seed-486a873a/ses-smtp-rotator/deploy/smtprotate/internal/discover"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/localaws"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sendpolicy"
)

const (
	everybody = 2000
	ofEach    = 4
)

// crowd creates 2,000 users: a few of each kind; the others may not send.
func crowd(s *stage) {
	s.Helper()
	for i := range everybody - ofEach*len(kinds) {
		name := fmt.Sprintf("person-%04d", i)
		s.CreateUser(name)
		if i%3 > 0 {
			continue
		}
		s.ok(s.PutUserPolicy(name, "s3", allowing("s3:GetObject", "*", "")))
		id, _, err := s.CreateAccessKey(name)
		s.ok(err)
		s.UseKeyFor(id, s.today, "s3", "eu-west-1")
	}
	for _, k := range kinds {
		for i := range ofEach {
			s.user(k, fmt.Sprintf("%s-%d", k.name, i))
		}
	}
}

// verdict is what the survey says about a user.
type verdict struct {
	advice   discover.Advice
	severity sendpolicy.Severity
	width    sendpolicy.Width
	keys     int
}

func wanted() map[string]verdict {
	want := map[string]verdict{}
	for _, k := range kinds {
		for i := range ofEach {
			if k.advice != "" {
				want[fmt.Sprintf("%s-%d", k.name, i)] = verdict{k.advice, k.severity, k.width, len(k.keys)}
			}
		}
	}
	return want
}

// differs describes the users about whom the survey says too much or too little.
func differs(t *testing.T, survey discover.Survey, want map[string]verdict) {
	t.Helper()
	got := map[string]verdict{}
	for _, u := range survey.Found {
		got[u.Name] = verdict{u.Advice, u.Severity, u.Width, len(u.Keys)}
	}
	for name, v := range got {
		if want[name] != v {
			t.Errorf("%s: %+v, want %+v", name, v, want[name])
		}
	}
	for name := range want {
		if _, ok := got[name]; !ok {
			t.Errorf("%s isn't found", name)
		}
	}
}

func TestTwoThousandUsersOfAllKinds(t *testing.T) {
	s := newStage(t)
	crowd(s)
	before := heap()
	var peak atomic.Uint64
	watched, stop := context.WithCancel(t.Context())
	go func() {
		for watched.Err() == nil {
			peak.Store(max(peak.Load(), heap()))
			time.Sleep(5 * time.Millisecond)
		}
	}()
	a := s.account()
	pages := &counted{API: a.IAM}
	a.IAM = pages
	began := time.Now()
	survey := s.look(a)
	took := time.Since(began)
	stop()
	t.Logf("%d users, %d found in %v, with %d calls, and %.1f MB more on the heap at most, this AWS's answers included",
		survey.Users, len(survey.Found), took.Round(time.Millisecond), len(s.Calls()),
		float64(max(peak.Load(), before)-before)/(1<<20))

	if survey.Users != everybody || survey.Account != account || len(survey.Unknown) > 0 {
		t.Errorf("%d users in %s, unknown: %q", survey.Users, survey.Account, survey.Unknown)
	}
	differs(t, survey, wanted())
	if want := []string{"keyless-0", "keyless-1", "keyless-2", "keyless-3"}; !slices.Equal(survey.WithoutKeys, want) {
		t.Errorf("without keys: %v", survey.WithoutKeys)
	}
	if pages.n != 1+everybody/100 {
		t.Errorf("%d pages of authorization details", pages.n)
	}
	countCalls(t, s, survey)
	showsAll(t, s, survey)
}

// counted counts the pages that were asked for. On the wire there may be more: the SDK asks again
// if a connection breaks.
type counted struct {
	discover.API
	n int
}

func (c *counted) GetAccountAuthorizationDetails(ctx context.Context, in *iam.GetAccountAuthorizationDetailsInput,
	o ...func(*iam.Options)) (*iam.GetAccountAuthorizationDetailsOutput, error) {
	c.n++
	return c.API.GetAccountAuthorizationDetails(ctx, in, o...)
}

func heap() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// countCalls checks that only the calls for the users found were made: nobody else's keys are asked
// for.
func countCalls(t *testing.T, s *stage, survey discover.Survey) {
	t.Helper()
	counts := map[string]int{}
	for _, c := range s.Calls() {
		counts[c.Action]++
		if strings.HasPrefix(c.User, "person-") {
			t.Errorf("%s of %s was called", c.Action, c.User)
		}
	}
	needed := withoutServices(discover.Permissions())
	for action := range counts {
		if action != "CreateSecret" && !slices.Contains(needed, action) { // the stage itself creates secrets
			t.Errorf("the permission for %s isn't one of Permissions()", action)
		}
	}
	for _, action := range needed {
		rare := action == "GetPolicy" || action == "GetPolicyVersion" || action == "Decrypt"
		if counts[action] == 0 && !rare {
			t.Errorf("nothing needed the permission for %s", action)
		}
	}
	keys := 0
	for _, u := range survey.Found {
		keys += len(u.Keys)
	}
	looked := len(survey.Found) + len(survey.WithoutKeys)
	for action, want := range map[string]int{
		"ListAccessKeys": looked, "GetAccessKeyLastUsed": keys,
		"GetLoginProfile": len(survey.Found), "GetPolicyVersion": 0, "GetCredentialReport": 1,
		"ListSecrets": 1, "GetSecretValue": 3 * ofEach,
	} {
		if counts[action] != want {
			t.Errorf("%s was called %d times, want %d", action, counts[action], want)
		}
	}
}

// showsAll checks that each of a report's three forms shows every user, and no password.
func showsAll(t *testing.T, s *stage, survey discover.Survey) {
	t.Helper()
	report := discover.Report{At: s.today, Accounts: []discover.Survey{survey}}
	var table, page bytes.Buffer
	s.ok(discover.Table(&table, report), discover.Page(&page, report))
	text, err := json.Marshal(report)
	s.ok(err)
	for form, text := range map[string]string{"table": table.String(), "page": page.String(), "JSON": string(text)} {
		s.shownNowhere(text)
		for name := range wanted() {
			if !strings.Contains(text, name) {
				t.Errorf("%s isn't in the %s", name, form)
			}
		}
	}
	for line := range strings.Lines(table.String()) {
		if n := len([]rune(strings.TrimSuffix(line, "\n"))); n > 100 {
			t.Errorf("a line of %d characters: %s", n, line)
		}
	}
	if n := strings.Count(page.String(), "<circle"); n != len(survey.Found) {
		t.Errorf("the picture has %d dots, want %d", n, len(survey.Found))
	}
	if strings.Contains(page.String(), "<script") || strings.Contains(page.String(), "http://") ||
		strings.Contains(page.String(), "https://") {
		t.Error("the page loads something from elsewhere")
	}
}

func TestTheWorstComesFirst(t *testing.T) {
	s := newStage(t)
	for _, k := range kinds {
		s.user(k, k.name)
	}
	var order []string
	for _, u := range s.look(s.account()).Found {
		order = append(order, u.Name)
	}
	want := strings.Fields("quarantined full console idle group two unused adopted new password " +
		"admin anywhere within narrow stale inactive young sent owned")
	if !slices.Equal(order, want) {
		t.Errorf("the order is %v\nwant %v", order, want)
	}
}

func TestTheSurveySaysWhatItMayNotRead(t *testing.T) {
	s := newStage(t)
	for _, k := range kinds {
		s.user(k, k.name)
	}
	for action, c := range map[string]struct {
		says string
		lost []string // users that aren't found
	}{
		"GenerateCredentialReport": {"which users have sent mail but may no longer send: " +
			"iam:GenerateCredentialReport", []string{"sent"}},
		"GetAccessKeyLastUsed": {"when keys were last used: iam:GetAccessKeyLastUsed is denied", nil},
		"GetLoginProfile":      {"ways into AWS other than access keys: iam:GetLoginProfile is denied", nil},
		"ListSecrets": {"which secrets in eu-west-1 belong to stacks: secretsmanager:ListSecrets: AccessDenied",
			nil},
		"GetSecretValue": {"secretsmanager:GetSecretValue: AccessDenied", nil},
	} {
		s.Intercept(func(call localaws.Call) *localaws.Fault {
			if call.Action == action {
				return &localaws.Fault{Code: "AccessDenied", Message: "not you"}
			}
			return nil
		})
		survey := s.look(s.account())
		if !strings.Contains(strings.Join(survey.Unknown, "\n"), c.says) {
			t.Errorf("%s: unknown is %q", action, survey.Unknown)
		}
		if len(survey.Unknown) > 3 {
			t.Errorf("%s: it says so %d times", action, len(survey.Unknown))
		}
		if n := len(kinds) - 4 - len(c.lost); len(survey.Found) != n {
			t.Errorf("%s: %d found, want %d", action, len(survey.Found), n)
		}
		for _, u := range survey.Found {
			if action == "GetAccessKeyLastUsed" && (strings.Contains(u.Todo, "Nobody has ever used") ||
				u.Advice == discover.Adopt) {
				t.Errorf("%s: it claims to know of %s: %s", action, u.Name, u.Todo)
			}
		}
	}
	s.Intercept(func(call localaws.Call) *localaws.Fault {
		if call.Action == "GetAccountAuthorizationDetails" {
			return &localaws.Fault{Code: "AccessDenied", Message: "not you"}
		}
		return nil
	})
	if _, err := s.account().Look(t.Context()); err == nil ||
		!strings.HasPrefix(err.Error(), "iam:GetAccountAuthorizationDetails on the account: AccessDenied") {
		t.Errorf("got %v", err)
	}
}

func TestAUserThatIsDeletedMeanwhileIsSkipped(t *testing.T) {
	s := newStage(t)
	for _, k := range kinds {
		s.user(k, k.name)
	}
	for _, action := range []string{"ListAccessKeys", "GetLoginProfile"} {
		var gone atomic.Bool
		s.Intercept(func(call localaws.Call) *localaws.Fault {
			if call.Action == action && call.User == "console" && gone.CompareAndSwap(false, true) {
				return &localaws.Fault{Code: "NoSuchEntity", Message: "gone"}
			}
			return nil
		})
		_, err := s.account().Look(t.Context())
		if err != nil || !gone.Load() {
			t.Errorf("%s: %v", action, err)
		}
	}
}

func TestASecretIsReadIfItIsAStacksOrNamed(t *testing.T) {
	s := newStage(t)
	s.user(kinds[0], "shop")
	id := s.Keys("shop")[0].ID
	arn := s.secret("by-hand", "the shop's, not rotated by ses-smtp-rotator yet", "", id)
	s.secret("other", "", "", "AKIAOTHEROTHEROTHER2")
	if u := s.look(s.account()).Found[0]; u.Secret != "" || u.Owner != nil || u.Advice != discover.Adopt {
		t.Errorf("unasked, it says %+v", u)
	}
	a := s.account()
	a.Named = []string{arn}
	if u := s.look(a).Found[0]; u.Secret != arn || u.Owner != nil || u.Advice != discover.Adopt {
		t.Errorf("asked, it says %+v", u)
	}
	reads := 0
	for _, c := range s.Calls() {
		if c.Action == "GetSecretValue" {
			reads++
		}
	}
	if reads != 1 {
		t.Errorf("%d values were read, want 1: the named secret's", reads)
	}
}

func TestAStackIsRecognisedByAnyOfItsMarks(t *testing.T) {
	s := newStage(t)
	marks := map[string]func(name string){
		"tag": func(name string) { s.ok(s.TagUser(name, "ses-smtp-rotator-secret", "arn:…")) },
		"policy": func(name string) {
			s.ok(s.AttachUserPolicy(name, "arn:aws:iam::"+account+":policy/ses-smtp/p", narrow))
		},
		"secret": func(name string) {
			s.secret("mail", "SMTP credential for Amazon SES, rotated by ses-smtp-rotator (mail)", name,
				s.Keys(name)[0].ID)
		},
	}
	want := map[string]discover.Owner{
		"tag":    {Secret: "arn:…", By: "the user's tag ses-smtp-rotator-secret"},
		"policy": {By: "its policy p"},
		"secret": {Stack: "mail", By: "a secret that names its key"},
	}
	for name, mark := range marks {
		s.user(kind{name: name, inline: map[string]string{"send": narrow}, keys: []key{{age: 10, used: 1}}}, name)
		mark(name)
	}
	for _, u := range s.look(s.account()).Found {
		if u.Owner == nil || u.Advice != discover.Nothing {
			t.Errorf("%s: %s, %+v", u.Name, u.Advice, u.Owner)
			continue
		}
		if u.Name == "secret" {
			u.Owner.Secret = ""
		}
		if !reflect.DeepEqual(*u.Owner, want[u.Name]) {
			t.Errorf("%s: %+v, want %+v", u.Name, *u.Owner, want[u.Name])
		}
	}
}

func TestLookingEndsWithItsContext(t *testing.T) {
	s := newStage(t)
	for _, k := range kinds {
		s.user(k, k.name)
	}
	ctx, cancel := context.WithCancel(t.Context())
	s.Intercept(func(call localaws.Call) *localaws.Fault {
		if call.Action == "ListAccessKeys" {
			cancel()
		}
		return nil
	})
	if _, err := s.account().Look(ctx); err == nil || ctx.Err() == nil {
		t.Errorf("got %v", err)
	}
}

// TestStacksLeaveTheMarks checks that template.yaml and the Terraform module leave the marks by
// which discover recognises a stack's user.
func TestStacksLeaveTheMarks(t *testing.T) {
	for file, marks := range map[string][]string{
		"template.yaml": {"Key: ses-smtp-rotator-secret", "Path: /ses-smtp/", "rotated by ses-smtp-rotator (stack ${"},
		"deploy/terraform/credential.tf": {"{ ses-smtp-rotator-secret = local.", `path        = "/ses-smtp/"`,
			"rotated by ses-smtp-rotator (${"},
	} {
		text, err := os.ReadFile("../../../../" + file)
		if err != nil {
			t.Fatal(err)
		}
		for _, mark := range marks {
			if !strings.Contains(string(text), mark) {
				t.Errorf("%s lacks %q", file, mark)
			}
		}
	}
}
