package iamaccess

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sendpolicy"
)

// held is a policy of the user whose document isn't read yet.
type held struct {
	sendpolicy.Policy
	group string // whose inline policy it is; empty for the user's own and managed ones
}

// boundary returns the user's permissions boundary, or none.
func (r *Reader) boundary(ctx context.Context) ([]held, error) {
	out, err := r.API.GetUser(ctx, &iam.GetUserInput{UserName: &r.User})
	if err != nil {
		return nil, r.wrap("iam:GetUser", err)
	}
	if out.User == nil || out.User.PermissionsBoundary == nil {
		return nil, nil
	}
	return []held{boundaryNamed(aws.ToString(out.User.PermissionsBoundary.PermissionsBoundaryArn))}, nil
}

func boundaryNamed(arn string) held {
	name := arn[strings.LastIndex(arn, "/")+1:] // after the policy's path; IAM returns no other name
	return held{Policy: sendpolicy.Policy{Name: name, ARN: arn, From: "boundary"}}
}

func (r *Reader) inline(ctx context.Context) ([]held, error) {
	names, err := list(ctx, iam.NewListUserPoliciesPaginator(r.API, &iam.ListUserPoliciesInput{UserName: &r.User}),
		func(page *iam.ListUserPoliciesOutput) []string { return page.PolicyNames })
	if err != nil {
		return nil, r.wrap("iam:ListUserPolicies", err)
	}
	return inlineFrom("inline", "", names), nil
}

func (r *Reader) attached(ctx context.Context) ([]held, error) {
	policies, err := list(ctx, iam.NewListAttachedUserPoliciesPaginator(r.API,
		&iam.ListAttachedUserPoliciesInput{UserName: &r.User}),
		func(page *iam.ListAttachedUserPoliciesOutput) []types.AttachedPolicy { return page.AttachedPolicies })
	if err != nil {
		return nil, r.wrap("iam:ListAttachedUserPolicies", err)
	}
	return attachedFrom("attached", policies), nil
}

func (r *Reader) groups(ctx context.Context) (names []string, err error) {
	groups, err := list(ctx, iam.NewListGroupsForUserPaginator(r.API, &iam.ListGroupsForUserInput{UserName: &r.User}),
		func(page *iam.ListGroupsForUserOutput) []types.Group { return page.Groups })
	if err != nil {
		return nil, r.wrap("iam:ListGroupsForUser", err)
	}
	for _, g := range groups {
		names = append(names, aws.ToString(g.GroupName))
	}
	return sorted(names), nil
}

// ofGroups returns the policies that the user has from the groups, in the groups' order.
func (r *Reader) ofGroups(ctx context.Context, groups []string) ([]held, error) {
	each := make([][]held, len(groups))
	var tasks []func() error
	for i, group := range groups {
		tasks = append(tasks, func() (err error) {
			each[i], err = r.ofGroup(ctx, group)
			return err
		})
	}
	err := together(tasks...)
	return slices.Concat(each...), err
}

func (r *Reader) ofGroup(ctx context.Context, group string) ([]held, error) {
	names, err := list(ctx, iam.NewListGroupPoliciesPaginator(r.API, &iam.ListGroupPoliciesInput{GroupName: &group}),
		func(page *iam.ListGroupPoliciesOutput) []string { return page.PolicyNames })
	if err != nil {
		return nil, wrapListed("iam:ListGroupPolicies", "group "+group, err)
	}
	attached, err := list(ctx, iam.NewListAttachedGroupPoliciesPaginator(r.API,
		&iam.ListAttachedGroupPoliciesInput{GroupName: &group}),
		func(page *iam.ListAttachedGroupPoliciesOutput) []types.AttachedPolicy { return page.AttachedPolicies })
	if err != nil {
		return nil, wrapListed("iam:ListAttachedGroupPolicies", "group "+group, err)
	}
	from := "group " + group
	return append(inlineFrom(from, group, names), attachedFrom(from, attached)...), nil
}

func inlineFrom(from, group string, names []string) (policies []held) {
	for _, name := range sorted(names) {
		policies = append(policies, held{sendpolicy.Policy{Name: name, From: from}, group})
	}
	return policies
}

func attachedFrom(from string, attached []types.AttachedPolicy) (policies []held) {
	for _, p := range attached {
		policies = append(policies, held{Policy: sendpolicy.Policy{Name: aws.ToString(p.PolicyName),
			ARN: aws.ToString(p.PolicyArn), From: from}})
	}
	slices.SortFunc(policies, func(a, b held) int { return byName(a.Policy, b.Policy) })
	return policies
}

func byName(a, b sendpolicy.Policy) int {
	return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.ARN, b.ARN))
}
