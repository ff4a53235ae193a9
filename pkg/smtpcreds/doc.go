// Package smtpcreds is for applications: it reads the SMTP credential that ses-smtp-rotator keeps
// in a secret, and keeps it up to date while the application sends mail.
//
// Create one Store for the whole program, and call Do for each mail:
//
//	api := secretsmanager.NewFromConfig(cfg)
//	store := &smtpcreds.Store{Source: smtpcreds.SecretsManager{API: api, SecretID: "mail"}}
//
//	err := store.Do(ctx, func(ctx context.Context, c smtpcreds.Credential) error {
//		return c.SendMail(ctx, nil, from, to, msg)
//	})
//
// The Store reads the secret when the first mail is sent. While it is in use, it reads the secret
// again in the background every few minutes, with some jitter; no mail waits for that. While
// Secrets Manager is down, the Store keeps using the last good value. If SES refuses a credential
// with 535, because an emergency has replaced it, the Store rereads the secret at once, one read
// for all callers, and Do sends the mail once more if the secret now has another credential.
//
// A Store has nothing to close, so it suits AWS Lambda as well as a server. It needs one
// permission: secretsmanager:GetSecretValue on the secret. Any other Source works too, such as a
// file.
//
// Compatibility: names and fields may be added but are never renamed. The zero value of a new field
// keeps the old behaviour.
package smtpcreds
