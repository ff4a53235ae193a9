package sendpolicy_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sendpolicy"
)

const (
	anyAction  = `"Action":"*"`
	onAnything = `"Resource":"*"`
	vpcEnd     = `"StringEquals":{"aws:SourceVpce":"vpce-0123456789abcdef0"}`
)

// denyOf returns a policy that denies everything under the condition.
func denyOf(conditions ...string) string {
	return statement("Deny", anyAction, onAnything, conditions...)
}

// seeming are policies that seem narrower, or wider, than they are.
var seeming = []struct {
	name, text string
	want       []string
}{
	// Denials that keep no one out.
	{"denied to AWS's services", join(allow(sendRaw, example), denyOf(`"Bool":{"aws:ViaAWSService":"true"}`)),
		[]string{"NoSource medium"}},
	{"denied through another endpoint, if any", join(allow(sendRaw, example),
		denyOf(`"ForAnyValue:StringNotEquals":{"aws:SourceVpce":"vpce-0123456789abcdef0"}`)), []string{"NoSource medium"}},
	{"denied but from a private network, which everybody has", join(allow(sendRaw, example),
		denyOf(`"NotIpAddress":{"aws:VpcSourceIp":"10.0.0.0/16"}`)), []string{"WideSource medium"}},
	{"denied but through some endpoints", join(allow(sendRaw, example),
		denyOf(`"StringNotLike":{"aws:SourceVpce":"vpce-0*"}`)), []string{"WideSource medium"}},
	{"denied but from a network that anybody rents", join(allow(sendRaw, example),
		denyOf(`"NotIpAddress":{"aws:SourceIp":"52.0.0.0/8"}`)), []string{"WideSource medium"}},
	{"denied only if two things are so", join(allow(sendRaw, example),
		denyOf(`"NotIpAddress":{"aws:SourceIp":"192.0.2.0/24"}`, `"Bool":{"aws:SecureTransport":"false"}`)),
		[]string{"NoSource medium"}},
	{"denied in the API that SMTP isn't", join(allow(sendRaw, `"*"`, fromOffice), statement("Deny",
		`"Action":"ses:SendEmail"`, onAnything)), []string{"WideResource high"}},
	{"denied with configuration sets", join(allow(sendRaw, `"*"`, fromOffice), statement("Deny",
		`"Action":"ses:*"`, `"Resource":"arn:aws:ses:*:*:configuration-set/*"`)), []string{"WideResource high"}},
	{"denied from elsewhere, says a variable", join(allow(sendRaw, example),
		denyOf(`"NotIpAddress":{"aws:SourceIp":"${aws:SourceIp}"}`)), []string{"NoSource medium"}},

	// Denials that keep others out.
	{"denied from elsewhere on SES's resources", join(allow(sendRaw, example), statement("Deny", `"Action":"ses:*"`,
		`"Resource":"arn:aws:ses:*:*:*"`, `"NotIpAddress":{"aws:SourceIp":"192.0.2.0/24"}`)), nil},
	{"denied from elsewhere, whatever the capitals", join(allow(sendRaw, example),
		denyOf(`"notipaddress":{"AWS:SOURCEIP":"192.0.2.0/24"}`)), nil},
	{"denied but through one endpoint", join(allow(sendRaw, example),
		denyOf(`"StringNotEquals":{"aws:SourceVpce":"vpce-0123456789abcdef0"}`)), nil},
	{"denied but through one endpoint, for all values", join(allow(sendRaw, example),
		denyOf(`"ForAllValues:StringNotEquals":{"aws:SourceVpce":"vpce-0123456789abcdef0"}`)), nil},
	{"all, and denied but for mail of one identity from one network", join(allow(`"*"`, `"*"`),
		statement("Deny", `"NotAction":"ses:SendRawEmail"`, onAnything),
		statement("Deny", `"Action":"ses:SendRawEmail"`, `"NotResource":`+example),
		denyOf(`"NotIpAddress":{"aws:SourceIp":"192.0.2.0/24"}`)), nil},
	{"all identities, of which others are denied in two halves", join(allow(sendRaw, `"*"`, fromOffice),
		statement("Deny", `"Action":"ses:SendRawEmail"`, `"NotResource":"arn:aws:ses:*:*:identity/*.example.com"`),
		statement("Deny", `"Action":"ses:*"`, `"NotResource":"arn:aws:ses:eu-west-1:111122223333:identity/mail.*"`)), nil},
	{"all identities, of which those denied in two halves leave example.stranger.com", join(
		allow(sendRaw, `"*"`, fromOffice),
		statement("Deny", `"Action":"ses:SendRawEmail"`, `"NotResource":"arn:aws:ses:*:*:identity/*.com"`),
		statement("Deny", `"Action":"ses:*"`, `"NotResource":"arn:aws:ses:*:*:identity/example.*"`)),
		[]string{"WideResource high"}},

	{"denied through every endpoint there is", join(allow(sendRaw, example, `"StringLike":{"aws:SourceVpce":"*"}`),
		denyOf(`"StringLikeIfExists":{"aws:SourceVpce":"vpce-*"}`)), nil},
	{"denied as another sender but for capitals", join(allow(sendRaw, `"*"`, fromOffice,
		`"StringNotLike":{"ses:FromAddress":"app@*"}`),
		denyOf(`"StringNotEqualsIgnoreCase":{"ses:FromAddress":"app@example.com"}`)), []string{"WideResource medium"}},

	// Sources that only look narrow.
	{"from some endpoints", allow(sendRaw, example, `"StringLike":{"aws:SourceVpce":"vpce-0*"}`),
		[]string{"WideSource medium"}},
	{"from some VPCs", allow(sendRaw, example, `"StringLike":{"aws:SourceVpc":"vpc-0*"}`), []string{"WideSource medium"}},
	{"from one of some endpoints, in one VPC", allow(sendRaw, example, `"StringLike":{"aws:SourceVpce":"vpce-0*"}`,
		`"StringEquals":{"aws:SourceVpc":"vpc-01"}`), nil},
	{"from addresses that begin with 2", allow(sendRaw, example, `"StringLike":{"aws:SourceIp":"2*"}`),
		[]string{"WideSource medium"}},
	{"from addresses that begin with 192.0.2", allow(sendRaw, example, `"StringLike":{"aws:SourceIp":"192.0.2.*"}`), nil},
	{"from oneself", allow(sendRaw, example, `"IpAddress":{"aws:SourceIp":"${aws:SourceIp}"}`),
		[]string{"WideSource medium"}},
	{"from half of the Internet twice", allow(sendRaw, example,
		`"IpAddress":{"aws:SourceIp":["0.0.0.0/1","128.0.0.0/1"]}`), []string{"WideSource medium"}},
	{"from the Internet as IPv6 has it", allow(sendRaw, example, `"IpAddress":{"aws:SourceIp":"::ffff:0:0/96"}`),
		[]string{"WideSource medium"}},
	{"from AWS's 3/8", allow(sendRaw, example, `"IpAddress":{"aws:SourceIp":"3.0.0.0/8"}`), []string{"WideSource medium"}},
	{"from AWS's 18/8", allow(sendRaw, example, `"IpAddress":{"aws:SourceIp":"18.0.0.0/8"}`),
		[]string{"WideSource medium"}},
	{"from AWS's 52/8 and 54/8", allow(sendRaw, example, `"IpAddress":{"aws:SourceIp":["52.0.0.0/8","54.0.0.0/8"]}`),
		[]string{"WideSource medium"}},
	{"from many networks that are large together", allow(sendRaw, example,
		`"IpAddress":{"aws:SourceIp":["198.51.0.0/17","203.0.0.0/17","192.0.0.0/17"]}`), []string{"WideSource medium"}},
	{"from two large networks, each in its statement", join(
		allow(sendRaw, example, `"IpAddress":{"aws:SourceIp":"198.51.0.0/16"}`),
		allow(sendRaw, example, `"IpAddress":{"aws:SourceIp":"203.0.0.0/16"}`)),
		[]string{"WideSource medium", "WideSource medium"}},
	{"from as large a network as anybody has", allow(sendRaw, example, `"IpAddress":{"aws:SourceIp":"198.51.0.0/16"}`),
		nil},
	{"from a network of IPv6", allow(sendRaw, example, `"IpAddress":{"aws:SourceIp":"2001:db8::/32"}`), nil},
	{"from too large a network of IPv6", allow(sendRaw, example, `"IpAddress":{"aws:SourceIp":"2001:c00::/23"}`),
		[]string{"WideSource medium"}},
	{"from one network, whatever the capitals", allow(sendRaw, example, `"ipADDRESS":{"aws:SOURCEip":"192.0.2.0/24"}`),
		nil},
	{"from one endpoint, for any value", allow(sendRaw, example,
		`"ForAnyValue:StringEquals":{"aws:SourceVpce":"vpce-0123456789abcdef0"}`), nil},
	{"from one endpoint, for all values, of which there may be none", allow(sendRaw, example,
		`"ForAllValues:StringEquals":{"aws:SourceVpce":"vpce-0123456789abcdef0"}`), []string{"NoSource medium"}},
	{"from one network, and through one endpoint, which no mail is", allow(sendRaw, `"*"`, fromOffice, vpcEnd), nil},

	// Rights of every severity.
	{"all of S3", allow(`["ses:SendRawEmail","s3:*"]`, example, fromOffice), []string{"OtherRights high"}},
	{"all of Lambda", allow(`["ses:SendRawEmail","lambda:*"]`, example, fromOffice), []string{"OtherRights high"}},
	{"secrets", allow(`["ses:SendRawEmail","secretsmanager:*"]`, example, fromOffice), []string{"OtherRights high"}},
	{"some action of every service", allow(`["ses:SendRawEmail","*:Get*"]`, example, fromOffice),
		[]string{"WideAction high"}},
	{"policies of identities", allow(`["ses:SendRawEmail","ses:PutIdentityPolicy"]`, example, fromOffice),
		[]string{"OtherRights high"}},
	{"contacts", allow(`["ses:SendRawEmail","ses:ListContacts"]`, example, fromOffice), []string{"OtherRights medium"}},
	{"archived mail", allow(`["ses:SendRawEmail","ses:GetArchive*"]`, example, fromOffice),
		[]string{"OtherRights medium"}},
	{"sending as all, but not over SMTP", allow(`"ses:SendEmail"`, `"*"`),
		[]string{"WideResource high", "NoSource medium", "UnusedRights low"}},
	{"as any sender with an e", allow(sendRaw, `"*"`, fromOffice, `"StringLike":{"ses:FromAddress":"*e*"}`),
		[]string{"WideResource high"}},
	{"as any sender of a name", allow(sendRaw, `"*"`, fromOffice, `"StringLike":{"ses:FromAddress":"ceo@*"}`),
		[]string{"WideResource high"}},
	{"as any sender whose domain ends alike", allow(sendRaw, `"*"`, fromOffice,
		`"StringLike":{"ses:FromAddress":"*example.com"}`), []string{"WideResource high"}},
	{"as a domain's senders, and its subdomains'", allow(sendRaw, `"*"`, fromOffice,
		`"StringLike":{"ses:FromAddress":["*@example.com","*@*.example.com"]}`), []string{"WideResource medium"}},
	{"all British companies", allow(sendRaw, `"arn:aws:ses:eu-west-1:111122223333:identity/*.co.uk"`, fromOffice),
		[]string{"WideResource high"}},
	{"a name with another letter", allow(sendRaw, `"arn:aws:ses:eu-west-1:111122223333:identity/ex?mple.com"`, fromOffice),
		[]string{"WideResource high"}},
	{"whatever SES has in one account", allow(sendRaw, `"arn:aws:ses:eu-west-1:111122223333:*"`, fromOffice),
		[]string{"WideResource high"}},

	{"lists of addresses", allow(`["ses:SendRawEmail","ses:ListMembersOfAddressList"]`, example, fromOffice),
		[]string{"OtherRights medium"}},
	{"an address that can't be read", allow(sendRaw, example, `"IpAddress":{"aws:SourceIp":"000.000.000.000/0"}`),
		[]string{"WideSource medium"}},
	{"IAM, denied with senders, which it doesn't know", join(allow(`"iam:*"`, `"*"`),
		denyOf(`"StringLike":{"ses:FromAddress":"*"}`)), []string{"IAMRights high"}},
	{"one condition twice", policy(`{"Effect":"Allow","Action":"ses:SendRawEmail","Resource":`+example+`}`,
		`{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"NotIpAddress":{"aws:SourceIp":"192.0.2.0/24"},`+
			`"NotIpAddress":{"aws:SourceIp":"0.0.0.0/0"}}}`), []string{"Unreadable medium"}},

	{"IAM's own lists", allow(`["ses:SendRawEmail","iam:List*","sts:GetCallerIdentity"]`, example, fromOffice),
		[]string{"OtherRights high"}},
	{"as senders with a slash", allow(sendRaw, `"*"`, fromOffice, `"StringLike":{"ses:FromAddress":"app/*@*"}`),
		[]string{"WideResource high"}},
	{"from one network, or through any endpoint", allow(sendRaw, example,
		`"IpAddressIfExists":{"aws:SourceIp":"192.0.2.0/24"}`), []string{"WideSource medium"}},
	{"all of SES that knows a sender: sending", allow(`"ses:*"`, example, fromOffice,
		`"StringEquals":{"ses:FromAddress":"a@example.com"}`), []string{"WideAction medium"}},
	{"all of SES, denied without a sender of one domain", join(allow(`"ses:*"`, example, fromOffice), statement("Deny",
		`"Action":"ses:*"`, onAnything, `"StringNotLike":{"ses:FromAddress":"*@example.com"}`)),
		[]string{"WideAction medium"}},
	{"a template's test", allow(`["ses:SendRawEmail","ses:TestRenderTemplate"]`, example, fromOffice),
		[]string{"OtherRights low"}},
	{"encrypted, and not", join(allow(sendRaw, `"*"`), denyOf(`"Bool":{"aws:SecureTransport":"true"}`),
		denyOf(`"Bool":{"aws:SecureTransport":"false"}`)), nil},

	{"verifying addresses with a template", allow(`["ses:SendRawEmail","ses:SendCustomVerificationEmail"]`, `[`+example+
		`,"arn:aws:ses:eu-west-1:111122223333:custom-verification-email-template/welcome"]`, fromOffice),
		[]string{"OtherRights high"}},
	{"verifying addresses, without a template", allow(`["ses:SendRawEmail","ses:SendCustomVerificationEmail"]`, example,
		fromOffice), []string{"UnusedRights low"}},

	{"in bulk, which has no sender", allow(`"ses:SendBulkEmail"`, `"*"`, fromOffice,
		`"StringLike":{"ses:FromAddress":"*@example.com"}`), nil},
	{"in bulk, as a sender if there is one", allow(`"ses:SendBulkEmail"`, `"*"`, fromOffice,
		`"StringLikeIfExists":{"ses:FromAddress":"*@example.com"}`), []string{"WideResource high", "UnusedRights low"}},

	// Policies that aren't wide.
	{"any configuration set", allow(sendRaw, `[`+example+`,"arn:aws:ses:eu-west-1:111122223333:configuration-set/*"]`,
		fromOffice), nil},
	{"any template", allow(sendRaw, `[`+example+`,"arn:aws:ses:eu-west-1:111122223333:template/*"]`, fromOffice), nil},
	{"subdomains of one domain", allow(sendRaw, `"arn:aws:ses:eu-west-1:111122223333:identity/*.example.com"`, fromOffice),
		nil},
	{"addresses of one domain", allow(sendRaw, `"arn:aws:ses:eu-west-1:111122223333:identity/*@example.co.uk"`,
		fromOffice), nil},
	{"one identity in any Region of any partition", allow(sendRaw, `"arn:aws*:ses:*:111122223333:identity/example.com"`,
		fromOffice), []string{"WideResource low"}},
	{"one sender, for any value", allow(sendRaw, `"*"`, fromOffice,
		`"ForAnyValue:StringEquals":{"ses:FromAddress":"a@example.com"}`), []string{"WideResource medium"}},
	{"only sending, with a question mark", allow(`"ses:?endRawEmail"`, example, fromOffice), nil},
	{"only sending, with a star", allow(`"ses:SendRaw*"`, example, fromOffice), nil},
	{"nothing", allow(`"ses:SendRawEmail"`, `"arn:aws:s3:::mail"`), nil},
	{"what a variable stands for, in an old version", `{"Version":"2008-10-17","Statement":[{"Effect":"Allow",` +
		`"Action":"ses:SendRawEmail","Resource":"arn:aws:ses:eu-west-1:111122223333:identity/${aws:username}",` +
		`"Condition":{` + fromOffice + `}}]}`, nil},
	{"what a variable stands for", allow(sendRaw, `"arn:aws:ses:eu-west-1:111122223333:identity/${aws:userid}"`,
		fromOffice), []string{"WideResource high"}},
	{"what a variable stands for that is known", allow(sendRaw,
		`"arn:aws:ses:eu-west-1:111122223333:identity/${aws:username}.example.com"`, fromOffice), nil},
	{"a variable that is the key itself", join(allow(sendRaw, example), denyOf(
		`"StringNotEquals":{"aws:SourceVpce":"${aws:SourceVpce}"}`)), []string{"WideSource medium"}},
	{"denied where the account is", join(allow(sendRaw, `"*"`), statement("Deny", `"Action":"ses:*"`,
		`"Resource":"arn:aws:ses:*:*:*"`)), nil},
	{"denied where the account is, but for what has no ARN", join(allow(`"ses:*"`, `"*"`), statement("Deny",
		`"Action":"ses:*"`, `"Resource":"arn:aws:ses:*:*:*"`)), []string{"WideAction high"}},
}

