package discover

import (
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws/arn"

	"github.com/seed-486a873a/ses-smtp-rotator/deploy/smtprotate/internal/layout"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sendpolicy"
)

// Adoption is how a stack takes over a user that sends already.
type Adoption struct {
	facts       Facts
	regions     []string // of SES, the primary first
	description sendpolicy.Description
	left        []string // what the policies have and a stack can't
	notes       []string
}

// TakeOver reads from the facts what a stack's parameters would be. region is where the reader is,
// for want of anything better.
func TakeOver(f Facts, region string, now time.Time) Adoption {
	a := Adoption{facts: f}
	f.Access.Intended = sendpolicy.Description{Account: f.Account, Regions: sentFrom(f.Keys)}
	if len(f.Access.Intended.Regions) == 0 {
		f.Access.Intended.Regions = []string{region}
	}
	a.description, a.left = sendpolicy.Describe(f.Access)
	a.takeWhatFits()
	a.findRegions(region)
	a.note(now)
	return a
}

// sentFrom are the Regions in which keys were used for mail, the latest first.
func sentFrom(keys []Key) (regions []string) {
	keys = slices.DeleteFunc(slices.Clone(keys), func(k Key) bool { return !k.mail() || k.Used.Region == "" })
	slices.SortFunc(keys, func(a, b Key) int { return b.Used.At.Compare(a.Used.At) })
	for _, k := range keys {
		if !slices.Contains(regions, k.Used.Region) {
			regions = append(regions, k.Used.Region)
		}
	}
	return regions
}

// What the stack's parameters accept; template.yaml's patterns are the same.
var (
	identityARN = regexp.MustCompile(`^arn:aws[a-z-]*:ses:[a-z0-9-]+:[0-9]{12}:identity/[^*?$\s]+$`)
	setARN      = regexp.MustCompile(`^arn:aws[a-z-]*:ses:[a-z0-9-]+:[0-9]{12}:configuration-set/[A-Za-z0-9_-]+$`)
	addressLike = regexp.MustCompile(`^[^@?$,\s]+@([^@?$,\s]*\.)?[^@?$*.,\s]+\.[^@?$*.,\s]+$`)
	nameLike    = regexp.MustCompile(`^([^|?$\s][^|?$]*)?[^|*?$\s]{2}([^|?$]*[^|?$\s])?$`)
)

// takeWhatFits keeps what the stack's parameters accept. All or nothing of a list: a part of it
// would cut the rest off.
func (a *Adoption) takeWhatFits() {
	d := &a.description
	for _, list := range []struct {
		values *[]string
		fits   *regexp.Regexp
	}{{&d.From, addressLike}, {&d.FromNames, nameLike}, {&d.Recipients, addressLike}} {
		if slices.ContainsFunc(*list.values, func(v string) bool { return !list.fits.MatchString(v) }) {
			a.left = append(a.left, strings.Join(*list.values, ","))
			*list.values = nil
		}
	}
	wide := func(n netip.Prefix) bool { return n.Addr().Is4() && n.Bits() < 16 || n.Addr().Is6() && n.Bits() < 32 }
	if slices.ContainsFunc(d.Networks, wide) {
		a.left = append(a.left, joined(d.Networks))
		d.Networks = nil
	}
	d.Identities = slices.DeleteFunc(d.Identities, func(v string) bool { return !identityARN.MatchString(v) })
	d.ConfigurationSets = slices.DeleteFunc(d.ConfigurationSets, func(v string) bool { return !setARN.MatchString(v) })
}

func joined(networks []netip.Prefix) string {
	var texts []string
	for _, n := range networks {
		texts = append(texts, n.String())
	}
	return strings.Join(texts, ",")
}

// findRegions are those of the keys' use, then those of the identities.
func (a *Adoption) findRegions(region string) {
	a.regions = sentFrom(a.facts.Keys)
	for _, identity := range a.description.Identities {
		if parsed, err := arn.Parse(identity); err == nil && !slices.Contains(a.regions, parsed.Region) {
			a.regions = append(a.regions, parsed.Region)
		}
	}
	if len(a.regions) == 0 {
		a.regions = []string{region}
	}
}

// placeholder stands in for the identity when none is known; the reader must replace it.
const placeholder = "YOUR-DOMAIN"

// identities are those known, or one for the reader to fill in, in each Region.
func (a *Adoption) identities() []string {
	if len(a.description.Identities) > 0 {
		return a.description.Identities
	}
	partition := "aws"
	if parsed, err := arn.Parse(a.facts.ARN); err == nil {
		partition = parsed.Partition
	}
	var all []string
	for _, region := range a.regions {
		all = append(all, fmt.Sprintf("arn:%s:ses:%s:%s:identity/%s", partition, region, a.facts.Account, placeholder))
	}
	return all
}

