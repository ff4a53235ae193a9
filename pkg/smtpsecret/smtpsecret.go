// Package smtpsecret keeps the credential in AWS Secrets Manager: it implements [rotation.Secret]
// for one secret. The form of a version's value is defined in pkg/credential.
//
// It calls the methods of [API] and no others, so they are also the permissions that it needs on
// that one secret.
package smtpsecret

import (
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"
	"github.com/aws/smithy-go"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/credential"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/internal/awserror"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/rotation"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sessmtp"
)

// API is the part of *secretsmanager.Client that this package uses.
type API interface {
	GetSecretValue(context.Context, *secretsmanager.GetSecretValueInput, ...func(*secretsmanager.Options)) (
		*secretsmanager.GetSecretValueOutput, error)
	DescribeSecret(context.Context, *secretsmanager.DescribeSecretInput, ...func(*secretsmanager.Options)) (
		*secretsmanager.DescribeSecretOutput, error)
	ListSecretVersionIds(context.Context, *secretsmanager.ListSecretVersionIdsInput, ...func(*secretsmanager.Options)) (
		*secretsmanager.ListSecretVersionIdsOutput, error)
	PutSecretValue(context.Context, *secretsmanager.PutSecretValueInput, ...func(*secretsmanager.Options)) (
		*secretsmanager.PutSecretValueOutput, error)
	UpdateSecretVersionStage(
		context.Context, *secretsmanager.UpdateSecretVersionStageInput, ...func(*secretsmanager.Options),
	) (*secretsmanager.UpdateSecretVersionStageOutput, error)
}

// Secret is one secret, which holds the credential of the IAM user User.
type Secret struct {
	API API
	ID  string // name or ARN
	// IDFrom is the setting that ID comes from, such as an environment variable. An error about a
	// secret that doesn't exist names it, if it isn't empty.
	IDFrom string
	User   string
	// Endpoints are written into new versions. A credential is for their Regions, the primary one
	// first.
	Endpoints []sessmtp.Endpoint
	// Deliberate means that somebody chose the endpoints, so they replace others that a value
	// names. Otherwise, a rotation is refused until people settle which are right.
	Deliberate bool
	// Names are further names under which applications read the credential.
	Names credential.Names
	// NextVersionID is the ID of the version that Stage writes, if Secrets Manager chose one.
	NextVersionID string
}

var _ rotation.Secret = (*Secret)(nil)

// Secrets Manager's error codes, from each action's page in its API reference.
const (
	notFound         = "ResourceNotFoundException"
	invalidRequest   = "InvalidRequestException"
	invalidParameter = "InvalidParameterException"
	validation       = "ValidationException"
)

// Read implements rotation.Secret.
func (s *Secret) Read(ctx context.Context, label rotation.Label) (*rotation.Version, error) {
	out, err := s.API.GetSecretValue(ctx, &secretsmanager.GetSecretValueInput{
		SecretId: &s.ID, VersionStage: aws.String(string(label)),
	})
	if awserror.Code(err) == notFound {
		return s.readEmpty(ctx, label)
	}
	if err != nil {
		return nil, s.wrap("secretsmanager:GetSecretValue", err)
	}
	v := s.read(out)
	return &v, nil
}

// readEmpty finds out why there is no value under the label: there is no secret, the secret lacks
// the label, or the version has no value yet. GetSecretValue answers the same in all three cases.
// Secrets Manager's own rotation leaves a version without a value as AWSPENDING if it fails
// ("RotateSecret", Secrets Manager API reference).
func (s *Secret) readEmpty(ctx context.Context, label rotation.Label) (*rotation.Version, error) {
	if label == rotation.Previous { // it was current, so it has a value
		return nil, nil
	}
	out, err := s.API.DescribeSecret(ctx, &secretsmanager.DescribeSecretInput{SecretId: &s.ID})
	if err != nil {
		return nil, s.wrap("secretsmanager:DescribeSecret", err)
	}
	if out.DeletedDate != nil {
		return nil, rotation.Errorf(rotation.ConfigurationError, "%s is marked for deletion", s.configured())
	}
	for id, labels := range out.VersionIdsToStages {
		if label == rotation.Pending && slices.Contains(labels, string(label)) {
			return s.readVersion(ctx, id, labels)
		}
	}
	return nil, nil
}

