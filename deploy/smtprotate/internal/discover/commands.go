package discover

import (
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws/arn"

	"github.com/seed-486a873a/ses-smtp-rotator/deploy/smtprotate/internal/layout"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sendpolicy"
)

// parameter is a parameter of the stack, with the corresponding variable of the Terraform module.
type parameter struct {
	name, variable string
	values         []string
	text           bool // a single text, not a list
}

func (a *Adoption) parameters() []parameter {
	d := a.description
	path := a.facts.Path
	if path == "/" {
		path = ""
	}
	one := func(text string) []string {
		if text == "" {
			return nil
		}
		return []string{text}
	}
	networks := func(of []netip.Prefix) (texts []string) {
		for _, n := range of {
			texts = append(texts, n.String())
		}
		return texts
	}
	secret := a.facts.Secret
	if !arn.IsARN(secret) {
		secret = ""
	}
	all := []parameter{
		{"ExistingUserName", "existing_user_name", one(a.facts.Access.User), true},
		{"ExistingUserPath", "existing_user_path", one(path), true},
		{"ExistingSecretArn", "existing_secret_arn", one(secret), true},
		{"IdentityArns", "identity_arns", a.identities(), false},
		{"ConfigurationSetArns", "configuration_set_arns", d.ConfigurationSets, false},
		{"FromAddresses", "from_addresses", d.From, false},
		{"FromNames", "from_names", d.FromNames, false},
		{"Recipients", "recipients", d.Recipients, false},
		{"SourceNetworks", "source_networks", networks(d.Networks), false},
		{"VpcEndpointIds", "vpc_endpoint_ids", d.Endpoints, false},
		{"VpcIds", "vpc_ids", d.VPCs, false},
		{"PrivateNetworks", "private_networks", networks(d.PrivateNetworks), false},
		{"SmtpRegions", "smtp_regions", a.regions, false},
	}
	return slices.DeleteFunc(all, func(p parameter) bool { return len(p.values) == 0 })
}

// stackName returns a name for the stack: letters, digits and hyphens, beginning with a letter, and
// short enough for the Terraform module.
func (a *Adoption) stackName() string {
	name := "mail-" + strings.Trim(notInNames.ReplaceAllString(a.facts.Access.User, "-"), "-")
	return strings.TrimRight(name[:min(len(name), 37)], "-")
}

var notInNames = regexp.MustCompile(`[^A-Za-z0-9]+`)

// CloudFormation returns the commands that deploy a stack for the user.
func (a *Adoption) CloudFormation() string {
	var out strings.Builder
	out.WriteString(a.header())
	fmt.Fprintf(&out, "bash deploy/build.sh\naws s3 cp --recursive .build/code s3://BUCKET%s\n", a.as())
	fmt.Fprintf(&out, "aws cloudformation deploy%s --region %s --stack-name %s \\\n", a.as(), a.regions[0],
		a.stackName())
	out.WriteString("  --template-file .build/template.yaml --capabilities CAPABILITY_IAM \\\n")
	out.WriteString("  --parameter-overrides CodeBucket=BUCKET")
	for _, p := range a.parameters() {
		separator := ","
		if p.name == "FromNames" { // names may contain commas
			separator = "|"
		}
		fmt.Fprintf(&out, " \\\n    %s", quoted(p.name+"="+strings.Join(p.values, separator)))
	}
	out.WriteString("\n" + a.afterwards())
	return out.String()
}

// Terraform returns commands that write a Terraform configuration and apply it.
func (a *Adoption) Terraform(release string) string {
	provider := [][2]string{{"region", hcl(a.regions[0])}}
	if profile := a.facts.Profile; profile != "" && a.facts.Role == "" {
		provider = append(provider, [2]string{"profile", hcl(profile)})
	}
	module := [][2]string{
		{"source", hcl("git::https://github.com/seed-486a873a/ses-smtp-rotator//deploy/terraform?ref=v" + release)},
		{"name", hcl(a.stackName())},
		{"function_zip", `"function.zip" # from deploy/build.sh or a release`},
	}
	for _, p := range a.parameters() {
		var all []string
		for _, v := range p.values {
			all = append(all, hcl(v))
		}
		value := strings.Join(all, ", ")
		if !p.text {
			value = "[" + value + "]"
		}
		module = append(module, [2]string{p.variable, value})
	}
	return a.header() + "cat > main.tf <<'EOF'\n" + block(`provider "aws"`, provider) + "\n" +
		block(`module "mail"`, module) + "EOF\nterraform init\nterraform apply\n" + a.afterwards()
}

// block formats a Terraform block as terraform fmt does.
func block(head string, lines [][2]string) string {
	var out strings.Builder
	widest := 0
	for _, l := range lines {
		widest = max(widest, len(l[0]))
	}
	fmt.Fprintf(&out, "%s {\n", head)
	for _, l := range lines {
		fmt.Fprintf(&out, "  %s = %s\n", layout.Pad(l[0], widest), l[1])
	}
	return out.String() + "}\n"
}

// afterwards returns the commands that remove the user's older permissions to send, for when the
// stack's policy has proved to be enough.
func (a *Adoption) afterwards() string {
	var commands []string
	user := quoted(a.facts.Access.User)
	for _, p := range a.facts.Access.Policies {
		command := ""
		group, ofGroup := strings.CutPrefix(p.From, "group ")
		switch {
		case !sendpolicy.MaySend(sendpolicy.Access{User: a.facts.Access.User, Policies: []sendpolicy.Policy{p}}):
		case strings.Contains(p.ARN, ownerPath):
		case ofGroup:
			command = fmt.Sprintf("aws iam remove-user-from-group%s --user-name %s --group-name %s", a.as(), user,
				quoted(group))
		case p.ARN != "":
			command = fmt.Sprintf("aws iam detach-user-policy%s --user-name %s --policy-arn %s", a.as(), user,
				quoted(p.ARN))
		default:
			command = fmt.Sprintf("aws iam delete-user-policy%s --user-name %s --policy-name %s", a.as(), user,
				quoted(p.Name))
		}
		if command != "" && !slices.Contains(commands, command) {
			commands = append(commands, command)
		}
	}
	if len(commands) == 0 {
		return ""
	}
	return "\n# Once you have seen that the stack's own policy is enough for its mail, and that it needs\n" +
		"# nothing else from these older policies:\n" + strings.Join(commands, "\n") + "\n"
}
