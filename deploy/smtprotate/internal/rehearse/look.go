package rehearse

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/credential"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sessmtp"
)

// look waits until the current credential is a wanted one and each server accepts it, and sets
// r.current to it. It has to wait because Secrets Manager may return the previous one for a moment.
func (r *Rehearsal) look(ctx context.Context, wanted func(accessKeyID string) bool) (err error) {
	for until := r.Clock.Now().Add(r.Patience); ; {
		if r.current, err = r.read(ctx); err == nil && !wanted(r.current.Username) {
			err = fmt.Errorf("access key %s is still current", r.current.Username)
		}
		if err == nil {
			err = r.accepts(ctx, r.current)
		}
		if err == nil || r.Clock.Now().After(until) {
			return err
		}
		if err := r.Clock.Sleep(ctx, r.Every); err != nil {
			return err
		}
	}
}

// read reads the current credential.
func (r *Rehearsal) read(ctx context.Context) (v credential.Value, err error) {
	out, err := r.account.secrets.GetSecretValue(ctx,
		&secretsmanager.GetSecretValueInput{SecretId: &r.Secret, VersionStage: aws.String("AWSCURRENT")})
	if err != nil {
		return v, fmt.Errorf("reading the secret: %w", err)
	}
	if err := json.Unmarshal([]byte(aws.ToString(out.SecretString)), &v); err != nil {
		return v, fmt.Errorf("reading the secret's value: %w", err)
	}
	return v, nil
}

// accepts logs in at each server.
func (r *Rehearsal) accepts(ctx context.Context, v credential.Value) error {
	for _, addr := range r.addresses {
		if err := r.login(ctx, v, addr); err != nil {
			return fmt.Errorf("the credential with access key %s: %w", v.Username, err)
		}
	}
	return nil
}

func (r *Rehearsal) login(ctx context.Context, v credential.Value, addr string) error {
	client := sessmtp.Client{TLS: &tls.Config{RootCAs: r.RootCAs}}
	l := sessmtp.Login{Endpoint: r.Endpoint, Username: v.Username, Password: sessmtp.Password(v.Password)}
	return client.Login(ctx, l, addr)
}

// keys returns the IDs of the access keys of the function's user.
func (r *Rehearsal) keys(ctx context.Context) (ids []string, err error) {
	out, err := r.account.iam.ListAccessKeys(ctx, &iam.ListAccessKeysInput{UserName: &r.User})
	if err != nil {
		return nil, err
	}
	for _, k := range out.AccessKeyMetadata {
		ids = append(ids, aws.ToString(k.AccessKeyId))
	}
	return ids, nil
}
