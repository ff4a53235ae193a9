package localaws

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"
)

// SecretsManager has the methods of the SDK's secretsmanager.Client for versions and labels,
// without HTTP, as IAM has those for access keys.
type SecretsManager struct{ world *World }

// SecretsManager returns a client of the World's Secrets Manager that works within the process.
func (w *World) SecretsManager() SecretsManager { return SecretsManager{w} }

// GetSecretValue is secretsmanager.Client's method.
func (c SecretsManager) GetSecretValue(_ context.Context, in *secretsmanager.GetSecretValueInput,
	_ ...func(*secretsmanager.Options)) (*secretsmanager.GetSecretValueOutput, error) {
	out, err := c.world.secretsCall("GetSecretValue", secretsInput{
		SecretID: aws.ToString(in.SecretId), VersionID: aws.ToString(in.VersionId),
		VersionStage: aws.ToString(in.VersionStage),
	})
	if err != nil {
		return nil, err
	}
	return &secretsmanager.GetSecretValueOutput{
		ARN: &out.ARN, Name: &out.Name, VersionId: &out.VersionID, SecretString: out.SecretString,
		SecretBinary:  out.SecretBinary,
		VersionStages: out.VersionStages, CreatedDate: out.CreatedDate.time(),
	}, nil
}

// DescribeSecret is secretsmanager.Client's method.
func (c SecretsManager) DescribeSecret(_ context.Context, in *secretsmanager.DescribeSecretInput,
	_ ...func(*secretsmanager.Options)) (*secretsmanager.DescribeSecretOutput, error) {
	out, err := c.world.secretsCall("DescribeSecret", secretsInput{SecretID: aws.ToString(in.SecretId)})
	if err != nil {
		return nil, err
	}
	var tags []types.Tag
	for _, t := range out.Tags {
		tags = append(tags, types.Tag{Key: &t.Key, Value: &t.Value})
	}
	return &secretsmanager.DescribeSecretOutput{
		ARN: &out.ARN, Name: &out.Name, Description: set(out.Description), VersionIdsToStages: out.VersionIDsToStages,
		CreatedDate: out.CreatedDate.time(), LastChangedDate: out.LastChangedDate.time(),
		DeletedDate: out.DeletedDate.time(), Tags: tags,
	}, nil
}

// ListSecretVersionIds is secretsmanager.Client's method.
func (c SecretsManager) ListSecretVersionIds(_ context.Context, in *secretsmanager.ListSecretVersionIdsInput,
	_ ...func(*secretsmanager.Options)) (*secretsmanager.ListSecretVersionIdsOutput, error) {
	out, err := c.world.secretsCall("ListSecretVersionIds", secretsInput{
		SecretID: aws.ToString(in.SecretId), IncludeDeprecated: aws.ToBool(in.IncludeDeprecated),
		MaxResults: int(aws.ToInt32(in.MaxResults)), NextToken: aws.ToString(in.NextToken),
	})
	if err != nil {
		return nil, err
	}
	listed := &secretsmanager.ListSecretVersionIdsOutput{ARN: &out.ARN, Name: &out.Name, NextToken: set(out.NextToken)}
	for _, v := range out.Versions {
		listed.Versions = append(listed.Versions, types.SecretVersionsListEntry{
			VersionId: &v.VersionID, VersionStages: v.VersionStages, CreatedDate: v.CreatedDate.time(),
		})
	}
	return listed, nil
}

// PutSecretValue is secretsmanager.Client's method.
func (c SecretsManager) PutSecretValue(_ context.Context, in *secretsmanager.PutSecretValueInput,
	_ ...func(*secretsmanager.Options)) (*secretsmanager.PutSecretValueOutput, error) {
	out, err := c.world.secretsCall("PutSecretValue", secretsInput{
		SecretID: aws.ToString(in.SecretId), ClientRequestToken: aws.ToString(in.ClientRequestToken),
		SecretString: in.SecretString, SecretBinary: in.SecretBinary, VersionStages: in.VersionStages,
	})
	if err != nil {
		return nil, err
	}
	return &secretsmanager.PutSecretValueOutput{ARN: &out.ARN, Name: &out.Name, VersionId: &out.VersionID,
		VersionStages: out.VersionStages}, nil
}

// UpdateSecretVersionStage is secretsmanager.Client's method.
func (c SecretsManager) UpdateSecretVersionStage(_ context.Context, in *secretsmanager.UpdateSecretVersionStageInput,
	_ ...func(*secretsmanager.Options)) (*secretsmanager.UpdateSecretVersionStageOutput, error) {
	out, err := c.world.secretsCall("UpdateSecretVersionStage", secretsInput{
		SecretID: aws.ToString(in.SecretId), VersionStage: aws.ToString(in.VersionStage),
		MoveToVersionID: aws.ToString(in.MoveToVersionId), RemoveFromVersionID: aws.ToString(in.RemoveFromVersionId),
	})
	if err != nil {
		return nil, err
	}
	return &secretsmanager.UpdateSecretVersionStageOutput{ARN: &out.ARN, Name: &out.Name}, nil
}
