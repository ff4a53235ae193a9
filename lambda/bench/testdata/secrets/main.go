// Command secrets is bare with the client of Secrets Manager and the calls that the function makes.
package main

import (
	"context"
	"errors"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"github.com/seed-486a873a/ses-smtp-rotator/lambda/bench/testdata/calls"
)

func main() {
	secrets := secretsmanager.New(secretsmanager.Options{})
	lambda.Start(func(ctx context.Context) error {
		return errors.Join(calls.Secrets(ctx, secrets)...)
	})
}
