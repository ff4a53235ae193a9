package recording

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/localaws"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/localaws/awstest"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sessmtp"
)

// sender is one whose domain worlds have verified.
const sender = "me@example.com"

// newWorld is one that judges mail.
func newWorld(t *testing.T) *localaws.World {
	t.Helper()
	w, err := localaws.Start(localaws.Config{Servers: 2})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.Close() })
	w.EnforceSending(true)
	w.SetSMTPPatience(time.Second) // asked for in real time
	return w
}

// stageOn is a stage on a world, with a user and a secret.
func stageOn(t *testing.T, w *localaws.World) Stage {
	t.Helper()
	endpoints, err := sessmtp.ParseEndpoints(w.SMTP(awstest.Region), []string{awstest.Region})
	if err != nil {
		t.Fatal(err)
	}
	cfg := awstest.Config(w.URL())
	s := Stage{
		IAM: iam.NewFromConfig(cfg), Secrets: secretsmanager.NewFromConfig(cfg), Endpoint: endpoints[0],
		Addresses: []string{w.SMTP(awstest.Region)}, RootCAs: w.CertPool(), User: "asked", Path: "/ses-smtp-rehearsal/",
		Secret: "of-a-test/asked", From: sender, Clock: w, Every: time.Second, Patience: time.Minute,
	}
	_, err = s.IAM.CreateUser(t.Context(), &iam.CreateUserInput{UserName: &s.User, Path: &s.Path})
	if err == nil {
		_, err = s.Secrets.CreateSecret(t.Context(), &secretsmanager.CreateSecretInput{Name: aws.String(s.Secret)})
	}
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// ask asks a stage everything.
func ask(t *testing.T, s Stage) (answers []Answer, by map[string]Answer) {
	t.Helper()
	answers, err := s.Ask(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	by = map[string]Answer{}
	for _, a := range answers {
		by[a.ID] = a
	}
	return answers, by
}

// imitating is a world as it was recorded.
func imitating(t *testing.T, recorded []Answer) *localaws.World {
	t.Helper()
	w := newWorld(t)
	Imitate(w, recorded, sender)
	return w
}
