// Package iamkey manages the access keys of one IAM user: it implements rotation's [rotation.Keys].
//
// It calls no methods but those of [API], so they are also the IAM permissions that it needs, on
// that one user.
package iamkey

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/smithy-go"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/internal/awserror"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/rotation"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sessmtp"
)

// API is the part of *iam.Client that this package uses.
type API interface {
	ListAccessKeys(context.Context, *iam.ListAccessKeysInput, ...func(*iam.Options)) (
		*iam.ListAccessKeysOutput, error)
	GetAccessKeyLastUsed(context.Context, *iam.GetAccessKeyLastUsedInput, ...func(*iam.Options)) (
		*iam.GetAccessKeyLastUsedOutput, error)
	CreateAccessKey(context.Context, *iam.CreateAccessKeyInput, ...func(*iam.Options)) (
		*iam.CreateAccessKeyOutput, error)
	UpdateAccessKey(context.Context, *iam.UpdateAccessKeyInput, ...func(*iam.Options)) (
		*iam.UpdateAccessKeyOutput, error)
	DeleteAccessKey(context.Context, *iam.DeleteAccessKeyInput, ...func(*iam.Options)) (
		*iam.DeleteAccessKeyOutput, error)
}

// Keys are the access keys of the user User.
type Keys struct {
	API  API
	User string
	// UserFrom is the setting that User comes from, such as an environment variable or a flag. An
	// error about a user that doesn't exist names it, if it isn't empty.
	UserFrom string
}

var _ rotation.Keys = (*Keys)(nil)

// IAM's error codes ("Common errors" and each action's page in the IAM API reference).
const (
	noSuchEntity  = "NoSuchEntity"
	accessDenied  = "AccessDenied"
	limitExceeded = "LimitExceeded"
)

// List implements rotation.Keys.
func (k *Keys) List(ctx context.Context) ([]rotation.Key, error) {
	var keys []rotation.Key
	pages := iam.NewListAccessKeysPaginator(k.API, &iam.ListAccessKeysInput{UserName: &k.User})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, k.wrap("iam:ListAccessKeys", err)
		}
		for _, m := range page.AccessKeyMetadata {
			keys = append(keys, rotation.Key{
				ID:      aws.ToString(m.AccessKeyId),
				Status:  rotation.KeyStatus(m.Status),
				Created: aws.ToTime(m.CreateDate),
			})
		}
	}
	return keys, nil
}

// LastUsed implements rotation.Keys.
func (k *Keys) LastUsed(ctx context.Context, id string) (time.Time, error) {
	out, err := k.API.GetAccessKeyLastUsed(ctx, &iam.GetAccessKeyLastUsedInput{AccessKeyId: &id})
	if awserror.Code(err) == accessDenied && k.unknown(ctx, id, err) {
		return time.Time{}, awserror.Explained(rotation.Conflict, "iam:GetAccessKeyLastUsed", k.keyResource(id),
			"IAM doesn't know the key (any more); if IAM keeps listing it, the permission is missing", err)
	}
	if err != nil {
		return time.Time{}, k.wrapKey("iam:GetAccessKeyLastUsed", id, err)
	}
	if out.AccessKeyLastUsed == nil {
		return time.Time{}, nil
	}
	return aws.ToTime(out.AccessKeyLastUsed.LastUsedDate), nil
}

// unknown reports whether IAM denied access because the key doesn't exist, and not because a
// permission is missing. The code is AccessDenied in both cases. IAM finds the user through the
// key, and names the user as the resource ("on resource: user mail") if the permission is missing.
// Without a user it names the key ("on resource: access key AKIA…"), as recorded on 2026-02-24.
// For any other text, the list decides.
func (k *Keys) unknown(ctx context.Context, id string, denial error) bool {
	api, ok := errors.AsType[smithy.APIError](denial)
	if ok && strings.Contains(api.ErrorMessage(), "access key "+id) {
		return true
	}
	keys, err := k.List(ctx)
	return err == nil && !slices.ContainsFunc(keys, func(key rotation.Key) bool { return key.ID == id })
}

// Create implements rotation.Keys. The SDK must not retry it: CreateAccessKey has no idempotency
// token, and every try that reached IAM made a key whose secret nobody knows.
func (k *Keys) Create(ctx context.Context) (rotation.Key, sessmtp.SecretAccessKey, error) {
	once := func(o *iam.Options) { o.Retryer = aws.NopRetryer{} }
	out, err := k.API.CreateAccessKey(ctx, &iam.CreateAccessKeyInput{UserName: &k.User}, once)
	if awserror.Code(err) == limitExceeded {
		return rotation.Key{}, "", awserror.As(rotation.Conflict, "iam:CreateAccessKey", k.resource(), err)
	}
	if err != nil {
		return rotation.Key{}, "", k.wrap("iam:CreateAccessKey", err)
	}
	made := rotation.Key{
		ID:      aws.ToString(out.AccessKey.AccessKeyId),
		Status:  rotation.Active,
		Created: aws.ToTime(out.AccessKey.CreateDate),
	}
	return made, sessmtp.SecretAccessKey(aws.ToString(out.AccessKey.SecretAccessKey)), nil
}

// SetStatus implements rotation.Keys.
func (k *Keys) SetStatus(ctx context.Context, id string, status rotation.KeyStatus) error {
	_, err := k.API.UpdateAccessKey(ctx, &iam.UpdateAccessKeyInput{
		UserName: &k.User, AccessKeyId: &id, Status: types.StatusType(status),
	})
	if err != nil {
		return k.wrapKey("iam:UpdateAccessKey", id, err)
	}
	return nil
}

// Delete implements rotation.Keys.
func (k *Keys) Delete(ctx context.Context, id string) error {
	_, err := k.API.DeleteAccessKey(ctx, &iam.DeleteAccessKeyInput{UserName: &k.User, AccessKeyId: &id})
	if err != nil && awserror.Code(err) != noSuchEntity {
		return k.wrapKey("iam:DeleteAccessKey", id, err)
	}
	return nil
}

func (k *Keys) resource() string { return "user " + k.User }

func (k *Keys) keyResource(id string) string { return k.resource() + ", access key " + id }

// wrap is for actions on the user: if IAM finds no such entity, it is the user.
func (k *Keys) wrap(action string, err error) error {
	if awserror.Code(err) == noSuchEntity {
		return awserror.As(rotation.ConfigurationError, action, awserror.Configured(k.resource(), k.UserFrom), err)
	}
	return awserror.Wrap(action, k.resource(), err)
}

// wrapKey is for actions on one key: if it is missing, somebody deleted it after it was listed.
func (k *Keys) wrapKey(action, id string, err error) error {
	resource := k.keyResource(id)
	if awserror.Code(err) == noSuchEntity {
		return awserror.As(rotation.Conflict, action, resource, err)
	}
	return awserror.Wrap(action, resource, err)
}
