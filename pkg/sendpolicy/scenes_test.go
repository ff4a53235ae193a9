package sendpolicy_test

import (
	"net/netip"
	"slices"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sendpolicy"
)

// scene is a description, with mail that it must allow and mail that it must not. Both follow the
// words of [sendpolicy.Description], not what the writer does.
type scene struct {
	what            string
	description     sendpolicy.Description
	allowed, denied []mail
}

// strangers are requests that have nothing to do with any description in the table: every policy
// denies them.
var strangers = []mail{
	{what: "an identity that nobody named", as: "example.edu", from: "app@example.edu"},
	{what: "an identity of another Region", as: "arn:aws:ses:ap-south-1:111122223333:identity/example.com"},
	{what: "an identity of a stranger's account", as: "arn:aws:ses:eu-west-1:999988887777:identity/example.com"},
	{what: "a configuration set that nobody named", set: "strange"},
	{what: "SendEmail", action: "ses:SendEmail"},
	{what: "SendBulkEmail", action: "ses:SendBulkEmail"},
	{what: "deleting the identity", action: "ses:DeleteEmailIdentity"},
	{what: "more access keys", action: "iam:CreateAccessKey", on: "arn:aws:iam::111122223333:user/mailer"},
}

// idle are values that a policy may have although no mail needs them, such as a sender who belongs
// to none of the described identities.
var idle = []string{"idle@example.org"}

// ofExample adds example.com to a description, in one Region of one account.
func ofExample(d sendpolicy.Description) sendpolicy.Description {
	d.Account, d.Regions = "111122223333", []string{"eu-west-1"}
	if len(d.Identities) == 0 {
		d.Identities = []string{"example.com"}
	}
	return d
}

func networks(texts ...string) (networks []netip.Prefix) {
	for _, text := range texts {
		networks = append(networks, netip.MustParsePrefix(text))
	}
	return networks
}

var scenes = slices.Concat(identityScenes, sandboxScenes, senderScenes, sourceScenes, otherScenes,
	[]scene{everythingScene()})

