package sendpolicy_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sendpolicy"
)

// realPolicy is a typical policy, and what the audit finds in it.
type realPolicy struct {
	what, of string // of: the title of AWS's page, or the kind of module that has it
	text     string
	from     string // where the user has it from; "" means inline
	arn      string
	intended sendpolicy.Description
	found    []string // "Code severity", the worst first
	// mail is the mail that the policy is evidently for, and allows.
	mail []mail
	// meant is mail that the description is for but the policy doesn't allow.
	meant []mail
}

// Policies from AWS's pages, AWS's own policies, and typical modules.
const (
	credentials   = `"Obtaining Amazon SES SMTP credentials", Amazon SES Developer Guide`
	managed       = `AWS Managed Policy Reference`
	controlAccess = `"Identity and access management in Amazon SES", Amazon SES Developer Guide`
	denyByIP      = `"AWS: Denies access to AWS based on the source IP", IAM User Guide`
	sam           = `"AWS SAM policy templates", AWS SAM Developer Guide`
	cdk           = `EmailIdentity.grantSendEmail, AWS CDK`
	setOfCDK      = `what users of the CDK add for a configuration set (aws/aws-cdk#34402)`
	userModule    = `Terraform modules that make a user for SMTP`
	senderModule  = `Terraform modules that limit the sender`
	generators    = `generators of SES policies on the Web`
	organization  = `guardrails of organizations`
	plugins       = `instructions of content management systems' plugins`
)

// Actions that most of them have.
const (
	bothSends = `["ses:SendEmail","ses:SendRawEmail"]`
	allSets   = `"arn:aws:ses:eu-west-1:111122223333:configuration-set/*"`
	mainSet   = `"arn:aws:ses:eu-west-1:111122223333:configuration-set/main"`
)

// identityARN returns an identity's ARN as it is in a policy; the name may have wildcards.
func identityARN(name string) string {
	return `"arn:aws:ses:eu-west-1:111122223333:identity/` + name + `"`
}

// senderLike returns a condition on the sender.
func senderLike(patterns ...string) string {
	return `"StringLike":{"ses:FromAddress":["` + strings.Join(patterns, `","`) + `"]}`
}

// as returns mail from a sender, sent as an identity.
func as(identity, sender string) mail {
	return mail{what: sender + " as " + identity, as: identity, from: sender}
}

var (
	forExample = ofExample(sendpolicy.Description{})
	inIreland  = sendpolicy.Description{Regions: []string{"eu-west-1"}}
	ordinary   = mail{what: "ordinary mail"}
	withMain   = mail{what: "mail with the set main", set: "main"}
)

var realPolicies = slices.Concat(realOfAWS, realSenders, realIdentities, realSources, realSets, realIntents)

