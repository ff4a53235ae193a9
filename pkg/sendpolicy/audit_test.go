package sendpolicy_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sendpolicy"
)

const (
	example    = `"arn:aws:ses:eu-west-1:111122223333:identity/example.com"`
	fromOffice = `"IpAddress":{"aws:SourceIp":"192.0.2.0/24"}`
)

// allow returns a policy with one Allow statement.
func allow(action, resource string, conditions ...string) string {
	return statement("Allow", `"Action":`+action, `"Resource":`+resource, conditions...)
}

func statement(effect, actions, resources string, conditions ...string) string {
	return policy(fmt.Sprintf(`{"Effect":%q,%s,%s,"Condition":{%s}}`, effect, actions, resources,
		strings.Join(conditions, ",")))
}

func policy(statements ...string) string {
	return `{"Version":"2012-10-17","Statement":[` + strings.Join(statements, ",") + `]}`
}

// join combines the statements of policies into one policy.
func join(policies ...string) string {
	var all []string
	for _, p := range policies {
		_, statements, _ := strings.Cut(p, `"Statement":[`)
		all = append(all, strings.TrimSuffix(statements, `]}`))
	}
	return policy(all...)
}

const sendRaw = `"ses:SendRawEmail"`

// policies are typical ones: from AWS's pages, from blogs and from this package.
var policies = []struct {
	name, text string
	want       []string // "Code severity", the worst first
}{
	// AWS's own.
	{"AmazonSesSendingAccess, as SES's console makes it", allow(sendRaw, `"*"`),
		[]string{"WideResource high", "NoSource medium"}},
	{"AmazonSESFullAccess, AWS's managed policy", allow(`["ses:*"]`, `"*"`),
		[]string{"WideAction high", "WideResource high", "NoSource medium"}},
	{"AdministratorAccess, AWS's managed policy", allow(`"*"`, `"*"`),
		[]string{"WideAction high", "WideResource high", "NoSource medium"}},
	{"sending actions only", allow(`["ses:SendEmail","ses:SendRawEmail"]`, `"*"`),
		[]string{"WideResource high", "NoSource medium", "UnusedRights low"}},
	{"AmazonSESReadOnlyAccess, AWS's managed policy", allow(`["ses:Get*","ses:List*"]`, `"*"`),
		[]string{"OtherRights medium"}},
	{"a period of sending", allow(`["ses:SendEmail","ses:SendRawEmail"]`, `"*"`,
		`"DateGreaterThan":{"aws:CurrentTime":"2018-08-31T12:00Z"}`,
		`"DateLessThan":{"aws:CurrentTime":"2018-10-01T12:00Z"}`),
		[]string{"WideResource high", "NoSource medium", "UnusedRights low"}},
	{"recipients of one domain", allow(`["ses:SendEmail","ses:SendRawEmail"]`, `"*"`,
		`"ForAllValues:StringLike":{"ses:Recipients":["*@example.com"]}`),
		[]string{"WideResource high", "NoSource medium", "UnusedRights low"}},
	{"one From address", allow(`["ses:SendEmail","ses:SendRawEmail"]`, `"*"`,
		`"StringEquals":{"ses:FromAddress":"marketing@example.com"}`),
		[]string{"NoSource medium", "WideResource medium", "UnusedRights low"}},
	{"one display name", allow(sendRaw, `"*"`, `"StringLike":{"ses:FromDisplayName":"Marketing"}`),
		[]string{"WideResource high", "NoSource medium"}},
	{"one address for feedback", allow(sendRaw, `"*"`, `"StringEquals":{"ses:FeedbackAddress":"feedback@example.com"}`),
		[]string{"WideResource high", "NoSource medium"}},
	{"version 2 of the API", allow(`"ses:*"`, `"*"`, `"StringEquals":{"ses:ApiVersion":"2"}`),
		[]string{"WideAction high", "WideResource high", "NoSource medium"}},
	{"bounces", allow(`"ses:SendBounce"`, `"*"`, `"StringEquals":{"ses:FromAddress":"bounce@example.com"}`),
		[]string{"NoSource medium", "WideResource medium", "UnusedRights low"}},
	{"AWSLambdaBasicExecutionRole's rights", allow(`["logs:CreateLogGroup","logs:CreateLogStream","logs:PutLogEvents"]`,
		`"*"`),
		[]string{"OtherRights high"}},
	{"IAMUserChangePassword's right", allow(`"iam:ChangePassword"`, `"arn:aws:iam::*:user/${aws:username}"`),
		[]string{"IAMRights high"}},

	// Narrow ones.
	{"one identity", allow(sendRaw, example), []string{"NoSource medium"}},
	{"one identity, one network", allow(sendRaw, example, fromOffice), nil},
	{"one identity and one configuration set, one network",
		allow(sendRaw, `[`+example+`,"arn:aws:ses:eu-west-1:111122223333:configuration-set/mail"]`, fromOffice), nil},
	{"one identity, one VPC endpoint", allow(sendRaw, example,
		`"StringEquals":{"aws:SourceVpce":"vpce-0123456789abcdef0"}`), nil},
	{"one identity, one VPC", allow(sendRaw, example, `"StringEquals":{"aws:sourceVpc":"vpc-0123456789abcdef0"}`), nil},
	{"an action in capitals", allow(`"SES:SENDRAWEMAIL"`, example, fromOffice), nil},
	{"a statement without a list",
		`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"ses:SendRawEmail","Resource":` + example +
			`}}`, []string{"NoSource medium"}},

	// Wide in a way that is easy to overlook.
	{"any identity of the account", allow(sendRaw, `"arn:aws:ses:eu-west-1:111122223333:identity/*"`, fromOffice),
		[]string{"WideResource high"}},
	{"one identity in any Region", allow(sendRaw, `"arn:aws:ses:*:111122223333:identity/example.com"`, fromOffice),
		[]string{"WideResource low"}},
	{"any identity that ends alike", allow(sendRaw, `"arn:aws:ses:eu-west-1:111122223333:identity/*example.com"`,
		fromOffice), []string{"WideResource high"}},
	{"one identity, and all", allow(sendRaw, `[`+example+`,"*"]`, fromOffice), []string{"WideResource high"}},
	{"all but one identity", statement("Allow", `"Action":"ses:SendRawEmail"`, `"NotResource":`+example, fromOffice),
		[]string{"NotResource high", "WideResource high"}},
	{"all actions but those of IAM", statement("Allow", `"NotAction":"iam:*"`, `"Resource":"*"`, fromOffice),
		[]string{"NotAction high", "WideResource high"}},
	{"everything that begins with Send", allow(`"ses:Send*"`, example, fromOffice), []string{"WideAction medium"}},
	{"sending, in a roundabout way", allow(`"ses:Se*Email"`, example, fromOffice), []string{"WideAction medium"}},
	{"what ends in Email, and so creates identities", allow(`"ses:*EmailIdentity"`, example, fromOffice),
		[]string{"WideAction high"}},
	{"all services whose name is like SES's", allow(`"s*:SendRawEmail"`, example, fromOffice),
		[]string{"WideAction high"}},
	{"rights over access keys", allow(`["ses:SendRawEmail","iam:CreateAccessKey"]`, example, fromOffice),
		[]string{"IAMRights high"}},
	{"another role", allow(`"sts:AssumeRole"`, `"arn:aws:iam::111122223333:role/admin"`), []string{"IAMRights high"}},
	{"identities to verify", allow(`["ses:SendRawEmail","ses:VerifyEmailIdentity"]`, example, fromOffice),
		[]string{"OtherRights high"}},
	{"statistics", allow(`["ses:SendRawEmail","ses:GetSendQuota","ses:ListIdentities"]`, example, fromOffice),
		[]string{"OtherRights low"}},
	{"a bucket besides", join(allow(sendRaw, example, fromOffice), allow(`"s3:PutObject"`, `"arn:aws:s3:::backup/*"`)),
		[]string{"OtherRights high"}},

	// Conditions that only seem to narrow.
	{"from the whole Internet", allow(sendRaw, example, `"IpAddress":{"aws:SourceIp":["0.0.0.0/0"]}`),
		[]string{"WideSource medium"}},
	{"from half of it", allow(sendRaw, example, `"IpAddress":{"aws:SourceIp":["192.0.2.1","128.0.0.0/1"]}`),
		[]string{"WideSource medium"}},
	{"from a private address", allow(sendRaw, example, `"IpAddress":{"aws:SourceIp":"10.0.0.0/8"}`),
		[]string{"PrivateIP low"}},
	{"from private addresses in anybody's VPC", allow(sendRaw, example, `"IpAddress":{"aws:VpcSourceIp":"10.0.0.0/8"}`),
		[]string{"WideSource medium"}},
	{"from private addresses in one VPC", allow(sendRaw, example, `"IpAddress":{"aws:VpcSourceIp":"10.0.0.0/8"}`,
		`"StringEquals":{"aws:SourceVpc":"vpc-01"}`), nil},
	{"from anywhere but one network", allow(sendRaw, example, `"NotIpAddress":{"aws:SourceIp":"198.51.100.0/24"}`),
		[]string{"NoSource medium"}},
	{"from an endpoint, if there is one", allow(sendRaw, example,
		`"StringEqualsIfExists":{"aws:SourceVpce":"vpce-0123456789abcdef0"}`), []string{"NoSource medium"}},
	{"from an endpoint of any kind", allow(sendRaw, example, `"StringLike":{"aws:SourceVpce":"vpce-*"}`),
		[]string{"WideSource medium"}},
	{"not from nowhere", allow(sendRaw, example, `"Null":{"aws:SourceVpce":"false"}`), []string{"WideSource medium"}},
	{"as any sender", allow(sendRaw, `"*"`, fromOffice, `"StringLike":{"ses:FromAddress":"*@*"}`),
		[]string{"WideResource high"}},
	{"as any sender but one", allow(sendRaw, `"*"`, fromOffice,
		`"StringNotEquals":{"ses:FromAddress":"ceo@example.com"}`), []string{"WideResource high"}},
	{"for one organization, which SES doesn't ask for",
		allow(sendRaw, example, fromOffice, `"StringEquals":{"aws:PrincipalOrgID":"o-a1b2c3d4e5"}`),
		[]string{"UnknownKey medium"}},
	{"for one Region, which SES doesn't ask for",
		allow(sendRaw, example, fromOffice, `"StringEquals":{"aws:RequestedRegion":"eu-west-1"}`),
		[]string{"UnknownKey medium"}},

	// Denials narrow too.
	{"all, but denied from elsewhere", join(allow(sendRaw, example),
		statement("Deny", `"Action":"*"`, `"Resource":"*"`, `"NotIpAddress":{"aws:SourceIp":"192.0.2.0/24"}`)), nil},
	{"denied from elsewhere but for AWS's services",
		join(allow(sendRaw, example), statement("Deny", `"Action":"*"`, `"Resource":"*"`,
			`"NotIpAddress":{"aws:SourceIp":"192.0.2.0/24"}`, `"Bool":{"aws:ViaAWSService":"false"}`)), nil},
	{"denied from elsewhere than everywhere", join(allow(sendRaw, example),
		statement("Deny", `"Action":"*"`, `"Resource":"*"`,
			`"NotIpAddress":{"aws:SourceIp":"0.0.0.0/0"}`)), []string{"NoSource medium"}},
	{"denied but through any endpoint", join(allow(sendRaw, example),
		statement("Deny", `"Action":"*"`, `"Resource":"*"`,
			`"StringNotLike":{"aws:SourceVpce":"vpce-*"}`)), []string{"WideSource medium"}},
	{"denied with other identities", join(allow(sendRaw, `"*"`, fromOffice),
		statement("Deny", `"Action":"ses:*"`, `"NotResource":`+example)), nil},
	{"denied as other senders", join(allow(sendRaw, `"*"`, fromOffice),
		statement("Deny", `"Action":"ses:SendRawEmail"`, `"Resource":"*"`,
			`"StringNotLike":{"ses:FromAddress":"*@example.com"}`)), []string{"WideResource medium"}},
	{"denied from one network", join(allow(sendRaw, example),
		statement("Deny", `"Action":"*"`, `"Resource":"*"`, `"IpAddress":{"aws:SourceIp":"192.0.2.0/24"}`)),
		[]string{"NoSource medium"}},
	{"denied from elsewhere, on another identity", join(allow(sendRaw, example), statement("Deny", `"Action":"*"`,
		`"Resource":"arn:aws:ses:eu-west-1:111122223333:identity/example.org"`,
		`"NotIpAddress":{"aws:SourceIp":"192.0.2.0/24"}`)), []string{"NoSource medium"}},
	{"denied altogether", join(allow(`["ses:SendRawEmail","ses:GetSendQuota"]`, `"*"`),
		statement("Deny", `"Action":"ses:Send*"`, `"Resource":"*"`)), []string{"OtherRights low"}},

	{"no policy", `{"Version":"2012-10-17"}`, []string{"Unreadable medium"}},
	{"half a policy", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow"`, []string{"Unreadable medium"}},
}

func named(findings []sendpolicy.Finding) (names []string) {
	for _, f := range findings {
		names = append(names, fmt.Sprintf("%s %s", f.Code, f.Severity))
	}
	return names
}

func auditOf(text string) []sendpolicy.Finding {
	return sendpolicy.Audit(sendpolicy.Access{User: "mailer",
		Policies: []sendpolicy.Policy{{Name: "send", From: "inline", Text: text}}})
}

func TestTheAuditFindsWhatIsWideAndNothingElse(t *testing.T) {
	for _, p := range policies {
		t.Run(p.name, func(t *testing.T) {
			findings := auditOf(p.text)
			if got := named(findings); !slices.Equal(got, p.want) {
				t.Errorf("%s\ngot  %v\nwant %v", p.text, got, p.want)
			}
			for _, f := range findings {
				if f.Message == "" || f.Risk == "" || f.Policy != "send (inline)" {
					t.Errorf("this finding doesn't say enough: %+v", f)
				}
			}
		})
	}
}

// The policy suggested instead has no findings, except about what nobody has said: where mail comes
// from.
func TestWhatIsToBeHadInsteadIsNarrow(t *testing.T) {
	for _, p := range policies {
		for _, f := range auditOf(p.text) {
			if f.Instead == nil {
				continue
			}
			for _, left := range auditOf(f.Instead.String()) {
				if !slices.Contains([]sendpolicy.Code{sendpolicy.NoSource, sendpolicy.PrivateIP, sendpolicy.WideSource},
					left.Code) {
					t.Errorf("%s: the policy suggested instead\n%s\nhas %s: %s", p.name, f.Instead, left.Code,
						left.Message)
				}
			}
		}
	}
}

func TestWhatNarrowsAlreadyGoesOnNarrowing(t *testing.T) {
	findings := auditOf(allow(`"ses:Send*"`, `"*"`, fromOffice,
		`"StringEquals":{"ses:FromAddress":"billing@example.org"}`))
	if len(findings) == 0 || findings[0].Instead == nil {
		t.Fatal(findings)
	}
	text := findings[0].Instead.String()
	for _, part := range []string{"192.0.2.0/24", "billing@example.org", "identity/example.org"} {
		if !strings.Contains(text, part) {
			t.Errorf("it doesn't have %s:\n%s", part, text)
		}
	}
}

func TestWhatTheCredentialIsMeantForIsToBeHadInstead(t *testing.T) {
	findings := sendpolicy.Audit(sendpolicy.Access{
		User: "mailer", Policies: []sendpolicy.Policy{{Name: "AmazonSesSendingAccess", From: "inline",
			Text: allow(sendRaw, `"*"`)}},
		Intended: sendpolicy.Description{Account: "111122223333", Regions: []string{"eu-west-1"},
			Identities: []string{"example.net"}, Endpoints: []string{"vpce-1"}},
	})
	for _, f := range findings {
		if text := f.Instead.String(); !strings.Contains(text,
			`"arn:aws:ses:eu-west-1:111122223333:identity/example.net"`) || !strings.Contains(text, "vpce-1") {
			t.Errorf("%s: %s", f.Code, text)
		}
	}
}

func TestWhatTheWriterWritesHasNothingWide(t *testing.T) {
	d := full()
	written, _, err := sendpolicy.Write(d)
	if err != nil {
		t.Fatal(err)
	}
	if findings := auditOf(written.String()); len(findings) > 0 {
		t.Errorf("%v in\n%s", named(findings), written)
	}
}

func TestABoundaryKeepsRightsFromBeingWide(t *testing.T) {
	all := sendpolicy.Policy{Name: "all", From: "attached", Text: allow(`"*"`, `"*"`)}
	for _, c := range []struct {
		name, boundary string
		want           []string
	}{
		{"of one identity and one network", allow(sendRaw, example, fromOffice), nil},
		{"of one identity", allow(sendRaw, example), []string{"NoSource medium"}},
		{"of sending", allow(sendRaw, `"*"`), []string{"WideResource high", "NoSource medium"}},
		{"of one sender", allow(sendRaw, `"*"`, fromOffice, `"StringEquals":{"ses:FromAddress":"a@example.com"}`),
			[]string{"WideResource medium"}},
		{"of SES", allow(`"ses:*"`, `"*"`), []string{"WideAction high", "WideResource high", "NoSource medium"}},
		{"that has other rights", allow(`["ses:SendRawEmail","iam:*"]`, example, fromOffice),
			[]string{"IAMRights high"}},
		{"of all but what is denied", join(allow(`"*"`, `"*"`),
			statement("Deny", `"Action":"ses:Send*"`, `"Resource":"*"`)), []string{"WideAction high"}},
		{"of nothing", statement("Deny", `"Action":"*"`, `"Resource":"*"`), nil},
		{"that can't be read", `{}`, []string{"WideAction high", "WideResource high", "NoSource medium",
			"Unreadable medium"}},
	} {
		findings := sendpolicy.Audit(sendpolicy.Access{Policies: []sendpolicy.Policy{all},
			Boundary: &sendpolicy.Policy{Name: "limit", From: "boundary", Text: c.boundary}})
		if got := named(findings); !slices.Equal(got, c.want) {
			t.Errorf("a boundary %s: got %v, want %v", c.name, got, c.want)
		}
	}
}

func TestABoundaryLimitsWhatIsAllowedByExclusion(t *testing.T) {
	allButS3 := sendpolicy.Policy{Name: "all but S3", From: "inline",
		Text: statement("Allow", `"NotAction":"s3:*"`, `"Resource":"*"`)}
	boundary := sendpolicy.Policy{Name: "limit", From: "boundary",
		Text: allow(`["ses:SendRawEmail","sqs:SendMessage","s3:GetObject"]`, example, fromOffice)}
	got := named(sendpolicy.Audit(sendpolicy.Access{Policies: []sendpolicy.Policy{allButS3}, Boundary: &boundary}))
	if want := []string{"OtherRights high"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestWaysInThatAreNotForMailAreFound(t *testing.T) {
	for _, c := range []struct {
		name   string
		access sendpolicy.Access
		want   []string
	}{
		{"none", sendpolicy.Access{}, nil},
		{"a password", sendpolicy.Access{Console: true}, []string{"Console high"}},
		{"a password with MFA", sendpolicy.Access{Console: true, MFA: true}, []string{"Console medium"}},
		{"another key", sendpolicy.Access{OtherKeys: []string{"AKIAIOSFODNN7EXAMPLE"}}, []string{"MoreKeys medium"}},
		{"what isn't known", sendpolicy.Access{Unseen: []string{"iam:ListSSHPublicKeys failed"}},
			[]string{"NotLookedAt medium"}},
		{"an SSH key", sendpolicy.Access{OtherLogins: []string{"an SSH key"}}, []string{"OtherLogins medium"}},
		{"a group's rights", sendpolicy.Access{Policies: []sendpolicy.Policy{{Name: "everyone", From: "group staff",
			Text: allow(`"iam:PassRole"`, `"*"`)}}}, []string{"IAMRights high"}},
		{"AWS's quarantine", sendpolicy.Access{Policies: []sendpolicy.Policy{{
			Name: "AWSCompromisedKeyQuarantineV3", ARN: "arn:aws:iam::aws:policy/AWSCompromisedKeyQuarantineV3",
			From: "attached", Text: statement("Deny", `"Action":"iam:*"`, `"Resource":"*"`),
		}}}, []string{"Quarantined high"}},
	} {
		if got := named(sendpolicy.Audit(c.access)); !slices.Equal(got, c.want) {
			t.Errorf("%s: got %v, want %v", c.name, got, c.want)
		}
	}
}

func TestAWSsQuarantineIsKnownByItsARN(t *testing.T) {
	const name = "AWSCompromisedKeyQuarantine"
	wide := allow(sendRaw, `"*"`)
	for _, p := range []struct {
		name, arn string
		isAWSs    bool
	}{
		{name, "arn:aws:iam::aws:policy/" + name, true},
		{name + "V2", "arn:aws:iam::aws:policy/" + name + "V2", true},
		{name + "V4", "arn:aws-us-gov:iam::aws:policy/" + name + "V4", true},
		{name + "V3", "arn:aws-cn:iam::aws:policy/" + name + "V3", true},
		{name + "V3", "arn:aws-iso-b:iam::aws:policy/" + name + "V3", true},
		{name + "V3", "arn:aws:iam::123456789012:policy/" + name + "V3", false},
		{name + "V3", "arn:aws:iam::123456789012:policy/aws:policy/" + name + "V3", false},
		{name + "V3", "", false}, // inline
		{"Other", "arn:aws:iam::aws:policy/Other" + name, false},
	} {
		got := named(sendpolicy.Audit(sendpolicy.Access{User: "mailer",
			Policies: []sendpolicy.Policy{{Name: p.name, ARN: p.arn, From: "attached", Text: wide}}}))
		want := []string{"WideResource high", "NoSource medium"}
		if p.isAWSs {
			want = []string{"Quarantined high"}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s (%s): got %v, want %v", p.name, p.arn, got, want)
		}
	}
}

// TestTheAdviceAboutAQuarantineIsAWSs: first revoke the key, then answer AWS's case, and detach the
// policy only when the case says so. The policy doesn't stop sending.
func TestTheAdviceAboutAQuarantineIsAWSs(t *testing.T) {
	found := sendpolicy.Audit(sendpolicy.Access{User: "mailer", Policies: []sendpolicy.Policy{{
		Name: "AWSCompromisedKeyQuarantineV3", ARN: "arn:aws:iam::aws:policy/AWSCompromisedKeyQuarantineV3",
		From: "attached"}}})
	if len(found) != 1 {
		t.Fatalf("%+v", found)
	}
	rest := found[0].Message
	for _, next := range []string{"but not sending mail", "Revoke the key", "answer the case",
		"Only when the case says so",
		"aws iam detach-user-policy --user-name mailer --policy-arn arn:aws:iam::aws:policy/AWSComp"} {
		_, after, ok := strings.Cut(rest, next)
		if !ok {
			t.Errorf("in %q, %q is missing or comes too early", found[0].Message, next)
		}
		rest = after
	}
}

// TestWhatCantBeNarrowedForTheUserAloneIsLeft: others may depend on a group's policy, SES's console
// puts all its users into one group, and AWS's policies belong to AWS.
func TestWhatCantBeNarrowedForTheUserAloneIsLeft(t *testing.T) {
	const awss = "arn:aws-us-gov:iam::aws:policy/AmazonSESFullAccess"
	const shared = "arn:aws:iam::111122223333:policy/mail"
	leave := func(group string) []string {
		return []string{"aws iam remove-user-from-group --user-name mailer --group-name " + group + ")"}
	}
	detach := []string{"aws iam detach-user-policy --user-name mailer --policy-arn " + awss + ")"}
	for _, p := range []struct {
		what   string
		policy sendpolicy.Policy
		want   []string // parts of the remedy; nil: no remedy
	}{
		{"SES's group", sendpolicy.Policy{Name: "AmazonSesSendingAccess", From: "group AWSSESSendingGroupDoNotRename"},
			append(leave("AWSSESSendingGroupDoNotRename"), "leave the group and its policy as they are")},
		{"another group", sendpolicy.Policy{Name: "mail", From: "group staff"},
			append(leave("staff"), "leave its policies as they are")},
		{"AWS's policy, from a group", sendpolicy.Policy{Name: "AmazonSESFullAccess", ARN: awss, From: "group staff"},
			leave("staff")},
		{"AWS's policy", sendpolicy.Policy{Name: "AmazonSESFullAccess", ARN: awss, From: "attached"}, detach},
		{"a customer's policy", sendpolicy.Policy{Name: "mail", ARN: shared, From: "attached"}, nil},
		{"the user's own", sendpolicy.Policy{Name: "mail", From: "inline"}, nil},
	} {
		for _, text := range []string{allow(`"ses:*"`, `"*"`), allow(`"s3:GetObject"`, `"*"`), "no policy"} {
			p.policy.Text = text
			findings := sendpolicy.Audit(sendpolicy.Access{User: "mailer", Policies: []sendpolicy.Policy{p.policy}})
			if len(findings) == 0 {
				t.Fatalf("%s: no findings in %s", p.what, text)
			}
			for _, f := range findings {
				if (f.Remedy == "") != (p.want == nil) {
					t.Errorf("%s, %s: the remedy is %q", p.what, f.Code, f.Remedy)
				}
				for _, want := range p.want {
					if !strings.Contains(f.Remedy, want) {
						t.Errorf("%s, %s: %q doesn't say %q", p.what, f.Code, f.Remedy, want)
					}
				}
			}
		}
	}
}

func TestPoliciesOfOneNameAreLookedAtEach(t *testing.T) {
	got := named(sendpolicy.Audit(sendpolicy.Access{Policies: []sendpolicy.Policy{
		{Name: "mail", From: "group staff", Text: allow(`"*"`, `"*"`)},
		{Name: "mail", From: "group staff", Text: allow(sendRaw, example, fromOffice)},
	}}))
	if want := []string{"WideAction high", "WideResource high", "NoSource medium"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestTheWorstFindingSaysHowBadItIs(t *testing.T) {
	if worst := sendpolicy.Worst(nil); worst != "" {
		t.Errorf("nothing found is %q", worst)
	}
	if worst := sendpolicy.Worst(auditOf(allow(sendRaw, `"*"`))); worst != sendpolicy.High {
		t.Errorf("AmazonSesSendingAccess is %q", worst)
	}
}
