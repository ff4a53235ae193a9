package calls

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/iam"
)

// Keys makes the calls of a rotation to IAM.
func Keys(ctx context.Context, c *iam.Client) (errs []error) {
	var err error
	check := func() { errs = append(errs, err) }
	_, err = c.ListAccessKeys(ctx, &iam.ListAccessKeysInput{})
	check()
	_, err = c.GetAccessKeyLastUsed(ctx, &iam.GetAccessKeyLastUsedInput{})
	check()
	_, err = c.CreateAccessKey(ctx, &iam.CreateAccessKeyInput{})
	check()
	_, err = c.UpdateAccessKey(ctx, &iam.UpdateAccessKeyInput{})
	check()
	_, err = c.DeleteAccessKey(ctx, &iam.DeleteAccessKeyInput{})
	check()
	return errs
}