var realOfAWS = []realPolicy{
	{what: "a user of SES's console", of: credentials, text: allow(sendRaw, `"*"`), intended: forExample,
		from: "group AWSSESSendingGroupDoNotRename", found: []string{"WideResource high", "NoSource medium"},
		mail: []mail{ordinary, {what: "IPv6", address: "2001:db8::1"}, {what: "an endpoint", endpoint: "vpce-01"}}},
	{what: "an older user of SES's console, for nothing that is known", of: credentials, text: allow(sendRaw, `"*"`),
		found: []string{"WideResource high", "NoSource medium"}},
	{what: "AmazonSESFullAccess", of: managed, text: allow(`"ses:*"`, `"*"`), from: "attached",
		arn:      "arn:aws:iam::aws:policy/AmazonSESFullAccess",
		intended: ofExample(sendpolicy.Description{ConfigurationSets: []string{"main"}}),
		found:    []string{"WideAction high", "WideResource high", "NoSource medium"},
		mail:     []mail{ordinary, withMain}},
	{what: "AdministratorAccess", of: managed, text: allow(`"*"`, `"*"`), from: "attached",
		arn: "arn:aws:iam::aws:policy/AdministratorAccess", intended: forExample,
		found: []string{"WideAction high", "WideResource high", "NoSource medium"}, mail: []mail{ordinary}},
	{what: "PowerUserAccess", of: managed, from: "attached", arn: "arn:aws:iam::aws:policy/PowerUserAccess",
		text: join(statement("Allow", `"NotAction":["iam:*","organizations:*","account:*"]`, onAnything),
			allow(`["account:GetAccountInformation","account:GetGovCloudAccountInformation","account:GetPrimaryEmail",`+
				`"account:ListRegions","iam:CreateServiceLinkedRole","iam:DeleteServiceLinkedRole","iam:ListRoles",`+
				`"organizations:DescribeEffectivePolicy","organizations:DescribeOrganization"]`, `"*"`)),
		intended: forExample, mail: []mail{ordinary},
		found: []string{"IAMRights high", "NotAction high", "OtherRights high", "WideResource high",
			"NoSource medium"}},
	{what: "recipients of one domain", of: controlAccess, text: allow(bothSends, `"*"`,
		`"ForAllValues:StringLike":{"ses:Recipients":["*@example.net"]}`), intended: forExample,
		found: []string{"WideResource high", "NoSource medium", "UnusedRights low"},
		mail:  []mail{{what: "mail to two", to: []string{"a@example.net", "b@example.net"}}}},
	{what: "one sender", of: controlAccess, text: allow(bothSends, `"*"`,
		`"StringEquals":{"ses:FromAddress":"marketing@example.com"}`),
		intended: sendpolicy.Description{Regions: []string{"eu-west-1"}},
		found:    []string{"NoSource medium", "WideResource medium", "UnusedRights low"},
		mail: []mail{as("example.com", "marketing@example.com"),
			as("marketing@example.com", "marketing@example.com")}},
	{what: "one display name", of: controlAccess, text: allow(bothSends, `"*"`,
		`"StringLike":{"ses:FromDisplayName":"Marketing"}`), intended: forExample,
		found: []string{"WideResource high", "NoSource medium", "UnusedRights low"},
		mail:  []mail{{what: "mail of that name", name: "Marketing"}}},
	{what: "one address for feedback", of: controlAccess, text: allow(bothSends, `"*"`,
		`"StringEquals":{"ses:FeedbackAddress":"feedback@example.com"}`), intended: forExample,
		found: []string{"WideResource high", "NoSource medium", "UnusedRights low"},
		mail:  []mail{{what: "mail whose bounces go there", bounces: "feedback@example.com"}}},
	{what: "a period", of: controlAccess, text: allow(bothSends, `"*"`,
		`"DateGreaterThan":{"aws:CurrentTime":"2025-08-31T12:00:00Z"}`,
		`"DateLessThan":{"aws:CurrentTime":"2036-10-01T12:00:00Z"}`), intended: forExample,
		found: []string{"WideResource high", "NoSource medium", "UnusedRights low"}, mail: []mail{ordinary}},
	{what: "SES's console's policy, and a Deny from elsewhere", of: denyByIP, text: join(allow(sendRaw, `"*"`),
		denyOf(`"NotIpAddress":{"aws:SourceIp":["192.0.2.0/24","203.0.113.0/24"]}`, `"Bool":{"aws:ViaAWSService":"false"}`)),
		intended: forExample, found: []string{"WideResource high"},
		mail: []mail{ordinary, {what: "mail from the other network", address: "203.0.113.9"}}},
	{what: "SESCrudPolicy", of: sam, text: allow(`["ses:GetIdentityVerificationAttributes","ses:SendEmail",`+
		`"ses:SendRawEmail","ses:VerifyEmailIdentity"]`, example), mail: []mail{ordinary},
		found: []string{"OtherRights high", "NoSource medium", "OtherRights low", "UnusedRights low"}},
	{what: "SESBulkTemplatedCrudPolicy_v2", of: sam, text: join(allow(`["ses:SendEmail","ses:SendRawEmail",`+
		`"ses:SendTemplatedEmail","ses:SendBulkTemplatedEmail"]`,
		`[`+example+`,"arn:aws:ses:eu-west-1:111122223333:template/welcome"]`),
		allow(`["ses:GetIdentityVerificationAttributes","ses:VerifyEmailIdentity"]`, `"*"`)), mail: []mail{ordinary},
		found: []string{"OtherRights high", "NoSource medium", "OtherRights low", "UnusedRights low"}},
	{what: "SESSendBouncePolicy", of: sam, text: allow(`"ses:SendBounce"`, example),
		found: []string{"NoSource medium", "UnusedRights low"}},
	{what: "a grant to send", of: cdk, text: allow(bothSends, example), mail: []mail{ordinary},
		found: []string{"NoSource medium", "UnusedRights low"}},
	{what: "a grant to send, and one for the set", of: setOfCDK, text: join(allow(bothSends, example),
		allow(`"ses:Send*"`, mainSet)), mail: []mail{ordinary, withMain},
		found: []string{"NoSource medium", "WideAction medium", "UnusedRights low"}},
}

