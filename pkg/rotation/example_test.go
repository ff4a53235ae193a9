package rotation_test

import (
	"context"
	"crypto/tls"
	"fmt"
	"log"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/iamkey"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/localaws"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/rotation"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sessmtp"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/smtpsecret"
)

// A rotator for one user and one secret, on an IAM, a Secrets Manager and an SES endpoint in this
// process. With the SDK's clients instead, it works on AWS.
func ExampleRotator_Run() {
	aws, err := localaws.Start(localaws.Config{Regions: []string{"eu-west-1"}})
	if err != nil {
		log.Fatal(err)
	}
	defer aws.Close()
	aws.CreateUser("smtp-sender")
	aws.CreateSecret("mail", "{}")
	endpoints, err := sessmtp.ParseEndpoints(aws.SMTP("eu-west-1"), []string{"eu-west-1"})
	if err != nil {
		log.Fatal(err)
	}

	rotator := rotation.Rotator{
		User:      "smtp-sender",
		Keys:      &iamkey.Keys{API: aws.IAM(), User: "smtp-sender"},
		Secret:    &smtpsecret.Secret{API: aws.SecretsManager(), ID: "mail", User: "smtp-sender", Endpoints: endpoints},
		Verifier:  &sessmtp.Verifier{Client: sessmtp.Client{TLS: &tls.Config{RootCAs: aws.CertPool()}}},
		Endpoints: endpoints,
		Policy:    rotation.DefaultPolicy(),
	}
	result, err := rotator.Run(context.Background(), rotation.Request{Action: rotation.Tick})
	if err != nil {
		log.Fatal(err)
	}
	for _, step := range result.Steps {
		fmt.Println(step.Kind)
	}
	fmt.Println(result.Outcome)
	// Output:
	// create
	// stage
	// verify
	// promote
	// rotated
}
