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

// look reads what is current, and logs in with it at each server.
func (r *Rehearsal) look(ctx context.Context) error {
	out, err := r.account.secrets.GetSecretValue(ctx,
		&secretsmanager.GetSecretValueInput{SecretId: &r.Secret, VersionStage: aws.String("AWSCURRENT")})
	if err != nil {
		return fmt.Errorf("reading the secret: %w", err)
	}
	r.current = credential.Value{}
	if err := json.Unmarshal([]byte(aws.ToString(out.SecretString)), &r.current); err != nil {
		return fmt.Errorf("reading the secret's value: %w", err)
	}
	if err := r.accepts(ctx, r.current); err != nil {
		return fmt.Errorf("the current credential: %w", err)
	}
	return nil
}

// accepts logs in at each server.
func (r *Rehearsal) accepts(ctx context.Context, v credential.Value) error {
	for _, addr := range r.addresses {
		if err := r.login(ctx, v, addr); err != nil {
			return err
		}
	}
	return nil
}

func (r *Rehearsal) login(ctx context.Context, v credential.Value, addr string) error {
	client := sessmtp.Client{TLS: &tls.Config{RootCAs: r.RootCAs}}
	l := sessmtp.Login{Endpoint: r.Endpoint, Username: v.Username, Password: sessmtp.Password(v.Password)}
	return client.Login(ctx, l, addr)
}

// keys are the IDs of the function's user's.
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