// Senders of all forms. Only the Region isn't evident from such a policy.
var realSenders = []realPolicy{
	{what: "an address, on everything", of: senderModule, text: allow(bothSends, `"*"`,
		`"StringEquals":{"ses:FromAddress":"notify@example.org"}`), intended: inIreland,
		found: []string{"NoSource medium", "WideResource medium", "UnusedRights low"}, mail: []mail{
			as("example.org", "notify@example.org"), as("notify@example.org", "notify@example.org")}},
	{what: "an address of a subdomain", of: senderModule, text: allow(sendRaw, `"*"`,
		`"StringEquals":{"ses:FromAddress":"notify@mail.example.org"}`), intended: inIreland,
		found: []string{"NoSource medium", "WideResource medium"}, mail: []mail{
			as("example.org", "notify@mail.example.org"), as("mail.example.org", "notify@mail.example.org"),
			as("notify@mail.example.org", "notify@mail.example.org")}},
	{what: "an address of a domain below a registry's suffix", of: senderModule, text: allow(sendRaw, `"*"`,
		`"StringEquals":{"ses:FromAddress":"notify@mail.example.co.uk"}`), intended: inIreland,
		found: []string{"NoSource medium", "WideResource medium"}, mail: []mail{
			as("example.co.uk", "notify@mail.example.co.uk"), as("mail.example.co.uk", "notify@mail.example.co.uk")}},
	{what: "an address in capitals", of: senderModule, text: allow(sendRaw, `"*"`,
		`"StringEquals":{"ses:FromAddress":"Sales@EXAMPLE.org"}`), intended: inIreland,
		found: []string{"NoSource medium", "WideResource medium"},
		mail:  []mail{as("example.org", "Sales@EXAMPLE.org")}},
	{what: "an address in any capitals", of: senderModule, text: allow(sendRaw, `"*"`,
		`"StringEqualsIgnoreCase":{"ses:FromAddress":"Sales@Example.org"}`), intended: inIreland,
		found: []string{"NoSource medium", "WideResource medium"}, mail: []mail{
			as("example.org", "sales@example.org"), as("example.org", "SALES@EXAMPLE.ORG")}},
	{what: "an address with a tag", of: controlAccess, text: allow(sendRaw, `"*"`,
		senderLike("invoicing+*@example.org")), intended: inIreland,
		found: []string{"NoSource medium", "WideResource medium"},
		mail:  []mail{as("example.org", "invoicing+1@example.org")}},
	{what: "an address with a question mark", of: senderModule, text: allow(sendRaw, `"*"`,
		senderLike("noreply?@example.org")), intended: inIreland,
		found: []string{"NoSource medium", "WideResource medium"},
		mail:  []mail{as("example.org", "noreply2@example.org")}},
	{what: "an address of the user's name", of: userModule, text: allow(sendRaw, `"*"`,
		senderLike("${aws:username}@example.org")), intended: inIreland,
		found: []string{"NoSource medium", "WideResource medium"},
		mail:  []mail{as("example.org", "mailer@example.org")}},
	{what: "an address, for any value", of: senderModule, text: allow(sendRaw, `"*"`,
		`"ForAnyValue:StringLike":{"ses:FromAddress":["noreply@example.org"]}`), intended: inIreland,
		found: []string{"NoSource medium", "WideResource medium"},
		mail:  []mail{as("example.org", "noreply@example.org")}},
	{what: "a domain's addresses", of: senderModule, text: allow(bothSends, `"*"`, senderLike("*@example.org")),
		intended: inIreland, found: []string{"NoSource medium", "WideResource medium", "UnusedRights low"},
		mail: []mail{as("example.org", "any@example.org")}},
	{what: "a domain's addresses, and its subdomains'", of: generators, text: allow(sendRaw, `"*"`,
		senderLike("*@example.org", "*@*.example.org")), intended: inIreland,
		found: []string{"NoSource medium", "WideResource medium"},
		mail:  []mail{as("example.org", "any@example.org"), as("example.org", "any@mail.example.org")}},
	{what: "a subdomain's addresses", of: senderModule, text: allow(sendRaw, `"*"`, senderLike("*@mail.example.org")),
		intended: inIreland, found: []string{"NoSource medium", "WideResource medium"},
		mail: []mail{as("example.org", "any@mail.example.org"), as("mail.example.org", "any@mail.example.org")}},
	{what: "an address and a domain's", of: senderModule, text: allow(sendRaw, `"*"`,
		senderLike("no-reply@example.org", "*@example.net")), intended: inIreland,
		found: []string{"NoSource medium", "WideResource medium"}, mail: []mail{
			as("example.org", "no-reply@example.org"), as("no-reply@example.org", "no-reply@example.org"),
			as("example.net", "any@example.net")}},
	{what: "what ends like a domain, without an @", of: senderModule, text: allow(sendRaw, `"*"`,
		senderLike("*example.org")), intended: inIreland, found: []string{"WideResource high", "NoSource medium"},
		mail: []mail{as("example.org", "any@example.org"), as("example.org", "any@mail.example.org")}},
	{what: "what ends like a domain's subdomains", of: senderModule, text: allow(sendRaw, `"*"`,
		senderLike("*.example.org")), intended: inIreland, found: []string{"NoSource medium", "WideResource medium"},
		mail: []mail{as("example.org", "any@mail.example.org")}},
	{what: "a name at any domain", of: senderModule, text: allow(sendRaw, `"*"`, senderLike("no-reply@*")),
		intended: forExample, found: []string{"WideResource high", "NoSource medium"},
		mail: []mail{as("example.com", "no-reply@example.com")}},
	{what: "everyone but one", of: senderModule, text: allow(sendRaw, `"*"`,
		`"StringNotEquals":{"ses:FromAddress":"ceo@example.com"}`), intended: forExample,
		found: []string{"WideResource high", "NoSource medium"}, mail: []mail{ordinary}},
	{what: "an address, by a Deny of all others", of: organization, text: join(allow(sendRaw, `"*"`),
		denyOf(`"StringNotEquals":{"ses:FromAddress":"app@example.com"}`)), intended: forExample,
		found: []string{"NoSource medium", "WideResource medium"}, mail: []mail{ordinary}},
	{what: "an address of an identity", of: userModule, text: allow(sendRaw, example,
		`"StringEquals":{"ses:FromAddress":"app@example.com"}`), mail: []mail{ordinary},
		found: []string{"NoSource medium"}},
	{what: "another's sender, where an identity is meant", of: senderModule, text: allow(sendRaw, `"*"`,
		`"StringEquals":{"ses:FromAddress":"a@example.org"}`), intended: forExample,
		found: []string{"NoSource medium", "WideResource medium"}, meant: []mail{ordinary}},
}

