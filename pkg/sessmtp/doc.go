// Package sessmtp is a client for Amazon SES over SMTP: it derives SMTP passwords, knows SES's SMTP
// endpoints, logs in, sends mail, and tells what SES's replies mean for a credential.
//
// To prove that SES accepts a credential, derive the password from the secret access key with
// [DerivePassword], get the Regions' endpoints from [ParseEndpoints], and log in with a [Verifier]:
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
// A [Client] makes a single login or sends a single mail. Its errors are [*ReplyError] values, and
// [MeaningOf] maps any error to one of eight meanings. The most important difference is between
// [Refused], which means that SES has judged the credential, and [Unknown], which means that
// nothing was learned about it. [Meaning.Waits] says whether to keep a mail and send it again
// later, or to give up on it.
//
// Before TLS, the client says nothing but EHLO and STARTTLS. It always checks the server's
// certificate. Passwords and secret access keys have types that can't be printed.
//
// Compatibility: names may be added but are never renamed. New meanings may be added, so a switch
// over [Meaning] needs a default case, which should do what it does for [Unknown].
package sessmtp
