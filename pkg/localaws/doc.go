// Package localaws is a small AWS in one process: IAM, STS, Secrets Manager, Parameter Store and
// the SMTP endpoints of Amazon SES, on loopback, over their real protocols. The AWS SDKs, the AWS
// CLI and any mail client use it as they use AWS. It serves to test and demonstrate programs that
// handle access keys and SMTP credentials, without an AWS account and without mocks.
//
// Start makes a World. Point the SDK at World.URL (or set AWS_ENDPOINT_URL to it) with any
// credentials, point a mail client at World.SMTP or World.SMTPS, and trust World.CertPool (or set
// SSL_CERT_FILE to a file with World.CertPEM). Close ends everything that Start began.
//
// # What it serves
//
//   - IAM (Query protocol): CreateUser with a path, tags and a boundary, GetUser, ListUserTags,
//     DeleteUser, which refuses a user that still has something; CreateAccessKey, ListAccessKeys,
//     UpdateAccessKey, DeleteAccessKey, GetAccessKeyLastUsed, with the quota of two access keys for
//     each user; PutUserPolicy, DeleteUserPolicy, with IAM's answers to malformed and to long
//     policies; and for a whole account ListUsers, GetAccountAuthorizationDetails in pages, and the
//     credential report. Everything else that gives a user rights or a way in can be read, and is
//     made by hand: managed policies, groups, the console's password, MFA devices, SSH keys,
//     service-specific credentials and signing certificates.
//   - STS (Query protocol): GetCallerIdentity. A call signed with an access key of this World comes
//     from the key's user, and any other call from the function's role.
//   - Secrets Manager (JSON 1.1): CreateSecret, DescribeSecret, GetSecretValue, PutSecretValue,
//     UpdateSecretVersionStage, ListSecretVersionIds, ListSecrets, DeleteSecret, with its rules for
//     request tokens, staging labels and filters.
//   - Systems Manager's Parameter Store (JSON 1.1): PutParameter, GetParameter, GetParameters,
//     GetParameterHistory, DeleteParameter, DeleteParameters, with its rules for names, types,
//     tiers and versions. A SecureString that is read without decryption is ciphertext.
//   - SES over SMTP: STARTTLS or TLS from the start, AUTH PLAIN and LOGIN, and SES's replies. The
//     username is an Active access key, and the password is derived from its secret and the Region,
//     as SES documents it. As with SES, AUTH is offered before STARTTLS and refused there, and a
//     client that says nothing for 10 seconds gets 451 and is disconnected. With EnforceSending,
//     the verified identities and the policies of the access key's user decide about mail.
//
// A World that New makes doesn't listen. Its IAM, SecretsManager and ParameterStore methods return
// clients within the process, with the same rules, faults and imperfections; Clone copies the
// World. So tests can try millions of sequences of events.
//
// Errors have AWS's codes and HTTP statuses and, if programs or people read them, AWS's texts:
// these were compared with answers that others recorded. IAM is global; all secrets and parameters
// are in the first Region.
//
// # Time, faults and imperfections
//
// The World's clock is Config.Now plus what Advance added; tests advance it instead of waiting. A
// World is perfect until a method makes it otherwise. Intercept makes chosen calls fail, hang, or
// take effect without an answer; SetSMTPFault does the same to mail servers, and HideSTARTTLS
// imitates an attacker on the way. SetPropagation, SetLastUsedDelay, SetListStaleness,
// SetSecretStaleness and SetParameterStaleness give it AWS's delays, SetPolicyPropagation delays
// changes of policies, and SetPageSize makes its lists short.
//
// Methods such as CreateAccessKey and SetKeyStatus act as people do by hand: without HTTP, without
// faults and without a trace in Calls. Keys, Versions, Labelled, Parameters and Accepts return the
// true state, whatever AWS's answers say.
//
// # What it leaves out
//
// Signatures aren't checked, and no call is denied except through faults: IAM's policies can be
// read, but only decide about mail; they don't even protect a user from deletion. Mail has no
// identity policies, no sandbox and no quotas, and every configuration set exists. There are no
// roles, KMS keys, resource policies or rotation schedules, and no labels, patterns or policies of
// parameters: every KMS key that a parameter names counts as existing. A secret marked for deletion
// stays so. When a key stops working, so do its open SMTP sessions: MAIL and DATA then answer 535.
//
// SES offers 8BITMIME, STARTTLS and AUTH, and in some sessions SIZE. The servers here also offer
// PIPELINING, CHUNKING and ENHANCEDSTATUSCODES, which go-smtp can't leave out.
package localaws
