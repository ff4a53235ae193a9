package rehearse

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/localaws/recording"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sendpolicy"
)

// policyName is the name of the policy of the function's user.
const policyName = "rehearsal"

// build creates the users and the secrets as the template does. It never cuts off a call that
// creates something: if that took effect after the removal, its result would be left behind.
func (r *Rehearsal) build(ctx context.Context) error {
	whole := context.WithoutCancel(ctx)
	for _, user := range []string{r.User, r.Asked} {
		if err := r.makeUser(whole, user); err != nil {
			return fmt.Errorf("making IAM user %s: %w", user, err)
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
	for _, secret := range []struct {
		name  string
		value *string
	}{{r.Secret, aws.String("{}")}, {r.AskedSecret, nil}} {
		if err := r.makeSecret(whole, secret.name, secret.value); err != nil {
			return fmt.Errorf("making secret %s: %w", secret.name, err)
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
	if r.From == "" {
		return nil
	}
	if err := r.allowMail(ctx); err != nil {
		return fmt.Errorf("giving IAM user %s a policy: %w", r.User, err)
	}
	return nil
}

// makeUser creates a user, and waits until IAM knows it: "changes that you make might not be
// immediately visible" ("Troubleshoot IAM", IAM User Guide).
func (r *Rehearsal) makeUser(ctx context.Context, name string) error {
	_, err := r.account.iam.CreateUser(ctx, &iam.CreateUserInput{UserName: &name, Path: aws.String(Path)})
	if err != nil {
		return err
	}
	return r.untilKnown(ctx, func() error {
		_, err := r.account.iam.ListAccessKeys(ctx, &iam.ListAccessKeysInput{UserName: &name})
		return err
	})
}

// makeSecret creates a secret, and waits until its value, if it has one, can be read.
func (r *Rehearsal) makeSecret(ctx context.Context, name string, value *string) error {
	_, err := r.account.secrets.CreateSecret(ctx, &secretsmanager.CreateSecretInput{
		Name: &name, SecretString: value,
		Description: aws.String("A rehearsal of ses-smtp-rotator. It can be deleted."),
	})
	if err != nil || value == nil {
		return err
	}
	return r.untilKnown(ctx, func() error {
		_, err := r.read(ctx)
		return err
	})
}

// untilKnown looks for something new until it is found several times in a row, for at most a
// minute.
func (r *Rehearsal) untilKnown(ctx context.Context, look func() error) error {
	known := 0
	for until := r.Clock.Now().Add(time.Minute); known < unknown; {
		err := look()
		switch {
		case err == nil:
			known++
			continue
		case !isGone(err) || r.Clock.Now().After(until):
			return err
		}
		known = 0
		if err := r.Clock.Sleep(ctx, r.Every); err != nil {
			return err
		}
	}
	return nil
}

// allowMail gives the function's user a policy that allows mail to the simulator only. It names no
// identity, because which one SES checks depends on the account: the sender's address, its domain
// or a domain above that, and the identity's configuration set.
func (r *Rehearsal) allowMail(ctx context.Context) error {
	policy := sendpolicy.Document{Version: "2012-10-17"}
	policy.Statements = []sendpolicy.Statement{recording.AllowsSimulator()}
	_, err := r.account.iam.PutUserPolicy(ctx, &iam.PutUserPolicyInput{
		UserName: &r.User, PolicyName: aws.String(policyName), PolicyDocument: aws.String(policy.String()),
	})
	return err
}
