package recording

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"
)

// Request tokens. Secrets Manager uses them as the IDs of the versions.
const (
	tokenOne = "00000000-0000-4000-8000-000000000001"
	tokenTwo = "00000000-0000-4000-8000-000000000002"
)

func (a *asker) askSecrets(ctx context.Context) error {
	a.hide.is(tokenOne, "{first}")
	a.hide.is(tokenTwo, "{second}")
	for _, ask := range []func(context.Context) error{
		a.askEmptySecret, a.askTokens, a.askPromotion, a.askDeletedSecret,
	} {
		if err := ask(ctx); err != nil {
			return err
		}
	}
	return nil
}

// read answers a question with GetSecretValue's refusal.
func (a *asker) read(ctx context.Context, id, secret, label string) error {
	in := &secretsmanager.GetSecretValueInput{SecretId: &secret}
	if label != "" {
		in.VersionStage = &label
	}
	a.asking(id)
	_, err := a.Secrets.GetSecretValue(ctx, in)
	return a.refused(id, err)
}

// refused answers a question with AWS's refusal, which is err.
func (a *asker) refused(id string, err error) error {
	if isNoAnswer(err) {
		return err
	}
	said, err := refusal(err)
	if err != nil {
		return err
	}
	a.answer(id, "%s", said)
	return nil
}

func (a *asker) put(ctx context.Context, token, value string, labels ...string) error {
	_, err := a.Secrets.PutSecretValue(ctx, &secretsmanager.PutSecretValueInput{
		SecretId: &a.Secret, ClientRequestToken: &token, SecretString: &value, VersionStages: labels,
	})
	return err
}

func (a *asker) askEmptySecret(ctx context.Context) error {
	if err := a.read(ctx, "secret.none", a.Secret, ""); err != nil {
		return err
	}
	if err := a.read(ctx, "secret.missing", a.Secret+"-which-is-missing", ""); err != nil {
		return err
	}
	a.asking("secret.first")
	if err := a.put(ctx, tokenOne, `{"n":1}`, "AWSPENDING"); err != nil {
		return err
	}
	labels, err := a.labels(ctx)
	if err != nil {
		return err
	}
	a.answer("secret.first", "%s", labels)
	return a.read(ctx, "secret.missing-label", a.Secret, "AWSPREVIOUS")
}

// labels says which version has which labels.
func (a *asker) labels(ctx context.Context) (string, error) {
	out, err := a.Secrets.DescribeSecret(ctx, &secretsmanager.DescribeSecretInput{SecretId: &a.Secret})
	if err != nil {
		return "", err
	}
	var versions []string
	for id, labels := range out.VersionIdsToStages {
		slices.Sort(labels)
		versions = append(versions, fmt.Sprintf("%s has %s", id, strings.Join(labels, " and ")))
	}
	slices.Sort(versions)
	return strings.Join(versions, ", "), nil
}

func (a *asker) askTokens(ctx context.Context) error {
	for _, c := range []struct{ id, token, value string }{
		{"secret.short-token", "12345678", `{"n":1}`},
		{"secret.same-token", tokenOne, `{"n":1}`},
		{"secret.other-value", tokenOne, `{"n":2}`},
	} {
		a.asking(c.id)
		if err := a.refused(c.id, a.put(ctx, c.token, c.value, "AWSCURRENT")); err != nil {
			return err
		}
	}
	return nil
}

// move moves AWSCURRENT.
func (a *asker) move(ctx context.Context, from, to string) error {
	_, err := a.Secrets.UpdateSecretVersionStage(ctx, &secretsmanager.UpdateSecretVersionStageInput{
		SecretId: &a.Secret, VersionStage: aws.String("AWSCURRENT"), RemoveFromVersionId: &from, MoveToVersionId: &to,
	})
	return err
}

func (a *asker) askPromotion(ctx context.Context) error {
	if err := a.put(ctx, tokenTwo, `{"n":2}`, "AWSPENDING"); err != nil {
		return err
	}
	a.asking("secret.stale-swap")
	if err := a.refused("secret.stale-swap", a.move(ctx, tokenTwo, tokenTwo)); err != nil {
		return err
	}
	if err := a.move(ctx, tokenOne, tokenTwo); err != nil {
		return err
	}
	promoted := a.Clock.Now()
	a.asking("secret.read")
	shown, err := a.until(ctx, func() (bool, error) {
		out, err := a.Secrets.GetSecretValue(ctx,
			&secretsmanager.GetSecretValueInput{SecretId: &a.Secret, VersionStage: aws.String("AWSCURRENT")})
		if _, missing := errors.AsType[*types.ResourceNotFoundException](err); missing {
			return false, nil // it lags so far behind that it doesn't know the secret
		}
		return err == nil && aws.ToString(out.VersionId) == tokenTwo, err
	})
	if err != nil {
		return err
	}
	if shown {
		a.timed("secret.read", map[string]float64{"read after": a.since(promoted)}, "it does")
	} else {
		a.timed("secret.read", map[string]float64{"waited for": a.since(promoted)}, notInTime)
	}
	labels, err := a.labels(ctx)
	if err == nil {
		a.answer("secret.promoted", "%s", labels)
	}
	return err
}

func (a *asker) askDeletedSecret(ctx context.Context) error {
	_, err := a.Secrets.DeleteSecret(ctx,
		&secretsmanager.DeleteSecretInput{SecretId: &a.Secret, RecoveryWindowInDays: aws.Int64(7)})
	if err != nil {
		return err
	}
	return a.read(ctx, "secret.deleted", a.Secret, "")
}
