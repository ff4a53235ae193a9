// Package credential defines the value of the secret, which is an SMTP credential for Amazon SES:
// its published schema, for the rotator that writes it and for everybody who reads it.
//
// A value is JSON and holds all that an application needs to send mail:
//
//	{"username":"AKIA…","password":"B…","host":"email-smtp.eu-west-1.amazonaws.com","port":587,
//	 "region":"eu-west-1","url":"smtp://AKIA…:B…@email-smtp.eu-west-1.amazonaws.com:587",
//	 "smtps_url":"smtps://AKIA…:B…@email-smtp.eu-west-1.amazonaws.com:465","iam_user":"smtp-sender",
//	 "regions":{"eu-west-1":{"host":"…","port":587,"password":"B…"},
//	            "us-east-1":{"host":"…","port":587,"password":"B…"}}}
//
// The first seven keys describe the primary Region. regions has an entry for each SES Region: the
// username is the same in all of them, the password isn't. url is percent-encoded, and its scheme
// is smtps if TLS comes first. The value [Empty], or no text at all, means that there is no
// credential yet.
//
// smtps_url is for programs that take a URL. Most of them read smtp:// as "with TLS if the server
// offers it": where somebody in the middle takes that offer away, they show the password to
// everybody on the way. With smtps:// there is no offer to take away. It is missing if the endpoint
// isn't SES's own and has no port for TLS from the start, and in values that nobody has rewritten
// since this key was added.
//
// An application calls [Parse], which insists on everything that a login takes:
//
//	value, err := credential.Parse(text)
//	login, err := value.Login("us-east-1") // "" for the primary Region
//
// A program that rewrites the secret calls [Inspect], which accepts a value that is less complete,
// and then [Compose], which keeps what people have added.
//
// Values that people and other programs have written are read under their own names, too, and
// Compose keeps these names beside the published ones.
//
// Compatibility: the schema is published. Keys are added to it, and never renamed or removed.
// Readers ignore keys that they don't know.
package credential
