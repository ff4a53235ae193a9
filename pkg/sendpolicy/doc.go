// Package sendpolicy writes IAM policies that allow an SMTP credential only what it is for, and
// finds what is too wide in existing policies. It doesn't call AWS: it reads and writes policy
// documents as text.
//
// [Write] makes the smallest policy for a [Description], and returns warnings for the person who
// will use it:
//
//	policy, warnings, err := sendpolicy.Write(sendpolicy.Description{
//		Account:    "111122223333",
//		Regions:    []string{"eu-west-1"},
//		Identities: []string{"example.com"},
//		Networks:   []netip.Prefix{netip.MustParsePrefix("192.0.2.10/32")},
//	})
//
// [Audit] looks at everything that gives an IAM user rights or a way in, and says what a thief
// could do with it. It doesn't judge a policy by its text. For each statement that allows
// something, it searches for a request that a thief could make and that no boundary and no Deny
// stops:
//
//   - mail from an identity or a sender whose domain the policies don't name ([WideResource]);
//   - mail from more public addresses than one organisation has, or through the thief's own VPC
//     endpoint ([NoSource], [WideSource]);
//   - an action of another service, or an SES action that isn't for sending ([WideAction],
//     [OtherRights], [IAMRights], [UnusedRights]).
//
// The thief may choose everything that a policy doesn't fix. Whatever can't be known, such as a
// condition on a key that SES doesn't implement, counts in the thief's favour.
//
// [Decide] says whether IAM would allow one mail, and which statement decides.
//
// The sources for what SES checks are "Identity and access management in Amazon SES" (Amazon SES
// Developer Guide) and "Actions, resources, and condition keys for Amazon SES" (Service
// Authorization Reference).
package sendpolicy
