// Package localaws is a small AWS in one process: IAM, STS, Secrets Manager, Parameter Store and
// the SMTP endpoints of Amazon SES, on loopback, over their real wire protocols. The AWS SDKs, the
// AWS CLI and any mail client talk to it as they talk to AWS. It is there to test and to show
// programs that handle access keys and SMTP credentials, with no AWS account and no mocks.
//
// Start makes a World. Point the SDK at World.URL (or set AWS_ENDPOINT_URL to it) with any
// credentials, a mail client at World.SMTP or World.SMTPS, and trust World.CertPool (or set
// SSL_CERT_FILE to a file with World.CertPEM). Close ends everything that Start began.
//
// # What it speaks
//
//   - IAM (Query protocol): CreateUser with a path, tags and a boundary, GetUser, ListUserTags,
//     DeleteUser, which refuses a user that still has something; CreateAccessKey, ListAccessKeys,
//     UpdateAccessKey, DeleteAccessKey, GetAccessKeyLastUsed, with the quota of two access keys for
//     each user; PutUserPolicy, DeleteUserPolicy, with what IAM says of malformed policies and of
//     long ones; and of a whole account ListUsers, GetAccountAuthorizationDetails by pages, and the
//     credential report. What else gives a user rights or a way in can be read, and is made by hand:
//     managed policies, groups, the console's password, MFA devices, SSH keys, service-specific
//     credentials and signing certificates.
//   - STS (Query protocol): GetCallerIdentity. Whoever signs with an access key from here is its
//     user, and all others are the function's role.
//   - Secrets Manager (JSON 1.1): CreateSecret, DescribeSecret, GetSecretValue, PutSecretValue,
//     UpdateSecretVersionStage, ListSecretVersionIds, ListSecrets, DeleteSecret, with its rules for
//     request tokens, staging labels and filters.
//   - Systems Manager's Parameter Store (JSON 1.1): PutParameter, GetParameter, GetParameters,
//     GetParameterHistory, DeleteParameter, DeleteParameters, with its rules for names, types,
//     tiers and versions. A SecureString that is read without decryption is ciphertext.
//   - SES over SMTP: STARTTLS or TLS from the start, AUTH PLAIN and LOGIN, and SES's replies. A
//     username is an Active access key, a password is derived from its secret and the Region as SES
//     documents it. AUTH is offered before STARTTLS and refused there, and a client that says nothing
//     for 10 seconds is told 451 and left, as SES does it. With EnforceSending, mail is judged by the
//     verified identities and by the policies of the access key's user.
//
// A World that New makes doesn't listen. Its IAM, SecretsManager and ParameterStore methods are
// clients within the process, with the same rules, faults and imperfections; Clone copies it. So
// tests can try millions of courses of events.
//
// Errors carry the codes, the HTTP statuses and, where programs or people read them, the texts of
// AWS: they were compared with answers that others have recorded. IAM is global; every secret and
// every parameter lives in the first Region.
//
// # Time, faults and imperfections
//
// The World's clock is Config.Now plus what Advance added; tests move it instead of waiting. A
// World is perfect until told otherwise. Intercept makes chosen calls fail, hang, or take effect
// and lose their answer; SetSMTPFault does the same to mail servers, and HideSTARTTLS puts somebody
// in the middle. SetPropagation, SetLastUsedDelay, SetListStaleness, SetSecretStaleness and
// SetParameterStaleness give it the delays of the real one, SetPolicyPropagation those of rights to
// send, and SetPageSize its short lists.
//
// Methods such as CreateAccessKey and SetKeyStatus are people's hands: they act without the wire,
// without faults and without leaving a trace in Calls. Keys, Versions, Labelled, Parameters and
// Accepts tell the truth at this instant, whatever the wire says.
//
// # What it leaves out
//
// Signatures are not checked and no call is denied, except through faults: IAM's policies are there
// to be read, and keep nobody from anything but mail, not even from deleting the user. Mail has no
// identity policies, no sandbox and no quotas, and any configuration set exists. Roles, KMS keys,
// resource policies, rotation schedules and the labels, patterns and policies of parameters don't
// exist: a KMS key that a parameter names is taken for one that does. A secret marked for deletion
// stays so. An open SMTP session ends with its key: MAIL and DATA answer 535 from then on.
package localaws