func TestWhatSeemsNarrowIsLookedThrough(t *testing.T) {
	for _, p := range seeming {
		t.Run(p.name, func(t *testing.T) {
			if got := named(auditOf(p.text)); !slices.Equal(got, p.want) {
				t.Errorf("%s\ngot  %v\nwant %v", p.text, got, p.want)
				for _, f := range auditOf(p.text) {
					t.Logf("%s %s: %s. %s", f.Severity, f.Code, f.Message, f.Risk)
				}
			}
		})
	}
}

func TestABoundaryIsLookedThrough(t *testing.T) {
	for _, c := range []struct {
		name, policy, boundary string
		want                   []string
	}{
		{"of half of the Internet", allow(sendRaw, example), allow(`"*"`, `"*"`, `"IpAddress":{"aws:SourceIp":"0.0.0.0/1"}`),
			[]string{"WideSource medium"}},
		{"of any endpoint", allow(sendRaw, example), allow(`"*"`, `"*"`, `"StringLike":{"aws:SourceVpce":"vpce-*"}`),
			[]string{"WideSource medium"}},
		{"of patterns that overlap", allow(`"iam:Create*"`, `"*"`), allow(`"iam:*AccessKey"`, `"*"`),
			[]string{"IAMRights high"}},
		{"of patterns that don't", allow(`"iam:Create*"`, `"*"`), allow(`"iam:Delete*"`, `"*"`), nil},
		{"of identities that overlap", allow(sendRaw, `"arn:aws:ses:*:*:identity/*.example.com"`, fromOffice),
			allow(sendRaw, `"arn:aws:ses:*:*:identity/mail.*"`), []string{"WideResource low"}},
		{"whose statements each leave something", allow(`"*"`, `"*"`, fromOffice),
			join(allow(sendRaw, example), allow(`"s3:Get*"`, `"*"`)), []string{"OtherRights high"}},
		{"that denies", allow(`["ses:SendRawEmail","iam:*"]`, example), join(allow(`"*"`, `"*"`),
			denyOf(`"NotIpAddress":{"aws:SourceIp":"192.0.2.0/24"}`), statement("Deny", `"Action":"iam:*"`, onAnything)), nil},
		{"of addresses that identities of the policy can't be", allow(sendRaw,
			`"arn:aws:ses:eu-west-1:111122223333:identity/?.example.com"`),
			allow(sendRaw, `"arn:aws:ses:eu-west-1:*:identity/*@*"`), nil},
		{"of what SES has, and denies", allow(`"ses:*"`, `"*"`), join(allow(`"ses:*"`, `"arn:aws:ses:*"`),
			statement("Deny", `"Action":"ses:*"`, `"Resource":"arn:aws:ses:*:*:*"`)), nil},
		{"of other resources than the policy's", allow(`"ses:*"`, `"arn:aws:ses:*:*:configuration-set/*"`),
			allow(`"ses:*"`, `"arn:aws:ses:*:*:identity/*@example.com"`), nil},
		{"of a network that a statement doesn't have", allow(`"*"`, `"*"`, `"IpAddress":{"aws:SourceIp":"203.0.113.0/24"}`),
			allow(`"*"`, `"*"`, fromOffice), nil},
	} {
		findings := sendpolicy.Audit(sendpolicy.Access{
			Policies: []sendpolicy.Policy{{Name: "send", From: "inline", Text: c.policy}},
			Boundary: &sendpolicy.Policy{Name: "limit", From: "boundary", Text: c.boundary},
		})
		if got := named(findings); !slices.Equal(got, c.want) {
			t.Errorf("a boundary %s: got %v, want %v", c.name, got, c.want)
		}
	}
}

