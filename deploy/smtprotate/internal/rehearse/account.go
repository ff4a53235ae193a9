package rehearse

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

// Account is an AWS account, seen by whoever rehearses in it.
type Account struct {
	ID     string
	Caller string // whose credentials they are, as an ARN

	config  aws.Config
	iam     *iam.Client
	secrets *secretsmanager.Client
}

// Open finds out whose account it is.
func Open(ctx context.Context, cfg aws.Config) (Account, error) {
	a := Account{config: cfg, iam: iam.NewFromConfig(cfg), secrets: secretsmanager.NewFromConfig(cfg)}
	out, err := sts.NewFromConfig(cfg).GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err != nil {
		return a, fmt.Errorf("asking whose credentials these are: %w", err)
	}
	a.ID, a.Caller = aws.ToString(out.Account), aws.ToString(out.Arn)
	return a, nil
}
