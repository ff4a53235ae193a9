package rehearse

import (
	"context"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"
)

// Leftovers returns the names of all rehearsals that still have something in the account, the
// oldest first. They were killed or are still running. It finds users of all Regions. It finds
// secrets without a user only in the account's Region, but secrets are removed before users.
func (a Account) Leftovers(ctx context.Context) (all []Names, err error) {
	users := iam.NewListUsersPaginator(a.iam, &iam.ListUsersInput{PathPrefix: aws.String(Path)})
	for users.HasMorePages() {
		page, err := users.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("listing IAM users with the path %s: %w", Path, err)
		}
		for _, u := range page.Users {
			all = with(all, *u.UserName)
		}
	}
	secrets := secretsmanager.NewListSecretsPaginator(a.secrets, &secretsmanager.ListSecretsInput{
		IncludePlannedDeletion: aws.Bool(true),
		Filters:                []types.Filter{{Key: types.FilterNameStringTypeName, Values: []string{Prefix}}},
	})
	for secrets.HasMorePages() {
		page, err := secrets.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("listing secrets whose names begin with %s: %w", Prefix, err)
		}
		for _, s := range page.SecretList {
			all = with(all, *s.Name)
		}
	}
	slices.SortFunc(all, func(x, y Names) int { return x.Began.Compare(y.Began) })
	return all, nil
}

// with adds the rehearsal that a user or a secret belongs to. It ignores names of anything else.
func with(all []Names, name string) []Names {
	n, is := namesOf(name)
	if !is || slices.ContainsFunc(all, func(other Names) bool { return other.Run == n.Run }) {
		return all
	}
	return append(all, n)
}