var identityScenes = []scene{
	{"a domain", ofExample(sendpolicy.Description{}),
		[]mail{
			{what: "ordinary mail"},
			{what: "any sender of the domain", from: "Any.One+tag@example.com"},
			{what: "a sender of a subdomain", from: "app@mail.example.com"},
			{what: "any display name", name: "Any, \"One\""},
			{what: "any recipients", to: []string{"a@example.net", "b@example.org", "c@example.edu"}},
			{what: "mail without recipients that SES knows of", to: []string{}},
			{what: "any address", address: "203.0.113.77"},
			{what: "any IPv6 address", address: "2001:db8::1"},
			{what: "any endpoint", endpoint: "vpce-01"},
			{what: "mail that isn't encrypted", plain: true},
			{what: "any time", at: "2040-01-01T00:00:00Z"},
		},
		[]mail{
			{what: "an address that is an identity by itself", as: "boss@example.com", from: "boss@example.com"},
			{what: "a subdomain that is an identity by itself", as: "mail.example.com", from: "app@mail.example.com"},
			{what: "a domain that ends alike", as: "badexample.com", from: "app@badexample.com"},
			{what: "a domain that begins alike", as: "example.com.evil.example", from: "app@example.com.evil.example"},
			{what: "recipients of whose identity SES asks, in the sandbox", verified: []string{"example.net"}},
			{what: "the name of another partition", as: "arn:aws-cn:ses:eu-west-1:111122223333:identity/example.com"},
			{what: "an SES template of the same name", action: "ses:SendEmail",
				on: "arn:aws:ses:eu-west-1:111122223333:template/example.com"},
		}},
	{"an address", ofExample(sendpolicy.Description{Identities: []string{"billing@example.com"}}),
		[]mail{
			{what: "mail from it", as: "billing@example.com", from: "billing@example.com"},
		},
		[]mail{
			{what: "its domain", from: "billing@example.com"},
			{what: "another address", as: "sales@example.com", from: "sales@example.com"},
			{what: "itself in capitals, which is another identity", as: "Billing@example.com",
				from: "Billing@example.com"},
		}},
	{"an ARN alone",
		sendpolicy.Description{Identities: []string{"arn:aws:ses:eu-west-1:111122223333:identity/example.com"}},
		[]mail{{what: "ordinary mail"}},
		[]mail{{what: "an address of the domain", as: "boss@example.com", from: "boss@example.com"}}},
	{"a name and an ARN",
		ofExample(sendpolicy.Description{Identities: []string{"example.com",
			"arn:aws:ses:us-west-2:111122223333:identity/example.org"}}),
		[]mail{
			{what: "the name"},
			{what: "the ARN", as: "arn:aws:ses:us-west-2:111122223333:identity/example.org", from: "app@example.org"},
		},
		[]mail{
			{what: "the name in the ARN's Region", as: "arn:aws:ses:us-west-2:111122223333:identity/example.com"},
			{what: "the ARN's name in the described Region", as: "example.org", from: "app@example.org"},
		}},
	{"two identities in two Regions", sendpolicy.Description{Account: "111122223333",
		Regions:    []string{"eu-west-1", "us-east-1"},
		Identities: []string{"example.com", "alerts@example.org"}, ConfigurationSets: []string{"main"}},
		[]mail{
			{what: "the first in the first"},
			{what: "the first in the second", as: "arn:aws:ses:us-east-1:111122223333:identity/example.com"},
			{what: "the second in the first", as: "alerts@example.org", from: "alerts@example.org"},
			{what: "the second in the second", as: "arn:aws:ses:us-east-1:111122223333:identity/alerts@example.org",
				from: "alerts@example.org"},
			{what: "the first Region's configuration set", set: "main"},
			{what: "the second Region's configuration set",
				as:  "arn:aws:ses:us-east-1:111122223333:identity/example.com",
				set: "arn:aws:ses:us-east-1:111122223333:configuration-set/main"},
		},
		[]mail{
			{what: "a third Region", as: "arn:aws:ses:eu-west-2:111122223333:identity/example.com"},
			{what: "a third identity", as: "example.org", from: "alerts@example.org"},
			{what: "a third Region's configuration set",
				set: "arn:aws:ses:eu-west-2:111122223333:configuration-set/main"},
		}},
	{"AWS GovCloud", sendpolicy.Description{Account: "111122223333", Regions: []string{"us-gov-west-1"},
		Identities: []string{"example.com"}},
		[]mail{{what: "its identity", as: "arn:aws-us-gov:ses:us-gov-west-1:111122223333:identity/example.com"}},
		[]mail{
			{what: "the other partition's", as: "arn:aws:ses:us-gov-west-1:111122223333:identity/example.com"},
			{what: "another Region of it", as: "arn:aws-us-gov:ses:us-gov-east-1:111122223333:identity/example.com"},
		}},
	{"another account's identity",
		ofExample(sendpolicy.Description{Identities: []string{
			"arn:aws:ses:eu-west-1:444455556666:identity/example.com"}}),
		[]mail{{what: "it, where its owner does", as: "arn:aws:ses:eu-west-1:444455556666:identity/example.com",
			owner: ownerAllows}},
		[]mail{
			{what: "it, where its owner doesn't", as: "arn:aws:ses:eu-west-1:444455556666:identity/example.com"},
			{what: "that of its name in the own account"},
		}},
	{"configuration sets", ofExample(sendpolicy.Description{ConfigurationSets: []string{"main",
		"arn:aws:ses:eu-west-1:111122223333:configuration-set/Bulk_2"}}),
		[]mail{
			{what: "mail with none"},
			{what: "mail with the first", set: "main"},
			{what: "mail with the second", set: "Bulk_2"},
		},
		[]mail{
			{what: "another", set: "other"},
			{what: "one that begins alike", set: "main2"},
			{what: "one in capitals", set: "Main"},
			{what: "one of another Region", set: "arn:aws:ses:us-east-1:111122223333:configuration-set/main"},
			{what: "one of another account", set: "arn:aws:ses:eu-west-1:444455556666:configuration-set/main"},
			{what: "another identity with one that is described", as: "example.org", from: "app@example.org",
				set: "main"},
		}},
}

