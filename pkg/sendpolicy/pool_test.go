package sendpolicy_test

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// These are the texts that the generator makes policies from. Every text in a policy comes from
// here, and the judge's examples are derived from here (see texts). They avoid what AWS doesn't
// document well enough to judge:
//
//   - operators without ForAllValues or ForAnyValue on ses:Recipients, which has several values;
//   - ForAnyValue…IfExists and ForAllValues…IfExists;
//   - variables in IpAddress, and IPv4 addresses written as IPv6 (::ffff:0:0/96);
//   - * inside a resource's segments where it could go beyond a colon, and in its service;
//   - keys that SES doesn't implement, except those that are false in all of a user's own requests.

const ses1 = "arn:aws:ses:eu-west-1:111122223333:"

var (
	narrowActions = []string{"ses:SendRawEmail", "ses:SendRawEmail", "ses:SendRawEmail", "SES:SENDRAWEMAIL",
		"ses:SendEmail", "ses:sendBulkEmail", "ses:SendTemplatedEmail", "ses:SendBulkTemplatedEmail", "ses:SendBounce",
		"ses:?endRawEmail", "ses:*RawEmail", "ses:SendRaw*"}
	readingActions = []string{"ses:Get*", "ses:List*", "ses:GetSendQuota", "ses:GetAccount", "ses:ListIdentities"}
	wideActions    = []string{"*", "*:*", "ses:*", "ses:*", "Ses:S*", "ses:Send*", "ses:*Email", "ses:Verify*",
		"ses:VerifyEmailIdentity", "ses:PutIdentityPolicy", "ses:Delete*", "ses:DeleteIdentity", "iam:*", "iam:Create*",
		"iam:*AccessKey", "iam:CreateAccessKey", "iam:ChangePassword", "s3:*", "s3:Get*", "s3:PutObject", "lambda:*",
		"lambda:InvokeFunction", "secretsmanager:*", "secretsmanager:GetSecretValue", "sts:AssumeRole",
		"logs:PutLogEvents"}

	// Names of identities. The first list lets no strangers in.
	heldNames = []string{"example.com", "example.com", "*.example.com", "*@example.com", "mail.example.com",
		"alerts@example.com", "example.org", "example.co.uk", "?.example.com", "${aws:username}.example.com"}
	wideNames = []string{"*", "*", "*example.com", "ex?mple.com", "example.*", "example.com*", "exam*", "*.co.uk",
		"*.com", "*e*", "*@*", "${*}example.com"}
	places = []string{"eu-west-1:111122223333", "eu-west-1:111122223333", "us-east-1:111122223333", "*:111122223333",
		"eu-*:111122223333", "*:*", "eu-west-1:*"}
	otherResources = []string{ses1 + "configuration-set/mail", ses1 + "configuration-set/*", ses1 + "template/*",
		ses1 + "template/welcome", "*", "arn:aws:ses:*:*:*", "arn:aws:ses:*", ses1 + "*", "arn:*",
		"arn:aws:s3:::backup/*", "arn:aws:iam::*:user/${aws:username}", "arn:aws:iam::111122223333:role/admin"}

	// Networks of a size that one organisation has, and others.
	ownNetworks = []string{"192.0.2.0/24", "192.0.2.0/24", "198.51.100.0/24", "203.0.113.77/24", "192.0.2.10",
		"192.0.2.10/32", "198.51.0.0/16", "203.0.0.0/16", "2001:db8::/48", "2001:DB8:1:0::/64", "2001:db8::/32",
		"2001:db8::25", "10.0.0.0/8", "192.168.0.0/16"}
	wideNetworks = []string{"0.0.0.0/0", "::/0", "0.0.0.0/1", "128.0.0.0/1", "3.0.0.0/8", "18.0.0.0/8", "52.0.0.0/8",
		"54.0.0.0/8", "13.0.0.0/8", "34.0.0.0/8", "44.0.0.0/8", "203.0.112.0/15", "2600::/12", "2000::/3", "2a00::/12",
		"2001:db8::/31"}
	// Texts for text operators, and the networks of the addresses that they match.
	addressTexts = map[string][]string{
		"*":               {"0.0.0.0/0", "::/0"},
		"${aws:SourceIp}": {"0.0.0.0/0", "::/0"},
		"192.0.2.10":      {"192.0.2.10"},
		"192.0.2.*":       {"192.0.2.0/24"},
		"198.51.*":        {"198.51.0.0/16"},
		"2001:db8:*":      {"2001:db8::/32"},
		"2*": append(eights(2, 2, 20, 29, 200, 255), "2::/16", "20::/12",
			"200::/8", "2000::/4"),
	}
	innerNetworks = []string{"10.0.0.0/8", "10.0.0.0/16", "192.0.2.0/24", "0.0.0.0/0"}

	ownEndpoints  = []string{"vpce-0123456789abcdef0", "vpce-0aaaabbbbccccdddd"}
	wideEndpoints = []string{"vpce-*", "vpce-0*", "*", "vpce-0123456789abcdef?", "${aws:SourceVpce}"}
	ownVPCs       = []string{"vpc-0123456789abcdef0"}
	wideVPCs      = []string{"vpc-*", "vpc-0*", "*"}

	heldSenders = []string{"app@example.com", "app@example.com", "*@example.com", "*@example.com", "*@*.example.com",
		"*@example.org", "*@example.co.uk", "${aws:username}@example.com", "?pp@example.com", "app*@example.com"}
	wideSenders = []string{"*", "*e*", "*@*", "*example.com", "app@*", "*@ex?mple.com", "*.co.uk", "*@example.*",
		"*@example.com*"}

	recipients = []string{"someone@example.net", "*@example.net", "*"}
	names      = []string{"Example Billing", "Example*", "*"}
	bounces    = []string{"bounces@example.com", "*@example.com"}
	agents     = []string{"SMTP", "aws-cli/*"}
	dates      = []string{"2018-08-31T12:00:00Z", "2018-10-01T12:00:00Z", "2030-01-01T00:00:00Z",
		"2031-01-01T00:00:00Z"}
)

