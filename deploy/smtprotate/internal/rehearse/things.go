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

// policyName is that of the function's user's policy.
const policyName = "rehearsal"

// build makes the users and the secrets, as the template makes them. A call that makes something is
// never cut off: if it took effect after its removal, it would be left behind.
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
		_, err := r.account.secrets.CreateSecret(whole, &secretsmanager.CreateSecretInput{
			Name: &secret.name, SecretString: secret.value,
			Description: aws.String("A rehearsal of ses-smtp-rotator. It can be deleted."),
		})
		if err != nil {
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

// makeUser makes a user, and waits until IAM knows it: "changes may not always be immediately
// visible" ("Troubleshoot IAM").
func (r *Rehearsal) makeUser(ctx context.Context, name string) error {
	_, err := r.account.iam.CreateUser(ctx, &iam.CreateUserInput{UserName: &name, Path: aws.String(Path)})
	if err != nil {
		return err
	}
	return iam.NewUserExistsWaiter(r.account.iam).Wait(ctx, &iam.GetUserInput{UserName: &name}, time.Minute)
}

// allowMail gives the function's user a policy as sendpolicy writes them: mail from the sender to
// the simulator, and no other. Whatever identity the sender belongs to will do.
func (r *Rehearsal) allowMail(ctx context.Context) error {
	policy, _, err := sendpolicy.Write(sendpolicy.Description{
		Account: r.account.ID, Regions: []string{r.Endpoint.Region}, From: []string{r.From},
		Identities: []string{domainOf(r.From), r.From}, Recipients: []string{recording.Simulator},
	})
	if err != nil {
		return err
	}
	_, err = r.account.iam.PutUserPolicy(ctx, &iam.PutUserPolicyInput{
		UserName: &r.User, PolicyName: aws.String(policyName), PolicyDocument: aws.String(policy.String()),
	})
	return err
}