// Identities with wildcards. The Regions and accounts that they name are kept.
var realIdentities = []realPolicy{
	{what: "any identity of an account and a Region", of: userModule, text: allow(bothSends, identityARN("*")),
		intended: sendpolicy.Description{Identities: []string{"example.com"}}, mail: []mail{ordinary},
		found: []string{"WideResource high", "NoSource medium", "UnusedRights low"}},
	{what: "whatever SES has in an account and a Region", of: userModule,
		text:     allow(sendRaw, `"arn:aws:ses:eu-west-1:111122223333:*"`),
		intended: sendpolicy.Description{Identities: []string{"example.com"}}, mail: []mail{ordinary, withMain},
		found: []string{"WideResource high", "NoSource medium"}},
	{what: "any identity, with senders of one domain", of: userModule, text: allow(sendRaw, identityARN("*"),
		senderLike("*@example.com")), found: []string{"NoSource medium", "WideResource medium"},
		mail: []mail{ordinary}},
	{what: "a domain's addresses as identities", of: userModule, text: allow(`"ses:Send*"`, identityARN("*@example.org")),
		found: []string{"NoSource medium", "WideAction medium"}, mail: []mail{as("a@example.org", "a@example.org")}},
	{what: "a domain's subdomains as identities", of: userModule, text: allow(bothSends, identityARN("*.example.org")),
		found: []string{"NoSource medium", "UnusedRights low"},
		mail:  []mail{as("mail.example.org", "a@mail.example.org")}},
	{what: "identities that end like a domain", of: userModule, text: allow(sendRaw, identityARN("*example.org")),
		found: []string{"WideResource high", "NoSource medium"}, mail: []mail{as("example.org", "a@example.org")}},
	{what: "one identity in any Region", of: userModule,
		text:     allow(sendRaw, `"arn:aws:ses:*:111122223333:identity/example.com"`),
		intended: sendpolicy.Description{Regions: []string{"eu-west-1", "us-west-2"}},
		found:    []string{"NoSource medium", "WideResource low"},
		mail: []mail{ordinary, {what: "mail of the other Region",
			as: "arn:aws:ses:us-west-2:111122223333:identity/example.com"}}},
	{what: "one identity in any account", of: userModule, text: allow(sendRaw,
		`"arn:aws:ses:eu-west-1:*:identity/example.com"`), intended: sendpolicy.Description{Account: "111122223333"},
		found: []string{"NoSource medium", "WideResource low"}, mail: []mail{ordinary}},
	{what: "one identity, wherever it is", of: userModule, text: allow(sendRaw, `"arn:aws:ses:*:*:identity/example.com"`),
		intended: sendpolicy.Description{Account: "111122223333", Regions: []string{"eu-west-1"}},
		found:    []string{"NoSource medium", "WideResource low"}, mail: []mail{ordinary}},
	{what: "one identity, in any partition", of: userModule, text: allow(sendRaw,
		`"arn:aws*:ses:eu-west-1:111122223333:identity/example.com"`), found: []string{"NoSource medium"},
		mail: []mail{ordinary}},
	{what: "one identity in GovCloud", of: userModule,
		text:  allow(bothSends, `"arn:aws-us-gov:ses:us-gov-west-1:111122223333:identity/example.org"`),
		mail:  []mail{as("arn:aws-us-gov:ses:us-gov-west-1:111122223333:identity/example.org", "a@example.org")},
		found: []string{"NoSource medium", "UnusedRights low"}},
	{what: "any identity in GovCloud, with a sender", of: userModule,
		text:  allow(sendRaw, `"arn:aws-us-gov:ses:us-gov-east-1:111122223333:identity/*"`, senderLike("*@example.org")),
		mail:  []mail{as("arn:aws-us-gov:ses:us-gov-east-1:111122223333:identity/example.org", "a@example.org")},
		found: []string{"NoSource medium", "WideResource medium"}},
	{what: "one identity in any Region of China, for one", of: userModule,
		text:     allow(sendRaw, `"arn:aws-cn:ses:*:111122223333:identity/example.org"`),
		intended: sendpolicy.Description{Regions: []string{"cn-northwest-1"}},
		mail:     []mail{as("arn:aws-cn:ses:cn-northwest-1:111122223333:identity/example.org", "a@example.org")},
		found:    []string{"NoSource medium", "WideResource low"}},
	{what: "one identity in any Region of China, for none that is known, so the first", of: userModule,
		text:  allow(sendRaw, `"arn:aws-cn:ses:*:111122223333:identity/example.org"`),
		mail:  []mail{as("arn:aws-cn:ses:cn-north-1:111122223333:identity/example.org", "a@example.org")},
		found: []string{"NoSource medium", "WideResource low"}},
	{what: "any identity and set in China", of: userModule, text: allow(bothSends,
		`["arn:aws-cn:ses:cn-north-1:111122223333:identity/*","arn:aws-cn:ses:cn-north-1:111122223333:configuration-set/*"]`),
		intended: sendpolicy.Description{Identities: []string{"example.org"}, Regions: []string{"cn-north-1"}},
		mail: []mail{{what: "mail with a set", as: "arn:aws-cn:ses:cn-north-1:111122223333:identity/example.org",
			from: "a@example.org", set: "arn:aws-cn:ses:cn-north-1:111122223333:configuration-set/main"}},
		found: []string{"WideResource high", "NoSource medium", "UnusedRights low"}},
	{what: "all identities but one", of: organization, text: statement("Allow", `"Action":"ses:SendRawEmail"`,
		`"NotResource":`+identityARN("secret.example")), mail: []mail{ordinary, withMain},
		intended: forExample, found: []string{"NotResource high", "WideResource high", "NoSource medium"}},
	{what: "everything but IAM", of: organization, text: statement("Allow", `"NotAction":["iam:*","organizations:*"]`,
		onAnything), intended: forExample, mail: []mail{ordinary, withMain},
		found: []string{"NotAction high", "WideResource high", "NoSource medium"}},
	{what: "quotas, too", of: plugins, text: allow(`["ses:SendEmail","ses:SendRawEmail","ses:GetSendQuota",`+
		`"ses:GetSendStatistics","ses:ListIdentities"]`, `"*"`), intended: forExample, mail: []mail{ordinary},
		found: []string{"WideResource high", "NoSource medium", "OtherRights low", "UnusedRights low"}},
	{what: "attachments in a bucket, too", of: userModule, text: join(allow(bothSends, example),
		allow(`["s3:Get*","s3:List*"]`, `["arn:aws:s3:::attachments","arn:aws:s3:::attachments/*"]`)),
		found: []string{"OtherRights high", "NoSource medium", "UnusedRights low"}, mail: []mail{ordinary}},
}

