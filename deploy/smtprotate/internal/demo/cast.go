package demo

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"github.com/seed-486a873a/ses-smtp-rotator/deploy/smtprotate/internal/timeline"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/smtpsecret"
)

// cacheFor is how long applications go on with what they read. For mails that are sent at full hours, it is six hours.
const cacheFor = 6*time.Hour - 30*time.Minute

// cast makes everybody who sends mail. Nobody sends before a scene says so.
func (p *Play) cast() {
	p.shop = p.sender("shop")
	p.shop.keepFor, p.shop.rereads = cacheFor, true
	p.reports = p.sender("reports")
	p.attacker = p.sender("attacker")
	p.attacker.emergency = new(atomic.Bool)
	p.attacker.emergency.Store(true) // that it is refused is never a failure
}

func (p *Play) sender(name string) *application {
	return &application{
		name: name, roots: p.world.CertPool(), now: p.world.Now, read: p.secretReader(), emergency: &p.emergency,
	}
}

// secretReader reads AWSCURRENT as an application does, with the AWS SDK.
func (p *Play) secretReader() func(context.Context) (smtpsecret.Value, error) {
	client := secretsmanager.New(secretsmanager.Options{
		Region:       region,
		BaseEndpoint: aws.String(p.world.URL()),
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "AKIDAPPLICATION", SecretAccessKey: "demo"}, nil
		}),
	})
	return func(ctx context.Context) (smtpsecret.Value, error) {
		out, err := client.GetSecretValue(ctx, &secretsmanager.GetSecretValueInput{SecretId: aws.String(secretID)})
		if err != nil {
			return smtpsecret.Value{}, err
		}
		return valueOf(aws.ToString(out.SecretString)), nil
	}
}

// applicationMail counts the mails of those who may send.
func (p *Play) applicationMail() (sum timeline.Mail) {
	for _, a := range []*application{p.shop, p.reports} {
		sum.Sent += a.mail.Sent
		sum.CutOff += a.mail.CutOff
		sum.Failed += a.mail.Failed
	}
	return sum
}
