package rehearse

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/localaws/recording"
)

// Leftover is what is there of one rehearsal: of one that was killed, or that goes on.
type Leftover struct {
	Run            string
	Began          time.Time
	Users, Secrets []string
}

// String names it all.
func (l Leftover) String() string {
	var all []string
	for _, user := range l.Users {
		all = append(all, "IAM user "+user)
	}
	for _, secret := range l.Secrets {
		all = append(all, "secret "+secret)
	}
	return strings.Join(all, ", ")
}

// Leftovers are what is there of all rehearsals in the account and its Region, the oldest first.
func (a Account) Leftovers(ctx context.Context) ([]Leftover, error) {
	var all leftovers
	users := iam.NewListUsersPaginator(a.iam, &iam.ListUsersInput{PathPrefix: aws.String(Path)})
	for users.HasMorePages() {
		page, err := users.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("listing IAM users with the path %s: %w", Path, err)
		}
		for _, u := range page.Users {
			all.add(*u.UserName, func(l *Leftover) { l.Users = append(l.Users, *u.UserName) })
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
			all.add(*s.Name, func(l *Leftover) { l.Secrets = append(l.Secrets, *s.Name) })
		}
	}
	slices.SortFunc(all, func(x, y Leftover) int { return x.Began.Compare(y.Began) })
	return all, nil
}

type leftovers []Leftover

// add adds something to the rehearsal that its name tells. What isn't a rehearsal's is left alone.
func (all *leftovers) add(name string, to func(*Leftover)) {
	run, began, is := runOf(name)
	if !is {
		return
	}
	i := slices.IndexFunc(*all, func(l Leftover) bool { return l.Run == run })
	if i < 0 {
		*all, i = append(*all, Leftover{Run: run, Began: began}), len(*all)
	}
	to(&(*all)[i])
}

// removals is how often removing a user is tried: IAM may list a new key late, and refuse to delete
// a user whose last key was just deleted.
const removals = 10

// Remove removes a leftover. What is gone already is no error; the error names what stays.
func (a Account) Remove(ctx context.Context, clock recording.Clock, l Leftover) error {
	var faults error
	for _, user := range l.Users {
		if err := a.removeUser(ctx, clock, user); err != nil {
			faults = errors.Join(faults, fmt.Errorf("IAM user %s is left: %w", user, err))
		}
	}
	for _, secret := range l.Secrets {
		_, err := a.secrets.DeleteSecret(ctx, &secretsmanager.DeleteSecretInput{
			SecretId: &secret, ForceDeleteWithoutRecovery: aws.Bool(true),
		})
		if _, gone := errors.AsType[*types.ResourceNotFoundException](err); err != nil && !gone {
			faults = errors.Join(faults, fmt.Errorf("secret %s is left: %w", secret, err))
		}
	}
	return faults
}

func (a Account) removeUser(ctx context.Context, clock recording.Clock, user string) (err error) {
	for range removals {
		if err = a.emptyUser(ctx, user); err == nil {
			_, err = a.iam.DeleteUser(ctx, &iam.DeleteUserInput{UserName: &user})
		}
		if err == nil || isGone(err) {
			return nil
		}
		if clock.Sleep(ctx, time.Second) != nil {
			break
		}
	}
	return err
}

// emptyUser takes from a user what would keep it from being deleted.
func (a Account) emptyUser(ctx context.Context, user string) error {
	keys, err := a.iam.ListAccessKeys(ctx, &iam.ListAccessKeysInput{UserName: &user})
	if err != nil {
		return err
	}
	for _, k := range keys.AccessKeyMetadata {
		_, err := a.iam.DeleteAccessKey(ctx, &iam.DeleteAccessKeyInput{UserName: &user, AccessKeyId: k.AccessKeyId})
		if err != nil && !isGone(err) {
			return err
		}
	}
	policies, err := a.iam.ListUserPolicies(ctx, &iam.ListUserPoliciesInput{UserName: &user})
	if err != nil {
		return err
	}
	for _, name := range policies.PolicyNames {
		_, err := a.iam.DeleteUserPolicy(ctx, &iam.DeleteUserPolicyInput{UserName: &user, PolicyName: &name})
		if err != nil && !isGone(err) {
			return err
		}
	}
	return nil
}

// isGone tells that IAM doesn't have what was to be removed.
func isGone(err error) bool {
	_, gone := errors.AsType[*iamtypes.NoSuchEntityException](err)
	return gone
}
