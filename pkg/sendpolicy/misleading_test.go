package sendpolicy_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sendpolicy"
)

// attempt is a policy that is meant to mislead the audit, or that the audit might well misjudge.
type attempt struct {
	name, text string
	want       []string // "Code severity", the worst first
}

var misleading = slices.Concat(misleadingNames, misleadingSources, misleadingDenials, misleadingRights, odd, limits)

// misleadingNames are about identities and senders.
var misleadingNames = []attempt{
	{"any identity, by what it begins with", allow(sendRaw,
		`["arn:aws:ses:*:*:identity/a*","arn:aws:ses:*:*:identity/b*"]`, fromOffice), []string{"WideResource high"}},
	{"any identity, if a wildcard goes over colons", allow(sendRaw, `"arn:aws:ses:*/example.com*"`, fromOffice),
		[]string{"WideResource high"}},
	{"any identity with a slash, which some addresses have", allow(sendRaw, `"arn:aws:ses:*:*:identity/*/*"`,
		fromOffice), []string{"WideResource high"}},
	{"a domain with another's letter at its end", allow(sendRaw, identityARN("example.c?m"), fromOffice),
		[]string{"WideResource high"}},
	{"a domain in another script", allow(sendRaw, identityARN("ex*mplé.com"), fromOffice),
		[]string{"WideResource high"}},
	{"any domain below me.uk", allow(sendRaw, identityARN("*.me.uk"), fromOffice), []string{"WideResource high"}},
	{"any domain below govt.nz", allow(sendRaw, identityARN("*.govt.nz"), fromOffice), []string{"WideResource high"}},
	{"senders of any domain below asn.au", allow(sendRaw, `"*"`, fromOffice, senderLike("*@*.asn.au")),
		[]string{"WideResource high"}},
	{"subdomains of com.example, which is somebody's", allow(sendRaw, identityARN("*.com.example"), fromOffice), nil},
	{"subdomains of go.dev, which is somebody's", allow(sendRaw, identityARN("*.go.dev"), fromOffice), nil},
	{"the user's name as an identity", allow(sendRaw, identityARN("${aws:username}"), fromOffice), nil},
	{"the user's name in a Deny of all others", join(allow(sendRaw, `"*"`, fromOffice), statement("Deny", anyAction,
		`"NotResource":"arn:aws:ses:*:*:identity/${aws:username}"`)), []string{"WideResource low"}},
	{"the user's name as a sender", allow(sendRaw, `"*"`, fromOffice, senderLike("${aws:username}@example.com")),
		[]string{"WideResource medium"}},
	{"senders by their letters", allow(sendRaw, `"*"`, fromOffice, senderLike("*@a*.com", "*@?????.com")),
		[]string{"WideResource high"}},
	{"senders with a colon in a quoted name", allow(sendRaw, `"*"`, fromOffice, senderLike("*:*@*")),
		[]string{"WideResource high"}},
	{"any sender, as an ARN", allow(sendRaw, `"*"`, fromOffice, `"ArnLike":{"ses:FromAddress":"*"}`),
		[]string{"WideResource high"}},
	{"no sender", allow(sendRaw, `"*"`, fromOffice, `"StringEquals":{"ses:FromAddress":""}`), nil},
	{"a sender in any capitals, of which the Kelvin sign is one", allow(sendRaw, `"*"`, fromOffice,
		`"StringEqualsIgnoreCase":{"ses:FromAddress":"K@example.com"}`), []string{"WideResource medium"}},
	{"one identity, and one domain's senders", join(allow(sendRaw, example, fromOffice), allow(sendRaw, `"*"`, fromOffice,
		senderLike("*@example.com"))), []string{"WideResource medium"}},
	{"one identity, and one sender, from anywhere", join(allow(sendRaw, `"*"`,
		`"StringEquals":{"ses:FromAddress":"a@example.com"}`), allow(sendRaw, example)),
		[]string{"NoSource medium", "NoSource medium", "WideResource medium"}},
	{"a mail provider's senders", allow(sendRaw, `"*"`, fromOffice, senderLike("*@gmail.com")),
		[]string{"WideResource medium"}},
	{"identities of a tag, which SES doesn't ask for", allow(sendRaw, `"*"`, fromOffice,
		`"StringEquals":{"aws:ResourceTag/team":"mail"}`), []string{"WideResource high", "UnknownKey medium"}},
}

