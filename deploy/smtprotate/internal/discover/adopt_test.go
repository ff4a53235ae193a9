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

// described is a user whose policy uses everything that a stack has parameters for.
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

// takeover returns the adoption of a stage's only user.
func (s *stage) takeover(name, profile string, named ...string) discover.Adoption {
	s.Helper()
	a := s.account()
	a.Only, a.Named, a.Profile = name, named, profile
	_, facts, err := discover.Report{Accounts: []discover.Survey{s.look(a)}}.Facts(name)
	s.ok(err)
	return discover.TakeOver(facts, "eu-central-1", s.today)
}

func TestAUserIsTakenOverByTheParametersThatWereFound(t *testing.T) {
	s := newStage(t)
	s.user(described, "shop@example.com")
	s.ok(s.SetUserPath("shop@example.com", "/mail/"))
	a := s.takeover("shop@example.com", "prod")
	const header = `# Let a stack take over IAM user shop@example.com of account 123456789012. Nothing has been run.
# - The stack creates its own secret with a new key. The old key stays Active for the grace period,
#   and as long as it is in use: have applications read the secret meanwhile.
`
	const footer = `
# Once you have seen that the stack's own policy is enough for its mail, and that it needs
# nothing else from these older policies:
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
  function_zip           = "function.zip" # from deploy/build.sh or a release
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
EOF
terraform init
terraform apply
`+footer)
}

func wantLines(t *testing.T, got, want string) {
	t.Helper()
	g, w := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range max(len(g), len(w)) {
		if i >= len(g) || i >= len(w) || g[i] != w[i] {
			t.Errorf("line %d differs:\n%s\nwant\n%s", i+1, got, want)
			return
		}
	}
}

func TestWhatAPersonShouldKnowBeforeATakeover(t *testing.T) {
	for name, c := range map[string]struct {
		kind  kind
		wants []string
	}{
		"all identities": {kinds[0], []string{
			"name no identity. Replace YOUR-DOMAIN with those that it sends from. This lists yours: aws sesv2 " +
				"list-email-identities --region eu-west-1",
			"IdentityArns=arn:aws:ses:eu-west-1:123456789012:identity/YOUR-DOMAIN",
			"aws iam delete-user-policy --user-name shop --policy-name AmazonSesSendingAccess"}},
		"of a group": {kinds[1], []string{
			"aws iam remove-user-from-group --user-name shop --group-name AWSSESSendingGroupDoNotRename"}},
		"of AWS's": {kinds[2], []string{
			"aws iam detach-user-policy --user-name shop --policy-arn arn:aws:iam::aws:policy/AmazonSESFullAccess"}},
		"two keys": {kind{inline: ofConsole(), keys: []key{{age: 9, inactive: true}, {age: 3, used: 1}}}, []string{
			"delete one first", "is Inactive: aws iam delete-access-key --user-name shop --access-key-id AKIA"}},
		"never seen": {kind{inline: ofConsole(), keys: []key{{age: 3}}}, []string{
			"IAM hasn't seen it send mail. If it sends in Regions other than eu-central-1, add them"}},
		"a boundary": {kind{name: "b", inline: ofConsole(), boundary: own, keys: []key{{age: 3, used: 1}}},
			[]string{"Its permissions boundary b stays"}},
		"a stack's": {kind{name: "o", stack: true, keys: []key{{age: 3, used: 1}}},
			[]string{"A stack already owns this user"}},
		"what has no parameter": {kind{inline: map[string]string{"p": allowing("ses:SendRawEmail", identity,
			`"DateLessThan":{"aws:CurrentTime":"2030-01-01T00:00:00Z"},"StringLike":{"ses:FromAddress":"shop@*"}`)},
			keys: []key{{age: 3, used: 1}}}, []string{
			"A stack has no parameter for these parts of its policies, so it doesn't take them over: DateLessThan " +
				"aws:CurrentTime 2030-01-01T00:00:00Z; shop@*"}},
	} {
		s := newStage(t)
		s.user(c.kind, "shop")
		a := s.takeover("shop", "")
		text := a.CloudFormation()
		plain := strings.Join(strings.Fields(strings.ReplaceAll(text, "#  ", "")), " ")
		for _, want := range c.wants {
			if !strings.Contains(plain, want) {
				t.Errorf("%s: it doesn't say %q:\n%s", name, want, text)
			}
		}
	}
}