var ownerAllows = sendpolicy.Document{Version: "2012-10-17", Statements: []sendpolicy.Statement{{
	Effect: "Allow", Action: sendpolicy.Texts{"ses:SendRawEmail"},
	Resource: sendpolicy.Texts{"arn:aws:ses:eu-west-1:444455556666:identity/example.com"},
}}}

// toFriends are recipients in the sandbox: a domain and an address.
var toFriends = []string{"example.org", "friend@example.net"}

var sandboxScenes = []scene{
	{"the sandbox", ofExample(sendpolicy.Description{SandboxRecipients: toFriends}),
		[]mail{
			{what: "mail to the domain", to: []string{"boss@example.org"}, verified: []string{"example.org"}},
			{what: "mail to the address", to: []string{"friend@example.net"}, verified: []string{"friend@example.net"}},
			{what: "mail to both", to: []string{"boss@example.org", "friend@example.net"}, verified: toFriends},
			{what: "a sender of a subdomain", from: "app@mail.example.com", verified: []string{"example.org"}},
			{what: "mail that goes where SES doesn't ask, out of the sandbox", to: []string{"anyone@example.edu"}},
		},
		[]mail{
			{what: "a recipient who isn't described", to: []string{"a@example.edu"}, verified: []string{"example.edu"}},
			{what: "two recipients, one of whom isn't described", verified: []string{"example.org", "example.edu"}},
			{what: "the domain of an address that is described", to: []string{"other@example.net"},
				verified: []string{"example.net"}},
			{what: "a recipient's identity in another Region",
				verified: []string{"arn:aws:ses:us-east-1:111122223333:identity/example.org"}},
			{what: "sending as the recipients' domain", as: "example.org", from: "boss@example.org"},
			{what: "sending as the recipients' domain to itself", as: "example.org", from: "boss@example.org",
				verified: []string{"example.org"}},
			{what: "sending as a subdomain of the recipients' domain", as: "example.org",
				from: "boss@mail.example.org"},
			{what: "sending as a recipient's address", as: "friend@example.net", from: "friend@example.net"},
			{what: "sending as the recipients' domain from one that ends like ours", as: "example.org",
				from: "app@badexample.com"},
		}},
	{"the sandbox for an address", ofExample(sendpolicy.Description{Identities: []string{"app@example.com"},
		SandboxRecipients: []string{"friend@example.com"}}),
		[]mail{
			{what: "mail from it", as: "app@example.com", to: []string{"friend@example.com"},
				verified: []string{"friend@example.com"}},
		},
		[]mail{
			{what: "sending as the recipient", as: "friend@example.com", from: "friend@example.com"},
			{what: "the domain", verified: []string{"friend@example.com"}},
		}},
	{"the sandbox with a sender", ofExample(sendpolicy.Description{SandboxRecipients: toFriends,
		From: []string{"app@example.com"}}),
		[]mail{
			{what: "mail from that sender", verified: toFriends},
			{what: "the sender in capitals", from: "App@Example.Com", verified: toFriends},
		},
		[]mail{
			{what: "another sender", from: "boss@example.com", verified: toFriends},
			{what: "sending as the recipients' domain", as: "example.org", from: "boss@example.org"},
			{what: "sending as a recipient's address", as: "friend@example.net", from: "friend@example.net"},
		}},
	{"the sandbox from networks and through endpoints",
		ofExample(sendpolicy.Description{SandboxRecipients: []string{"example.org"},
			Networks: networks("192.0.2.0/24"), Endpoints: []string{"vpce-01"}, Recipients: []string{"example.org"}}),
		[]mail{
			{what: "a subdomain's sender from the network", from: "app@mail.example.com",
				to: []string{"boss@example.org"}, verified: []string{"example.org"}},
			{what: "a subdomain's sender through the endpoint", from: "app@mail.example.com", endpoint: "vpce-01",
				to: []string{"boss@example.org"}, verified: []string{"example.org"}},
			{what: "mail from the network", to: []string{"boss@example.org"}, verified: []string{"example.org"}},
			{what: "mail through the endpoint", endpoint: "vpce-01", to: []string{"boss@example.org"},
				verified: []string{"example.org"}},
		},
		[]mail{
			{what: "another network", address: "203.0.113.1", to: []string{"boss@example.org"},
				verified: []string{"example.org"}},
			{what: "another endpoint", endpoint: "vpce-02", to: []string{"boss@example.org"},
				verified: []string{"example.org"}},
			{what: "another network, where SES doesn't ask", address: "203.0.113.1", to: []string{"boss@example.org"}},
			{what: "another endpoint, where SES doesn't ask", endpoint: "vpce-02", to: []string{"boss@example.org"}},
			{what: "another recipient from the network", to: []string{"a@example.edu"}},
			{what: "another recipient through the endpoint", endpoint: "vpce-01", to: []string{"a@example.edu"}},
			{what: "no recipient from the network", to: []string{}},
			{what: "no recipient through the endpoint", endpoint: "vpce-01", to: []string{}},
			{what: "sending as the recipients' domain from the network", as: "example.org", from: "boss@example.org",
				to: []string{"boss@example.org"}},
			{what: "sending as the recipients' domain through the endpoint", as: "example.org",
				from: "boss@example.org", endpoint: "vpce-01", to: []string{"boss@example.org"}},
			{what: "mail that names a recipient's identity which isn't described", to: []string{"boss@example.org"},
				verified: []string{"boss@example.org"}},
		}},
}

