package function

import (
	"cmp"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/smtpparameter"
)

// callTimeout limits one try of one AWS call. Answers take milliseconds, so it is better to retry a
// call that hangs.
const callTimeout = 10 * time.Second

// dialTimeout limits one try to connect, which takes milliseconds or fails. It is shorter than
// callTimeout so that the error tells which of the two it was.
const dialTimeout = 5 * time.Second

// clients holds the clients of the AWS services that the function uses.
type clients struct {
	iam     *iam.Client
	secrets *secretsmanager.Client
	// parameters is Parameter Store, in the secret's Region.
	parameters *smtpparameter.Client
	answers    *http.Client // for CloudFormation's answers
}

// ownRegion returns the function's Region, which Lambda sets.
func ownRegion(getenv func(string) string) string {
	return cmp.Or(getenv("AWS_REGION"), getenv("AWS_DEFAULT_REGION"))
}

// newClients reads the standard AWS variables itself: in Lambda, the credentials, the Region and
// the endpoints all come from the environment, and the SDK's config module would add more start-up
// time than everything else together. The secret may be in another Region than the function. An
// endpoint from the environment is used all the same, and requests to it are signed for the
// secret's Region.
func newClients(getenv func(string) string, secretIn string) (clients, error) {
	region := ownRegion(getenv)
	httpClient, err := newHTTPClient(getenv)
	cfg := aws.Config{
		Region:      region,
		Credentials: credentials(getenv),
		HTTPClient:  httpClient,
	}
	source := standardVariables{getenv}
	cfg.ConfigSources = []any{source}
	attempts := getenv("AWS_MAX_ATTEMPTS")
	if attempts != "" {
		n, parseErr := strconv.Atoi(attempts)
		if parseErr != nil || n < 1 {
			err = errors.Join(err, fmt.Errorf("AWS_MAX_ATTEMPTS: %q is not a number of at least 1", attempts))
		}
		cfg.RetryMaxAttempts = n
	}
	if region == "" {
		err = errors.Join(err, errors.New("AWS_REGION: is required"))
	}
	return clients{
		answers: &http.Client{
			Transport: httpClient.GetTransport(),
			Timeout:   callTimeout,
			// An answer goes only to the URL that was checked.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		iam: iam.NewFromConfig(cfg, func(o *iam.Options) {
			o.BaseEndpoint = source.endpoint("IAM",
				o.BaseEndpoint)
		}),
		secrets: secretsmanager.NewFromConfig(cfg, func(o *secretsmanager.Options) {
			o.Region = cmp.Or(secretIn, region)
			o.BaseEndpoint = source.endpoint("SECRETS_MANAGER", o.BaseEndpoint)
		}),
		parameters: parameterStore(cfg, source, cmp.Or(secretIn, region)),
	}, err
}

// credentials returns the credentials of the function's role, which Lambda puts into the
// environment.
func credentials(getenv func(string) string) aws.CredentialsProvider {
	return aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		c := aws.Credentials{
			AccessKeyID:     getenv("AWS_ACCESS_KEY_ID"),
			SecretAccessKey: getenv("AWS_SECRET_ACCESS_KEY"),
			SessionToken:    getenv("AWS_SESSION_TOKEN"),
			Source:          "environment",
		}
		if !c.HasKeys() {
			return aws.Credentials{},
				errors.New("no AWS credentials: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY aren't set")
		}
		return c, nil
	})
}

// newHTTPClient trusts the system's certificates (SSL_CERT_FILE), or those of AWS_CA_BUNDLE if that
// is set.
func newHTTPClient(getenv func(string) string) (*awshttp.BuildableClient, error) {
	client := awshttp.NewBuildableClient().WithTimeout(callTimeout).
		WithDialerOptions(func(d *net.Dialer) { d.Timeout = dialTimeout })
	bundle := getenv("AWS_CA_BUNDLE")
	if bundle == "" {
		return client, nil
	}
	pem, err := os.ReadFile(bundle)
	if err != nil {
		return client, fmt.Errorf("AWS_CA_BUNDLE: %w", err)
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(pem) {
		return client, fmt.Errorf("AWS_CA_BUNDLE: %s holds no PEM certificate", bundle)
	}
	return client.WithTransportOptions(func(t *http.Transport) { t.TLSClientConfig.RootCAs = roots }), nil
}

// standardVariables gives the SDK's clients the settings that they look for ("Settings reference",
// AWS SDKs and Tools Reference Guide).
type standardVariables struct {
	getenv func(string) string
}

// endpoint returns the service's own AWS_ENDPOINT_URL_…, or AWS_ENDPOINT_URL, or else standard.
func (v standardVariables) endpoint(service string, standard *string) *string {
	if v.is("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS") {
		return standard
	}
	for _, name := range []string{"AWS_ENDPOINT_URL_" + service, "AWS_ENDPOINT_URL"} {
		if url := v.getenv(name); url != "" {
			return &url
		}
	}
	return standard
}

// GetUseFIPSEndpoint gives the SDK's clients AWS_USE_FIPS_ENDPOINT.
func (v standardVariables) GetUseFIPSEndpoint(context.Context) (aws.FIPSEndpointState, bool, error) {
	if v.is("AWS_USE_FIPS_ENDPOINT") {
		return aws.FIPSEndpointStateEnabled, true, nil
	}
	return aws.FIPSEndpointStateUnset, false, nil
}

// GetUseDualStackEndpoint gives the SDK's clients AWS_USE_DUALSTACK_ENDPOINT.
func (v standardVariables) GetUseDualStackEndpoint(context.Context) (aws.DualStackEndpointState, bool, error) {
	if v.is("AWS_USE_DUALSTACK_ENDPOINT") {
		return aws.DualStackEndpointStateEnabled, true, nil
	}
	return aws.DualStackEndpointStateUnset, false, nil
}

func (v standardVariables) is(name string) bool { return strings.EqualFold(v.getenv(name), "true") }
