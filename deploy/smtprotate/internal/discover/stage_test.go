package discover_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"github.com/seed-486a873a/ses-smtp-rotator/deploy/smtprotate/internal/discover"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/localaws"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/localaws/awstest"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sendpolicy"
)

const (
	day     = 24 * time.Hour
	account = "123456789012"

	// The console's policy: inline until September 2024, since then a group's ("Obtaining Amazon
	// SES SMTP credentials", Amazon SES Developer Guide).
	consolePolicy = "AmazonSesSendingAccess"
	consoleGroup  = "AWSSESSendingGroupDoNotRename"
	quarantine    = "arn:aws:iam::aws:policy/AWSCompromisedKeyQuarantineV3"
	fullAccess    = "arn:aws:iam::aws:policy/AmazonSESFullAccess"
	administrator = "arn:aws:iam::aws:policy/AdministratorAccess"

	identity = "arn:aws:ses:eu-west-1:123456789012:identity/example.com"
	network  = `"IpAddress":{"aws:SourceIp":"192.0.2.10/32"}`
)

// allowing returns a policy that allows these actions.
func allowing(action, resource, condition string) string {
	if condition != "" {
		condition = `,"Condition":{` + condition + `}`
	}
	return `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"` + action + `","Resource":"` + resource +
		`"` + condition + `}]}`
}

var (
	console = allowing("ses:SendRawEmail", "*", "")
	denying = strings.Replace(allowing("ses:*", "*", ""), "Allow", "Deny", 1)
	narrow  = allowing("ses:SendRawEmail", identity, network)
	own     = allowing("ses:SendRawEmail", identity, "")
)

// key describes the history of a user's key: its age in days, and how many days ago it was used;
// zero means never.
type key struct {
	age, used int
	service   string // empty: SMTP
	inactive  bool
}

// kind is a kind of user, with the verdict to expect.
type kind struct {
	name     string
	inline   map[string]string
	attached map[string]string // document by ARN
	group    string
	boundary string
	keys     []key
	stack    bool // a stack created the user
	adopted  bool // a stack took the user over
	password bool

	advice   discover.Advice // empty if the user isn't found
	severity sendpolicy.Severity
	width    sendpolicy.Width
}

func ofConsole() map[string]string { return map[string]string{consolePolicy: console} }

var kinds = []kind{
	{name: "console", inline: ofConsole(), keys: []key{{age: 2200, used: 1}}, advice: discover.Adopt,
		severity: sendpolicy.High,
		width:    sendpolicy.AnySender},
	{name: "group", group: consoleGroup, keys: []key{{age: 400, used: 2}}, advice: discover.Adopt,
		severity: sendpolicy.High,
		width:    sendpolicy.AnySender},
	{name: "full", attached: map[string]string{fullAccess: allowing("ses:*", "*", "")}, keys: []key{{age: 30, used: 2}},
		advice: discover.Adopt, severity: sendpolicy.High, width: sendpolicy.BeyondMail},
	{name: "admin", attached: map[string]string{administrator: allowing("*", "*", "")},
		keys: []key{{age: 900, used: 1, service: "s3"}}, advice: discover.Separate,
		severity: sendpolicy.Medium,
		width:    sendpolicy.BeyondMail},
	{name: "narrow", inline: map[string]string{"send": narrow}, keys: []key{{age: 400, used: 1}},
		advice: discover.Adopt, severity: sendpolicy.Medium, width: sendpolicy.Narrow},
	{name: "young", inline: map[string]string{"send": narrow}, keys: []key{{age: 20, used: 1}}, advice: discover.Adopt,
		severity: sendpolicy.Low, width: sendpolicy.Narrow},
	{name: "password", inline: map[string]string{"send": narrow}, keys: []key{{age: 20, used: 1}}, password: true,
		advice: discover.Adopt, severity: sendpolicy.High, width: sendpolicy.Narrow},
	{name: "anywhere", inline: map[string]string{"send": own}, keys: []key{{age: 20, used: 1}}, advice: discover.Adopt,
		severity: sendpolicy.Medium, width: sendpolicy.Anywhere},
	{name: "quarantined", inline: ofConsole(), attached: map[string]string{quarantine: denying},
		keys: []key{{age: 700, used: 1}}, advice: discover.Revoke,
		severity: sendpolicy.High, width: sendpolicy.AnySender},
	{name: "within", inline: ofConsole(), boundary: own, keys: []key{{age: 20, used: 1}}, advice: discover.Adopt,
		severity: sendpolicy.Medium, width: sendpolicy.Anywhere},
	{name: "outside", inline: ofConsole(), boundary: allowing("s3:*", "*", ""), keys: []key{{age: 20}}},
	{name: "denied", inline: map[string]string{consolePolicy: console, "deny": denying}, keys: []key{{age: 20}}},
	{name: "sent", keys: []key{{age: 900, used: 40}}, advice: discover.Deactivate,
		severity: sendpolicy.Low,
		width:    sendpolicy.NoMail},
	{name: "inactive", inline: ofConsole(), keys: []key{{age: 900, used: 400, inactive: true}}, advice: discover.Delete,
		severity: sendpolicy.Low, width: sendpolicy.AnySender},
	{name: "unused", inline: ofConsole(), keys: []key{{age: 200}}, advice: discover.Deactivate,
		severity: sendpolicy.High,
		width:    sendpolicy.AnySender},
	{name: "idle", inline: ofConsole(), keys: []key{{age: 900, used: 300}}, advice: discover.Deactivate,
		severity: sendpolicy.High, width: sendpolicy.AnySender},
	{name: "new", inline: ofConsole(), keys: []key{{age: 5}}, advice: discover.Adopt,
		severity: sendpolicy.High,
		width:    sendpolicy.AnySender},
	{name: "two", inline: ofConsole(), keys: []key{{age: 900, used: 400, inactive: true}, {age: 300, used: 1}},
		advice: discover.Adopt, severity: sendpolicy.High, width: sendpolicy.AnySender},
	{name: "owned", stack: true, keys: []key{{age: 10, used: 1}}, advice: discover.Nothing, width: sendpolicy.Narrow},
	{name: "stale", stack: true, keys: []key{{age: 300, used: 1}}, advice: discover.Check,
		severity: sendpolicy.Medium,
		width:    sendpolicy.Narrow},
	{name: "adopted", inline: ofConsole(), adopted: true, keys: []key{{age: 10, used: 1}}, advice: discover.Narrow,
		severity: sendpolicy.High, width: sendpolicy.AnySender},
	{name: "keyless", inline: ofConsole()},
	{name: "other", inline: map[string]string{"s3": allowing("s3:*", "*", "")},
		keys: []key{{age: 20, used: 1, service: "s3"}}},
}