var senderScenes = []scene{
	{"exact senders", ofExample(sendpolicy.Description{From: []string{"app@example.com", "billing@example.com"}}),
		[]mail{
			{what: "the first"},
			{what: "the second", from: "billing@example.com"},
			{what: "one in capitals", from: "APP@Example.COM"},
		},
		[]mail{
			{what: "another", from: "boss@example.com"},
			{what: "one that ends alike", from: "my-app@example.com"},
			{what: "one that begins alike", from: "app@example.com.evil.example"},
			{what: "one of a subdomain", from: "app@mail.example.com"},
			{what: "a tag", from: "app+x@example.com"},
		}},
	{"a sender with a wildcard", ofExample(sendpolicy.Description{From: []string{"app-*@example.com"}}),
		[]mail{
			{what: "text", from: "app-eu-1@example.com"},
			{what: "no text", from: "app-@example.com"},
		},
		[]mail{
			{what: "less than is written", from: "app@example.com"},
			{what: "capitals", from: "App-1@example.com"},
			{what: "capitals in the domain", from: "app-1@Example.com"},
			{what: "another domain", from: "app-1@example.org"},
		}},
	{"a sender with a wildcard and one without", ofExample(sendpolicy.Description{From: []string{"app@example.com",
		"*@*.example.com"}}),
		[]mail{
			{what: "the one without"},
			{what: "the one with", from: "any@a.b.example.com"},
		},
		[]mail{
			{what: "the one without in capitals", from: "App@example.com"},
			{what: "another", from: "boss@example.com"},
			{what: "one that ends alike", from: "boss@badexample.com"},
		}},
	{"a domain of senders", ofExample(sendpolicy.Description{From: []string{"news.example.com"}}),
		[]mail{
			{what: "an address", from: "any@news.example.com"},
			{what: "an address in capitals", from: "ANY@news.example.com"},
		},
		[]mail{
			{what: "the domain above"},
			{what: "a domain below", from: "any@a.news.example.com"},
			{what: "one that ends alike", from: "any@badnews.example.com"},
		}},
	{"a sender with a question mark, which isn't a wildcard",
		ofExample(sendpolicy.Description{From: []string{"who?@example.com"}}),
		[]mail{{what: "the sender", from: "who?@example.com"}},
		[]mail{{what: "another letter in its place", from: "whoa@example.com"}}},
	{"exact display names", ofExample(sendpolicy.Description{FromNames: []string{"Example Shop", "R&D"}}),
		[]mail{
			{what: "the first", name: "Example Shop"},
			{what: "the second", name: "R&D"},
			{what: "capitals", name: "EXAMPLE SHOP"},
		},
		[]mail{
			{what: "another", name: "The Boss"},
			{what: "one that begins alike", name: "Example Shops"},
			{what: "none"},
		}},
	{"a display name with a wildcard", ofExample(sendpolicy.Description{FromNames: []string{"Example *"}}),
		[]mail{{what: "text", name: "Example Shop"}, {what: "no text", name: "Example "}},
		[]mail{{what: "less than is written", name: "Example"}, {what: "small letters", name: "example Shop"},
			{what: "none"}}},
	{"recipients", ofExample(sendpolicy.Description{Recipients: []string{"example.net", "boss@example.org",
		"*@*.example.edu"}}),
		[]mail{
			{what: "one of the domain"},
			{what: "the address", to: []string{"boss@example.org"}},
			{what: "one of the wildcard", to: []string{"a@b.example.edu"}},
			{what: "all of them", to: []string{"a@example.net", "b@example.net", "boss@example.org",
				"a@b.example.edu"}},
		},
		[]mail{
			{what: "another", to: []string{"a@example.com"}},
			{what: "many with another at the end",
				to: []string{"a@example.net", "b@example.net", "boss@example.org", "a@example.com"}},
			{what: "many with another at the beginning", to: []string{"a@example.com", "a@example.net"}},
			{what: "another of the address's domain", to: []string{"a@example.org"}},
			{what: "a domain below", to: []string{"a@mail.example.net"}},
			{what: "a domain that ends alike", to: []string{"a@badexample.net"}},
			{what: "capitals", to: []string{"A@Example.net"}},
			{what: "none", to: []string{}},
		}},
	{"a recipient", ofExample(sendpolicy.Description{Recipients: []string{"boss@example.org"}}),
		[]mail{{what: "the recipient", to: []string{"boss@example.org"}}},
		[]mail{
			{what: "another"},
			{what: "another besides", to: []string{"boss@example.org", "someone@example.net"}},
			{what: "none", to: []string{}},
		}},
	{"a sender and a recipient", ofExample(sendpolicy.Description{From: []string{"app@example.com"},
		FromNames: []string{"App"}, Recipients: []string{"example.net"}}),
		[]mail{{what: "both", name: "App"}},
		[]mail{
			{what: "another sender", from: "boss@example.com", name: "App"},
			{what: "another name", name: "Boss"},
			{what: "another recipient", name: "App", to: []string{"a@example.org"}},
			{what: "no recipient", name: "App", to: []string{}},
		}},
}

