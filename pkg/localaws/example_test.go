package localaws_test

import (
	"context"
	"crypto/tls"
	"fmt"
	"log"
	"net/smtp"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/localaws"
)

// Make an access key with the AWS SDK, and send a mail with it.
func Example() {
	world, err := localaws.Start(localaws.Config{})
	if err != nil {
		log.Fatal(err)
	}
	defer world.Close()
	world.CreateUser("sender")

	client := iam.New(iam.Options{
		BaseEndpoint: aws.String(world.URL()),
		Region:       "eu-west-1",
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "anyone", SecretAccessKey: "anything"}, nil
		}),
	})
	created, err := client.CreateAccessKey(context.Background(),
		&iam.CreateAccessKeyInput{UserName: aws.String("sender")})
	if err != nil {
		log.Fatal(err)
	}
	username := *created.AccessKey.AccessKeyId
	password := localaws.SMTPPassword(*created.AccessKey.SecretAccessKey, "eu-west-1")

	mail, err := smtp.Dial(world.SMTP("eu-west-1"))
	if err != nil {
		log.Fatal(err)
	}
	defer mail.Close()
	if err := mail.StartTLS(&tls.Config{ServerName: "127.0.0.1", RootCAs: world.CertPool()}); err != nil {
		log.Fatal(err)
	}
	if err := mail.Auth(smtp.PlainAuth("", username, password, "127.0.0.1")); err != nil {
		log.Fatal(err)
	}
	mail.Mail("noreply@example.com")
	mail.Rcpt("success@simulator.amazonses.com")
	body, err := mail.Data()
	if err != nil {
		log.Fatal(err)
	}
	fmt.Fprint(body, "Subject: hello\r\n\r\nworld\r\n")
	if err := body.Close(); err != nil {
		log.Fatal(err)
	}
	fmt.Println(world.Mail()[0].From, "to", world.Mail()[0].To[0])
	// Output: noreply@example.com to success@simulator.amazonses.com
}