var realSources = []realPolicy{
	{what: "a server's address", of: userModule, text: allow(sendRaw, `"*"`,
		`"IpAddress":{"aws:SourceIp":["192.0.2.10/32"]}`), intended: forExample, mail: []mail{ordinary},
		found: []string{"WideResource high"}},
	{what: "a server's address, of IPv6", of: userModule, text: allow(bothSends, example,
		`"IpAddress":{"aws:SourceIp":["2001:db8::1"]}`), found: []string{"UnusedRights low"},
		mail: []mail{{what: "mail from there", address: "2001:db8::1"}}},
	{what: "a VPC", of: userModule, text: allow(sendRaw, `"*"`, `"StringEquals":{"aws:SourceVpc":"vpc-0a"}`),
		intended: forExample, found: []string{"WideResource high"},
		mail: []mail{{what: "mail from there", vpc: "vpc-0a"}}},
	{what: "a VPC, in AWS's small letters", of: userModule, text: allow(bothSends, example,
		`"StringEquals":{"aws:sourceVpc":"vpc-0a"}`), found: []string{"UnusedRights low"},
		mail: []mail{{what: "mail from there", vpc: "vpc-0a"}}},
	{what: "any endpoint", of: userModule, text: allow(sendRaw, identityARN("*"),
		`"StringLike":{"aws:SourceVpce":"vpce-*"}`), mail: []mail{{what: "mail through one", endpoint: "vpce-0f"}},
		intended: forExample, found: []string{"WideResource high", "WideSource medium"}},
	{what: "a private network, which SES never sees", of: userModule, text: allow(sendRaw, `"*"`,
		`"IpAddress":{"aws:SourceIp":["10.0.0.0/8","192.0.2.0/24"]}`), intended: forExample,
		found: []string{"WideResource high", "PrivateIP low"}, mail: []mail{ordinary}},
	{what: "a network, if the address is known", of: organization, text: allow(sendRaw, `"*"`,
		`"IpAddressIfExists":{"aws:SourceIp":"192.0.2.0/24"}`), intended: forExample,
		found: []string{"WideResource high", "WideSource medium"},
		mail:  []mail{ordinary, {what: "mail through an endpoint", endpoint: "vpce-01"}}},
	{what: "encrypted", of: organization, text: allow(sendRaw, `"*"`, `"Bool":{"aws:SecureTransport":"true"}`),
		intended: forExample, found: []string{"WideResource high", "NoSource medium"}, mail: []mail{ordinary}},
	{what: "a data perimeter", of: organization, text: join(allow(sendRaw, `"*"`), denyOf(
		`"NotIpAddressIfExists":{"aws:SourceIp":"192.0.2.0/24"}`, `"StringNotEqualsIfExists":{"aws:SourceVpc":"vpc-0a"}`,
		`"BoolIfExists":{"aws:PrincipalIsAWSService":"false","aws:ViaAWSService":"false"}`)), intended: forExample,
		found: []string{"WideResource high"}, mail: []mail{ordinary, {what: "mail from the VPC", vpc: "vpc-0a"}}},
	{what: "an organization, which SES doesn't ask for", of: organization, text: allow(sendRaw, `"*"`,
		`"StringEquals":{"aws:PrincipalOrgID":"o-a1b2c3d4e5"}`), intended: forExample, meant: []mail{ordinary},
		found: []string{"WideResource high", "NoSource medium", "UnknownKey medium"}},
}