// eights returns the networks of /8 from one number to another.
func eights(borders ...byte) (all []string) {
	for pair := range slices.Chunk(borders, 2) {
		for i := int(pair[0]); i <= int(pair[1]); i++ {
			all = append(all, fmt.Sprintf("%d.0.0.0/8", i))
		}
	}
	return all
}

// heldDomains are all domains that names and senders write in full.
var heldDomains = func() (all []string) {
	for _, text := range slices.Concat(heldNames, wideNames, heldSenders, wideSenders) {
		if d := fixedDomain(text); d != "" && !slices.Contains(all, d) {
			all = append(all, d)
		}
	}
	return all
}()

// fixedDomain returns the registrable domain that a pattern of names or addresses fixes: one that
// is written in full and, if anything precedes it, is separated from that by a point or an @.
func fixedDomain(pattern string) string {
	text := strings.ToLower(strings.NewReplacer("${*}", "!", "${aws:username}", "mailer").Replace(pattern))
	tail := text[strings.LastIndexAny(text, "*?")+1:]
	d := registrable(tail)
	before := strings.TrimSuffix(tail, d)
	if d == "" || strings.Contains(d, "!") || before == "" && tail != text {
		return ""
	}
	return d
}

// registrable returns the domain that one could register for a domain or an address. It is empty if
// the text has too few labels.
func registrable(text string) string {
	labels := strings.Split(strings.ToLower(text[strings.LastIndex(text, "@")+1:]), ".")
	n := 2
	if len(labels) > 2 && suffix[strings.Join(labels[len(labels)-2:], ".")] {
		n = 3
	}
	if len(labels) < n || suffix[strings.Join(labels[len(labels)-n:], ".")] || labels[len(labels)-n] == "" {
		return ""
	}
	return strings.Join(labels[len(labels)-n:], ".")
}

