// Command keys is secrets, and the client of IAM with the calls that rotation makes.
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
		return all
	})
}