var realSets = []realPolicy{
	{what: "an identity and a set", of: userModule, text: allow(bothSends, `[`+example+`,`+mainSet+`]`),
		found: []string{"NoSource medium", "UnusedRights low"}, mail: []mail{ordinary, withMain}},
	{what: "an identity and any set", of: userModule, text: allow(bothSends, `[`+example+`,`+allSets+`]`),
		found: []string{"NoSource medium", "UnusedRights low"}, mail: []mail{ordinary, withMain}},
	{what: "an identity and any set, where one is meant", of: userModule, text: allow(bothSends,
		`[`+example+`,`+allSets+`]`), intended: ofExample(sendpolicy.Description{ConfigurationSets: []string{"main"}}),
		found: []string{"NoSource medium", "UnusedRights low"}, mail: []mail{withMain}},
	{what: "an identity, and all", of: userModule, text: allow(bothSends, `[`+example+`,"*"]`),
		found: []string{"WideResource high", "NoSource medium", "UnusedRights low"}, mail: []mail{ordinary, withMain}},
	{what: "any identity with one set, for a sender", of: userModule, text: allow(bothSends,
		`[`+identityARN("*")+`,`+mainSet+`]`, senderLike("*@example.com")), mail: []mail{ordinary, withMain},
		found: []string{"NoSource medium", "WideResource medium", "UnusedRights low"}},
	{what: "any identity, and in a second statement any set", of: userModule, text: join(
		allow(bothSends, identityARN("*")), allow(bothSends, allSets)), intended: forExample,
		found: []string{"WideResource high", "NoSource medium", "UnusedRights low", "UnusedRights low"},
		mail:  []mail{ordinary, withMain}},
}

