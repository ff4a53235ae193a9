package localaws

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
)

// IAM has the methods of the SDK's iam.Client for access keys, without HTTP: the same rules, faults
// and imperfections at a hundredth of the cost, for tests that make millions of calls. It retries
// nothing.
type IAM struct{ world *World }

// IAM returns a client of the World's IAM that works within the process.
func (w *World) IAM() IAM { return IAM{w} }

// ListAccessKeys is iam.Client's method.
func (c IAM) ListAccessKeys(_ context.Context, in *iam.ListAccessKeysInput,
	_ ...func(*iam.Options)) (*iam.ListAccessKeysOutput, error) {
	result, err := c.world.iamCall("ListAccessKeys", userNameParameter, in.UserName, markerParameter, in.Marker)
	if err != nil {
		return nil, err
	}
	listed := result.(listAccessKeysResult)
	out := &iam.ListAccessKeysOutput{IsTruncated: listed.IsTruncated, Marker: set(listed.Marker)}
	for _, k := range listed.Keys {
		out.AccessKeyMetadata = append(out.AccessKeyMetadata, types.AccessKeyMetadata{
			UserName: set(k.UserName), AccessKeyId: set(k.AccessKeyID), Status: types.StatusType(k.Status),
			CreateDate: asTime(k.CreateDate),
		})
	}
	return out, nil
}

// GetAccessKeyLastUsed is iam.Client's method.
func (c IAM) GetAccessKeyLastUsed(_ context.Context, in *iam.GetAccessKeyLastUsedInput,
	_ ...func(*iam.Options)) (*iam.GetAccessKeyLastUsedOutput, error) {
	result, err := c.world.iamCall("GetAccessKeyLastUsed", accessKeyIDParameter, in.AccessKeyId)
	if err != nil {
		return nil, err
	}
	found := result.(getAccessKeyLastUsedResult)
	return &iam.GetAccessKeyLastUsedOutput{UserName: set(found.UserName), AccessKeyLastUsed: &types.AccessKeyLastUsed{
		LastUsedDate: asTime(found.LastUsed.LastUsedDate), Region: set(found.LastUsed.Region),
		ServiceName: set(found.LastUsed.ServiceName),
	}}, nil
}

// CreateAccessKey is iam.Client's method.
func (c IAM) CreateAccessKey(_ context.Context, in *iam.CreateAccessKeyInput,
	_ ...func(*iam.Options)) (*iam.CreateAccessKeyOutput, error) {
	result, err := c.world.iamCall("CreateAccessKey", userNameParameter, in.UserName)
	if err != nil {
		return nil, err
	}
	k := result.(createAccessKeyResult).Key
	return &iam.CreateAccessKeyOutput{AccessKey: &types.AccessKey{
		UserName: set(k.UserName), AccessKeyId: set(k.AccessKeyID), SecretAccessKey: set(k.SecretAccessKey),
		Status: types.StatusType(k.Status), CreateDate: asTime(k.CreateDate),
	}}, nil
}

// UpdateAccessKey is iam.Client's method.
func (c IAM) UpdateAccessKey(_ context.Context, in *iam.UpdateAccessKeyInput,
	_ ...func(*iam.Options)) (*iam.UpdateAccessKeyOutput, error) {
	_, err := c.world.iamCall("UpdateAccessKey",
		userNameParameter, in.UserName, accessKeyIDParameter, in.AccessKeyId, statusParameter, set(string(in.Status)))
	return &iam.UpdateAccessKeyOutput{}, err
}

// DeleteAccessKey is iam.Client's method.
func (c IAM) DeleteAccessKey(_ context.Context, in *iam.DeleteAccessKeyInput,
	_ ...func(*iam.Options)) (*iam.DeleteAccessKeyOutput, error) {
	_, err := c.world.iamCall("DeleteAccessKey", userNameParameter, in.UserName, accessKeyIDParameter, in.AccessKeyId)
	return &iam.DeleteAccessKeyOutput{}, err
}