// note says what a person should know before.
func (a *Adoption) note(now time.Time) {
	say := func(format string, args ...any) { a.notes = append(a.notes, fmt.Sprintf(format, args...)) }
	f := a.facts
	if f.Role != "" {
		say("It is in another account than you are: run these with credentials of %s that may make a stack there.",
			f.Title())
	}
	if f.Owner != nil {
		say("A stack owns this user already, as %s says. Two stacks for one user would take each other's keys.",
			f.Owner.By)
	}
	is := useOf(f.Keys, now)
	switch {
	case len(f.Keys) >= 2 && f.Secret == "":
		say("It has two access keys, and a stack needs room for one: delete one first. %s", a.spare())
	case f.Secret == "":
		say("The stack makes a secret of its own with a new key. The old key stays Active for the grace period, and " +
			"as long as it is in use: have applications read the secret meanwhile.")
	default:
		say("Applications go on reading secret %s. Its key is adopted as it stands; one older than RotationInterval "+
			"(30 days) is rotated at once.", f.Secret)
	}
	if is.mail == nil {
		say("IAM hasn't seen it send mail. If it sends in other Regions than %s, name them.",
			strings.Join(a.regions, ", "))
	}
	if len(a.description.Identities) == 0 {
		say("Its policies name no identity. Put those that it sends from in the place of %s: aws sesv2 "+
			"list-email-identities%s --region %s", placeholder, a.as(), a.regions[0])
	}
	if len(a.left) > 0 {
		say("Not taken over from its policies, because a stack has no parameter that means the same: %s.",
			strings.Join(a.left, "; "))
	}
	if f.Access.Boundary != nil {
		say("Its boundary %s stays, and limits the stack's policy as well.", f.Access.Boundary.Name)
	}
}

// spare is the key to delete where there are two.
func (a *Adoption) spare() string {
	for _, worth := range []func(Key) bool{
		func(k Key) bool { return !k.active() },
		func(k Key) bool { return k.Used == nil && !k.Unknown },
	} {
		if i := slices.IndexFunc(a.facts.Keys, worth); i >= 0 {
			k := a.facts.Keys[i]
			why := "is Inactive"
			if k.active() {
				why = "was never used"
			}
			return fmt.Sprintf("%s %s: aws iam delete-access-key%s --user-name %s --access-key-id %s", k.ID, why,
				a.as(), a.facts.Access.User, k.ID)
		}
	}
	return "Both are in use: move what uses the one to the other."
}

// as is the profile, on the AWS CLI's command line.
func (a *Adoption) as() string { return a.facts.cli() }

// header is what stands above both kinds of commands.
func (a *Adoption) header() string {
	var out strings.Builder
	comment := func(text string) {
		for i, line := range layout.Wrap(text, lineWidth-4) {
			lead := "#   "
			if i == 0 {
				lead = "# - "
			}
			fmt.Fprintln(&out, lead+line)
		}
	}
	fmt.Fprintf(&out, "# IAM user %s of %s, taken over by a stack. Nothing has been run.\n",
		a.facts.Access.User, a.facts.Title())
	for _, n := range a.notes {
		comment(n)
	}
	return out.String()
}

// parameter is one of the stack's, with the variable of the Terraform module.
type parameter struct {
	name, variable string
	values         []string
	text           bool // one text, not a list
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

// stackName is what the stack could be called: letters, digits and hyphens, beginning with a
// letter, and short enough for the Terraform module.
func (a *Adoption) stackName() string {
	name := "mail-" + strings.Trim(notInNames.ReplaceAllString(a.facts.Access.User, "-"), "-")
	return strings.TrimRight(name[:min(len(name), 37)], "-")
}

var notInNames = regexp.MustCompile(`[^A-Za-z0-9]+`)

// CloudFormation is what to run for a stack.
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
		if p.name == "FromNames" { // names have commas
			separator = "|"
		}
		fmt.Fprintf(&out, " \\\n    %s", quoted(p.name+"="+strings.Join(p.values, separator)))
	}
	out.WriteString("\n" + a.afterwards())
	return out.String()
}

// Terraform is the configuration, and what to run with it.
func (a *Adoption) Terraform(release string) string {
	provider := [][2]string{{"region", hcl(a.regions[0])}}
	if profile := a.facts.Profile; profile != "" && a.facts.Role == "" {
		provider = append(provider, [2]string{"profile", hcl(profile)})
	}
	module := [][2]string{
		{"source", hcl("git::https://github.com/seed-486a873a/ses-smtp-rotator//deploy/terraform?ref=v" + release)},
		{"name", hcl(a.stackName())},
		{"function_zip", `"function.zip" # as deploy/build.sh makes it, or of a release`},
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

// block is one of Terraform's, as terraform fmt has it.
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

// afterwards is what takes the older rights to send away, once the stack's are seen to be enough.
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
	return "\n# When you have seen that the stack's own policy is enough for its mail, and that it needs no\n" +
		"# other right from these:\n" + strings.Join(commands, "\n") + "\n"
}

// plain needs no quotes in a shell.
var plain = regexp.MustCompile(`^[A-Za-z0-9_./:=@,+-]+$`)

// quoted is text as a shell takes it for one word.
func quoted(text string) string {
	if plain.MatchString(text) {
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}

// hcl is text in quotes of Terraform's, in which a template begins with ${ or %{ ("Strings and
// Templates", Terraform Language).
func hcl(text string) string {
	return strings.NewReplacer("${", "$${", "%{", "%%{").Replace(strconv.Quote(text))
}