var sourceScenes = []scene{
	{"networks", ofExample(sendpolicy.Description{Networks: networks("192.0.2.8/29", "198.51.100.7/32",
		"2001:db8:1::/48")}),
		[]mail{
			{what: "an address of the first"},
			{what: "its first address", address: "192.0.2.8"},
			{what: "its last address", address: "192.0.2.15"},
			{what: "the single address", address: "198.51.100.7"},
			{what: "an IPv6 address", address: "2001:db8:1:ffff::1"},
		},
		[]mail{
			{what: "the address before", address: "192.0.2.7"},
			{what: "the address behind", address: "192.0.2.16"},
			{what: "the neighbour of the single address", address: "198.51.100.8"},
			{what: "another IPv6 network", address: "2001:db8:2::1"},
			{what: "an endpoint", endpoint: "vpce-01"},
			{what: "an endpoint, from the same address in its VPC", private: "192.0.2.10"},
		}},
	{"endpoints", ofExample(sendpolicy.Description{Endpoints: []string{"vpce-01", "vpce-02"}}),
		[]mail{
			{what: "the first", endpoint: "vpce-01"},
			{what: "the second, in any VPC", endpoint: "vpce-02", vpc: "vpc-99", private: "172.16.0.1"},
		},
		[]mail{
			{what: "a third", endpoint: "vpce-03"},
			{what: "one that begins alike", endpoint: "vpce-011"},
			{what: "the internet"},
		}},
	{"VPCs", ofExample(sendpolicy.Description{VPCs: []string{"vpc-01", "vpc-02"}}),
		[]mail{
			{what: "the first", vpc: "vpc-01"},
			{what: "the second, through any endpoint", vpc: "vpc-02", endpoint: "vpce-99"},
		},
		[]mail{{what: "a third", vpc: "vpc-03"}, {what: "the internet"}}},
	{"an endpoint and a VPC", ofExample(sendpolicy.Description{Endpoints: []string{"vpce-01"},
		VPCs: []string{"vpc-02"}}),
		[]mail{
			{what: "the endpoint", endpoint: "vpce-01"},
			{what: "the VPC", vpc: "vpc-02"},
			{what: "both", endpoint: "vpce-01", vpc: "vpc-02"},
		},
		[]mail{{what: "neither", endpoint: "vpce-02", vpc: "vpc-01"}, {what: "the internet"}}},
	{"private networks of an endpoint", ofExample(sendpolicy.Description{Endpoints: []string{"vpce-01"},
		PrivateNetworks: networks("10.1.0.0/16", "10.9.0.4/32")}),
		[]mail{
			{what: "an address of the first", endpoint: "vpce-01", private: "10.1.255.255"},
			{what: "the second", endpoint: "vpce-01", private: "10.9.0.4"},
		},
		[]mail{
			{what: "another private address", endpoint: "vpce-01", private: "10.2.0.1"},
			{what: "another endpoint", endpoint: "vpce-02", private: "10.1.0.1"},
			{what: "the same address without an endpoint", address: "10.1.0.1"},
		}},
	{"private networks of a VPC", ofExample(sendpolicy.Description{VPCs: []string{"vpc-01"},
		PrivateNetworks: networks("10.1.0.0/16")}),
		[]mail{{what: "an address of them", vpc: "vpc-01", private: "10.1.0.1"}},
		[]mail{
			{what: "another private address", vpc: "vpc-01", private: "10.2.0.1"},
			{what: "another VPC", vpc: "vpc-02", private: "10.1.0.1"},
		}},
	{"a network and an endpoint", ofExample(sendpolicy.Description{Networks: networks("192.0.2.0/24"),
		Endpoints: []string{"vpce-01"}}),
		[]mail{
			{what: "the network"},
			{what: "the endpoint", endpoint: "vpce-01"},
		},
		[]mail{
			{what: "another network", address: "203.0.113.1"},
			{what: "another endpoint", endpoint: "vpce-02"},
			{what: "another endpoint, from the network's address in its VPC", endpoint: "vpce-02",
				private: "192.0.2.10"},
		}},
	{"a network, an endpoint and a VPC with private networks",
		ofExample(sendpolicy.Description{Networks: networks("192.0.2.0/24"),
			Endpoints: []string{"vpce-01"}, VPCs: []string{"vpc-02"}, PrivateNetworks: networks("10.1.0.0/16")}),
		[]mail{
			{what: "the network"},
			{what: "the endpoint from the private network", endpoint: "vpce-01", private: "10.1.0.1"},
			{what: "the VPC from the private network", vpc: "vpc-02", private: "10.1.0.1"},
		},
		[]mail{
			{what: "another network", address: "203.0.113.1"},
			{what: "the endpoint from another private network", endpoint: "vpce-01", private: "10.2.0.1"},
			{what: "the VPC from another private network", vpc: "vpc-02", private: "10.2.0.1"},
			{what: "another endpoint and VPC from the private network", private: "10.1.0.1"},
			{what: "the private network's address without an endpoint", address: "10.1.0.1"},
		}},
}

