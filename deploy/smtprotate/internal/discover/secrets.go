package discover

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"
	"github.com/aws/smithy-go"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/credential"
)

// SecretsAPI is the part of *secretsmanager.Client that this package uses.
type SecretsAPI interface {
	ListSecrets(context.Context, *secretsmanager.ListSecretsInput, ...func(*secretsmanager.Options)) (
		*secretsmanager.ListSecretsOutput, error)
	GetSecretValue(context.Context, *secretsmanager.GetSecretValueInput, ...func(*secretsmanager.Options)) (
		*secretsmanager.GetSecretValueOutput, error)
}

// holder is a secret to read, because it may hold a user's key.
type holder struct {
	id, region string
	stack      string
	ours       bool
}

// secrets finds out which stacks own users, from the secrets that hold their keys. It reads a value
// only if the description says that the secret is a stack's, or if the secret was named. Other
// secrets are none of this program's business.
func (w *work) secrets(ctx context.Context) error {
	var all []holder
	for _, region := range w.regions() {
		listed, err := w.listed(ctx, region)
		if err != nil {
			return err
		}
		all = append(all, listed...)
	}
	for _, id := range w.Named {
		region := ""
		if len(w.Regions) > 0 {
			region = w.Regions[0]
		}
		if a, err := arn.Parse(id); err == nil {
			region = a.Region
		}
		all = append(all, holder{id: id, region: region})
	}
	for _, s := range all {
		user, key, err := w.names(ctx, &s)
		if err != nil {
			return err
		}
		w.assign(s, user, key)
	}
	return nil
}

// regions returns the given Regions and those in which keys were used for mail.
func (w *work) regions() []string {
	regions := slices.Clone(w.Regions)
	for _, f := range w.survey.facts {
		for _, k := range f.Keys {
			if k.mail() && k.Used.Region != "" {
				regions = append(regions, k.Used.Region)
			}
		}
	}
	slices.Sort(regions)
	return slices.Compact(regions)
}

// listed returns the secrets of stacks in a Region.
func (w *work) listed(ctx context.Context, region string) (all []holder, _ error) {
	pages := secretsmanager.NewListSecretsPaginator(w.Secrets(region), &secretsmanager.ListSecretsInput{
		Filters: []types.Filter{{Key: types.FilterNameStringTypeDescription, Values: []string{ownerFilter}}},
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, w.orUnknown(ctx, "which secrets in "+region+" belong to stacks", "secretsmanager:ListSecrets",
				err)
		}
		for _, s := range page.SecretList {
			if stack, ours := stackOf(aws.ToString(s.Description)); ours {
				all = append(all, holder{aws.ToString(s.ARN), region, stack, true})
			}
		}
	}
	return all, nil
}

// names returns the user and the access key ID that a secret's value holds, and forgets the rest of
// the value. It sets the secret's ID to its ARN.
func (w *work) names(ctx context.Context, s *holder) (user, key string, _ error) {
	out, err := w.Secrets(s.region).GetSecretValue(ctx, &secretsmanager.GetSecretValueInput{SecretId: &s.id})
	if err != nil {
		return "", "", w.orUnknown(ctx, "whose key secret "+s.id+" holds", "secretsmanager:GetSecretValue", err)
	}
	s.id = cmp.Or(aws.ToString(out.ARN), s.id)
	c, err := credential.Inspect(aws.ToString(out.SecretString), nil)
	switch {
	case errors.Is(err, credential.ErrNone):
		return "", "", nil
	case err != nil: // the error never quotes the value
		w.unknown("whose key secret %s holds: it isn't a credential: %v", s.id, err)
		return "", "", nil
	case len(c.Logins) == 0:
		return c.IAMUser, "", nil
	}
	return c.IAMUser, c.Logins[0].Username, nil
}

// orUnknown notes that something isn't known because a call failed. It returns an error only if ctx
// has ended.
func (w *work) orUnknown(ctx context.Context, what, action string, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	reason := fmt.Sprintf("%v", err)
	if api, ok := errors.AsType[smithy.APIError](err); ok {
		reason = api.ErrorCode()
	}
	w.unknown("%s: %s: %s", what, action, reason)
	return nil
}

// assign records the secret, and the stack if it is a stack's, with the user whose key it holds.
func (w *work) assign(s holder, user, key string) {
	for i := range w.survey.facts {
		f := &w.survey.facts[i]
		has := slices.ContainsFunc(f.Keys, func(k Key) bool { return k.ID == key })
		if !has && (!s.ours || user == "" || user != f.Access.User) {
			continue
		}
		if f.Secret == "" || has {
			f.Secret = s.id
		}
		if s.ours {
			f.Owner = &Owner{Secret: s.id, Stack: s.stack, By: "a secret that names its key"}
		}
	}
}