// The intended description takes precedence over the statement.
var realIntents = []realPolicy{
	{what: "a network, where an endpoint is meant", of: userModule, text: allow(sendRaw, `"*"`, fromOffice),
		intended: ofExample(sendpolicy.Description{Endpoints: []string{"vpce-01"}}),
		found:    []string{"WideResource high"}, meant: []mail{{what: "mail through it", endpoint: "vpce-01"}}},
	{what: "a VPC, where an endpoint and another VPC are meant", of: userModule, text: allow(sendRaw, `"*"`,
		`"StringEquals":{"aws:SourceVpc":"vpc-0b"}`),
		intended: ofExample(sendpolicy.Description{Endpoints: []string{"vpce-01"}, VPCs: []string{"vpc-0a"}}),
		found:    []string{"WideResource high"},
		meant:    []mail{{what: "mail through it", endpoint: "vpce-01"}, {what: "mail from the other", vpc: "vpc-0a"}}},
	{what: "a sender, where a network is meant", of: senderModule, text: allow(sendRaw, `"*"`,
		senderLike("app@example.com")), found: []string{"NoSource medium", "WideResource medium"},
		intended: ofExample(sendpolicy.Description{Networks: networks("192.0.2.0/24")}), mail: []mail{ordinary}},
	{what: "the sandbox's recipients", of: credentials, text: allow(sendRaw, `"*"`),
		intended: ofExample(sendpolicy.Description{SandboxRecipients: []string{"someone@example.net"}}),
		found:    []string{"WideResource high", "NoSource medium"},
		mail:     []mail{ordinary, {what: "mail to one", verified: []string{"someone@example.net"}}}},
	{what: "the sandbox's recipients, for a sender from a network", of: userModule, text: allow(sendRaw, `"*"`,
		fromOffice, `"StringEquals":{"ses:FromAddress":"app@example.com"}`),
		intended: ofExample(sendpolicy.Description{SandboxRecipients: []string{"someone@example.net"}}),
		found:    []string{"WideResource medium"},
		mail:     []mail{ordinary, {what: "mail to one", verified: []string{"someone@example.net"}}}},
	{what: "the sandbox's recipients, with a set", of: userModule, text: allow(bothSends, `["arn:aws:ses:eu-west-1:`+
		`111122223333:identity/*",`+allSets+`]`),
		intended: ofExample(sendpolicy.Description{SandboxRecipients: []string{"example.net"}}),
		found:    []string{"WideResource high", "NoSource medium", "UnusedRights low"},
		mail:     []mail{ordinary, {what: "mail to one", verified: []string{"example.net"}, set: "main"}}},
	{what: "a group's policy", of: userModule, text: allow(`"ses:Send*"`, `"*"`), from: "group mailers",
		intended: forExample, mail: []mail{ordinary, withMain},
		found: []string{"WideAction high", "WideResource high", "NoSource medium"}},
	{what: "a policy of the account's own", of: userModule, text: allow(`"ses:Send*"`, example), from: "attached",
		arn: "arn:aws:iam::111122223333:policy/mail", mail: []mail{ordinary},
		found: []string{"NoSource medium", "WideAction medium"}},
}

func (p realPolicy) access(text string) sendpolicy.Access {
	return sendpolicy.Access{User: "mailer", Intended: p.intended,
		Policies: []sendpolicy.Policy{{Name: "send", ARN: p.arn, From: or(p.from, "inline"), Text: text}}}
}