// condition returns a description of example.com with one condition.
func condition(operator, key string, values ...string) sendpolicy.Description {
	return ofExample(sendpolicy.Description{Conditions: []sendpolicy.Condition{{Operator: operator, Key: key,
		Values: values}}})
}

var otherScenes = []scene{
	{"encryption", ofExample(sendpolicy.Description{TLSOnly: true}),
		[]mail{{what: "encrypted mail"}, {what: "encrypted mail through an endpoint", endpoint: "vpce-01"}},
		[]mail{{what: "mail that isn't", plain: true},
			{what: "mail that isn't through an endpoint", endpoint: "vpce-01", plain: true}}},
	{"an end", condition("DateLessThan", "aws:CurrentTime", "2027-01-01T00:00:00Z"),
		[]mail{{what: "mail before", at: "2026-12-31T23:59:59Z"}},
		[]mail{{what: "mail then", at: "2027-01-01T00:00:00Z"}, {what: "mail after", at: "2027-01-01T00:00:01Z"}}},
	{"a beginning and an end", ofExample(sendpolicy.Description{Conditions: []sendpolicy.Condition{
		{Operator: "DateGreaterThanEquals", Key: "aws:CurrentTime", Values: []string{"2025-06-01T00:00:00Z"}},
		{Operator: "NumericLessThan", Key: "aws:EpochTime", Values: []string{"1798761600"}}, // the end of 2026
	}}),
		[]mail{{what: "mail between"}, {what: "mail at the beginning", at: "2025-06-01T00:00:00Z"}},
		[]mail{{what: "mail before", at: "2025-05-31T23:59:59Z"}, {what: "mail after", at: "2027-01-01T00:00:00Z"}}},
	{"an address for bounces", condition("StringEquals", "ses:FeedbackAddress", "bounces@example.com"),
		[]mail{{what: "it"}},
		[]mail{{what: "another", bounces: "b@example.org"}, {what: "capitals", bounces: "Bounces@example.com"}}},
	{"a user agent", condition("StringLike", "aws:UserAgent", "SMTP*"),
		[]mail{{what: "it", agent: "SMTP/1"}},
		[]mail{{what: "another", agent: "aws-cli/2"}}},
	{"a key in small letters", condition("StringEquals", "ses:fromaddress", "app@example.com"),
		[]mail{{what: "what it says"}},
		[]mail{{what: "something else", from: "boss@example.com"}}},
	{"all networks but one", ofExample(sendpolicy.Description{Networks: networks("192.0.2.0/24"),
		Conditions: []sendpolicy.Condition{{Operator: "NotIpAddress", Key: "aws:SourceIp",
			Values: []string{"192.0.2.128/25"}}}}),
		[]mail{{what: "the others"}},
		[]mail{{what: "the one", address: "192.0.2.130"}, {what: "another", address: "203.0.113.1"}}},
}