// misleadingSources are about where mail comes from.
var misleadingSources = []attempt{
	{"all of IPv6, in halves", allow(sendRaw, example, `"IpAddress":{"aws:SourceIp":["::/1","8000::/1"]}`),
		[]string{"WideSource medium", "PrivateIP low"}},
	{"all of the Internet, in short", allow(sendRaw, example, `"IpAddress":{"aws:SourceIp":"0/0"}`),
		[]string{"WideSource medium"}},
	{"all of the Internet, behind an address", allow(sendRaw, example, `"IpAddress":{"aws:SourceIp":"192.0.2.7/0"}`),
		[]string{"WideSource medium"}},
	{"all of the Internet, behind a space", allow(sendRaw, example, `"IpAddress":{"aws:SourceIp":" 0.0.0.0/0"}`),
		[]string{"WideSource medium"}},
	{"a network as a text, which no address is", allow(sendRaw, example,
		`"StringEquals":{"aws:SourceIp":"192.0.2.0/24"}`), nil},
	{"a network as a text, in a Deny of all others", join(allow(sendRaw, example),
		denyOf(`"StringNotEquals":{"aws:SourceIp":"192.0.2.0/24"}`)), nil},
	{"denied but from what can't be read", join(allow(sendRaw, `"*"`), denyOf(`"NotIpAddress":{"aws:SourceIp":"0/0"}`)),
		[]string{"WideResource high", "NoSource medium"}},
	{"no address at all", allow(sendRaw, `"*"`, `"IpAddress":{"aws:SourceIp":[]}`), nil},
	{"any address but none", allow(sendRaw, `"*"`, `"NotIpAddress":{"aws:SourceIp":[]}`),
		[]string{"WideResource high", "NoSource medium"}},
	{"the endpoint that it is", allow(sendRaw, example, `"StringEquals":{"aws:SourceVpce":"${aws:SourceVpce}"}`),
		[]string{"WideSource medium"}},
	{"one network, and any endpoint", join(allow(sendRaw, example), denyOf(
		`"NotIpAddress":{"aws:SourceIp":"192.0.2.0/24"}`, `"Null":{"aws:SourceIp":"false"}`)),
		[]string{"WideSource medium"}},
	{"only what is encrypted", join(allow(sendRaw, `"*"`), denyOf(`"Bool":{"aws:SecureTransport":"false"}`)),
		[]string{"WideResource high", "NoSource medium"}},
	{"a client that names itself", join(allow(sendRaw, `"*"`), denyOf(
		`"StringNotLike":{"aws:UserAgent":"my-secret-agent"}`)), []string{"WideResource high", "NoSource medium"}},
	{"between two seconds", allow(sendRaw, `"*"`, `"NumericGreaterThan":{"aws:EpochTime":"1700000000.2"}`,
		`"NumericLessThan":{"aws:EpochTime":"1700000000.8"}`), nil},
}

// misleadingDenials keep others out, or only seem to.
var misleadingDenials = []attempt{
	// "Data perimeter policy examples" (aws-samples) have this form.
	{"but from a network and a VPC, if there is one", join(allow(sendRaw, example), denyOf(
		`"NotIpAddressIfExists":{"aws:SourceIp":"192.0.2.0/24"}`, `"StringNotEqualsIfExists":{"aws:SourceVpc":"vpc-0a"}`,
		`"BoolIfExists":{"aws:ViaAWSService":"false","aws:PrincipalIsAWSService":"false"}`)), nil},
	{"but from a network and a VPC, or with a tag, which SES doesn't ask for", join(allow(sendRaw, example), denyOf(
		`"NotIpAddressIfExists":{"aws:SourceIp":"192.0.2.0/24"}`,
		`"StringNotEqualsIfExists":{"aws:SourceVpc":"vpc-0a","aws:PrincipalTag/network-perimeter-exception":"true"}`)),
		[]string{"NoSource medium"}},
	{"but from a network, and through an endpoint, each for itself", join(allow(sendRaw, example), denyOf(
		`"NotIpAddressIfExists":{"aws:SourceIp":"192.0.2.0/24"}`, `"Null":{"aws:SourceVpce":"true"}`),
		denyOf(`"StringNotEquals":{"aws:SourceVpce":"vpce-01"}`, `"Null":{"aws:SourceVpce":"false"}`)), nil},
	{"but through an endpoint, with truth values that aren't texts", join(allow(sendRaw, example), denyOf(
		`"Null":{"aws:SourceVpce":true}`), denyOf(`"StringNotEquals":{"aws:SourceVpce":"vpce-01"}`)), nil},
	{"but as senders, by an operator that IAM doesn't have", join(allow(sendRaw, `"*"`, fromOffice), denyOf(
		`"StringNotMatches":{"ses:FromAddress":"*@example.com"}`)), []string{"WideResource high"}},
	{"but as senders of two domains", join(allow(sendRaw, `"*"`, fromOffice), denyOf(
		`"StringNotLike":{"ses:FromAddress":["*@example.com","*@example.org"]}`)), []string{"WideResource medium"}},
	{"but as a sender, in any capitals", join(allow(sendRaw, `"*"`, fromOffice), denyOf(
		`"StringNotEqualsIgnoreCase":{"ses:FromAddress":"A@EXAMPLE.COM"}`)), []string{"WideResource medium"}},
	{"but to one domain", join(allow(sendRaw, example, fromOffice), denyOf(
		`"ForAnyValue:StringNotLike":{"ses:Recipients":"*@example.com"}`)), nil},
	{"but SMTP, as one identity, with any set", join(allow(`"*"`, `"*"`, fromOffice), statement("Deny",
		`"NotAction":["ses:SendRawEmail"]`, onAnything), statement("Deny", anyAction,
		`"NotResource":[`+example+`,"arn:aws:ses:eu-west-1:111122223333:configuration-set/*"]`)), nil},
	{"but SMTP, in other capitals", join(allow(`"*"`, example, fromOffice), statement("Deny",
		`"NotAction":["SES:sendrawemail"]`, onAnything)), nil},
	{"of everything", join(allow(`"*"`, `"*"`), statement("Deny", anyAction, onAnything)), nil},
	{"as AWS's quarantine has, in a policy that isn't AWS's", join(allow(`"*"`, `"*"`), statement("Deny",
		`"Action":["iam:CreateUser","ec2:RunInstances"]`, onAnything)),
		[]string{"WideAction high", "WideResource high", "NoSource medium"}},
}

