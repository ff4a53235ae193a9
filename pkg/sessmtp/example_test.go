package sessmtp_test

import (
	"context"
	"fmt"
	"log"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sessmtp"
)

// The secret access key comes from IAM. This one is from a published test vector.
func ExampleDerivePassword() {
	secret := sessmtp.SecretAccessKey("some+secret+key")
	password := sessmtp.DerivePassword(secret, "eu-central-1")
	fmt.Println(password, "can't be printed by accident")
	fmt.Println(string(password))
	// Output:
	// [redacted] can't be printed by accident
	// BMXhUYlu5Z3gSXVQORxlVa7XPaz91aGWdfHxvkOZdWZ2
}

func ExampleParseEndpoints() {
	endpoints, err := sessmtp.ParseEndpoints(sessmtp.DefaultEndpoint, []string{"eu-central-1", "us-west-1"})
	if err != nil {
		log.Fatal(err)
	}
	for _, e := range endpoints {
		fmt.Println(e.Scheme(), e.Addr())
	}
	// Output:
	// smtp email-smtp.eu-central-1.amazonaws.com:587
	// smtp email-smtp.us-west-1.amazonaws.com:587
}

func ExampleLogin_URL() {
	login := sessmtp.Login{
		Endpoint: sessmtp.Endpoint{Region: "us-west-1", Host: "email-smtp.us-west-1.amazonaws.com", Port: 465},
		Username: "AKIAIOSFODNN7EXAMPLE",
		Password: sessmtp.DerivePassword("some+secret+key", "us-west-1"),
	}
	fmt.Println(login.URL())
	// Output:
	// smtps://AKIAIOSFODNN7EXAMPLE:BH%2BjbMzper5WwlwUar9E1ySBqHa9whi0GPo%2BsJ0mVYJj@email-smtp.us-west-1.amazonaws.com:465
}

// This is one login at one of the endpoint's servers. A Verifier logs in several times, at all of
// them.
func ExampleClient_Login() {
	var client sessmtp.Client
	err := client.Login(context.Background(), sessmtp.Login{
		Endpoint: sessmtp.Endpoint{Region: "us-west-1", Host: "email-smtp.us-west-1.amazonaws.com", Port: 587},
		Username: "AKIAIOSFODNN7EXAMPLE",
		Password: sessmtp.DerivePassword("some+secret+key", "us-west-1"),
	}, "")
	switch sessmtp.MeaningOf(err) {
	case sessmtp.Accepted:
		fmt.Println("the password is right")
	case sessmtp.Refused:
		fmt.Println("the password is wrong, or not yet known:", err)
	default:
		fmt.Println("nothing is known:", err)
	}
}