// everything returns a description that uses each field.
func everything() sendpolicy.Description {
	return sendpolicy.Description{
		Account: "111122223333", Regions: []string{"eu-west-1", "us-east-1"},
		Identities: []string{"example.com", "alerts@example.org"}, ConfigurationSets: []string{"main"},
		SandboxRecipients: []string{"example.net"},
		From:              []string{"app@example.com", "alerts@example.org"}, FromNames: []string{"App", "Alerts"},
		Recipients: []string{"example.net", "boss@example.edu"},
		Networks:   networks("192.0.2.0/24", "2001:db8:1::/48"), Endpoints: []string{"vpce-01"},
		VPCs: []string{"vpc-02"}, PrivateNetworks: networks("10.1.0.0/16"),
		TLSOnly: true,
		Conditions: []sendpolicy.Condition{{Operator: "DateLessThan", Key: "aws:CurrentTime",
			Values: []string{"2027-01-01T00:00:00Z"}}},
	}
}

// everythingScene has mail through each of three ways in, and the same mail with one thing
// different from the description.
func everythingScene() scene {
	s := scene{what: "a description that says everything", description: everything()}
	for _, way := range []mail{
		{what: "from the network"},
		{what: "through the endpoint", endpoint: "vpce-01", private: "10.1.0.1"},
		{what: "from the VPC", vpc: "vpc-02", private: "10.1.0.1"},
	} {
		with := func(what string, change func(*mail)) mail {
			m := way
			m.what, m.name, m.set, m.verified = what+" "+way.what, "App", "main", []string{"example.net"}
			change(&m)
			return m
		}
		s.allowed = append(s.allowed,
			with("mail", func(*mail) {}),
			with("the other identity", func(m *mail) {
				m.as, m.from, m.name = "alerts@example.org",
					"alerts@example.org", "Alerts"
			}),
			with("all recipients", func(m *mail) { m.to = []string{"a@example.net", "boss@example.edu"} }),
			with("the other Region's mail", func(m *mail) {
				m.as, m.set = "arn:aws:ses:us-east-1:111122223333:identity/example.com",
					"arn:aws:ses:us-east-1:111122223333:configuration-set/main"
				m.verified = []string{"arn:aws:ses:us-east-1:111122223333:identity/example.net"}
			}),
			with("the other Region's other identity", func(m *mail) {
				m.as, m.from, m.set = "arn:aws:ses:us-east-1:111122223333:identity/alerts@example.org",
					"alerts@example.org", ""
				m.verified = []string{"arn:aws:ses:us-east-1:111122223333:identity/example.net"}
			}),
		)
		s.denied = append(s.denied,
			with("another identity", func(m *mail) { m.as = "example.org" }),
			with("another configuration set", func(m *mail) { m.set = "other" }),
			with("another recipient's identity", func(m *mail) { m.verified = []string{"boss@example.edu"} }),
			with("a recipient as the sender", func(m *mail) { m.as, m.from = "example.net", "a@example.net" }),
			with("another sender", func(m *mail) { m.from = "boss@example.com" }),
			with("another name", func(m *mail) { m.name = "Boss" }),
			with("another recipient", func(m *mail) { m.to = []string{"a@example.net", "a@example.org"} }),
			with("no recipient", func(m *mail) { m.to = []string{} }),
			with("mail that isn't encrypted", func(m *mail) { m.plain = true }),
			with("mail after the end", func(m *mail) { m.at = "2027-01-01T00:00:00Z" }),
		)
	}
	ordinary := mail{name: "App", set: "main", verified: []string{"example.net"}}
	from := func(what string, change func(*mail)) mail {
		m := ordinary
		m.what = what
		change(&m)
		return m
	}
	s.allowed = append(s.allowed, from("an IPv6 address", func(m *mail) { m.address = "2001:db8:1::1" }))
	s.denied = append(s.denied,
		from("another network", func(m *mail) { m.address = "203.0.113.1" }),
		from("another endpoint", func(m *mail) { m.endpoint, m.private = "vpce-03", "10.1.0.1" }),
		from("another VPC", func(m *mail) { m.vpc, m.private = "vpc-03", "10.1.0.1" }),
		from("the endpoint from another private network",
			func(m *mail) { m.endpoint, m.private = "vpce-01", "10.2.0.1" }),
		from("the VPC from another private network", func(m *mail) { m.vpc, m.private = "vpc-02", "10.2.0.1" }),
	)
	return s
}
