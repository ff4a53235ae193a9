// Package sessmtp is Amazon SES over SMTP, seen from a client: it derives SMTP passwords, knows
// where SES's SMTP endpoints are, logs in, and tells what SES's replies say about a credential.
//
// The ordinary path: derive a password from the secret access key with [DerivePassword], find the
// endpoints of the Regions with [ParseEndpoints], and let a [Verifier] prove that SES accepts the
// credential:
//
//	logins := []sessmtp.Login{{
//		Endpoint: endpoint,
//		Username: accessKeyID,
//		Password: sessmtp.DerivePassword(secret, endpoint.Region),
//	}}
//	var v sessmtp.Verifier
//	for _, result := range v.Verify(ctx, logins) {
//		fmt.Println(result.Region, result.Meaning, result.Err)
//	}
//
// A [Client] makes single logins and sends single mails. Its errors are [*ReplyError] values, and
// [MeaningOf] reduces any error to one of eight meanings. The difference that matters most is the
// one between [Refused], in which SES has judged the credential, and [Unknown], in which nothing
// was learned. [Meaning.Waits] tells a mail that should be sent again later from one that is at
// fault itself.
//
// Nothing but EHLO and STARTTLS is ever said on a connection without TLS, and the server's
// certificate is always checked. Passwords and secret access keys have types that can't be printed.
//
// Compatibility: names are added, never renamed; new meanings may be added, so switches over
// [Meaning] need a default, which should treat a meaning like [Unknown].
package sessmtp
