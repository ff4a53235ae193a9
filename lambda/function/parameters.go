package function

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/rotation"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/smtpparameter"
)

// parameters configures the copies of the credential in Parameter Store.
type parameters struct{ path, kmsKey string }

const pathVariable = "PARAMETER_PATH"

// parameters returns no path if the setting can't be one, so that no call is made about it and the
// stack can still be deleted.
func (e *environment) parameters() parameters {
	p := parameters{e.getenv(pathVariable), e.getenv("PARAMETER_KMS_KEY")}
	if p.path == "" {
		return p
	}
	err := smtpparameter.CheckPath(p.path)
	if e.fault(pathVariable, err); err != nil {
		p.path = ""
	}
	return p
}

// copies returns nil if there is no path.
func (p parameters) copies(client *smtpparameter.Client, user string) rotation.Copies {
	if p.path == "" {
		return nil
	}
	return &smtpparameter.Copies{API: client, Path: p.path, PathFrom: pathVariable, User: user,
		Members: smtpparameter.Members, KMSKey: p.kmsKey}
}

func parameterStore(cfg aws.Config, source standardVariables, region string) *smtpparameter.Client {
	client := &smtpparameter.Client{Config: cfg, Region: region}
	if endpoint := source.endpoint("SSM", nil); endpoint != nil {
		client.Endpoint = *endpoint
	} else {
		client.Endpoint = ssmEndpoint(source, region)
	}
	return client
}

// dualStack turns the ends of AWS's host names into those of names that also have IPv6 addresses,
// in the partitions that have such names.
var dualStack = strings.NewReplacer(".amazonaws.com.cn", ".api.amazonwebservices.com.cn",
	".amazonaws.com", ".api.aws", ".amazonaws.eu", ".api.amazonwebservices.eu")

// ssmEndpoint returns Systems Manager's endpoint in a Region: Secrets Manager's, which the SDK
// resolves, with the other service's name. The SDK's own client resolves the same. In GovCloud,
// every endpoint of Systems Manager is a FIPS endpoint ("AWS Systems Manager endpoints and quotas",
// AWS General Reference).
func ssmEndpoint(source standardVariables, region string) string {
	const like = "https://secretsmanager"
	fips := source.is("AWS_USE_FIPS_ENDPOINT")
	found, err := secretsmanager.NewDefaultEndpointResolverV2().ResolveEndpoint(context.Background(),
		secretsmanager.EndpointParameters{Region: &region, UseFIPS: &fips})
	if err != nil {
		return "" // there is no Region, which parseConfig reports
	}
	endpoint := "https://ssm" + strings.TrimPrefix(found.URI.String(), like)
	if source.is("AWS_USE_DUALSTACK_ENDPOINT") {
		return dualStack.Replace(endpoint)
	}
	if strings.HasPrefix(region, "us-gov-") {
		return strings.Replace(endpoint, "://ssm-fips.", "://ssm.", 1)
	}
	return endpoint
}