// readVersion reads a version by its ID: it may have got the label only just now, and may have a
// value.
func (s *Secret) readVersion(ctx context.Context, id string, labels []string) (*rotation.Version, error) {
	out, err := s.API.GetSecretValue(ctx, &secretsmanager.GetSecretValueInput{SecretId: &s.ID, VersionId: &id})
	if awserror.Code(err) == notFound {
		out, err = &secretsmanager.GetSecretValueOutput{VersionId: &id}, nil
	}
	if err != nil {
		return nil, s.wrap("secretsmanager:GetSecretValue", err)
	}
	out.VersionStages = labels
	v := s.read(out)
	return &v, nil
}

// read converts a version as Secrets Manager returns it.
func (s *Secret) read(out *secretsmanager.GetSecretValueOutput) rotation.Version {
	var labels []rotation.Label
	for _, l := range out.VersionStages {
		labels = append(labels, rotation.Label(l))
	}
	v := s.version(aws.ToString(out.VersionId), aws.ToTime(out.CreatedDate), aws.ToString(out.SecretString), labels...)
	if out.SecretString == nil && out.SecretBinary != nil {
		v.Blank, v.Foreign = false, "it is binary"
	}
	return v
}

// Find implements rotation.Secret. Secrets Manager keeps versions that lost their labels for at
// least a day, and the last hundred of them ("Quotas", Secrets Manager user guide), so Find finds a
// key that was staged recently.
func (s *Secret) Find(ctx context.Context, keyID string) (*rotation.Version, error) {
	entries, err := s.versions(ctx)
	if err != nil {
		return nil, err
	}
	for _, entry := range entries {
		out, err := s.API.GetSecretValue(ctx, &secretsmanager.GetSecretValueInput{
			SecretId: &s.ID, VersionId: entry.VersionId,
		})
		if err != nil {
			failure := s.wrap("secretsmanager:GetSecretValue", err)
			if e, ok := errors.AsType[*rotation.Error](failure); ok && e.Refused && e.Type != rotation.AccessDenied {
				continue // it was removed meanwhile, or its KMS key is disabled
			}
			return nil, failure
		}
		if v := s.read(out); v.AccessKeyID() == keyID {
			return &v, nil
		}
	}
	return nil, nil
}

// versions lists all versions, the newest first.
func (s *Secret) versions(ctx context.Context) ([]types.SecretVersionsListEntry, error) {
	var entries []types.SecretVersionsListEntry
	pages := secretsmanager.NewListSecretVersionIdsPaginator(s.API,
		&secretsmanager.ListSecretVersionIdsInput{SecretId: &s.ID, IncludeDeprecated: aws.Bool(true)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, s.wrap("secretsmanager:ListSecretVersionIds", err)
		}
		entries = append(entries, page.Versions...)
	}
	slices.SortStableFunc(entries, func(a, b types.SecretVersionsListEntry) int {
		return aws.ToTime(b.CreatedDate).Compare(aws.ToTime(a.CreatedDate))
	})
	return entries, nil
}

// Stage implements rotation.Secret. The first version of a secret becomes AWSCURRENT whatever was
// asked for ("PutSecretValue", Secrets Manager API reference), so an empty secret gets the value {}
// first. That, too, is written as pending: if the secret isn't empty after all, because AWSCURRENT
// was read too soon after it was set, AWSCURRENT stays where it is.
func (s *Secret) Stage(ctx context.Context, base rotation.Version, logins []sessmtp.Login,
	at time.Time) (rotation.Version, error) {
	if base.ID == "" {
		if _, err := s.put(ctx, token("", "", at), credential.Empty, at); err != nil {
			return rotation.Version{}, err
		}
	}
	text, err := credential.Compose(s.User, logins, s.contentOf(base))
	if err != nil {
		return rotation.Version{}, s.unwritten(err)
	}
	return s.put(ctx, cmp.Or(s.NextVersionID, token(logins[0].Username, base.ID, at)), text, at)
}

// Restage implements rotation.Secret.
func (s *Secret) Restage(ctx context.Context, base, v rotation.Version, at time.Time) (rotation.Version, error) {
	password, _ := v.Content.(sessmtp.Password)
	text := string(password)
	if v.Blank {
		text = credential.Empty
	}
	// A value that people have yet to settle stays as it is, because applications use what it says.
	if !v.Blank && (v.Outdated && !v.Unsettled || v.ID != base.ID) {
		var err error
		if text, err = credential.Compose(s.User, v.Logins, s.contentOf(base)); err != nil {
			return rotation.Version{}, s.unwritten(err)
		}
	}
	return s.put(ctx, token(v.AccessKeyID(), v.ID, at), text, at)
}

