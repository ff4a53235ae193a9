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

// Role is one that is called the same in each of several accounts.
type Role struct {
	Name string
	// Caller is who assumes it. Its partition is that of the accounts.
	Caller arn.ARN
}

// roleName is a role's name, with its path if it has one ("IAM identifiers", IAM User Guide).
var roleName = regexp.MustCompile(`^([\w+=,.@-]+/)*[\w+=,.@-]{1,64}$`)

// CheckRoleName refuses what can't be the name of a role.
func CheckRoleName(name string) error {
	if arn.IsARN(name) {
		return fmt.Errorf("%s is an ARN: give the role's name alone, which is the same in each account", name)
	}
	if !roleName.MatchString(name) {
		return fmt.Errorf("%q can't be the name of a role: those have letters, digits and +=,.@_-", name)
	}
	return nil
}

// sessionName is what CloudTrail of the accounts shows.
const sessionName = "smtprotate-discover"

// Assume returns credentials for an account. They are renewed while they are used: those of a role
// that another role assumes last an hour at most.
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

// refused says why the role can't be assumed: the same for all accounts for which it is the same.
// AWS says AccessDenied as well where there is no such role.
func (r Role) refused(role string, err error) error {
	api, ok := errors.AsType[smithy.APIError](err)
	if !ok {
		return fmt.Errorf("assuming role %s: %w", r.Name, err)
	}
	why, advice := api.ErrorMessage(), ""
	switch api.ErrorCode() {
	case "AccessDenied":
		if _, because, found := strings.Cut(why, role); found { // before it are the caller and the action
			why = strings.TrimSpace(because)
		}
		advice = ": is it there, does it trust account " + r.Caller.AccountID + ", and may you assume it " +
			"(sts:AssumeRole)?"
	case "RegionDisabledException": // "AssumeRole", AWS Security Token Service API Reference
		advice = ": give a Region that is on in all accounts with --region"
	case "ExpiredTokenException", "ExpiredToken":
		advice = ": sign in again"
	}
	if why != "" {
		why = " (" + strings.TrimSuffix(why, ".") + ")"
	}
	return fmt.Errorf("role %s can't be assumed: %s%s%s", r.Name, api.ErrorCode(), why, advice)
}
