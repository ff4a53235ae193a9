package rehearse

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

// Account is an AWS account in which somebody rehearses, with that person's credentials.
type Account struct {
	ID     string
	Caller string // the ARN of the user or role whose credentials are used

	config  aws.Config
	iam     *iam.Client
	secrets *secretsmanager.Client
}

// Open returns the account that the configuration's credentials belong to.
func Open(ctx context.Context, cfg aws.Config) (Account, error) {
	a := Account{config: cfg, iam: iam.NewFromConfig(cfg), secrets: secretsmanager.NewFromConfig(cfg)}
	out, err := sts.NewFromConfig(cfg).GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err != nil {
		return a, fmt.Errorf("asking whose credentials these are: %w", err)
	}
	a.ID, a.Caller = aws.ToString(out.Account), aws.ToString(out.Arn)
	return a, nil
}