func (p realPolicy) parsed(t *testing.T) sendpolicy.Document {
	t.Helper()
	d, err := sendpolicy.Parse(p.text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestWhatPeopleHaveIsFound(t *testing.T) {
	for _, p := range realPolicies {
		t.Run(p.what, func(t *testing.T) {
			findings := sendpolicy.Audit(p.access(p.text))
			if got := named(findings); !slices.Equal(got, p.found) {
				t.Errorf("%s (%s)\ngot  %q\nwant %q", p.text, p.of, got, p.found)
			}
		})
	}
}

// left are the findings that the suggested policy may have if the statement had them: only people
// can say where mail comes from.
var left = []sendpolicy.Code{sendpolicy.NoSource, sendpolicy.WideSource, sendpolicy.PrivateIP}

// TestWhatIsOfferedInsteadIsNarrow: it replaces the statement, so the denials still apply.
func TestWhatIsOfferedInsteadIsNarrow(t *testing.T) {
	for _, p := range realPolicies {
		t.Run(p.what, func(t *testing.T) {
			original, findings := p.parsed(t), sendpolicy.Audit(p.access(p.text))
			for _, f := range findings {
				if f.Instead == nil {
					continue
				}
				policy := *f.Instead
				for _, s := range original.Statements {
					if s.Effect == "Deny" {
						policy.Statements = append(slices.Clip(policy.Statements), s)
					}
				}
				for _, other := range sendpolicy.Audit(p.access(policy.String())) {
					had := func(f sendpolicy.Finding) bool { return f.Code == other.Code }
					if !slices.Contains(left, other.Code) || !slices.ContainsFunc(findings, had) {
						t.Errorf("in place of\n%s\nit has %s: %s\n%s", p.text, other.Code, other.Message, f.Instead)
					}
				}
			}
		})
	}
}

func TestAnAccountAndARegionThatAStatementNamesAreKept(t *testing.T) {
	const named = `arn:aws:ses:eu-central-1:444455556666:identity/`
	for _, f := range auditOf(allow(sendRaw, `"`+named+`*"`, senderLike("*@example.org"))) {
		if got := f.Instead.Statements[0].Resource; !slices.Equal(got, sendpolicy.Texts{named + "example.org"}) {
			t.Errorf("%s: %s", f.Code, got)
		}
	}
}

// trial is mail that a policy must allow, or must not.
type trial struct {
	of      string // the real policy
	policy  sendpolicy.Document
	mail    mail
	allowed bool
}

// trials try a real policy's mail with the policy itself, and with the suggested policies: each
// alone and all together.
func (p realPolicy) trials(t *testing.T) (all []trial) {
	t.Helper()
	original := p.parsed(t)
	try := func(policy sendpolicy.Document, allowed bool, mails ...mail) {
		for _, m := range mails {
			all = append(all, trial{p.what, policy, m, allowed})
		}
	}
	try(original, true, p.mail...)
	try(original, false, p.meant...)
	together := original
	for _, f := range sendpolicy.Audit(p.access(p.text)) {
		if f.Instead == nil {
			continue
		}
		try(replaced(original, *f.Statement, *f.Instead), true, p.mail...)
		together = replaced(together, *f.Statement, *f.Instead)
		try(*f.Instead, false, as("stranger.example", "ceo@stranger.example"),
			mail{what: "SendEmail", action: "ses:SendEmail"})
		if len(p.intended.ConfigurationSets) > 0 {
			try(*f.Instead, false, mail{what: "mail with a set that nobody named", set: "other"})
		}
	}
	try(together, true, p.mail...)
	try(together, true, p.meant...)
	return all
}

// replaced returns the document with other statements in place of one.
func replaced(d sendpolicy.Document, old sendpolicy.Statement, instead sendpolicy.Document) sendpolicy.Document {
	var statements []sendpolicy.Statement
	for _, s := range d.Statements {
		if reflect.DeepEqual(s, old) {
			statements = append(statements, instead.Statements...)
		} else {
			statements = append(statements, s)
		}
	}
	d.Statements = statements
	return d
}

func TestWhatIsOfferedInsteadSendsTheSameMail(t *testing.T) {
	for _, p := range realPolicies {
		t.Run(p.what, func(t *testing.T) {
			for _, r := range p.trials(t) {
				if lets(r.policy, r.mail) != r.allowed {
					t.Errorf("%s: want allowed %t (%s):\n%s", r.mail.what, r.allowed, p.of, r.policy)
				}
			}
		})
	}
}

// TestIAMSendsTheSameMailByWhatIsOfferedInstead asks someone else's IAM simulator the same.
func TestIAMSendsTheSameMailByWhatIsOfferedInstead(t *testing.T) {
	iam := newSimulator(t)
	var all []trial
	for _, p := range realPolicies {
		for _, r := range p.trials(t) {
			all = append(all, r)
			iam.put(r.policy, r.mail)
		}
	}
	iam.ask()
	for i, r := range all {
		if iam.allows(t, i) != r.allowed {
			t.Errorf("%s, %s: want allowed %t:\n%s", r.of, r.mail.what, r.allowed, r.policy)
		}
	}
	t.Logf("%d requests, %d questions", len(all), len(iam.questions))
}

// lets reports whether a policy allows mail, as this package's own evaluator decides.
func lets(d sendpolicy.Document, m mail) bool {
	g := grant{papers: []paper{paperOf(d)}}
	for _, q := range m.questions(d) {
		c := call{action: q.Request.Action, resource: q.Request.Resource.ARN, context: map[string][]string{}}
		for key, value := range q.Request.Context {
			values, several := value.([]string)
			if !several {
				values = []string{value.(string)}
			}
			c.context[strings.ToLower(key)] = values
		}
		if !g.allows(c) {
			return false
		}
	}
	return true
}

// paperOf returns a document in the evaluator's form.
func paperOf(d sendpolicy.Document) (p paper) {
	for _, s := range d.Statements {
		r := rule{
			deny:    s.Effect == "Deny",
			actions: slices.Concat(s.Action, s.NotAction), notActions: len(s.NotAction) > 0,
			resources: slices.Concat(s.Resource, s.NotResource), notResources: len(s.NotResource) > 0,
		}
		for operator, keys := range s.Condition {
			for key, values := range keys {
				r.when = append(r.when, when{operator, key, values})
			}
		}
		p.rules = append(p.rules, r)
	}
	return p
}
