package sendpolicy_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sendpolicy"
)

func ExampleWrite() {
	policy, warnings, err := sendpolicy.Write(sendpolicy.Description{
		Account:    "111122223333",
		Regions:    []string{"eu-west-1"},
		Identities: []string{"example.com"},
		From:       []string{"billing@example.com"},
		Networks:   []netip.Prefix{netip.MustParsePrefix("192.0.2.0/28")},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(policy)
	for _, w := range warnings {
		fmt.Println(w.Code)
	}
	// Output:
	// {
	//   "Version": "2012-10-17",
	//   "Statement": [
	//     {
	//       "Sid": "SendFromNetworks",
	//       "Effect": "Allow",
	//       "Action": "ses:SendRawEmail",
	//       "Resource": "arn:aws:ses:eu-west-1:111122223333:identity/example.com",
	//       "Condition": {
	//         "IpAddress": {
	//           "aws:SourceIp": "192.0.2.0/28"
	//         },
	//         "StringEqualsIgnoreCase": {
	//           "ses:FromAddress": "billing@example.com"
	//         }
	//       }
	//     }
	//   ]
	// }
	// NoConfigurationSet
	// RecipientsAreAsked
	// SpecificIdentity
}

// written returns the policy of a description that has no fault.
func written(t *testing.T, d sendpolicy.Description) sendpolicy.Document {
	t.Helper()
	policy, _, err := sendpolicy.Write(d)
	if err != nil {
		t.Fatal(err)
	}
	return policy
}

func TestEveryFaultOfADescriptionIsNamedAtOnce(t *testing.T) {
	policy, warnings, err := sendpolicy.Write(sendpolicy.Description{
		Account: "1234", Regions: []string{"Ireland"},
		Identities:        []string{"*.example.com", "example.com", "a b@example.com"},
		ConfigurationSets: []string{"main set"}, SandboxRecipients: []string{"nobody@"},
		From: []string{"a b@example.com"}, Recipients: []string{"everybody"},
		Endpoints: []string{"vpc-01"}, VPCs: []string{"vpce-01"},
		Conditions: []sendpolicy.Condition{
			{Operator: "StringEquals", Key: "aws:PrincipalOrgID", Values: []string{"o-1"}},
			{Operator: "Equals", Key: "ses:FromAddress", Values: []string{"a@example.com"}},
			{Operator: "Bool", Key: "aws:SecureTransport"},
		},
	})
	if err == nil {
		t.Fatal("no faults")
	}
	if len(policy.Statements) > 0 || len(warnings) > 0 {
		t.Error("there is a policy in spite of the faults")
	}
	want := []string{
		"Account: \"1234\"", "Regions: \"Ireland\"", "Identities: \"*.example.com\"", "Identities: \"a b@example.com\"",
		"ConfigurationSets: \"main set\"", "SandboxRecipients: \"nobody@\"", "From: \"a b@example.com\"",
		"Recipients: \"everybody\"",
		"Endpoints: \"vpc-01\"", "VPCs: \"vpce-01\"",
		"Conditions: \"StringEquals aws:PrincipalOrgID o-1\": SES doesn't implement the key aws:PrincipalOrgID",
		"Conditions: \"Equals ses:FromAddress a@example.com\": IAM has no operator \"Equals\"",
		"Conditions: \"Bool aws:SecureTransport \": aws:SecureTransport has no value",
	}
	for _, text := range want {
		if !strings.Contains(err.Error(), text) {
			t.Errorf("the error doesn't say %s", text)
		}
	}
	if faults, _ := errors.AsType[sendpolicy.Faults](err); len(faults) != len(want) {
		t.Errorf("%d faults, want %d:\n%v", len(faults), len(want), err)
	}
}

func TestAFaultIsNamedByItsField(t *testing.T) {
	const identityARN = "arn:aws:ses:eu-west-1:111122223333:identity/example.com"
	with := func(change func(*sendpolicy.Description)) sendpolicy.Description {
		d := ofExample(sendpolicy.Description{})
		change(&d)
		return d
	}
	type description = sendpolicy.Description
	for what, test := range map[string]struct {
		fault string
		d     description
	}{
		"no identity": {"Identities: name at least one",
			with(func(d *description) { d.Identities = nil })},
		"no account for a name": {"Account: is needed, because example.com",
			with(func(d *description) { d.Account = "" })},
		"no Region for a name": {"Regions: at least one", with(func(d *description) { d.Regions = nil })},
		"no account for a configuration set": {"Account: is needed, because main",
			description{Regions: []string{"eu-west-1"}, Identities: []string{identityARN},
				ConfigurationSets: []string{"main"}}},
		"no Region for a recipient": {"Regions: at least one",
			description{Account: "111122223333", Identities: []string{identityARN},
				SandboxRecipients: []string{"example.net"}}},
		"an account of 13 digits": {"Account: ", with(func(d *description) { d.Account += "4" })},
		"an empty Region":         {"Regions: ", with(func(d *description) { d.Regions = []string{""} })},
		"an Availability Zone": {"Regions: ",
			with(func(d *description) { d.Regions = []string{"eu-west-1a"} })},
		"an empty identity": {"Identities: ",
			with(func(d *description) { d.Identities = []string{""} })},
		"an identity with a wildcard": {"Identities: ",
			with(func(d *description) { d.Identities = []string{"*@example.com"} })},
		"an identity's ARN with a wildcard": {"Identities: ",
			with(func(d *description) { d.Identities = []string{identityARN[:len(identityARN)-3] + "*"} })},
		"a configuration set's ARN as identity": {"Identities: ", with(func(d *description) {
			d.Identities = []string{strings.Replace(identityARN, "identity", "configuration-set", 1)}
		})},
		"another service's ARN as identity": {"Identities: ",
			with(func(d *description) { d.Identities = []string{strings.Replace(identityARN, ":ses:", ":sns:", 1)} })},
		"an identity with a policy variable": {"Identities: ",
			with(func(d *description) { d.Identities = []string{"${aws:username}@example.com"} })},
		"an ARN with a policy variable": {"Identities: ", with(func(d *description) {
			d.Identities = []string{strings.Replace(identityARN, "example", "${aws:username}", 1)}
		})},
		"a recipient's identity with a wildcard": {"SandboxRecipients: ",
			with(func(d *description) { d.SandboxRecipients = []string{"*"} })},
		"an identity's ARN as configuration set": {"ConfigurationSets: ",
			with(func(d *description) { d.ConfigurationSets = []string{identityARN} })},
		"a configuration set with a wildcard": {"ConfigurationSets: ",
			with(func(d *description) { d.ConfigurationSets = []string{"*"} })},
		"a sender who is anybody": {"From: ", with(func(d *description) { d.From = []string{"*"} })},
		"an empty sender":         {"From: ", with(func(d *description) { d.From = []string{""} })},
		"a sender with a display name": {"From: ",
			with(func(d *description) { d.From = []string{"App <app@example.com>"} })},
		"an empty display name": {"FromNames: ",
			with(func(d *description) { d.FromNames = []string{""} })},
		"recipients who are anybody": {"Recipients: ",
			with(func(d *description) { d.Recipients = []string{"*"} })},
		"no network": {"Networks: ",
			with(func(d *description) { d.Networks = []netip.Prefix{{}} })},
		"an endpoint with a wildcard": {"Endpoints: ",
			with(func(d *description) { d.Endpoints = []string{"vpce-*"} })},
		"an endpoint service": {"Endpoints: ",
			with(func(d *description) { d.Endpoints = []string{"vpce-svc-01"} })},
		"a VPC with a wildcard": {"VPCs: ", with(func(d *description) { d.VPCs = []string{"*"} })},
		"private networks of no VPC": {"PrivateNetworks: name the endpoint",
			with(func(d *description) { d.PrivateNetworks = networks("10.0.0.0/8") })},
		"no private network": {"PrivateNetworks: ", with(func(d *description) {
			d.Endpoints, d.PrivateNetworks = []string{"vpce-01"}, []netip.Prefix{{}}
		})},
		"a key of another service": {"Conditions: ", condition("StringEquals", "aws:PrincipalTag/team", "mail")},
		"an operator that isn't": {"Conditions: ",
			condition("StringMatches", "ses:FromAddress", "app@example.com")},
		"a condition without values": {"Conditions: ", condition("StringLike", "ses:FromAddress")},
		"a sender of any domain, in the sandbox": {"From: \"no-reply@*\" also matches senders at a " +
			"sandbox recipient's identity",
			with(func(d *description) { d.SandboxRecipients, d.From = toFriends, []string{"no-reply@*"} })},
		"a sender who is a recipient, in the sandbox": {"From: \"idle@example.org\" also matches senders " +
			"at a sandbox recipient's identity",
			with(func(d *description) {
				d.SandboxRecipients, d.From = toFriends, []string{"app@example.com", "idle@example.org"}
			})},
		"a condition on a sender, in the sandbox": {"Conditions: \"StringLike ses:FromAddress no-reply@*\": " +
			"there is a condition StringLike on ses:FromAddress already",
			with(func(d *description) {
				d.SandboxRecipients = toFriends
				d.Conditions = []sendpolicy.Condition{{Operator: "StringLike", Key: "ses:FromAddress",
					Values: []string{"no-reply@*"}}}
			})},
		"a sender with a policy variable": {"From: ",
			with(func(d *description) { d.From = []string{"${aws:username}@example.com"} })},
		"a condition on a sender who is described": {"Conditions: \"StringLike ses:FromAddress *-eu@example.com\": " +
			"there is a condition StringLike on ses:FromAddress already",
			with(func(d *description) {
				d.From = []string{"app-*@example.com"}
				d.Conditions = []sendpolicy.Condition{{Operator: "StringLike", Key: "ses:FromAddress",
					Values: []string{"*-eu@example.com"}}}
			})},
		"a condition on a network that is described": {"Conditions: \"IpAddress aws:SourceIp 203.0.113.0/28\": " +
			"there is a condition IpAddress on aws:SourceIp already",
			with(func(d *description) {
				d.Networks = networks("192.0.2.0/24")
				d.Conditions = []sendpolicy.Condition{{Operator: "IpAddress", Key: "aws:SourceIp",
					Values: []string{"203.0.113.0/28"}}}
			})},
		"two conditions on one key": {"Conditions: \"StringLike ses:FromAddress *-eu@example.com\": " +
			"there is a condition StringLike on ses:FromAddress already", with(func(d *description) {
			d.Conditions = []sendpolicy.Condition{
				{Operator: "StringLike", Key: "ses:FromAddress", Values: []string{"app-*@example.com"}},
				{Operator: "StringLike", Key: "ses:FromAddress", Values: []string{"*-eu@example.com"}},
			}
		})},
	} {
		t.Run(what, func(t *testing.T) {
			_, _, err := sendpolicy.Write(test.d)
			if err == nil {
				t.Fatalf("no fault:\n%s", written(t, test.d))
			}
			if !strings.HasPrefix(err.Error(), test.fault) || strings.Contains(err.Error(), "\n") {
				t.Errorf("%q isn't one fault that begins with %q", err, test.fault)
			}
		})
	}
}

// quiet returns a description without warnings, after changing it.
func quiet(change func(*sendpolicy.Description)) sendpolicy.Description {
	d := ofExample(sendpolicy.Description{
		Identities:        []string{"example.com", "app@example.com"},
		ConfigurationSets: []string{"main"}, SandboxRecipients: []string{"example.net"},
		From: []string{"app@example.com"}, Networks: networks("192.0.2.0/24"),
	})
	change(&d)
	return d
}

// withIdentities returns a description with n more identities.
func withIdentities(n int) sendpolicy.Description {
	return quiet(func(d *sendpolicy.Description) {
		for i := range n {
			d.Identities = append(d.Identities, fmt.Sprintf("a%d.example.com", i))
		}
	})
}

// fromNetworks returns a description with these networks.
func fromNetworks(texts ...string) sendpolicy.Description {
	return quiet(func(d *sendpolicy.Description) { d.Networks = networks(texts...) })
}

// fromCondition returns a description with a condition on aws:SourceIp in place of networks.
func fromCondition(operator string, values ...string) sendpolicy.Description {
	return quiet(func(d *sendpolicy.Description) {
		d.Networks, d.Conditions = nil, oneCondition(operator, "aws:SourceIp", values...)
	})
}

func oneCondition(operator, key string, values ...string) []sendpolicy.Condition {
	return []sendpolicy.Condition{{Operator: operator, Key: key, Values: values}}
}

var (
	ownARN           = "arn:aws:ses:eu-west-1:111122223333:identity/example.org"
	otherAccountsARN = "arn:aws:ses:eu-west-1:444455556666:identity/example.org"
	otherRegionsARN  = "arn:aws:ses:us-east-1:111122223333:identity/example.org"
)

// warningsByCode has descriptions that get a warning, and some that don't.
var warningsByCode = map[sendpolicy.WarningCode]struct{ raised, not []sendpolicy.Description }{
	sendpolicy.AnySource: {
		raised: []sendpolicy.Description{
			fromNetworks(), fromCondition("NotIpAddress", "192.0.2.0/24"),
			fromCondition("IpAddressIfExists", "192.0.2.0/24"),
			quiet(func(d *sendpolicy.Description) {
				d.Networks, d.Conditions = nil, oneCondition("StringEqualsIfExists", "aws:SourceVpce", "vpce-01")
			}),
			quiet(func(d *sendpolicy.Description) {
				d.Networks, d.Conditions = nil, oneCondition("Null", "aws:SourceVpce", "false")
			}),
		},
		not: []sendpolicy.Description{
			quiet(func(d *sendpolicy.Description) { d.Networks, d.Endpoints = nil, []string{"vpce-01"} }),
			quiet(func(d *sendpolicy.Description) { d.Networks, d.VPCs = nil, []string{"vpc-01"} }),
			quiet(func(d *sendpolicy.Description) {
				d.Networks, d.Conditions = nil, []sendpolicy.Condition{{Operator: "IpAddress", Key: "aws:SourceIp",
					Values: []string{"192.0.2.0/24"}}}
			}),
			quiet(func(d *sendpolicy.Description) {
				d.Networks, d.Conditions = nil, oneCondition("stringequals", "AWS:sourcevpce", "vpce-01")
			}),
		},
	},
	sendpolicy.WideNetwork: {
		raised: []sendpolicy.Description{fromNetworks("0.0.0.0/0"), fromNetworks("198.0.0.0/15"), fromNetworks("::/0"),
			fromNetworks("192.0.2.0/24", "2001:db8::/31"), fromNetworks("::ffff:0:0/96"),
			fromNetworks("::ffff:192.0.2.1/90"), fromNetworks("::ffff:198.50.0.0/111"),
			fromNetworks("0.0.0.0/1", "128.0.0.0/1"), fromNetworks("198.51.0.0/16", "203.0.0.0/16"),
			fromNetworks("3.0.0.0/8", "18.0.0.0/8", "52.0.0.0/8", "54.0.0.0/8"),
			fromCondition("IpAddress", "0.0.0.0/0"), fromCondition("ipaddress", "198.51.0.0/16", "203.0.113.7"),
		},
		not: []sendpolicy.Description{
			fromNetworks("198.51.0.0/16"), fromNetworks("2001:db8::/32"), fromNetworks("::ffff:198.51.0.0/112"),
			fromNetworks("198.51.0.0/16", "198.51.100.0/24", "198.51.0.0/16"), fromNetworks("10.0.0.0/8"),
			fromNetworks("198.51.0.0/16", "2001:db8::/32", "192.168.0.0/16"),
			fromCondition("IpAddress", "198.51.0.0/16"),
			quiet(func(d *sendpolicy.Description) { // only a /16 is left
				d.Networks = networks("198.50.0.0/15")
				d.Conditions = oneCondition("NotIpAddress", "aws:SourceIp", "198.50.0.0/16")
			}),
		},
	},
	sendpolicy.PrivateNetwork: {
		raised: []sendpolicy.Description{
			fromNetworks("10.0.0.0/8"), fromNetworks("172.16.0.0/12"), fromNetworks("192.168.1.1/32"),
			fromNetworks("100.64.0.0/10"), fromNetworks("fd00::/8"),
			fromNetworks("127.0.0.1/32"), fromNetworks("169.254.0.0/16"), fromNetworks("fe80::/10"),
			fromNetworks("192.0.2.0/24", "10.0.0.1/32"), fromNetworks("::ffff:10.0.0.0/104"),
			fromNetworks("224.0.0.0/4"), fromNetworks("0.0.0.0/8"), fromNetworks("240.0.0.0/4"),
			fromNetworks("64:ff9b::/96"), fromCondition("IpAddress", "10.0.0.0/8"),
		},
		not: []sendpolicy.Description{
			fromNetworks("172.32.0.0/16"), fromNetworks("100.128.0.0/16"),
			quiet(func(d *sendpolicy.Description) {
				d.Endpoints, d.PrivateNetworks = []string{"vpce-01"}, networks("10.0.0.0/8")
			}),
		},
	},
	sendpolicy.SingleAddress: {
		raised: []sendpolicy.Description{fromNetworks("192.0.2.1/32"), fromNetworks("2001:db8::1/128"),
			fromNetworks("::ffff:192.0.2.1/128"), fromCondition("IpAddress", "192.0.2.1")},
		not: []sendpolicy.Description{fromNetworks("192.0.2.0/31"), fromNetworks("10.0.0.1/32"),
			fromNetworks("192.0.2.1/32", "192.0.2.0/24")},
	},
	sendpolicy.AddressBesideEndpoint: {
		raised: []sendpolicy.Description{
			quiet(func(d *sendpolicy.Description) { d.Endpoints = []string{"vpce-01"} }),
			quiet(func(d *sendpolicy.Description) { d.VPCs = []string{"vpc-01"} }),
		},
		not: []sendpolicy.Description{
			quiet(func(d *sendpolicy.Description) {
				d.Networks, d.Endpoints, d.VPCs = nil, []string{"vpce-01"}, []string{"vpc-01"}
			}),
		},
	},
	sendpolicy.RecipientsAreAsked: {
		raised: []sendpolicy.Description{quiet(func(d *sendpolicy.Description) { d.SandboxRecipients = nil })},
	},
	sendpolicy.NoConfigurationSet: {
		raised: []sendpolicy.Description{quiet(func(d *sendpolicy.Description) { d.ConfigurationSets = nil })},
	},
	sendpolicy.OtherAccount: {
		raised: []sendpolicy.Description{
			quiet(func(d *sendpolicy.Description) { d.Identities = []string{"example.com", otherAccountsARN} }),
			quiet(func(d *sendpolicy.Description) { d.SandboxRecipients = []string{otherAccountsARN} }),
			{Identities: []string{ownARN, otherAccountsARN}},
		},
		not: []sendpolicy.Description{
			quiet(func(d *sendpolicy.Description) { d.Identities = []string{ownARN} }),
			{Identities: []string{otherAccountsARN}},
		},
	},
	sendpolicy.OtherRegion: {
		raised: []sendpolicy.Description{
			quiet(func(d *sendpolicy.Description) { d.Identities = []string{otherRegionsARN} }),
			quiet(func(d *sendpolicy.Description) {
				d.ConfigurationSets = []string{"arn:aws:ses:us-east-1:111122223333:configuration-set/main"}
			}),
		},
		not: []sendpolicy.Description{
			quiet(func(d *sendpolicy.Description) { d.Identities = []string{ownARN} }),
			quiet(func(d *sendpolicy.Description) {
				d.Identities, d.Regions = []string{otherRegionsARN}, []string{"eu-west-1", "us-east-1"}
			}),
			{Identities: []string{ownARN, otherRegionsARN}},
		},
	},
	sendpolicy.SpecificIdentity: {
		raised: []sendpolicy.Description{
			quiet(func(d *sendpolicy.Description) { d.From = nil }),
			quiet(func(d *sendpolicy.Description) { d.From = []string{"example.com"} }),
			quiet(func(d *sendpolicy.Description) { d.From = []string{"app*@example.com"} }),
			quiet(func(d *sendpolicy.Description) { d.From = []string{"app@example.com", "app@mail.example.com"} }),
			quiet(func(d *sendpolicy.Description) { d.Identities = []string{"example.com"} }),
			quiet(func(d *sendpolicy.Description) {
				d.Identities, d.From = []string{ownARN}, []string{"a@mail.example.org"}
			}),
			// The address is named in one Region, and the domain in two.
			quiet(func(d *sendpolicy.Description) {
				d.Identities, d.Regions = []string{"example.com",
					"arn:aws:ses:eu-west-1:111122223333:identity/app@example.com"}, []string{"eu-west-1", "us-east-1"}
			}),
			quiet(func(d *sendpolicy.Description) {
				d.From, d.SandboxRecipients, d.Conditions = nil, nil, oneCondition("StringEquals", "ses:FromAddress",
					"b@example.com")
			}),
		},
		not: []sendpolicy.Description{
			quiet(func(d *sendpolicy.Description) { d.From = []string{"App@Example.com"} }),
			// No sender belongs to these.
			quiet(func(d *sendpolicy.Description) { d.Identities = []string{ownARN} }),
			quiet(func(d *sendpolicy.Description) { d.Identities = []string{"a@example.com"} }),
			quiet(func(d *sendpolicy.Description) {
				d.From, d.SandboxRecipients, d.Conditions = nil, nil, oneCondition("StringEquals", "ses:FromAddress",
					"app@example.com")
			}),
			quiet(func(d *sendpolicy.Description) { d.Identities, d.From = []string{"app@example.com"}, nil }),
			quiet(func(d *sendpolicy.Description) {
				d.Identities, d.From = []string{ownARN, ownARN[:len(ownARN)-len("example.org")] + "a@example.org"},
					[]string{"a@example.org"}
			}),
		},
	},
	sendpolicy.ForeignSender: {
		raised: []sendpolicy.Description{
			quiet(func(d *sendpolicy.Description) { d.Identities = []string{ownARN} }),
			quiet(func(d *sendpolicy.Description) {
				d.Identities, d.From = []string{"a@example.com"}, []string{"b@example.com"}
			}),
			quiet(func(d *sendpolicy.Description) { d.From = []string{"app@example.com", "idle@other.example"} }),
			quiet(func(d *sendpolicy.Description) { d.From = []string{"other.example"} }),
			quiet(func(d *sendpolicy.Description) { d.From = []string{"*@badexample.com"} }),
			quiet(func(d *sendpolicy.Description) {
				d.Identities, d.From = []string{"mail.example.com"}, []string{"app@example.com"}
			}),
			quiet(func(d *sendpolicy.Description) {
				d.From, d.SandboxRecipients, d.Conditions = nil, nil, oneCondition("StringLike", "ses:FromAddress",
					"?@other.example")
			}),
		},
		not: []sendpolicy.Description{
			quiet(func(d *sendpolicy.Description) { d.From = nil }),
			quiet(func(d *sendpolicy.Description) { d.From = []string{"app@a.b.Example.com", "*@*.com"} }),
			quiet(func(d *sendpolicy.Description) { d.Identities, d.From = []string{"App@Example.com"}, nil }),
			quiet(func(d *sendpolicy.Description) {
				d.Identities, d.From = []string{ownARN}, []string{"a@example.org"}
			}),
			quiet(func(d *sendpolicy.Description) {
				d.From, d.SandboxRecipients, d.Conditions = nil, nil, oneCondition("StringNotLike", "ses:FromAddress",
					"*@other.example")
			}),
		},
	},
	sendpolicy.AnyRecipient: {
		raised: []sendpolicy.Description{quiet(func(d *sendpolicy.Description) {
			d.Conditions = oneCondition("foranyvalue:stringlike", "ses:recipients", "*@example.net")
		})},
		not: []sendpolicy.Description{
			quiet(func(d *sendpolicy.Description) { d.Recipients = []string{"example.net"} }),
			quiet(func(d *sendpolicy.Description) {
				d.Conditions = append(oneCondition("ForAllValues:StringLike", "ses:Recipients", "*@example.net"),
					oneCondition("Null", "ses:Recipients", "false")...)
			}),
		},
	},
	sendpolicy.TooLong: {
		raised: []sendpolicy.Description{withIdentities(40)},
		not:    []sendpolicy.Description{withIdentities(20)},
	},
	sendpolicy.CaseMatters: {
		raised: []sendpolicy.Description{
			quiet(func(d *sendpolicy.Description) { d.From = []string{"app-*@example.com"} }),
			quiet(func(d *sendpolicy.Description) { d.From = []string{"example.com"} }), // *@example.com
			quiet(func(d *sendpolicy.Description) { d.From = nil }),
			// mail to sandbox recipients is from *@example.com
			quiet(func(d *sendpolicy.Description) { d.FromNames = []string{"App *"} }),
			quiet(func(d *sendpolicy.Description) { d.Recipients = []string{"example.net"} }),
			quiet(func(d *sendpolicy.Description) { d.Recipients = []string{"boss@example.net"} }),
		},
		not: []sendpolicy.Description{
			quiet(func(d *sendpolicy.Description) { d.FromNames = []string{"App"} }),
			quiet(func(d *sendpolicy.Description) { d.From, d.SandboxRecipients = nil, nil }),
		},
	},
}

func warned(t *testing.T, d sendpolicy.Description, code sendpolicy.WarningCode) (messages []string) {
	t.Helper()
	_, warnings, err := sendpolicy.Write(d)
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range warnings {
		if w.Code == code {
			messages = append(messages, w.Message)
		}
	}
	return messages
}

func TestAWarningIsRaisedWhereItIsDueAndNowhereElse(t *testing.T) {
	unchanged := quiet(func(*sendpolicy.Description) {})
	for code, test := range warningsByCode {
		t.Run(string(code), func(t *testing.T) {
			for _, d := range test.raised {
				if messages := warned(t, d, code); len(messages) == 0 || messages[0] == "" {
					t.Errorf("it isn't raised for %+v", d)
				}
			}
			for _, d := range append(test.not, unchanged) {
				if messages := warned(t, d, code); len(messages) > 0 {
					t.Errorf("it is raised for %+v: %s", d, messages)
				}
			}
		})
	}
}

func TestEveryWarningIsInTheTable(t *testing.T) {
	source, err := os.ReadFile("warnings.go")
	if err != nil {
		t.Fatal(err)
	}
	codes := regexp.MustCompile(`WarningCode = "(\w+)"`).FindAllSubmatch(source, -1)
	if len(codes) == 0 {
		t.Error("no codes found")
	}
	for _, match := range codes {
		if _, ok := warningsByCode[sendpolicy.WarningCode(match[1])]; !ok {
			t.Errorf("%s isn't", match[1])
		}
	}
}

func TestAWarningOfAnotherAccountIsOfItsIdentitiesOnly(t *testing.T) {
	own := "arn:aws:ses:eu-west-1:111122223333:identity/example.edu"
	d := quiet(func(d *sendpolicy.Description) { d.Identities = []string{otherAccountsARN, own} })
	messages := warned(t, d, sendpolicy.OtherAccount)
	if len(messages) != 1 || !strings.Contains(messages[0], otherAccountsARN) {
		t.Errorf("want one, of %s:\n%s", otherAccountsARN, strings.Join(messages, "\n"))
	}
}

// TestAPolicyThatIAMTakesNowhereIsRefused: even a managed policy may not have that many characters
// ("IAM and AWS STS quotas").
func TestAPolicyThatIAMTakesNowhereIsRefused(t *testing.T) {
	n := 40
	policy, _, err := sendpolicy.Write(withIdentities(n))
	for ; err == nil; n++ {
		if size := policy.Characters(); size > 6144 {
			t.Fatalf("%d identities are %d characters", n, size)
		}
		policy, _, err = sendpolicy.Write(withIdentities(n))
	}
	faults, _ := errors.AsType[sendpolicy.Faults](err)
	if len(faults) != 1 || faults[0].Field != "Identities" ||
		!strings.Contains(faults[0].Text, "but IAM allows at most 6144;") {
		t.Errorf("%d identities: %v", n, err)
	}
	if n < 80 {
		t.Errorf("%d identities are too many", n)
	}
}

func TestWhatMakesAPolicyTooLongIsNamed(t *testing.T) {
	many := func(format string) (texts []string) {
		for i := range 300 {
			texts = append(texts, fmt.Sprintf(format, i))
		}
		return texts
	}
	type description = sendpolicy.Description
	for field, change := range map[string]func(*description){
		"Identities":        func(d *description) { d.Identities = many("a%d.example.com") },
		"Regions":           func(d *description) { d.Regions = many("eu-west-%d") },
		"ConfigurationSets": func(d *description) { d.ConfigurationSets = many("set%d") },
		"SandboxRecipients": func(d *description) { d.From, d.SandboxRecipients = nil, many("a%d.example.org") },
		"From":              func(d *description) { d.From = many("application%d@example.com") },
		"FromNames":         func(d *description) { d.FromNames = many("The application number %d") },
		"Recipients":        func(d *description) { d.Recipients = many("recipients%d.example.net") },
		"Networks":          func(d *description) { d.Networks = networks(many("2001:db8:%d::/48")...) },
		"Endpoints":         func(d *description) { d.Networks, d.Endpoints = nil, many("vpce-0123456789abc%04d") },
		"VPCs":              func(d *description) { d.VPCs = many("vpc-0123456789abc%04d") },
		"PrivateNetworks": func(d *description) {
			d.VPCs, d.PrivateNetworks = []string{"vpc-01"}, networks(many("fd00:1234:5678:%d::/64")...)
		},
		"Conditions": func(d *description) {
			d.Conditions = oneCondition("StringLike", "aws:UserAgent", many("the user agent number %d*")...)
		},
	} {
		_, _, err := sendpolicy.Write(quiet(change))
		faults, _ := errors.AsType[sendpolicy.Faults](err)
		if len(faults) != 1 || faults[0].Field != field {
			t.Errorf("%s: %v", field, err)
		}
		text := map[bool]string{true: "this takes ", false: "these 300 take "}[field == "Conditions"]
		if len(faults) > 0 && !strings.Contains(faults[0].Text, text) {
			t.Errorf("%s: the fault doesn't say %q: %v", field, text, faults[0].Text)
		}
	}
}

// TestWhiteSpaceDoesntCount, because IAM doesn't count it.
func TestWhiteSpaceDoesntCount(t *testing.T) {
	policy := written(t, ofExample(sendpolicy.Description{FromNames: []string{"Jürgen Müller"}}))
	var compact bytes.Buffer
	if err := json.Compact(&compact, []byte(policy.String())); err != nil {
		t.Fatal(err)
	}
	if want := len([]rune(compact.String())) - 1; policy.Characters() != want {
		t.Errorf("%d characters, want %d", policy.Characters(), want)
	}
}

func TestWarningsAreInTheSameOrderEachTime(t *testing.T) {
	d := quiet(func(d *sendpolicy.Description) {
		d.From, d.FromNames, d.Recipients = []string{"*@example.com"}, []string{"App *"}, []string{"example.net"}
	})
	_, first, err := sendpolicy.Write(d)
	if err != nil {
		t.Fatal(err)
	}
	for range 100 {
		if _, again, _ := sendpolicy.Write(d); !slices.Equal(again, first) {
			t.Fatalf("first:\n%v\nthen:\n%v", first, again)
		}
	}
}

func TestARegionsPartitionIsInTheARN(t *testing.T) {
	for region, partition := range map[string]string{
		"eu-west-1": "aws", "us-east-1": "aws", "ap-southeast-2": "aws", "il-central-1": "aws", "mx-central-1": "aws",
		"cn-north-1": "aws-cn", "cn-northwest-1": "aws-cn", "us-gov-west-1": "aws-us-gov",
		"us-gov-east-1": "aws-us-gov", "eusc-de-east-1": "aws-eusc",
	} {
		d := sendpolicy.Description{Account: "111122223333", Regions: []string{region},
			Identities: []string{"example.com"}}
		want := sendpolicy.Texts{"arn:" + partition + ":ses:" + region + ":111122223333:identity/example.com"}
		if got := written(t, d).Statements[0].Resource; !slices.Equal(got, want) {
			t.Errorf("%s: %s, want %s", region, got, want)
		}
	}
}

func TestNamesAreARNsInEveryRegionAndARNsStayAsTheyAre(t *testing.T) {
	got := written(t, sendpolicy.Description{
		Account: "111122223333", Regions: []string{"eu-west-1", "us-gov-west-1"},
		Identities:        []string{"example.com", otherAccountsARN, "alerts@example.org"},
		ConfigurationSets: []string{"main"},
	})
	want := sendpolicy.Texts{
		"arn:aws:ses:eu-west-1:111122223333:identity/example.com",
		"arn:aws-us-gov:ses:us-gov-west-1:111122223333:identity/example.com",
		otherAccountsARN,
		"arn:aws:ses:eu-west-1:111122223333:identity/alerts@example.org",
		"arn:aws-us-gov:ses:us-gov-west-1:111122223333:identity/alerts@example.org",
		"arn:aws:ses:eu-west-1:111122223333:configuration-set/main",
		"arn:aws-us-gov:ses:us-gov-west-1:111122223333:configuration-set/main",
	}
	if len(got.Statements) != 1 || !slices.Equal(got.Statements[0].Resource, want) {
		t.Errorf("%s", got)
	}
}

func TestADescriptionThatSaysEverythingHasThisPolicy(t *testing.T) {
	golden, err := os.ReadFile("testdata/everything.json")
	if err != nil {
		t.Fatal(err)
	}
	policy := written(t, everything())
	var got, want any
	if err := json.Unmarshal([]byte(policy.String()), &got); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(golden, &want); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("it is\n%s\nwant\n%s", policy, golden)
	}
}

func TestAPolicyAsTextIsThePolicy(t *testing.T) {
	for _, s := range scenes {
		policy, _, err := sendpolicy.Write(s.description)
		if err != nil {
			continue // the table's own test says so
		}
		read, err := sendpolicy.Parse(policy.String())
		if policy = withoutEmptyConditions(policy); err != nil || !reflect.DeepEqual(read, policy) {
			t.Errorf("%s: read again, it is\n%s\ninstead of\n%s (%v)", s.what, read, policy, err)
		}
	}
}

func TestStatementsHaveNamesThatIAMTakes(t *testing.T) {
	name := regexp.MustCompile(`^[A-Za-z0-9]+$`)
	for _, s := range scenes {
		policy, _, err := sendpolicy.Write(s.description)
		if err != nil {
			continue
		}
		seen := map[string]bool{}
		for _, statement := range policy.Statements {
			if !name.MatchString(statement.Sid) || seen[statement.Sid] {
				t.Errorf("%s: %q", s.what, statement.Sid)
			}
			seen[statement.Sid] = true
		}
	}
}

func TestAPolicyIsWrittenAsPeopleWriteIt(t *testing.T) {
	policy := written(t, ofExample(sendpolicy.Description{FromNames: []string{"R&D <Lab>"}}))
	if text := policy.String(); !strings.Contains(text, `"R&D <Lab>"`) {
		t.Errorf("%s", text)
	}
}

// TestAPolicyHasOnlyCharactersThatIAMTakes: Latin-1 ("PutUserPolicy", IAM API Reference); all else
// is escaped.
func TestAPolicyHasOnlyCharactersThatIAMTakes(t *testing.T) {
	names := []string{"Jürgen Müller", "Łukasz", "東京", "Mail 📮", "zero\u200dwidth", "\u202eright to left"}
	policy := written(t, ofExample(sendpolicy.Description{FromNames: names}))
	text := policy.String()
	for _, r := range text {
		if r > 0xff || r < ' ' && r != '\n' || r >= 0x7f && r < 0xa0 {
			t.Errorf("%q is in\n%s", r, text)
		}
	}
	if !strings.Contains(text, "Jürgen Müller") || !strings.Contains(text, `\u0141ukasz`) {
		t.Errorf("%s", text)
	}
	read, err := sendpolicy.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	if got := read.Statements[0].Condition["StringEqualsIgnoreCase"]["ses:FromDisplayName"]; !slices.Equal(got, names) {
		t.Errorf("read again, they are %q", got)
	}
}
