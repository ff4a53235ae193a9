package sessmtp_test

import (
	"encoding/base64"
	"testing"
	"testing/quick"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sessmtp"
)

// The vectors are from the tests of terraform-provider-aws and Signer::AWSv4::SES.
func TestPasswordsAreThePublishedOnes(t *testing.T) {
	for _, v := range []struct{ secret, region, want string }{
		{"some+secret+key", "eu-central-1", "BMXhUYlu5Z3gSXVQORxlVa7XPaz91aGWdfHxvkOZdWZ2"},
		{"some+secret+key", "us-west-1", "BH+jbMzper5WwlwUar9E1ySBqHa9whi0GPo+sJ0mVYJj"},
		{"another+secret+key", "eu-central-1", "BBbphbrQmrKMx42d1N6+C7VINYEBGI5v9VsZeTxwskfh"},
		{"SECRET_KEY", "eu-west-1", "BIhFZ/Ylx0jPVY7JeKUnHT4rO9jfB1VuZu4qglc/3gj9"},
	} {
		got := string(sessmtp.DerivePassword(sessmtp.SecretAccessKey(v.secret), v.region))
		if got != v.want {
			t.Errorf("%s in %s: got %s, want %s", v.secret, v.region, got, v.want)
		}
	}
}

// A password of the old version 2 starts with 0x02.
func TestAPasswordIsAlwaysOfVersion4(t *testing.T) {
	err := quick.Check(func(secret, region string) bool {
		password := string(sessmtp.DerivePassword(sessmtp.SecretAccessKey(secret), region))
		raw, err := base64.StdEncoding.DecodeString(password)
		return err == nil && len(password) == 44 && len(raw) == 33 && raw[0] == 0x04
	}, nil)
	if err != nil {
		t.Error(err)
	}
}