func (s *Secret) put(ctx context.Context, token, text string, at time.Time) (rotation.Version, error) {
	_, err := s.API.PutSecretValue(ctx, &secretsmanager.PutSecretValueInput{
		SecretId: &s.ID, ClientRequestToken: &token, SecretString: &text,
		VersionStages: []string{string(rotation.Pending)},
	}, quotasAreFinal)
	if err != nil {
		return rotation.Version{}, s.wrap("secretsmanager:PutSecretValue", err)
	}
	return s.version(token, at, text, rotation.Pending), nil
}

// Move implements rotation.Secret. If Secrets Manager refuses, an earlier try may have done the
// move and its answer been lost: then the label is where it should be.
func (s *Secret) Move(ctx context.Context, label rotation.Label, from, to string) error {
	in := &secretsmanager.UpdateSecretVersionStageInput{SecretId: &s.ID, VersionStage: aws.String(string(label))}
	if from != "" {
		in.RemoveFromVersionId = &from
	}
	if to != "" {
		in.MoveToVersionId = &to
	}
	_, err := s.API.UpdateSecretVersionStage(ctx, in, quotasAreFinal)
	switch awserror.Code(err) {
	case "":
		if err == nil {
			return nil
		}
	case invalidParameter, invalidRequest, notFound:
		there, readErr := s.Read(ctx, label)
		if readErr != nil {
			return readErr // it isn't known whether the label moved
		}
		if there != nil && there.ID == to {
			return nil
		}
		return awserror.As(rotation.Conflict, "secretsmanager:UpdateSecretVersionStage", s.resource(), err)
	}
	return s.wrap("secretsmanager:UpdateSecretVersionStage", err)
}

// quotasAreFinal keeps the SDK from retrying when a quota is used up. The SDK takes the code for
// throttling, but the quota is still used up seconds later.
func quotasAreFinal(o *secretsmanager.Options) {
	if inner, ok := o.Retryer.(aws.RetryerV2); ok {
		o.Retryer = exceptQuotas{inner}
	}
}

type exceptQuotas struct{ aws.RetryerV2 }

// IsErrorRetryable asks the SDK's retryer, except about quotas.
func (r exceptQuotas) IsErrorRetryable(err error) bool {
	return awserror.Code(err) != awserror.LimitExceeded && r.RetryerV2.IsErrorRetryable(err)
}

// unwritten is the error for a value that can't be composed, so that nothing was written.
func (s *Secret) unwritten(err error) error {
	failure := rotation.Errorf(rotation.ConfigurationError, "writing %s: %w", s.configured(), err)
	failure.Refused = true
	return failure
}

// token derives a version's ID from the version's purpose: all tries of the SDK have the same ID,
// so they make one version; another invocation has another ID. The ID has the form of a UUID, as
// Secrets Manager's own have.
func token(keyID, base string, at time.Time) string {
	h := sha256.Sum256(fmt.Appendf(nil, "%s\x00%s\x00%d", keyID, base, at.UnixNano()))
	return fmt.Sprintf("%x-%x-%x-%x-%x", h[0:4], h[4:6], h[6:8], h[8:10], h[10:16])
}

func (s *Secret) resource() string { return "secret " + s.ID }

// configured returns the resource with the setting to check.
func (s *Secret) configured() string { return awserror.Configured(s.resource(), s.IDFrom) }

func (s *Secret) wrap(action string, err error) error {
	switch awserror.Code(err) {
	case notFound, invalidRequest: // invalid: marked for deletion
		return awserror.As(rotation.ConfigurationError, action, s.configured(), err)
	case validation:
		if aboutID(err) {
			return awserror.Explained(rotation.ConfigurationError, action, s.configured(),
				"no secret can have this name; give a name of 1 to 512 letters, digits and -/_+=.@! or an ARN", err)
		}
	case awserror.LimitExceeded:
		return awserror.Explained(rotation.RotationBlocked, action, s.resource(), "it can't take another version or "+
			"label: a secret has at most 100 versions, those of the last 24 hours are never removed, and at most 20 "+
			"labels; find out what else writes to it", err)
	}
	return awserror.Wrap(action, s.resource(), err)
}

// aboutID reports whether the request's ID can't be a secret's name or ARN. The first text is
// recorded; the second is how AWS's services name the member at fault.
func aboutID(err error) bool {
	api, ok := errors.AsType[smithy.APIError](err)
	return ok && (strings.HasPrefix(api.ErrorMessage(), "Invalid name") ||
		strings.Contains(api.ErrorMessage(), "'secretId'"))
}
