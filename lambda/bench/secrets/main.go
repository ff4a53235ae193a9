// Command secrets is bare, and the client of Secrets Manager with the calls that the function makes.
package main

import (
	"context"
	"errors"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
)

func main() {
	secrets := secretsmanager.New(secretsmanager.Options{})
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
		return all
	})
}
