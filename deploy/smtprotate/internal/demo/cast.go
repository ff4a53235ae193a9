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

// cacheFor is how long applications use a value before they read it again. Mail is sent on the
// hour, so in effect it is six hours.
const cacheFor = 6*time.Hour - 30*time.Minute

// cast creates everybody who sends mail. Nobody sends until a scene makes them.
func (p *Play) cast() {
	p.view.senders = p.senders
	p.shop = p.sender("shop")
	p.reports = p.sender("reports")
	p.reports.forgetful = true
	p.attacker = p.sender(timeline.Attacker)
	p.attacker.forgetful = true
	p.attacker.emergency = new(atomic.Bool)
	p.attacker.emergency.Store(true) // a refused attack never counts as a failure
}

func (p *Play) sender(name string) *application {
	return &application{
		name: name, roots: p.world.CertPool(), now: p.world.Now, source: p.secret(), emergency: &p.emergency,
	}
}

// secret returns the source from which an application reads the secret, with the AWS SDK.
func (p *Play) secret() smtpcreds.Source {
	return smtpcreds.SecretsManager{SecretID: secretID, API: secretsmanager.New(secretsmanager.Options{
		Region:       region,
		BaseEndpoint: aws.String(p.world.URL()),
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "AKIDAPPLICATION", SecretAccessKey: "demo"}, nil
		}),
	})}
}

// senders lists who has sent mail, and with which access key.
func (p *Play) senders() (all []timeline.Sender) {
	for _, a := range []*application{p.shop, p.reports, p.attacker} {
		if a.credential != (smtpcreds.Credential{}) {
			all = append(all, timeline.Sender{Name: a.name, AccessKeyID: a.credential.Username, Mail: a.mail})
		}
	}
	return all
}

// applicationMail adds up the mails of the two applications, without the attacker's.
func (p *Play) applicationMail() (sum timeline.Mail) {
	for _, a := range []*application{p.shop, p.reports} {
		sum.Sent += a.mail.Sent
		sum.CutOff += a.mail.CutOff
		sum.Failed += a.mail.Failed
	}
	return sum
}
