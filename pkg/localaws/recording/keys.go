package recording

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
)

// errKeys is the reason why questions that need access keys aren't asked.
var errKeys = errors.New("there is no access key to ask with")

// askKeys creates the user's two keys. It creates the second one even if a question can't be
// answered, because all later questions need both.
func (a *asker) askKeys(ctx context.Context) (err error) {
	if a.spare, err = a.createKey(ctx); err != nil {
		return err
	}
	err = a.askListed(ctx)
	made, makeErr := a.createKey(ctx)
	a.lasting = made
	return cmp.Or(makeErr, err, a.askUnused(ctx))
}

func (a *asker) askListed(ctx context.Context) error {
	a.asking("key.listed")
	listed, err := a.until(ctx, func() (bool, error) {
		out, err := a.IAM.ListAccessKeys(ctx, &iam.ListAccessKeysInput{UserName: &a.User})
		return err == nil && slices.ContainsFunc(out.AccessKeyMetadata, func(k types.AccessKeyMetadata) bool {
			return aws.ToString(k.AccessKeyId) == a.spare.id
		}), err
	})
	switch {
	case err != nil:
		return err
	case listed:
		a.timed("key.listed", map[string]float64{"listed after": a.since(a.spare.made)}, "it does")
	default:
		a.timed("key.listed", map[string]float64{"waited for": a.since(a.spare.made)}, notInTime)
	}
	return nil
}

func (a *asker) askUnused(ctx context.Context) error {
	a.asking("key.unused")
	last, err := a.lastUsed(ctx, a.spare.id)
	if err != nil {
		return err
	}
	if last.LastUsedDate != nil {
		a.answer("key.unused", "it was used, by %s in %s", aws.ToString(last.ServiceName), aws.ToString(last.Region))
		return nil
	}
	a.answer("key.unused", "no date, service %s, Region %s", aws.ToString(last.ServiceName), aws.ToString(last.Region))
	return nil
}

func (a *asker) lastUsed(ctx context.Context, id string) (types.AccessKeyLastUsed, error) {
	out, err := a.IAM.GetAccessKeyLastUsed(ctx, &iam.GetAccessKeyLastUsedInput{AccessKeyId: &id})
	if err != nil {
		return types.AccessKeyLastUsed{}, err
	}
	if out.AccessKeyLastUsed == nil {
		return types.AccessKeyLastUsed{}, nil
	}
	return *out.AccessKeyLastUsed, nil
}

// askThird asks for a third key. It is asked with the logins, when AWS knows the second key.
func (a *asker) askThird(ctx context.Context) error {
	a.asking("key.third")
	_, err := a.createKey(ctx)
	return a.refused("key.third", err)
}

// askUser asks about a user with a key and a policy. It is asked last, when the user has both.
func (a *asker) askUser(ctx context.Context) error {
	a.asking("user.exists")
	_, err := a.IAM.CreateUser(ctx, &iam.CreateUserInput{UserName: &a.User, Path: &a.Path})
	if err := a.refused("user.exists", err); err != nil {
		return err
	}
	a.asking("user.not-empty")
	_, err = a.IAM.DeleteUser(ctx, &iam.DeleteUserInput{UserName: &a.User})
	return a.refused("user.not-empty", err)
}
