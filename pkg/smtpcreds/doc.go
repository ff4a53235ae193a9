// Package smtpcreds is for applications: it reads the SMTP credential that ses-smtp-rotator keeps
// in a secret, and keeps it fresh while the application sends.
//
// The ordinary path: one Store for the program, and Do around the sending of each mail.
//
//	api := secretsmanager.NewFromConfig(cfg)
//	store := &smtpcreds.Store{Source: smtpcreds.SecretsManager{API: api, SecretID: "mail"}}
//
//	err := store.Do(ctx, func(ctx context.Context, c smtpcreds.Credential) error {
//		return c.SendMail(ctx, nil, from, to, msg)
//	})
//
// The secret is read when the first mail is sent, and again in the background every few minutes,
// with some jitter, while the Store is used. Nobody waits for that. While Secrets Manager is down,
// the last good value serves on. A credential that SES refuses (535: an emergency has replaced it)
// is read again at once, once for all who were refused, and the mail is sent again, once, if there
// is another one now.
//
// A Store starts nothing that has to be closed, so it suits AWS Lambda as well as a server. It
// needs one permission, secretsmanager:GetSecretValue on the secret; any other Source will do, such
// as a file.
//
// Compatibility: names and fields are added, never renamed; the zero value of a new field is what
// was before.
package smtpcreds
