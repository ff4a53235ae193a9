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
// with it. It doesn't judge a policy by its looks. For each statement that allows something, it
// searches for a request that a thief could make and that no boundary and no denial stops:
//
//   - mail from an identity, and a sender, whose domain nobody wrote into the policies
//     ([WideResource]);
//   - mail from more public addresses than one organisation has, or through a VPC endpoint of the
//     thief's own ([NoSource], [WideSource]);
//   - an action of another service, or one of SES's that isn't for sending ([WideAction],
//     [OtherRights], [IAMRights], [UnusedRights]).
//
// The thief may choose everything that a policy doesn't fix. What can't be known, such as a
// condition on a key that SES doesn't implement, is taken for what helps the thief.
//
// [Decide] answers for one mail whether the policies allow it, as IAM would, and says which
// statement decides.
//
// What SES asks of a policy is in "Identity and access management in Amazon SES" (Amazon SES
// Developer Guide) and "Actions, resources, and condition keys for Amazon SES" (Service
// Authorization Reference).
package sendpolicy
