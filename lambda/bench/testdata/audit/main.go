// Command audit is keys with the calls that the audit makes.
package main

import (
	"context"
	"errors"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"github.com/seed-486a873a/ses-smtp-rotator/lambda/bench/testdata/calls"
)

func main() {
	secrets := secretsmanager.New(secretsmanager.Options{})
	keys := iam.New(iam.Options{})
	lambda.Start(func(ctx context.Context) error {
		return errors.Join(append(append(calls.Secrets(ctx, secrets), calls.Keys(ctx, keys)...),
			calls.Audit(ctx, keys)...)...)
	})
}
