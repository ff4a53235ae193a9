package rehearse

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"
	"github.com/aws/smithy-go"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/localaws/recording"
)

// removing is how long to keep trying to remove a rehearsal. IAM may list a new key late, and not
// know a new user for a while.
const removing = 3 * time.Minute

// Remove removes what is left of a rehearsal. The error names what stays. It removes secrets first,
// because Leftovers finds users from any Region.
func (a Account) Remove(ctx context.Context, clock recording.Clock, n Names) error {
	until := clock.Now().Add(removing)
	var faults error
	for _, secret := range []string{n.Secret, n.AskedSecret} {
		if err := a.removeSecret(ctx, n.Region, secret); err != nil {
			faults = errors.Join(faults, fmt.Errorf("secret %s in %s is left: %w", secret, n.Region, err))
		}
	}
	if faults != nil {
		return faults
	}
	for _, user := range []string{n.User, n.Asked} {
		if err := a.removeUser(ctx, clock, until, user); err != nil {
			faults = errors.Join(faults, fmt.Errorf("IAM user %s is left: %w", user, err))
		}
	}
	return faults
}

func (a Account) removeSecret(ctx context.Context, region, name string) error {
	_, err := a.secrets.DeleteSecret(ctx, &secretsmanager.DeleteSecretInput{
		SecretId: &name, ForceDeleteWithoutRecovery: aws.Bool(true),
	}, func(o *secretsmanager.Options) { o.Region = region })
	if isGone(err) {
		return nil
	}
	return err
}

// unknown is how often in a row IAM must say that it doesn't know a user. A new user may be unknown
// for some seconds.
const unknown = 3

func (a Account) removeUser(ctx context.Context, clock recording.Clock, until time.Time, user string) (err error) {
	gone := 0
	for pause := time.Second; ; pause = min(2*pause, 10*time.Second) {
		_ = a.emptyUser(ctx, user) // DeleteUser reports what this leaves
		switch _, err = a.iam.DeleteUser(ctx, &iam.DeleteUserInput{UserName: &user}); {
		case err == nil:
			return nil
		case isGone(err):
			gone++
			pause = time.Second
		default:
			gone = 0
		}
		if gone == unknown {
			return nil
		}
		if isDenied(err) || clock.Now().After(until) || clock.Sleep(ctx, pause) != nil {
			return err
		}
	}
}

// emptyUser removes what would keep a user from being deleted.
func (a Account) emptyUser(ctx context.Context, user string) (faults error) {
	keys, err := a.iam.ListAccessKeys(ctx, &iam.ListAccessKeysInput{UserName: &user})
	if err != nil {
		return err
	}
	for _, k := range keys.AccessKeyMetadata {
		_, err := a.iam.DeleteAccessKey(ctx, &iam.DeleteAccessKeyInput{UserName: &user, AccessKeyId: k.AccessKeyId})
		faults = errors.Join(faults, err)
	}
	policies, err := a.iam.ListUserPolicies(ctx, &iam.ListUserPoliciesInput{UserName: &user})
	if err != nil {
		return errors.Join(faults, err)
	}
	for _, name := range policies.PolicyNames {
		_, err := a.iam.DeleteUserPolicy(ctx, &iam.DeleteUserPolicyInput{UserName: &user, PolicyName: &name})
		faults = errors.Join(faults, err)
	}
	return faults
}

// isGone reports whether there is no such user or secret.
func isGone(err error) bool {
	_, user := errors.AsType[*iamtypes.NoSuchEntityException](err)
	_, secret := errors.AsType[*types.ResourceNotFoundException](err)
	return user || secret
}

// isDenied reports whether a permission is missing, or the credentials have expired: trying again
// won't help.
func isDenied(err error) bool {
	said, is := errors.AsType[smithy.APIError](err)
	if !is {
		return false
	}
	code := said.ErrorCode()
	return strings.HasPrefix(code, "AccessDenied") || strings.HasPrefix(code, "Expired") ||
		code == "InvalidClientTokenId"
}
