package discover_test

import (
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/seed-486a873a/ses-smtp-rotator/deploy/smtprotate/internal/discover"
)

// described is a user whose policy says all that a stack has parameters for.
var described = kind{
	name: "described",
	inline: map[string]string{"send it": `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"ses:SendRawEmail",
		"Resource":["` + identity + `","arn:aws:ses:us-east-1:123456789012:identity/example.com",
			"arn:aws:ses:eu-west-1:123456789012:configuration-set/news"],
		"Condition":{"IpAddress":{"aws:SourceIp":["192.0.2.10","198.51.100.0/24"]},
			"StringLike":{"ses:FromAddress":"*@example.com","ses:FromDisplayName":["Doe, Jane","Shop*"]},
			"ForAllValues:StringLike":{"ses:Recipients":"*@example.net"},"Null":{"ses:Recipients":"false"}}}]}`},
	keys: []key{{age: 400, used: 3}},
}

// takeover is that of the one user of a stage.
func (s *stage) takeover(name, profile string, named ...string) discover.Adoption {
	s.Helper()
	a := s.account()
	a.Only, a.Named = name, named
	facts, err := s.look(a).Facts(name)
	s.ok(err)
	return discover.TakeOver(facts, profile, "eu-central-1", s.today)
}

func TestAUserIsTakenOverByTheParametersThatWereFound(t *testing.T) {
	s := newStage(t)
	s.user(described, "shop@example.com")
	s.ok(s.SetUserPath("shop@example.com", "/mail/"))
	a := s.takeover("shop@example.com", "prod")
	const header = `# IAM user shop@example.com of account 123456789012, taken over by a stack. Nothing has been run.
# - The stack makes a secret of its own with a new key. The old key stays Active for the grace
#   period, and as long as it is in use: have applications read the secret meanwhile.
`
	const footer = `
# When you have seen that the stack's own policy is enough for its mail, and that it needs no
# other right from these:
aws iam delete-user-policy --profile prod --user-name shop@example.com --policy-name 'send it'
`
	wantLines(t, a.CloudFormation(), header+`bash deploy/build.sh
aws s3 cp --recursive .build/code s3://BUCKET --profile prod
aws cloudformation deploy --profile prod --region eu-west-1 --stack-name mail-shop-example-com \
  --template-file .build/template.yaml --capabilities CAPABILITY_IAM \
  --parameter-overrides CodeBucket=BUCKET \
    ExistingUserName=shop@example.com \
    ExistingUserPath=/mail/ \
    IdentityArns=`+identity+`,arn:aws:ses:us-east-1:123456789012:identity/example.com \
    ConfigurationSetArns=arn:aws:ses:eu-west-1:123456789012:configuration-set/news \
    'FromAddresses=*@example.com' \
    'FromNames=Doe, Jane|Shop*' \
    'Recipients=*@example.net' \
    SourceNetworks=192.0.2.10/32,198.51.100.0/24 \
    SmtpRegions=eu-west-1,us-east-1
`+footer)
	wantLines(t, a.Terraform("0.1.0"), header+`cat > main.tf <<'EOF'
provider "aws" {
  region  = "eu-west-1"
  profile = "prod"
}

module "mail" {
  source                 = "git::https://github.com/seed-486a873a/ses-smtp-rotator//deploy/terraform?ref=v0.1.0"
  name                   = "mail-shop-example-com"
  function_zip           = "function.zip" # as deploy/build.sh makes it, or of a release
  existing_user_name     = "shop@example.com"
  existing_user_path     = "/mail/"
  identity_arns          = ["`+identity+`", "arn:aws:ses:us-east-1:123456789012:identity/example.com"]
  configuration_set_arns = ["arn:aws:ses:eu-west-1:123456789012:configuration-set/news"]
  from_addresses         = ["*@example.com"]
  from_names             = ["Doe, Jane", "Shop*"]
  recipients             = ["*@example.net"]
  source_networks        = ["192.0.2.10/32", "198.51.100.0/24"]
  smtp_regions           = ["eu-west-1", "us-east-1"]
}