// misleadingRights are about rights other than sending. Requests to other services have no sender.
var misleadingRights = []attempt{
	{"IAM, denied where there is a sender", join(allow(`"iam:*"`, `"*"`), denyOf(`"Null":{"ses:FromAddress":"false"}`)),
		[]string{"IAMRights high"}},
	{"new identities, denied where there is a sender", join(allow(`"ses:CreateEmailIdentity"`, `"*"`),
		denyOf(`"Null":{"ses:FromAddress":"false"}`)), []string{"OtherRights high"}},
	{"IAM, denied but with MFA and to get it", join(allow(`["iam:*"]`, `"*"`), statement("Deny",
		`"NotAction":["iam:ListMFADevices","sts:GetSessionToken"]`, onAnything,
		`"BoolIfExists":{"aws:MultiFactorAuthPresent":"false"}`)), []string{"IAMRights high"}},
	{"IAM, from one network", allow(`["ses:SendRawEmail","iam:*"]`, example, fromOffice), []string{"IAMRights high"}},
	{"IAM, from one network or through any endpoint", join(allow(`"iam:*"`, `"*"`),
		denyOf(`"NotIpAddressIfExists":{"aws:SourceIp":"192.0.2.0/24"}`)), []string{"IAMRights high"}},
	{"S3, with a sender, which it doesn't have", allow(`"s3:GetObject"`, `"*"`,
		`"StringEquals":{"ses:FromAddress":"a@example.com"}`), nil},
	// Mail that verifies an address has a sender, and it changes SES.
	{"all that has a sender", allow(`"*"`, `"*"`, fromOffice, `"StringEquals":{"ses:FromAddress":"a@example.com"}`),
		[]string{"WideAction high", "WideResource medium"}},
	{"all of SES that has a sender, on everything", allow(`"ses:*"`, `"*"`, fromOffice,
		`"StringEquals":{"ses:FromAddress":"a@example.com"}`), []string{"WideAction high", "WideResource medium"}},
	{"all of SES, denied without a sender, on everything", join(allow(`"ses:*"`, `"*"`, fromOffice), statement("Deny",
		`"Action":"ses:*"`, onAnything, `"StringNotLike":{"ses:FromAddress":"*@example.com"}`)),
		[]string{"WideAction high", "WideResource medium"}},
	{"all of SES that has recipients: sending", allow(`"ses:*"`, example, fromOffice,
		`"ForAnyValue:StringLike":{"ses:Recipients":"*@example.com"}`), []string{"WideAction medium"}},
	{"a list of those whom mail went to", allow(`["ses:SendRawEmail","ses:GetExportJob"]`, example, fromOffice),
		[]string{"OtherRights medium"}},
	{"everything, with two stars", allow(`"**"`, `"**"`),
		[]string{"WideAction high", "WideResource high", "NoSource medium"}},
	{"everything, in its parts", allow(`"*:*"`, `"arn:*:*:*:*:*"`),
		[]string{"WideAction high", "WideResource high", "NoSource medium"}},
}

