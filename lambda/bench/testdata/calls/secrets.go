package calls

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
)

// Secrets makes the function's calls to Secrets Manager.
func Secrets(ctx context.Context, c *secretsmanager.Client) (errs []error) {
	var err error
	check := func() { errs = append(errs, err) }
	_, err = c.GetSecretValue(ctx, &secretsmanager.GetSecretValueInput{})
	check()
	_, err = c.DescribeSecret(ctx, &secretsmanager.DescribeSecretInput{})
	check()
	_, err = c.ListSecretVersionIds(ctx, &secretsmanager.ListSecretVersionIdsInput{})
	check()
	_, err = c.PutSecretValue(ctx, &secretsmanager.PutSecretValueInput{})
	check()
	_, err = c.UpdateSecretVersionStage(ctx, &secretsmanager.UpdateSecretVersionStageInput{})
	check()
	return errs
}