func TestADenyThatIsNotCountedIsNamed(t *testing.T) {
	for condition, want := range map[string]string{
		`"StringNotEquals":{"aws:PrincipalTag/open":"yes"}`: "because SES doesn't implement aws:PrincipalTag/open",
		`"StringNotMatches":{"aws:UserAgent":"mailer"}`:     "because IAM doesn't have the operator of its condition on aws:UserAgent",
	} {
		findings := auditOf(join(allow(sendRaw, example),
			denyOf(`"NotIpAddress":{"aws:SourceIp":"192.0.2.0/24"}`, condition)))
		want = "a Deny in send (inline) is ignored here, " + want
		if got := named(findings); !slices.Equal(got, []string{"NoSource medium"}) ||
			!strings.Contains(findings[0].Message, want) {
			t.Errorf("%s: %+v", condition, findings)
		}
	}
}

func TestWhatHasExpiredAllowsNothing(t *testing.T) {
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		name, text string
		want       []string
	}{
		{"until last year", allow(sendRaw, `"*"`, `"DateLessThan":{"aws:CurrentTime":"2025-12-31T23:59:59Z"}`), nil},
		{"until last year, in seconds", allow(sendRaw, `"*"`, `"NumericLessThan":{"aws:EpochTime":"1700000000"}`), nil},
		{"until next year", allow(sendRaw, `"*"`, `"DateLessThan":{"aws:CurrentTime":"2027-01-01"}`),
			[]string{"WideResource high", "NoSource medium"}},
		{"from next year on", allow(sendRaw, `"*"`, `"DateGreaterThanEquals":{"aws:CurrentTime":"2027-01-01"}`),
			[]string{"WideResource high", "NoSource medium"}},
		{"denied since last year", join(allow(sendRaw, `"*"`), denyOf(`"DateGreaterThan":{"aws:CurrentTime":"2025-01-01"}`)),
			nil},
		{"denied from next year on", join(allow(sendRaw, `"*"`), denyOf(
			`"DateGreaterThan":{"aws:CurrentTime":"2027-01-01"}`)), []string{"WideResource high", "NoSource medium"}},
	} {
		got := named(sendpolicy.Audit(sendpolicy.Access{Now: now, Policies: []sendpolicy.Policy{{Text: c.text}}}))
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

func TestAPolicyDeniesWhatAnotherAllows(t *testing.T) {
	got := named(sendpolicy.Audit(sendpolicy.Access{Policies: []sendpolicy.Policy{
		{Name: "everything", From: "group admins", Text: allow(`"*"`, `"*"`)},
		{Name: "guard", From: "inline", Text: join(statement("Deny", `"NotAction":"ses:SendRawEmail"`, onAnything),
			statement("Deny", anyAction, `"NotResource":`+example), denyOf(`"NotIpAddress":{"aws:SourceIp":"192.0.2.0/24"}`))},
	}}))
	if len(got) > 0 {
		t.Error(got)
	}
}

// A policy that is too complex to search counts as wide. This one has fifty denials, and each can
// be escaped in a few ways that exclude one another.
func TestAPolicyThatNobodyCanLookThroughIsWide(t *testing.T) {
	statements := []string{allow(sendRaw, `"*"`)}
	for i := range 50 {
		letter := string(rune('a' + i%26))
		statements = append(statements, statement("Deny", anyAction, `"Resource":"*`+letter+`*"`,
			`"StringLike":{"ses:FromAddress":"*`+letter+`*","aws:UserAgent":"*`+letter+`*"}`))
	}
	if worst := sendpolicy.Worst(auditOf(join(statements...))); worst != sendpolicy.High {
		t.Errorf("it is %q", worst)
	}
	if text := strings.Join(named(auditOf(join(statements...))), " "); !strings.Contains(text, "NoSource") {
		t.Error(text)
	}
}
