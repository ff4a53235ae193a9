package smtpcreds

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"
	"github.com/aws/smithy-go"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/secretid"
)

// Source is where a Store reads the secret's value. Several goroutines may call Read at once. Read
// should return when ctx ends.
type Source interface {
	Read(ctx context.Context) (Version, error)
}

// Version is a secret's current value.
type Version struct {
	ID    string // Secrets Manager's version ID; empty if the Source has no versions
	Value string // JSON in the published schema, see credential.Value
}

// SourceFunc makes a Source of a function.
type SourceFunc func(ctx context.Context) (Version, error)

// Read calls f.
func (f SourceFunc) Read(ctx context.Context) (Version, error) { return f(ctx) }

// API lists the methods of *secretsmanager.Client that SecretsManager uses, and so the one
// permission that it needs.
type API interface {
	GetSecretValue(context.Context, *secretsmanager.GetSecretValueInput,
		...func(*secretsmanager.Options)) (*secretsmanager.GetSecretValueOutput, error)
}

// SecretsManager is the Source that most programs use. SecretID is the name or ARN of the secret or
// of a replica. An ARN is read in its own Region, whatever the client's Region is, but a client's
// BaseEndpoint is kept. A name is looked up in the client's Region.
type SecretsManager struct {
	API      API
	SecretID string
}

// current is the label of the version to read. AWS returns the same version without it, but not
// every implementation of its API does.
const current = "AWSCURRENT"

// Read returns the version labelled AWSCURRENT. Its errors say what to do.
func (s SecretsManager) Read(ctx context.Context) (Version, error) {
	region, err := secretid.Region(s.SecretID, s.clientRegion())
	if err != nil {
		return Version{}, fmt.Errorf("SecretID: %w", err)
	}
	label := current
	out, err := s.API.GetSecretValue(ctx, &secretsmanager.GetSecretValueInput{SecretId: &s.SecretID,
		VersionStage: &label}, func(o *secretsmanager.Options) { o.Region = cmp.Or(region, o.Region) })
	if err != nil {
		return Version{}, fmt.Errorf("reading the secret %s: %w", s.SecretID, explain(err, region))
	}
	if out.SecretString == nil {
		return Version{}, fmt.Errorf("reading the secret %s: it holds binary data instead of JSON text", s.SecretID)
	}
	v := Version{Value: *out.SecretString}
	if out.VersionId != nil {
		v.ID = *out.VersionId
	}
	return v, nil
}

// clientRegion returns the client's Region, or "" if API isn't the SDK's client, such as a wrapper.
func (s SecretsManager) clientRegion() string {
	if client, ok := s.API.(interface{ Options() secretsmanager.Options }); ok {
		return client.Options().Region
	}
	return ""
}

// explained is AWS's error, with a text that also says what to do about it.
type explained struct {
	error
	text string
}

func (e explained) Error() string { return e.text }
func (e explained) Unwrap() error { return e.error }

func explain(err error, region string) error {
	api, ok := errors.AsType[smithy.APIError](err)
	if !ok && strings.Contains(err.Error(), "get credentials") {
		return fmt.Errorf("%w (this program has no AWS credentials: give it a role, or set AWS_PROFILE)", err)
	}
	if !ok {
		return err
	}
	text := api.ErrorCode() + ": " + strings.TrimSuffix(api.ErrorMessage(), ".")
	if advice := advice(err, api.ErrorCode(), region); advice != "" {
		text += " (" + advice + ")"
	}
	return explained{err, text}
}

// advice says what to do about an error. It names the Region that was asked, if that is known.
func advice(err error, code, region string) string {
	if _, ok := errors.AsType[*types.ResourceNotFoundException](err); ok {
		return "check its name or ARN, and the " + strings.TrimSpace("Region "+region) +
			"; is there a version labelled AWSCURRENT?"
	}
	if _, ok := errors.AsType[*types.DecryptionFailure](err); ok {
		return "allow this identity kms:Decrypt on the secret's KMS key"
	}
	switch code {
	case "AccessDeniedException":
		return "this identity needs secretsmanager:GetSecretValue on it, and kms:Decrypt if it is encrypted with a " +
			"key of your own: see the stack's ReaderArns and KmsKeyArn"
	case "InvalidRequestException":
		return "if it is marked for deletion, run aws secretsmanager restore-secret"
	case "ExpiredTokenException", "UnrecognizedClientException", "InvalidSignatureException":
		return "this program's AWS credentials are invalid or have expired: renew them"
	}
	return ""
}
