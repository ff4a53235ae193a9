package discover

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/smithy-go"
)

// Role is a role with the same name in each of several accounts.
type Role struct {
	Name string
	// Caller is who assumes the role. The role's ARN has the same partition.
	Caller arn.ARN
}

// roleName matches a role's name, with its path if it has one ("IAM identifiers", IAM User Guide).
var roleName = regexp.MustCompile(`^([\w+=,.@-]+/)*[\w+=,.@-]{1,64}$`)

// CheckRoleName returns an error if name can't be a role's name.
func CheckRoleName(name string) error {
	if arn.IsARN(name) {
		return fmt.Errorf("%s is an ARN: give only the role's name, which is the same in each account", name)
	}
	if !roleName.MatchString(name) {
		return fmt.Errorf("%q can't be a role's name, which has letters, digits and +=,.@_-", name)
	}
	return nil
}

// sessionName is the session name that the accounts' CloudTrail shows.
const sessionName = "smtprotate-discover"

// Assume returns credentials for an account, and renews them as needed: if a role assumes the role,
// they last an hour at most.
func (r Role) Assume(ctx context.Context, sts stscreds.AssumeRoleAPIClient, account string) (aws.CredentialsProvider,
	error) {
	role := arn.ARN{Partition: r.Caller.Partition, Service: "iam", AccountID: account, Resource: "role/" + r.Name}
	provider := aws.NewCredentialsCache(
		stscreds.NewAssumeRoleProvider(sts, role.String(), func(o *stscreds.AssumeRoleOptions) {
			o.RoleSessionName, o.Policy = sessionName, aws.String(sessionPolicy())
		}),
		func(o *aws.CredentialsCacheOptions) { o.ExpiryWindow = time.Minute })
	if _, err := provider.Retrieve(ctx); err != nil {
		return nil, r.refused(role.String(), err)
	}
	return provider, nil
}

// refused explains why the role can't be assumed. The text names no account, so that accounts with
// the same reason share it. AWS also says AccessDenied if the role doesn't exist.
func (r Role) refused(role string, err error) error {
	api, ok := errors.AsType[smithy.APIError](err)
	if !ok {
		return fmt.Errorf("assuming role %s: %w", r.Name, err)
	}
	why, advice := api.ErrorMessage(), ""
	switch api.ErrorCode() {
	case "AccessDenied":
		if _, because, found := strings.Cut(why, role); found { // skips the caller and the action
			why = strings.TrimSpace(because)
		}
		advice = ": check that it exists, that it trusts account " + r.Caller.AccountID + ", and that you may " +
			"assume it (sts:AssumeRole)"
	case "RegionDisabledException": // "AssumeRole", AWS Security Token Service API Reference
		advice = ": with --region, give a Region that is enabled in all accounts"
	case "ExpiredTokenException", "ExpiredToken":
		advice = ": sign in again"
	}
	if why != "" {
		why = " (" + strings.TrimSuffix(why, ".") + ")"
	}
	return fmt.Errorf("role %s can't be assumed: %s%s%s", r.Name, api.ErrorCode(), why, advice)
}
