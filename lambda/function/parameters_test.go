package function

import (
	"slices"
	"strings"
	"testing"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/smtpparameter"
)

// These are the endpoints that the SDK's own client for SSM resolves (service/ssm v1.83.0,
// endpoint_rules).
func TestParameterStoreIsWhereTheSDKWouldLookForIt(t *testing.T) {
	for _, c := range []struct {
		region, set, want string
	}{
		{"eu-west-1", "", "https://ssm.eu-west-1.amazonaws.com"},
		{"us-east-1", "AWS_USE_FIPS_ENDPOINT", "https://ssm-fips.us-east-1.amazonaws.com"},
		{"us-east-1", "AWS_USE_DUALSTACK_ENDPOINT", "https://ssm.us-east-1.api.aws"},
		{"us-east-1", "AWS_USE_FIPS_ENDPOINT AWS_USE_DUALSTACK_ENDPOINT", "https://ssm-fips.us-east-1.api.aws"},
		{"us-gov-west-1", "AWS_USE_FIPS_ENDPOINT", "https://ssm.us-gov-west-1.amazonaws.com"},
		{"us-gov-west-1", "AWS_USE_FIPS_ENDPOINT AWS_USE_DUALSTACK_ENDPOINT", "https://ssm-fips.us-gov-west-1.api.aws"},
		{"cn-north-1", "", "https://ssm.cn-north-1.amazonaws.com.cn"},
		{"eusc-de-east-1", "", "https://ssm.eusc-de-east-1.amazonaws.eu"},
	} {
		getenv := func(name string) string {
			if slices.Contains(strings.Fields(c.set), name) {
				return "true"
			}
			return map[string]string{"AWS_REGION": c.region}[name]
		}
		made, err := newClients(getenv, c.region)
		if err != nil || made.parameters.Endpoint != c.want {
			t.Errorf("%s, %s: %s, %v; want %s", c.region, c.set, made.parameters.Endpoint, err, c.want)
		}
	}
}

func TestParameterStoresOwnEndpointCounts(t *testing.T) {
	env := map[string]string{"AWS_REGION": "eu-west-1", "AWS_ENDPOINT_URL": "http://all.example.com"}
	made, err := newClients(func(name string) string { return env[name] }, "us-east-1")
	if err != nil || made.parameters.Endpoint != "http://all.example.com" || made.parameters.Region != "us-east-1" {
		t.Errorf("%+v, %v", made.parameters, err)
	}
	env["AWS_ENDPOINT_URL_SSM"] = "https://vpce-1.example.com"
	made, err = newClients(func(name string) string { return env[name] }, "us-east-1")
	if err != nil || made.parameters.Endpoint != "https://vpce-1.example.com" {
		t.Errorf("%+v, %v", made.parameters, err)
	}
}

func TestTheEnvironmentSaysWhetherThereAreCopies(t *testing.T) {
	env := map[string]string{"SMTP_USER_NAME": "u", "SECRET_ID": "mail", "AWS_REGION": "eu-west-1"}
	getenv := func(name string) string { return env[name] }
	cfg, err := parseConfig(getenv)
	if err != nil || cfg.parameters.copies(nil, cfg.user) != nil {
		t.Errorf("%+v, %v", cfg.parameters, err)
	}
	env["PARAMETER_PATH"], env["PARAMETER_KMS_KEY"] = "/mail/smtp", "alias/mail"
	cfg, err = parseConfig(getenv)
	got, ok := cfg.parameters.copies(nil, cfg.user).(*smtpparameter.Copies)
	if err != nil || !ok || got.Path != "/mail/smtp" || got.KMSKey != "alias/mail" {
		t.Errorf("%+v, %v", got, err)
	}
	env["PARAMETER_PATH"] = "/aws/mail"
	if _, err = parseConfig(getenv); err == nil || !strings.Contains(err.Error(), "PARAMETER_PATH: ") {
		t.Error(err)
	}
}
