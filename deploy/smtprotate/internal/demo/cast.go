package demo

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"github.com/seed-486a873a/ses-smtp-rotator/deploy/smtprotate/internal/timeline"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/smtpcreds"
)

// cacheFor is how long applications go on with what they read. For mails that are sent at full
// hours, it is six hours.
const cacheFor = 6*time.Hour - 30*time.Minute

// cast makes everybody who sends mail. Nobody sends before a scene says so.
func (p *Play) cast() {
	p.view.senders = p.senders
	p.shop = p.sender("shop")
	p.reports = p.sender("reports")
	p.reports.forgetful = true
	p.attacker = p.sender(timeline.Attacker)
	p.attacker.forgetful = true
	p.attacker.emergency = new(atomic.Bool)
	p.attacker.emergency.Store(true) // that it is refused is never a failure
}

func (p *Play) sender(name string) *application {
	return &application{
		name: name, roots: p.world.CertPool(), now: p.world.Now, source: p.secret(), emergency: &p.emergency,
	}
}

// secret is the secret as an application reads it, with the AWS SDK.
func (p *Play) secret() smtpcreds.Source {
	return smtpcreds.SecretsManager{SecretID: secretID, API: secretsmanager.New(secretsmanager.Options{
		Region:       region,
		BaseEndpoint: aws.String(p.world.URL()),
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "AKIDAPPLICATION", SecretAccessKey: "demo"}, nil
		}),
	})}
}

// senders tells who has sent mail, and with what.
func (p *Play) senders() (all []timeline.Sender) {
	for _, a := range []*application{p.shop, p.reports, p.attacker} {
		if a.credential != (smtpcreds.Credential{}) {
			all = append(all, timeline.Sender{Name: a.name, AccessKeyID: a.credential.Username, Mail: a.mail})
		}
	}
	return all
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
