// Package credential defines the value of the secret: an SMTP credential for Amazon SES, with a
// published schema, for the rotator that writes it and everybody who reads it.
//
// A value is JSON, and has all that an application needs to send mail:
//
//	{"username":"AKIA…","password":"B…","host":"email-smtp.eu-west-1.amazonaws.com","port":587,
//	 "region":"eu-west-1","url":"smtp://AKIA…:B…@email-smtp.eu-west-1.amazonaws.com:587",
//	 "smtps_url":"smtps://AKIA…:B…@email-smtp.eu-west-1.amazonaws.com:465","iam_user":"smtp-sender",
//	 "regions":{"eu-west-1":{"host":"…","port":587,"password":"B…"},
//	            "us-east-1":{"host":"…","port":587,"password":"B…"}}}
//
// The first seven keys describe the primary Region. regions has an entry for each SES Region: the
// username is the same in all of them, the password isn't. url is percent-encoded, and its scheme
// is smtps if the connection starts with TLS. The value [Empty], or no text at all, means that
// there is no credential yet.
//
// smtps_url is for programs that take a URL. Most of them read smtp:// as "with TLS if the server
// offers it": an attacker on the way can remove that offer, and the program then sends the password
// in the clear. With smtps:// there is no offer to remove. smtps_url is missing if the endpoint
// isn't SES's own and has no port for TLS from the start, and in values that nobody has rewritten
// since this key was added.
//
// An application calls [Parse], which insists on everything that a login needs:
//
//	value, err := credential.Parse(text)
//	login, err := value.Login("us-east-1") // "" for the primary Region
//
// A program that rewrites the secret calls [Inspect], which accepts incomplete values, and then
// [Compose], which keeps what people added.
//
// Values that people and other programs wrote may use other names. They are read under these names
// as well, and Compose keeps the names in addition to the published ones.
//
// Compatibility: the schema is published. Keys may be added, and are never renamed or removed.
// Readers ignore keys that they don't know.
package credential
