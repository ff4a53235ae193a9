// Package iamaccess reads from IAM everything that gives one user rights or a way in, for
// [sendpolicy.Audit].
//
// It calls no methods but those of [API], so they are also the IAM permissions that it needs: on
// the user, on the user's groups, and on managed policies. All of them only read.
package iamaccess

import (
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/internal/awserror"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/rotation"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sendpolicy"
)

// API is the part of *iam.Client that this package uses.
type API interface {
	GetUser(context.Context, *iam.GetUserInput, ...func(*iam.Options)) (
		*iam.GetUserOutput, error)
	GetLoginProfile(context.Context, *iam.GetLoginProfileInput, ...func(*iam.Options)) (
		*iam.GetLoginProfileOutput, error)
	ListMFADevices(context.Context, *iam.ListMFADevicesInput, ...func(*iam.Options)) (
		*iam.ListMFADevicesOutput, error)
	ListSSHPublicKeys(context.Context, *iam.ListSSHPublicKeysInput, ...func(*iam.Options)) (
		*iam.ListSSHPublicKeysOutput, error)
	ListServiceSpecificCredentials(context.Context, *iam.ListServiceSpecificCredentialsInput, ...func(*iam.Options)) (
		*iam.ListServiceSpecificCredentialsOutput, error)
	ListSigningCertificates(context.Context, *iam.ListSigningCertificatesInput, ...func(*iam.Options)) (
		*iam.ListSigningCertificatesOutput, error)

	ListUserPolicies(context.Context, *iam.ListUserPoliciesInput, ...func(*iam.Options)) (
		*iam.ListUserPoliciesOutput, error)
	GetUserPolicy(context.Context, *iam.GetUserPolicyInput, ...func(*iam.Options)) (
		*iam.GetUserPolicyOutput, error)
	ListAttachedUserPolicies(context.Context, *iam.ListAttachedUserPoliciesInput, ...func(*iam.Options)) (
		*iam.ListAttachedUserPoliciesOutput, error)
	ListGroupsForUser(context.Context, *iam.ListGroupsForUserInput, ...func(*iam.Options)) (
		*iam.ListGroupsForUserOutput, error)
	ListGroupPolicies(context.Context, *iam.ListGroupPoliciesInput, ...func(*iam.Options)) (
		*iam.ListGroupPoliciesOutput, error)
	GetGroupPolicy(context.Context, *iam.GetGroupPolicyInput, ...func(*iam.Options)) (
		*iam.GetGroupPolicyOutput, error)
	ListAttachedGroupPolicies(context.Context, *iam.ListAttachedGroupPoliciesInput, ...func(*iam.Options)) (
		*iam.ListAttachedGroupPoliciesOutput, error)
	GetPolicy(context.Context, *iam.GetPolicyInput, ...func(*iam.Options)) (
		*iam.GetPolicyOutput, error)
	GetPolicyVersion(context.Context, *iam.GetPolicyVersionInput, ...func(*iam.Options)) (
		*iam.GetPolicyVersionOutput, error)
}

// Reader reads what the user User has.
type Reader struct {
	API  API
	User string
	// UserFrom is the setting that User comes from, such as an environment variable or a flag. An
	// error about a user that doesn't exist names it, if it isn't empty.
	UserFrom string
}

// Read returns everything that gives the user rights or a way in, except access keys: callers who
// know the secret fill in OtherKeys and Intended. It fails if any part fails, because an audit of a
// part would call narrow what isn't. The exception is a way in that IAM fails to report: it is
// listed in Unseen.
func (r *Reader) Read(ctx context.Context) (sendpolicy.Access, error) {
	a := sendpolicy.Access{User: r.User}
	var boundary, inline, attached []held
	var groups []string
	var ways waysIn
	err := together(append([]func() error{
		into(ctx, &boundary, r.boundary), // first, because it says so if there is no such user
		into(ctx, &inline, r.inline),
		into(ctx, &attached, r.attached),
		into(ctx, &groups, r.groups),
	}, ways.tasks(ctx, r)...)...)
	if err != nil {
		return sendpolicy.Access{}, err
	}
	ofGroups, err := r.ofGroups(ctx, groups)
	if err != nil {
		return sendpolicy.Access{}, err
	}
	policies := slices.Concat(boundary, inline, attached, ofGroups)
	if err := r.fillIn(ctx, policies); err != nil {
		return sendpolicy.Access{}, err
	}
	if len(boundary) > 0 {
		a.Boundary = &policies[0].Policy
	}
	for _, p := range policies[len(boundary):] {
		a.Policies = append(a.Policies, p.Policy)
	}
	ways.fill(&a)
	return a, nil
}

// AttachedPolicies returns the names and ARNs of the managed policies attached to the user itself,
// without their texts. It is one call; Read makes many.
func (r *Reader) AttachedPolicies(ctx context.Context) ([]sendpolicy.Policy, error) {
	attached, err := r.attached(ctx)
	if err != nil {
		return nil, err
	}
	var policies []sendpolicy.Policy
	for _, p := range attached {
		policies = append(policies, p.Policy)
	}
	return policies, nil
}

func (r *Reader) resource() string { return "user " + r.User }

// noSuchEntity is IAM's error code for something that doesn't exist ("Errors" on each action's page
// in the IAM API reference).
const noSuchEntity = "NoSuchEntity"

// wrap is for actions on the user: if IAM finds no such entity, it is the user.
func (r *Reader) wrap(action string, err error) error {
	if awserror.Code(err) == noSuchEntity {
		return awserror.As(rotation.ConfigurationError, action, awserror.Configured(r.resource(), r.UserFrom), err)
	}
	return awserror.Wrap(action, r.resource(), err)
}

// wrapListed is for actions on what IAM just listed: if it is missing, somebody deleted it since.
func wrapListed(action, resource string, err error) error {
	if awserror.Code(err) == noSuchEntity {
		return awserror.As(rotation.Conflict, action, resource, err)
	}
	return awserror.Wrap(action, resource, err)
}