func TestASecretThatHoldsTheKeyIsTakenOverToo(t *testing.T) {
	s := newStage(t)
	s.user(kind{inline: map[string]string{"send": own}, keys: []key{{age: 900, used: 1}, {age: 800, used: 9}}}, "shop")
	arn := s.secret("shop", "", "", s.Keys("shop")[0].ID)
	for _, id := range []string{"shop", arn} {
		a := s.takeover("shop", "", id)
		text := a.CloudFormation()
		if !strings.Contains(text, "ExistingSecretArn="+arn+" ") || strings.Contains(text, "delete-access-key") {
			t.Errorf("it says\n%s", text)
		}
		s.shownNowhere(text)
	}
}

func TestAUserWithNothingToTakeOverIsRefused(t *testing.T) {
	s := newStage(t)
	s.user(kind{inline: ofConsole()}, "keyless")
	s.user(kind{keys: []key{{age: 3}}}, "other")
	for user, want := range map[string]string{
		"keyless": "user keyless has no access key", "other": "no user other that may send mail",
		"nobody": "no user nobody that may",
	} {
		a := s.account()
		a.Only = user
		report := discover.Report{Accounts: []discover.Survey{s.look(a)}}
		if _, _, err := report.Facts(user); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", user, err)
		}
	}
}

// TestTheStackTakesWhatIsPrinted checks each value against template.yaml's pattern for it.
func TestTheStackTakesWhatIsPrinted(t *testing.T) {
	text, err := os.ReadFile("../../../../template.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var template struct {
		Parameters map[string]struct {
			Type           string `yaml:"Type"`
			AllowedPattern string `yaml:"AllowedPattern"`
		} `yaml:"Parameters"`
	}
	if err := yaml.Unmarshal(text, &template); err != nil {
		t.Fatal(err)
	}
	s := newStage(t)
	all := append([]kind{described, {name: "odd", keys: []key{{age: 3, used: 1}}, inline: map[string]string{
		"p": allowing("ses:SendRawEmail", "arn:aws:ses:*:*:identity/*", `"StringLike":{"ses:FromAddress":["a?@example.com"],
			"ses:FromDisplayName":["*"]},"IpAddress":{"aws:SourceIp":["10.0.0.0/8","2001:db8::/32"]}`)}}}, kinds...)
	for _, k := range all {
		s.user(k, k.name)
	}
	for _, k := range all {
		if k.name != "odd" && k.name != "described" && k.advice == "" {
			continue
		}
		a := s.takeover(k.name, "")
		for name, value := range overrides(t, a.CloudFormation()) {
			p, known := template.Parameters[name]
			if !known && name != "CodeBucket" {
				t.Errorf("%s: there is no parameter %s", k.name, name)
			}
			values := []string{value}
			if p.Type == "CommaDelimitedList" {
				values = strings.Split(value, ",")
			}
			for _, v := range values {
				if fits := regexp.MustCompile(p.AllowedPattern); !fits.MatchString(v) {
					t.Errorf("%s: %s doesn't take %q", k.name, name, v)
				}
			}
		}
	}
}

// overrides returns the parameters as Bash hands them to the AWS CLI.
func overrides(t *testing.T, script string) map[string]string {
	t.Helper()
	const stub = `bash() { :; }; aws() { if [ "$1" = cloudformation ]; then printf '%s\n' "$@"; fi; }` + "\n"
	out, err := exec.Command("bash", "-c", stub+script).CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s\n%s", err, out, script)
	}
	values := map[string]string{}
	for line := range strings.Lines(string(out)) {
		if name, value, ok := strings.Cut(strings.TrimSpace(line), "="); ok {
			values[name] = value
		}
	}
	return values
}

func TestTerraformReadsWhatIsPrinted(t *testing.T) {
	if _, err := exec.LookPath("terraform"); err != nil {
		t.Skip("terraform isn't installed")
	}
	s := newStage(t)
	s.user(described, "shop")
	a := s.takeover("shop", "")
	_, text, _ := strings.Cut(a.Terraform("0.1.0"), "<<'EOF'\n")
	text, _, _ = strings.Cut(text, "EOF\n")
	cmd := exec.Command("terraform", "fmt", "-check", "-diff", "-")
	cmd.Stdin = strings.NewReader(text)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v: %s", err, out)
	}
}