// odd are policies of unusual form.
var odd = []attempt{
	{"an Effect twice", policy(`{"Effect":"Allow","Effect":"Deny","Action":"*","Resource":"*"}`),
		[]string{"Unreadable medium"}},
	{"an Effect in small letters", policy(`{"Effect":"allow","Action":"*","Resource":"*"}`),
		[]string{"Unreadable medium"}},
	{"names in small letters", `{"version":"2012-10-17","statement":[{"effect":"Allow","action":"ses:SendRawEmail",` +
		`"resource":` + example + `}]}`, []string{"NoSource medium"}},
	{"an Id, an empty Sid and white space", " \n" + `{"Id":"x","Statement":{"Sid":"","Effect":"Allow",` +
		`"Action":["ses:SendRawEmail"],"Resource":[` + example + `],"Condition":{}}}` + "\n", []string{"NoSource medium"}},
	{"a Principal, as identities' policies have", policy(`{"Effect":"Allow","Principal":"*",` +
		`"Action":"ses:SendRawEmail","Resource":` + example + `}`), []string{"Unreadable medium"}},
	{"a number", allow(sendRaw, example, fromOffice, `"NumericLessThan":{"aws:EpochTime":1893456000}`), nil},
	{"a Condition that is null", policy(`{"Effect":"Allow","Action":"ses:SendRawEmail","Resource":` + example +
		`,"Condition":null}`), []string{"NoSource medium"}},
	{"null", `null`, []string{"Unreadable medium"}},
	{"a list", `[]`, []string{"Unreadable medium"}},
	{"no statement", `{"Version":"2012-10-17","Statement":[]}`, nil},
	{"lists within lists", `{"Statement":` + strings.Repeat("[", 9000) + strings.Repeat("]", 9000) + `}`,
		[]string{"Unreadable medium"}},
}

// limits are cases that the audit is known to miss, or to consider worse than they are.
var limits = []attempt{
	// Few people use CentralNic's suffixes, and which of *.*.com are suffixes changes.
	{"any domain below uk.com, which is taken for one domain", allow(sendRaw, identityARN("*.uk.com"), fromOffice),
		nil},
	// Many people have addresses at a provider, but each must be verified to be an identity.
	{"a mail provider's addresses, which are taken for one domain's", allow(sendRaw, identityARN("*@gmail.com"),
		fromOffice), nil},
	// A user's own requests don't come via a service; the audit doesn't follow what services do for
	// the user.
	{"IAM through CloudFormation, which isn't followed", join(allow(`"iam:CreateUser"`, `"*"`,
		`"Bool":{"aws:ViaAWSService":"true"}`), allow(`"cloudformation:*"`, `"*"`)), []string{"OtherRights high"}},
	// Which of these suffixes a country has changes too, so the audit assumes all of them.
	{"subdomains of net.io, which is taken for a suffix", allow(sendRaw, identityARN("*.net.io"), fromOffice),
		[]string{"WideResource high"}},
	{"subdomains of go.tv, which is taken for a suffix", allow(sendRaw, identityARN("*.go.tv"), fromOffice),
		[]string{"WideResource high"}},
	// Even reading is a right that SMTP doesn't need, in a service that gives rights.
	{"reading oneself in IAM", join(allow(sendRaw, example, fromOffice), allow(`["iam:GetUser","iam:ListAccessKeys"]`,
		`"arn:aws:iam::*:user/${aws:username}"`)), []string{"OtherRights high"}},
}

func TestThePoliciesThatMislead(t *testing.T) {
	for _, p := range misleading {
		t.Run(p.name, func(t *testing.T) {
			if got := named(auditOf(p.text)); !slices.Equal(got, p.want) {
				t.Errorf("%s\ngot  %q\nwant %q", p.text, got, p.want)
			}
		})
	}
}

func TestABoundaryThatMisleads(t *testing.T) {
	for _, c := range []struct {
		name, policy, boundary string
		want                   []string
	}{
		{"of one network, and one identity", allow(sendRaw, `"*"`), allow(sendRaw, example, fromOffice), nil},
		{"that can't be read", allow(sendRaw, example, fromOffice), `{"Statement":[{"Effect":"Deny","Action":"*"}]}`,
			[]string{"Unreadable medium"}},
		{"without statements", allow(`"*"`, `"*"`), `{"Version":"2012-10-17","Statement":[]}`, nil},
		{"of an endpoint, where the policy has a network", allow(sendRaw, example, fromOffice),
			allow(`"*"`, `"*"`, vpcEnd), nil},
		{"of what is SES's", allow(`"*"`, `"*"`), allow(`"ses:*"`, example, fromOffice), []string{"WideAction high"}},
		{"of what reads SES", allow(`"ses:*"`, `"*"`), allow(`["ses:SendRawEmail","ses:Get*"]`, example, fromOffice),
			[]string{"OtherRights medium"}},
	} {
		findings := sendpolicy.Audit(sendpolicy.Access{User: "mailer",
			Policies: []sendpolicy.Policy{{Name: "send", From: "inline", Text: c.policy}},
			Boundary: &sendpolicy.Policy{Name: "limit", From: "boundary", Text: c.boundary}})
		if got := named(findings); !slices.Equal(got, c.want) {
			t.Errorf("a boundary %s: got %q, want %q", c.name, got, c.want)
		}
	}
}
