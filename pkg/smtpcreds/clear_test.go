package smtpcreds_test

import (
	"crypto/tls"
	"net"
	"net/smtp"
	"strconv"
	"testing"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/localaws"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sessmtp"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/smtpcreds"
)

// SES offers AUTH before STARTTLS, and a man in the middle may hide STARTTLS. The servers are on
// localhost, where net/smtp by itself would send the password in the clear.
func TestNobodyLogsInInTheClear(t *testing.T) {
	for _, host := range []string{"127.0.0.1", "localhost"} {
		for _, hidden := range []bool{false, true} {
			world, err := localaws.Start(localaws.Config{})
			if err != nil {
				t.Fatal(err)
			}
			defer world.Close()
			world.HideSTARTTLS(hidden)
			world.CreateUser("sender")
			id, secret, err := world.CreateAccessKey("sender")
			if err != nil {
				t.Fatal(err)
			}
			_, port, _ := net.SplitHostPort(world.SMTP("eu-west-1"))
			n, _ := strconv.Atoi(port)
			c := smtpcreds.Credential{Login: sessmtp.Login{
				Endpoint: sessmtp.Endpoint{Region: "eu-west-1", Host: host, Port: n}, Username: id,
				Password: sessmtp.DerivePassword(sessmtp.SecretAccessKey(secret), "eu-west-1"),
			}}
			config := &tls.Config{RootCAs: world.CertPool()}

			client, err := c.Dial(t.Context(), config)
			if (err == nil) == hidden {
				t.Errorf("%s, STARTTLS hidden %v: Dial: %v", host, hidden, err)
			}
			if err == nil {
				client.Close()
			}
			plain, err := smtp.Dial(c.Addr())
			if err != nil {
				t.Fatal(err)
			}
			defer plain.Close()
			if err := plain.Auth(c.Auth()); err == nil {
				t.Errorf("%s, STARTTLS hidden %v: logged in without TLS", host, hidden)
			}
			if n := world.ClearLogins(); n != 0 {
				t.Errorf("%s, STARTTLS hidden %v: %d logins without TLS", host, hidden, n)
			}
		}
	}
}