var suffix = map[string]bool{"co.uk": true, "com.au": true}

// kind is a kind of action. Kinds also differ in the keys that their requests have ("Actions,
// resources, and condition keys for Amazon SES", Service Authorization Reference).
type kind int

const (
	mailing  kind = iota // sends, and has all the keys of mail
	bouncing             // sends, and has only the From address
	bulk                 // sends, and has none of these keys
	reading
	managing // SES's other actions
	formal   // other actions that have mail's keys
	foreign  // another service's
	unclear  // AWS doesn't have it, or its kind is debatable
)

// realActions are AWS's own, of each kind. They include all that send.
var realActions = map[kind][]string{
	mailing:  {"ses:SendRawEmail", "ses:SendEmail", "ses:SendTemplatedEmail", "ses:SendBulkTemplatedEmail"},
	bouncing: {"ses:SendBounce"},
	bulk:     {"ses:SendBulkEmail"},
	reading: {"ses:GetSendQuota", "ses:GetAccount", "ses:GetIdentityPolicies", "ses:ListIdentities",
		"ses:ListConfigurationSets", "ses:DescribeConfigurationSet"},
	managing: {"ses:VerifyEmailIdentity", "ses:VerifyDomainIdentity", "ses:VerifyDomainDkim", "ses:PutIdentityPolicy",
		"ses:DeleteIdentity", "ses:DeleteIdentityPolicy", "ses:DeleteConfigurationSet", "ses:CreateEmailIdentity",
		"ses:SetIdentityNotificationTopic", "ses:SetActiveReceiptRuleSet", "ses:UpdateAccountSendingEnabled",
		"ses:DeleteVerifiedEmailAddress", "ses:PutAccountDetails", "ses:CreateConfigurationSet", "ses:TagResource"},
	foreign: {"iam:CreateAccessKey", "iam:CreateUser", "iam:DeleteAccessKey", "iam:UpdateAccessKey",
		"iam:PutUserPolicy", "iam:ChangePassword", "iam:GetUser", "s3:PutObject", "s3:GetObject",
		"s3:GetBucketPolicy", "s3:DeleteObject",
		"lambda:InvokeFunction", "lambda:GetFunction", "secretsmanager:GetSecretValue", "secretsmanager:PutSecretValue",
		"sts:AssumeRole", "logs:PutLogEvents", "ec2:RunInstances", "sns:Publish"},
	formal: {"ses:SendCustomVerificationEmail", "ses:AssociateEmailIdentityCertificate",
		"ses:DisassociateEmailIdentityCertificate"},
	unclear: {"ses:BatchGetMetricData", "ses:TestRenderTemplate"},
}

// kindOf returns an action's kind. AWS adds actions all the time, so one that it doesn't have yet,
// such as ses:Zap, is unclear.
func kindOf(action string) kind {
	for k, actions := range realActions {
		if slices.ContainsFunc(actions, func(a string) bool { return strings.EqualFold(a, action) }) {
			return k
		}
	}
	return unclear
}

func isOfSES(action string) bool { return strings.HasPrefix(strings.ToLower(action), "ses:") }

// mayManage reports whether an SES action may, at least debatably, do more than read or send. That
// includes actions that AWS doesn't have, unless they differ from a sending one in a letter:
// ses:?endRawEmail is sending.
func mayManage(action string) bool {
	return isOfSES(action) && kindOf(action) > bulk && !slices.ContainsFunc(
		[]string{"ses:get*", "ses:list*", "ses:describe*", "ses:?endrawemail"},
		func(p string) bool { return isAction(p, action) })
}

// in returns those without duplicates, in order.
func in[T cmp.Ordered](all ...[]T) []T {
	texts := slices.Concat(all...)
	slices.Sort(texts)
	return slices.Compact(texts)
}
