package iamaccess

import (
	"context"
	"net/url"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/rotation"
)

// source says where a policy's document is: a managed policy has an ARN, and an inline policy of a
// group or of the user has a name.
type source struct{ arn, group, name string }

func (p held) source() source {
	if p.ARN != "" {
		return source{arn: p.ARN}
	}
	return source{group: p.group, name: p.Name}
}

// fillIn reads the policies' documents, each once: a user can have the same managed policy in many
// ways.
func (r *Reader) fillIn(ctx context.Context, policies []held) error {
	read := map[source]func() (string, error){}
	var tasks []func() error
	for i := range policies {
		from := policies[i].source()
		if read[from] == nil {
			read[from] = sync.OnceValues(func() (string, error) { return r.document(ctx, from) })
		}
		once := read[from]
		tasks = append(tasks, func() (err error) {
			policies[i].Text, err = once()
			return err
		})
	}
	return together(tasks...)
}

func (r *Reader) document(ctx context.Context, from source) (string, error) {
	switch {
	case from.arn != "":
		return r.managedDocument(ctx, from.arn)
	case from.group != "":
		return r.groupDocument(ctx, from.group, from.name)
	}
	return r.userDocument(ctx, from.name)
}

func (r *Reader) userDocument(ctx context.Context, name string) (string, error) {
	resource := r.resource() + ", policy " + name
	out, err := r.API.GetUserPolicy(ctx, &iam.GetUserPolicyInput{UserName: &r.User, PolicyName: &name})
	if err != nil {
		return "", wrapListed("iam:GetUserPolicy", resource, err)
	}
	return decode(resource, out.PolicyDocument)
}

func (r *Reader) groupDocument(ctx context.Context, group, name string) (string, error) {
	resource := "group " + group + ", policy " + name
	out, err := r.API.GetGroupPolicy(ctx, &iam.GetGroupPolicyInput{GroupName: &group, PolicyName: &name})
	if err != nil {
		return "", wrapListed("iam:GetGroupPolicy", resource, err)
	}
	return decode(resource, out.PolicyDocument)
}

func (r *Reader) managedDocument(ctx context.Context, arn string) (string, error) {
	return managedDocument(ctx, r.API, arn)
}

// managedReader reads managed policies.
type managedReader interface {
	GetPolicy(context.Context, *iam.GetPolicyInput, ...func(*iam.Options)) (*iam.GetPolicyOutput, error)
	GetPolicyVersion(context.Context, *iam.GetPolicyVersionInput, ...func(*iam.Options)) (
		*iam.GetPolicyVersionOutput, error)
}

// managedDocument returns the document of a managed policy's default version.
func managedDocument(ctx context.Context, api managedReader, arn string) (string, error) {
	resource := "policy " + arn
	policy, err := api.GetPolicy(ctx, &iam.GetPolicyInput{PolicyArn: &arn})
	if err != nil {
		return "", wrapListed("iam:GetPolicy", resource, err)
	}
	if policy.Policy == nil { // a panic here would end the whole process
		return "", rotation.Errorf(rotation.AWSError, "iam:GetPolicy on %s: the answer has no policy", resource)
	}
	out, err := api.GetPolicyVersion(ctx, &iam.GetPolicyVersionInput{PolicyArn: &arn,
		VersionId: policy.Policy.DefaultVersionId})
	if err != nil {
		return "", wrapListed("iam:GetPolicyVersion", resource, err)
	}
	if out.PolicyVersion == nil {
		return "", rotation.Errorf(rotation.AWSError, "iam:GetPolicyVersion on %s: the answer has no version", resource)
	}
	return decode(resource, out.PolicyVersion.Document)
}

// decode undoes IAM's encoding of documents, that of RFC 3986: a plus sign stays one.
func decode(resource string, document *string) (string, error) {
	text, err := url.PathUnescape(aws.ToString(document))
	if err != nil {
		return "", rotation.Errorf(rotation.AWSError, "decoding the document of %s: %w", resource, err)
	}
	return text, nil
}
