package smtpcreds_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/localaws"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/smtpcreds"
)

// inTheRegion returns a client for a Region. An empty URL means AWS's own endpoint.
func inTheRegion(region, url string, more ...func(*secretsmanager.Options)) *secretsmanager.Client {
	o := secretsmanager.Options{
		Region: region, Retryer: aws.NopRetryer{},
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "AKIAAPPLICATION00000", SecretAccessKey: "its own"}, nil
		}),
	}
	if url != "" {
		o.BaseEndpoint = &url
	}
	return secretsmanager.New(o, more...)
}

// wrapped is an application's own API, which hides the client's Region.
type wrapped struct{ smtpcreds.API }

func TestAnARNIsReadInItsOwnRegion(t *testing.T) {
	world, err := localaws.Start(localaws.Config{}) // in eu-west-1
	if err != nil {
		t.Fatal(err)
	}
	defer world.Close()
	world.CreateSecret("mail", "{}")
	world.Intercept(func(call localaws.Call) *localaws.Fault {
		if call.Region != "eu-west-1" {
			return &localaws.Fault{Code: "ResourceNotFoundException"}
		}
		return nil
	})
	const arn = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:mail"
	for _, c := range []struct {
		id, client string
		found      bool
	}{
		{"mail", "eu-west-1", true}, {"mail", "us-east-1", false}, {arn, "eu-west-1", true}, {arn, "us-east-1", true},
		{arn, "", true},
	} {
		client := inTheRegion(c.client, world.URL())
		for what, api := range map[string]smtpcreds.API{"the SDK's": client, "a wrapped one": wrapped{client}} {
			_, err := smtpcreds.SecretsManager{API: api, SecretID: c.id}.Read(t.Context())
			if (err == nil) != c.found {
				t.Errorf("%s, from a client of %q (%s): %v", c.id, c.client, what, err)
			}
			if err != nil && api == client && !strings.Contains(err.Error(), "and the Region us-east-1;") {
				t.Errorf("the error doesn't name the Region: %v", err)
			}
		}
	}
}

// unsent records the host that a request would go to, and doesn't send it.
type unsent struct{ host string }

func (u *unsent) Do(r *http.Request) (*http.Response, error) {
	u.host = r.URL.Host
	return nil, errors.New("not sent")
}

func TestAnARNIsAskedForAtItsRegionsEndpointUnlessTheClientHasItsOwn(t *testing.T) {
	const arn = "arn:aws:secretsmanager:us-east-1:123456789012:secret:mail"
	for endpoint, want := range map[string]string{
		"": "secretsmanager.us-east-1.amazonaws.com", "https://vpce-1.example.com": "vpce-1.example.com",
	} {
		seen := &unsent{}
		client := inTheRegion("eu-west-1", endpoint, func(o *secretsmanager.Options) { o.HTTPClient = seen })
		_, err := smtpcreds.SecretsManager{API: client, SecretID: arn}.Read(t.Context())
		if seen.host != want {
			t.Errorf("with the endpoint %q, it asks %q, %v; want %s", endpoint, seen.host, err, want)
		}
	}
}

func TestASecretIDThatIsNoSecretsARNIsRefusedBeforeAnyCall(t *testing.T) {
	for id, says := range map[string]string{
		"arn:aws:ssm:eu-west-1:123456789012:parameter/mail":                    `SecretID: the ARN is of service "ssm"`,
		"arn:aws-cn:secretsmanager:cn-north-1:123456789012:secret:mail-AbCdEf": "Region eu-west-1 is in partition aws,",
		"arn:aws:secretsmanager:eu-west-1:123456789012:secret:mail:username::": "ECS's :json-key::",
	} {
		seen := &unsent{}
		client := inTheRegion("eu-west-1", "", func(o *secretsmanager.Options) { o.HTTPClient = seen })
		_, err := smtpcreds.SecretsManager{API: client, SecretID: id}.Read(t.Context())
		if err == nil || !strings.Contains(err.Error(), says) || seen.host != "" {
			t.Errorf("%s: %v, after asking %q; want %q", id, err, seen.host, says)
		}
	}
}
