// Command audit is keys, and the calls that the audit makes.
package main

import (
	"context"
	"errors"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
)

func main() {
	secrets := secretsmanager.New(secretsmanager.Options{})
	keys := iam.New(iam.Options{})
	lambda.Start(func(ctx context.Context) error {
		var all error
		call := func(err error) { all = errors.Join(all, err) }
		var err error
		_, err = secrets.GetSecretValue(ctx, &secretsmanager.GetSecretValueInput{})
		call(err)
		_, err = secrets.DescribeSecret(ctx, &secretsmanager.DescribeSecretInput{})
		call(err)
		_, err = secrets.ListSecretVersionIds(ctx, &secretsmanager.ListSecretVersionIdsInput{})
		call(err)
		_, err = secrets.PutSecretValue(ctx, &secretsmanager.PutSecretValueInput{})
		call(err)
		_, err = secrets.UpdateSecretVersionStage(ctx, &secretsmanager.UpdateSecretVersionStageInput{})
		call(err)
		_, err = keys.ListAccessKeys(ctx, &iam.ListAccessKeysInput{})
		call(err)
		_, err = keys.GetAccessKeyLastUsed(ctx, &iam.GetAccessKeyLastUsedInput{})
		call(err)
		_, err = keys.CreateAccessKey(ctx, &iam.CreateAccessKeyInput{})
		call(err)
		_, err = keys.UpdateAccessKey(ctx, &iam.UpdateAccessKeyInput{})
		call(err)
		_, err = keys.DeleteAccessKey(ctx, &iam.DeleteAccessKeyInput{})
		call(err)
		_, err = keys.GetUser(ctx, &iam.GetUserInput{})
		call(err)
		_, err = keys.GetLoginProfile(ctx, &iam.GetLoginProfileInput{})
		call(err)
		_, err = keys.ListMFADevices(ctx, &iam.ListMFADevicesInput{})
		call(err)
		_, err = keys.ListSSHPublicKeys(ctx, &iam.ListSSHPublicKeysInput{})
		call(err)
		_, err = keys.ListServiceSpecificCredentials(ctx, &iam.ListServiceSpecificCredentialsInput{})
		call(err)
		_, err = keys.ListSigningCertificates(ctx, &iam.ListSigningCertificatesInput{})
		call(err)
		_, err = keys.ListUserPolicies(ctx, &iam.ListUserPoliciesInput{})
		call(err)
		_, err = keys.GetUserPolicy(ctx, &iam.GetUserPolicyInput{})
		call(err)
		_, err = keys.ListAttachedUserPolicies(ctx, &iam.ListAttachedUserPoliciesInput{})
		call(err)
		_, err = keys.ListGroupsForUser(ctx, &iam.ListGroupsForUserInput{})
		call(err)
		_, err = keys.ListGroupPolicies(ctx, &iam.ListGroupPoliciesInput{})
		call(err)
		_, err = keys.GetGroupPolicy(ctx, &iam.GetGroupPolicyInput{})
		call(err)
		_, err = keys.ListAttachedGroupPolicies(ctx, &iam.ListAttachedGroupPoliciesInput{})
		call(err)
		_, err = keys.GetPolicy(ctx, &iam.GetPolicyInput{})
		call(err)
		_, err = keys.GetPolicyVersion(ctx, &iam.GetPolicyVersionInput{})
		call(err)
		return all
	})
}
