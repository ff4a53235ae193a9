// Package sendpolicy writes IAM policies that allow what an SMTP credential is for and nothing
// else, and finds what is wide in the policies that people have. It knows no AWS but its words:
// what it reads and writes is text.
//
// [Write] makes the smallest policy from a [Description], with the warnings that a person needs:
//
//	policy, warnings, err := sendpolicy.Write(sendpolicy.Description{
//		Account:    "111122223333",
//		Regions:    []string{"eu-west-1"},
//		Identities: []string{"example.com"},
//		Networks:   []netip.Prefix{netip.MustParsePrefix("192.0.2.10/32")},
//	})
//
// [Audit] looks at all that gives an IAM user rights or a way in, and says what a thief could do
// with it.
//
// What SES asks of a policy is in "Identity and access management in Amazon SES" (Amazon SES
// Developer Guide) and "Actions, resources, and condition keys for Amazon SES" (Service
// Authorization Reference).
package sendpolicy