// stage is an account on localaws.
type stage struct {
	*testing.T
	*localaws.World
	clock time.Time
	today time.Time
	// passwords must never be shown.
	passwords []string
}

func newStage(t *testing.T) *stage {
	t.Helper()
	today := time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)
	s := &stage{T: t, clock: today, today: today}
	w, err := localaws.Start(localaws.Config{Now: func() time.Time { return s.clock }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.Close() })
	s.World = w
	return s
}

func (s *stage) ok(errs ...error) {
	s.Helper()
	for _, err := range errs {
		if err != nil {
			s.Fatal(err)
		}
	}
}

// user creates a user of a kind.
func (s *stage) user(k kind, name string) {
	s.Helper()
	s.CreateUser(name)
	for policy, text := range k.inline {
		s.ok(s.PutUserPolicy(name, policy, text))
	}
	for arn, text := range k.attached {
		s.ok(s.AttachUserPolicy(name, arn, text))
	}
	if k.group != "" {
		s.PutGroupPolicy(k.group, consolePolicy, console)
		s.ok(s.AddUserToGroup(name, k.group))
	}
	if k.boundary != "" {
		s.ok(s.SetPermissionsBoundary(name, "arn:aws:iam::"+account+":policy/limits/"+k.name, k.boundary))
	}
	if k.password {
		s.ok(s.CreateLoginProfile(name))
	}
	id := ""
	for _, made := range k.keys {
		s.clock = s.today.Add(-time.Duration(made.age) * day)
		var err error
		id, _, err = s.CreateAccessKey(name)
		s.clock = s.today
		s.ok(err)
		if made.used > 0 {
			service := made.service
			if service == "" {
				service = "ses-smtp"
			}
			s.UseKeyFor(id, s.today.Add(-time.Duration(made.used)*day), service, "eu-west-1")
		}
		if made.inactive {
			s.ok(s.SetKeyStatus(id, "Inactive"))
		}
	}
	if k.stack || k.adopted {
		s.own(k, name, id)
	}
}

// own leaves a stack's marks on a user.
func (s *stage) own(k kind, name, id string) {
	s.Helper()
	s.ok(s.AttachUserPolicy(name, "arn:aws:iam::"+account+":policy/ses-smtp/"+name+"-SendFromOutside-1", narrow))
	arn := s.secret(name, "SMTP credential for Amazon SES, rotated by ses-smtp-rotator (stack "+name+")", name, id)
	if k.stack {
		s.ok(s.SetUserPath(name, "/ses-smtp/"), s.TagUser(name, "ses-smtp-rotator-secret", arn))
	}
}

// secret creates a secret that holds a key and a password.
func (s *stage) secret(name, description, user, id string) (arn string) {
	s.Helper()
	password := fmt.Sprintf("Bsecret%037d", len(s.passwords))
	s.passwords = append(s.passwords, password)
	value := fmt.Sprintf(`{"username":%q,"password":%q,"host":"email-smtp.eu-west-1.amazonaws.com","port":587,`+
		`"region":"eu-west-1","iam_user":%q}`, id, password, user)
	out, err := s.secrets().CreateSecret(s.Context(), &secretsmanager.CreateSecretInput{
		Name: &name, Description: &description, SecretString: &value,
	})
	s.ok(err)
	return *out.ARN
}

func (s *stage) secrets() *secretsmanager.Client {
	return secretsmanager.NewFromConfig(awstest.Config(s.URL()))
}

// account returns the account to look at.
func (s *stage) account() *discover.Account {
	return accountAt(awstest.Config(s.URL()), s.today)
}

func accountAt(cfg aws.Config, now time.Time) *discover.Account {
	return &discover.Account{
		IAM: iam.NewFromConfig(cfg),
		Secrets: func(region string) discover.SecretsAPI {
			return secretsmanager.NewFromConfig(cfg, func(o *secretsmanager.Options) { o.Region = region })
		},
		Regions: []string{awstest.Region}, Now: now, Wait: func(context.Context) error { return nil },
	}
}

func (s *stage) look(a *discover.Account) discover.Survey {
	s.Helper()
	survey, err := a.Look(s.Context())
	s.ok(err)
	return survey
}

// shownNowhere fails if the text contains one of the passwords.
func (s *stage) shownNowhere(text string) {
	s.Helper()
	for _, password := range s.passwords {
		if strings.Contains(text, password) {
			s.Errorf("a password is shown: %s", password)
		}
	}
}
