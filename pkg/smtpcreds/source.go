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

// Source is where the secret's value comes from. Read may be called by several goroutines, and
// should end with ctx.
type Source interface {
	Read(ctx context.Context) (Version, error)
}

// Version is a secret's value as it is now.
type Version struct {
	ID    string // as Secrets Manager has it; a Source without versions leaves it empty
	Value string // in the published schema, see credential.Value
}

// SourceFunc is a function that is a Source.
type SourceFunc func(ctx context.Context) (Version, error)

// Read calls f.
func (f SourceFunc) Read(ctx context.Context) (Version, error) { return f(ctx) }

// API is what is used of *secretsmanager.Client, and so the one permission that is needed.
type API interface {
	GetSecretValue(context.Context, *secretsmanager.GetSecretValueInput,
		...func(*secretsmanager.Options)) (*secretsmanager.GetSecretValueOutput, error)
}

// SecretsManager is the Source of most programs. SecretID is a name or an ARN, of the secret or of
// a replica of it. An ARN is read in its own Region, whatever the client's is; a client's
// BaseEndpoint stays. A name is one in the client's Region.
type SecretsManager struct {
	API      API
	SecretID string
}

// current is the label of the version that is read. Without naming it one gets the same from AWS,
// but not from every copy of it.
const current = "AWSCURRENT"

// Read gets AWSCURRENT. Errors say what to do about them.
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
		return Version{}, fmt.Errorf("reading the secret %s: it holds binary data, and no JSON text", s.SecretID)
	}
	v := Version{Value: *out.SecretString}
	if out.VersionId != nil {
		v.ID = *out.VersionId
	}
	return v, nil
}

// clientRegion is empty for an API that isn't the SDK's client, such as one that wraps it.
func (s SecretsManager) clientRegion() string {
	if client, ok := s.API.(interface{ Options() secretsmanager.Options }); ok {
		return client.Options().Region
	}
	return ""
}

// explained is AWS's error in its own words, with what to do about it.
type explained struct {
	error
	text string
}

func (e explained) Error() string { return e.text }
func (e explained) Unwrap() error { return e.error }

func explain(err error, region string) error {
	api, ok := errors.AsType[smithy.APIError](err)
	if !ok && strings.Contains(err.Error(), "get credentials") {
		return fmt.Errorf("%w (this program has no AWS credentials of its own: give it a role, or AWS_PROFILE)", err)
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

// advice names the Region that was asked, if it is known.
func advice(err error, code, region string) string {
	if _, ok := errors.AsType[*types.ResourceNotFoundException](err); ok {
		return "check its name or ARN, and the " + strings.TrimSpace("Region "+region) +
			"; is there a version labelled AWSCURRENT?"
	}
	if _, ok := errors.AsType[*types.DecryptionFailure](err); ok {
		return "the secret's KMS key has to let this identity decrypt"
	}
	switch code {
	case "AccessDeniedException":
		return "this identity needs secretsmanager:GetSecretValue on it, and kms:Decrypt where it has a key of " +
			"your own: the stack's ReaderArns and KmsKeyArn"
	case "InvalidRequestException":
		return "if it is marked for deletion: aws secretsmanager restore-secret"
	case "ExpiredTokenException", "UnrecognizedClientException", "InvalidSignatureException":
		return "this program's own AWS credentials aren't valid"
	}
	return ""
}
