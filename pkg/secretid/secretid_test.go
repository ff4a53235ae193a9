package secretid_test

import (
	"strings"
	"testing"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/secretid"
)

func TestAnARNIsAskedForInItsOwnRegionAndANameInTheClients(t *testing.T) {
	for _, c := range []struct{ id, client, want string }{
		{"mail", "eu-west-1", "eu-west-1"},
		{"smtp/credential!a-b_c+d=e.f@g", "eu-west-1", "eu-west-1"},
		{"mail", "", ""},
		{"", "eu-west-1", "eu-west-1"},
		{"arn:aws:secretsmanager:eu-west-1:111122223333:secret:mail-AbCdEf", "eu-west-1", "eu-west-1"},
		{"arn:aws:secretsmanager:us-east-1:111122223333:secret:mail-AbCdEf", "eu-west-1", "us-east-1"},
		{"arn:aws:secretsmanager:us-east-1:444455556666:secret:rds!a/b_c+d=e.f@g", "eu-west-1", "us-east-1"},
		{"arn:aws:secretsmanager:us-east-1:111122223333:secret:mail-AbCdEf", "", "us-east-1"},
		{"arn:aws-us-gov:secretsmanager:us-gov-east-1:111122223333:secret:mail", "us-gov-west-1", "us-gov-east-1"},
		{"arn:aws-cn:secretsmanager:cn-north-1:111122223333:secret:mail", "", "cn-north-1"},
		{"arn:aws-eusc:secretsmanager:eusc-de-east-1:111122223333:secret:mail", "eusc-de-east-1", "eusc-de-east-1"},
		{"arn:aws:secretsmanager:xx-newest-12:111122223333:secret:mail", "eu-west-1", "xx-newest-12"},
	} {
		if got, err := secretid.Region(c.id, c.client); got != c.want || err != nil {
			t.Errorf("%s, from %q: %q, %v; want %q", c.id, c.client, got, err, c.want)
		}
	}
}

func TestWhatIsNoSecretsARNIsRefusedByName(t *testing.T) {
	const wanted = "such as arn:aws:secretsmanager:eu-west-1:111122223333:secret:mail-AbCdEf"
	const ours = "arn:aws:secretsmanager:eu-west-1:111122223333:"
	for id, says := range map[string][]string{
		"arn:aws:iam::111122223333:user/mailer":                 {`of service "iam"`, wanted},
		"arn:aws:ssm:eu-west-1:111122223333:parameter/mail":     {`of service "ssm"`, wanted},
		"arn:aws:secretsmanager:eu-west-1:111122223333":         {"isn't a whole ARN", wanted},
		"ARN" + ours[3:] + "secret:mail":                        {"isn't a whole ARN", wanted},
		" " + ours + "secret:mail":                              {"isn't a whole ARN", wanted},
		"secret:mail":                                           {"isn't a whole ARN", wanted},
		"arn:aws:secretsmanager::111122223333:secret:m":         {"nothing where the Region belongs", wanted},
		"arn:aws:secretsmanager:EU-WEST-1:111122223333:secret:": {`"EU-WEST-1" where the Region`, wanted},
		"arn:aws:secretsmanager:*:111122223333:secret:mail":     {"something else where the Region", wanted},
		"arn:aws:secretsmanager:eu-west-1,us-east-1:1:secret:m": {"something else where the Region", wanted},
		"arn:aws:secretsmanager:cn-north-1:1:secret:mail":       {`"aws" where the partition`, "aws-cn", wanted},
		"arn::secretsmanager:eu-west-1:1:secret:mail":           {"nothing where the partition", wanted},
		"arn:aws-cn:secretsmanager:eu-west-1:1:secret:mail":     {`"aws-cn" where the partition`, wanted},
		"arn:aws:secretsmanager:eu-west-1::secret:mail":         {"no account of 12 digits", wanted},
		"arn:aws:secretsmanager:eu-west-1:1111-2222-33:secret:": {"no account of 12 digits", wanted},
		ours + "mail-AbCdEf":                                    {"names no secret", wanted},
		ours + "secret:":                                        {"names no secret", wanted},
		ours + "secret:mail-AbCdEf:password::":                  {"ECS's :json-key::", wanted},
		ours + "secret:mail-*":                                  {"a policy's *", wanted},
		ours + "secret:mail-AbCdEf\n":                           {"something that no secret's name has", wanted},
		"arn:aws-us-gov:secretsmanager:us-gov-west-1:111122223333:secret:mail": {
			"Region us-gov-west-1 in partition aws-us-gov", "Region eu-west-1 is in partition aws,",
			"give a secret in partition aws"},
		"arn:aws-cn:secretsmanager:cn-north-1:111122223333:secret:mail": {
			"Region cn-north-1 in partition aws-cn", "give a secret in partition aws"},
	} {
		region, err := secretid.Region(id, "eu-west-1")
		if err == nil || region != "" {
			t.Errorf("%q is taken for a secret in %q", id, region)
			continue
		}
		for _, part := range says {
			if !strings.Contains(err.Error(), part) {
				t.Errorf("%q: %v; it doesn't say %q", id, err, part)
			}
		}
	}
}

// People paste a credential where the secret's ID belongs. AWS's sample stores it with a colon.
func TestARefusalNeverTellsAPassword(t *testing.T) {
	const password = "BEXAMPLEexampleEXAMPLEexampleEXAMPLEexample0"
	for _, id := range []string{
		"AKIAIOSFODNN7EXAMPLE:" + password,
		"smtp://AKIAIOSFODNN7EXAMPLE:" + password + "@email-smtp.eu-west-1.amazonaws.com:587",
		"arn:" + password + ":secretsmanager:eu-west-1:111122223333:secret:mail",
		"arn:aws:" + password + ":eu-west-1:111122223333:secret:mail",
		"arn:aws:secretsmanager:" + password + ":111122223333:secret:mail",
		"arn:aws:secretsmanager:eu-west-1:" + password + ":secret:mail",
		"arn:aws:secretsmanager:eu-west-1:111122223333:" + password,
		"arn:aws:secretsmanager:eu-west-1:111122223333:secret:mail:" + password,
	} {
		region, err := secretid.Region(id, "eu-west-1")
		if err == nil || region != "" || strings.Contains(err.Error(), password) {
			t.Errorf("%q: %q, %v", id, region, err)
		}
	}
}

func FuzzRegion(f *testing.F) {
	f.Add("mail", "eu-west-1")
	f.Add("arn:aws:secretsmanager:us-east-1:111122223333:secret:mail-AbCdEf", "eu-west-1")
	f.Add("arn:aws-cn:secretsmanager:cn-north-1:111122223333:secret:mail:username::", "")
	f.Fuzz(func(t *testing.T, id, client string) {
		region, err := secretid.Region(id, client)
		switch {
		case err != nil && region != "":
			t.Errorf("%q, from %q: both %q and %v", id, client, region, err)
		case err == nil && !strings.Contains(id, ":") && region != client:
			t.Errorf("the name %q, from %q: %q", id, client, region)
		case err == nil && strings.Contains(id, ":") && strings.Split(id, ":")[3] != region:
			t.Errorf("the ARN %q, from %q: %q", id, client, region)
		}
	})
}
