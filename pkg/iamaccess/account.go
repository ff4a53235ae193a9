package iamaccess

import (
	"context"
	"iter"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/internal/awserror"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sendpolicy"
)

// AccountAPI is the part of *iam.Client that reads a whole account.
type AccountAPI interface {
	GetAccountAuthorizationDetails(context.Context, *iam.GetAccountAuthorizationDetailsInput, ...func(*iam.Options)) (
		*iam.GetAccountAuthorizationDetailsOutput, error)
	GetPolicy(context.Context, *iam.GetPolicyInput, ...func(*iam.Options)) (*iam.GetPolicyOutput, error)
	GetPolicyVersion(context.Context, *iam.GetPolicyVersionInput, ...func(*iam.Options)) (
		*iam.GetPolicyVersionOutput, error)
	ListAccessKeys(context.Context, *iam.ListAccessKeysInput, ...func(*iam.Options)) (*iam.ListAccessKeysOutput, error)
	GetAccessKeyLastUsed(context.Context, *iam.GetAccessKeyLastUsedInput, ...func(*iam.Options)) (
		*iam.GetAccessKeyLastUsedOutput, error)
	GenerateCredentialReport(context.Context, *iam.GenerateCredentialReportInput, ...func(*iam.Options)) (
		*iam.GenerateCredentialReportOutput, error)
	GetCredentialReport(context.Context, *iam.GetCredentialReportInput, ...func(*iam.Options)) (
		*iam.GetCredentialReportOutput, error)
}

// Account reads all users of an account in one pass. For thousands of users, that takes a hundredth
// of the calls that a Reader for each would need.
type Account struct {
	API AccountAPI

	groups map[string][]sendpolicy.Policy
	texts  map[string]string // of managed policies, by ARN
}

// Member is one user of the account.
type Member struct {
	// Access has the policies that Read would return, in the same order, and no ways in.
	Access    sendpolicy.Access
	ARN, Path string
	Created   time.Time
	Tags      map[string]string
}

// pageSize is the most that IAM returns at once. It may return fewer.
const pageSize = 1000

// Members iterates over the account's users, with one page of them in memory at a time. It reads
// the groups and managed policies first, because users refer to them. It doesn't read roles: an
// SMTP credential belongs to a user.
func (a *Account) Members(ctx context.Context) iter.Seq2[Member, error] {
	return func(yield func(Member, error) bool) {
		if err := a.readShared(ctx); err != nil {
			yield(Member{}, err)
			return
		}
		err := a.pages(ctx, []types.EntityType{types.EntityTypeUser},
			func(page *iam.GetAccountAuthorizationDetailsOutput) (bool, error) {
				for _, u := range page.UserDetailList {
					m, err := a.member(ctx, u)
					if err != nil || !yield(m, nil) {
						return false, err
					}
				}
				return true, nil
			})
		if err != nil {
			yield(Member{}, err)
		}
	}
}

// pages calls each with every page of the entities, until it returns false or fails.
func (a *Account) pages(ctx context.Context, entities []types.EntityType,
	each func(*iam.GetAccountAuthorizationDetailsOutput) (bool, error)) error {
	pages := iam.NewGetAccountAuthorizationDetailsPaginator(a.API, &iam.GetAccountAuthorizationDetailsInput{
		Filter: entities, MaxItems: aws.Int32(pageSize),
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return awserror.Wrap("iam:GetAccountAuthorizationDetails", "the account", err)
		}
		if more, err := each(page); err != nil || !more {
			return err
		}
	}
	return nil
}

// readShared reads what several users can share: groups and managed policies.
func (a *Account) readShared(ctx context.Context) error {
	a.groups, a.texts = map[string][]sendpolicy.Policy{}, map[string]string{}
	var groups []types.GroupDetail
	err := a.pages(ctx, []types.EntityType{
		types.EntityTypeGroup, types.EntityTypeLocalManagedPolicy, types.EntityTypeAWSManagedPolicy,
	}, func(page *iam.GetAccountAuthorizationDetailsOutput) (bool, error) {
		groups = append(groups, page.GroupDetailList...)
		for _, p := range page.Policies {
			if err := a.keep(p); err != nil {
				return false, err
			}
		}
		return true, nil
	})
	if err != nil {
		return err
	}
	for _, g := range groups {
		name := aws.ToString(g.GroupName)
		from := "group " + name
		a.groups[name], err = a.policies(ctx, from, from, g.GroupPolicyList, g.AttachedManagedPolicies)
		if err != nil {
			return err
		}
	}
	return nil
}

// keep stores the document of a managed policy's default version.
func (a *Account) keep(p types.ManagedPolicyDetail) error {
	for _, v := range p.PolicyVersionList {
		if !v.IsDefaultVersion && aws.ToString(v.VersionId) != aws.ToString(p.DefaultVersionId) {
			continue
		}
		text, err := decode("policy "+aws.ToString(p.Arn), v.Document)
		if err != nil {
			return err
		}
		a.texts[aws.ToString(p.Arn)] = text
	}
	return nil
}

// managed returns a managed policy's document. If the pass didn't return it, as may be with an AWS
// managed policy that is only a boundary, IAM is asked for it, once.
func (a *Account) managed(ctx context.Context, arn string) (string, error) {
	if text, ok := a.texts[arn]; ok {
		return text, nil
	}
	text, err := managedDocument(ctx, a.API, arn)
	if err == nil {
		a.texts[arn] = text
	}
	return text, err
}

// policies returns those of a user or a group: first its own, then the attached ones, each by name.
func (a *Account) policies(ctx context.Context, ownFrom, attachedFrom string, own []types.PolicyDetail,
	attached []types.AttachedPolicy) (policies []sendpolicy.Policy, err error) {
	for _, p := range own {
		name := aws.ToString(p.PolicyName)
		text, err := decode(ownFrom+" policy "+name, p.PolicyDocument)
		if err != nil {
			return nil, err
		}
		policies = append(policies, sendpolicy.Policy{Name: name, From: ownFrom, Text: text})
	}
	slices.SortFunc(policies, byName)
	managed := make([]sendpolicy.Policy, len(attached))
	for i, p := range attached {
		arn := aws.ToString(p.PolicyArn)
		managed[i] = sendpolicy.Policy{Name: aws.ToString(p.PolicyName), ARN: arn, From: attachedFrom}
		if managed[i].Text, err = a.managed(ctx, arn); err != nil {
			return nil, err
		}
	}
	slices.SortFunc(managed, byName)
	return append(policies, managed...), nil
}

func (a *Account) member(ctx context.Context, u types.UserDetail) (m Member, err error) {
	m = Member{ARN: aws.ToString(u.Arn), Path: aws.ToString(u.Path), Created: aws.ToTime(u.CreateDate),
		Tags: map[string]string{}}
	m.Access.User = aws.ToString(u.UserName)
	for _, t := range u.Tags {
		m.Tags[aws.ToString(t.Key)] = aws.ToString(t.Value)
	}
	m.Access.Policies, err = a.policies(ctx, "inline", "attached", u.UserPolicyList, u.AttachedManagedPolicies)
	if err != nil {
		return m, err
	}
	for _, name := range sorted(slices.Clone(u.GroupList)) {
		m.Access.Policies = append(m.Access.Policies, a.groups[name]...)
	}
	if b := u.PermissionsBoundary; b != nil && aws.ToString(b.PermissionsBoundaryArn) != "" {
		p := boundaryNamed(aws.ToString(b.PermissionsBoundaryArn)).Policy
		if p.Text, err = a.managed(ctx, p.ARN); err != nil {
			return m, err
		}
		m.Access.Boundary = &p
	}
	return m, nil
}
