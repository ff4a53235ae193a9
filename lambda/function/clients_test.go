package function

import (
	"context"
	"errors"
	"net/http"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
)

// hosts records where requests go, and lets none through.
type hosts struct{ asked []string }

var errNotSent = errors.New("not sent")

func (h *hosts) Do(r *http.Request) (*http.Response, error) {
	h.asked = append(h.asked, r.URL.Host)
	return nil, errNotSent
}

func TestWithoutAnEndpointOfOnesOwnTheSecretsRegionIsAsked(t *testing.T) {
	const arn = "arn:aws:secretsmanager:us-east-1:111122223333:secret:mail-AbCdEf"
	for _, c := range []struct{ id, endpoint, want string }{
		{"mail", "", "secretsmanager.eu-west-1.amazonaws.com"},
		{arn, "", "secretsmanager.us-east-1.amazonaws.com"},
		{arn, "https://vpce-1.example.com", "vpce-1.example.com"},
	} {
		env := map[string]string{
			"SMTP_USER_NAME": "u", "SECRET_ID": c.id, "AWS_REGION": "eu-west-1",
			"AWS_ENDPOINT_URL_SECRETS_MANAGER": c.endpoint,
			"AWS_ACCESS_KEY_ID":                "ASIA", "AWS_SECRET_ACCESS_KEY": "the role's",
		}
		getenv := func(name string) string { return env[name] }
		cfg, err := parseConfig(getenv)
		if err != nil {
			t.Fatal(err)
		}
		made, err := newClients(getenv, cfg.secretIn)
		if err != nil {
			t.Fatal(err)
		}
		seen := &hosts{}
		_, err = made.secrets.GetSecretValue(context.Background(),
			&secretsmanager.GetSecretValueInput{SecretId: &cfg.secretID},
			func(o *secretsmanager.Options) { o.HTTPClient, o.Retryer = seen, aws.NopRetryer{} })
		if !errors.Is(err, errNotSent) || len(seen.asked) != 1 || seen.asked[0] != c.want {
			t.Errorf("%s: asked %q, %v; want %s", c.id, seen.asked, err, c.want)
		}
	}
}
