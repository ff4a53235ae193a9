package calls

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/iam"
)

// Audit makes the calls of the audit to IAM.
func Audit(ctx context.Context, c *iam.Client) (errs []error) {
	var err error
	check := func() { errs = append(errs, err) }
	_, err = c.GetUser(ctx, &iam.GetUserInput{})
	check()
	_, err = c.GetLoginProfile(ctx, &iam.GetLoginProfileInput{})
	check()
	_, err = c.ListMFADevices(ctx, &iam.ListMFADevicesInput{})
	check()
	_, err = c.ListSSHPublicKeys(ctx, &iam.ListSSHPublicKeysInput{})
	check()
	_, err = c.ListServiceSpecificCredentials(ctx, &iam.ListServiceSpecificCredentialsInput{})
	check()
	_, err = c.ListSigningCertificates(ctx, &iam.ListSigningCertificatesInput{})
	check()
	_, err = c.ListUserPolicies(ctx, &iam.ListUserPoliciesInput{})
	check()
	_, err = c.GetUserPolicy(ctx, &iam.GetUserPolicyInput{})
	check()
	_, err = c.ListAttachedUserPolicies(ctx, &iam.ListAttachedUserPoliciesInput{})
	check()
	_, err = c.ListGroupsForUser(ctx, &iam.ListGroupsForUserInput{})
	check()
	_, err = c.ListGroupPolicies(ctx, &iam.ListGroupPoliciesInput{})
	check()
	_, err = c.GetGroupPolicy(ctx, &iam.GetGroupPolicyInput{})
	check()
	_, err = c.ListAttachedGroupPolicies(ctx, &iam.ListAttachedGroupPoliciesInput{})
	check()
	_, err = c.GetPolicy(ctx, &iam.GetPolicyInput{})
	check()
	_, err = c.GetPolicyVersion(ctx, &iam.GetPolicyVersionInput{})
	check()
	return errs
}
