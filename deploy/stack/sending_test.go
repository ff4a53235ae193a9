package stack

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sendpolicy"
)

// sendings are what a credential can be for, as parameters say it and as pkg/sendpolicy does.
var sendings = []struct {
	name        string
	parameters  map[string]string
	description sendpolicy.Description
}{
	{"with identities alone", nil, sendpolicy.Description{}},
	{"with configuration sets", map[string]string{"ConfigurationSetArns": configurationSet},
		sendpolicy.Description{ConfigurationSets: []string{configurationSet}}},
	{"as certain senders", map[string]string{"FromAddresses": "*@example.com, a@*.example.com",
		"FromNames": "Example*"},
		sendpolicy.Description{From: []string{"*@example.com", "a@*.example.com"}, FromNames: []string{"Example*"}}},
	{"as a certain name", map[string]string{"FromNames": "Example*"},
		sendpolicy.Description{FromNames: []string{"Example*"}}},
	{"as certain names, one of them with a comma", map[string]string{"FromNames": "Doe, Jane|* via Example, Inc."},
		sendpolicy.Description{FromNames: []string{"Doe, Jane", "* via Example, Inc."}}},
	{"to certain recipients", map[string]string{"Recipients": "*@example.com,*@example.org"},
		sendpolicy.Description{Recipients: []string{"example.com", "example.org"}}},
	{"in the sandbox", map[string]string{"SandboxRecipientArns": recipient, "FromAddresses": "*@example.com"},
		sendpolicy.Description{SandboxRecipients: []string{recipient}, From: []string{"*@example.com"}}},
	{"from networks", map[string]string{"SourceNetworks": "192.0.2.0/24,2001:db8::/48"},
		sendpolicy.Description{Networks: networks("192.0.2.0/24", "2001:db8::/48")}},
	{"through an endpoint", map[string]string{"VpcEndpointIds": "vpce-1", "PrivateNetworks": "10.0.0.0/16"},
		sendpolicy.Description{Endpoints: []string{"vpce-1"}, PrivateNetworks: networks("10.0.0.0/16")}},
	{"from a VPC", map[string]string{"VpcIds": "vpc-1"}, sendpolicy.Description{VPCs: []string{"vpc-1"}}},
	{"from everywhere that can be named", map[string]string{"SourceNetworks": "192.0.2.0/24",
		"VpcEndpointIds": "vpce-1,vpce-2", "VpcIds": "vpc-1", "TlsOnly": "yes"},
		sendpolicy.Description{Networks: networks("192.0.2.0/24"), Endpoints: []string{"vpce-1", "vpce-2"},
			VPCs: []string{"vpc-1"}, TLSOnly: true}},
	{"with TLS", map[string]string{"TlsOnly": "yes"}, sendpolicy.Description{TLSOnly: true}},
	{"with all of it", everyNarrowing, sendpolicy.Description{
		ConfigurationSets: []string{configurationSet}, SandboxRecipients: []string{recipient},
		From: []string{"*@example.com"}, FromNames: []string{"Example*"},
		Recipients: []string{"example.com"}, Networks: networks("192.0.2.0/24"), Endpoints: []string{"vpce-1"},
		VPCs:            []string{"vpc-1"},
		PrivateNetworks: networks("10.0.0.0/16"), TLSOnly: true,
	}},
}

const (
	configurationSet = "arn:aws:ses:eu-west-1:" + accountID + ":configuration-set/mail"
	recipient        = "arn:aws:ses:eu-west-1:" + accountID + ":identity/someone@example.net"
)

var everyNarrowing = map[string]string{
	"ConfigurationSetArns": configurationSet, "SandboxRecipientArns": recipient, "FromAddresses": "*@example.com",
	"FromNames":  "Example*",
	"Recipients": "*@example.com", "SourceNetworks": "192.0.2.0/24", "VpcEndpointIds": "vpce-1", "VpcIds": "vpc-1",
	"PrivateNetworks": "10.0.0.0/16", "TlsOnly": "yes",
}

func networks(texts ...string) (networks []netip.Prefix) {
	for _, text := range texts {
		networks = append(networks, netip.MustParsePrefix(text))
	}
	return networks
}

// sendingPolicies are what the stack allows the credential, a policy for each way in.
func sendingPolicies(t *testing.T, parameters map[string]string) (policies []sendpolicy.Document) {
	t.Helper()
	for _, document := range sendingDocuments(t, parameters) {
		policies = append(policies, asPolicy(t, document))
	}
	return policies
}

// sendingDocuments are the same, as CloudFormation hands them to IAM.
func sendingDocuments(t *testing.T, parameters map[string]string) (documents []node) {
	t.Helper()
	given := map[string]string{"IdentityArns": identity}
	maps.Copy(given, parameters)
	d := deploy(t, load(t, templateFile), given)
	made := d.made()
	for _, name := range waysIn {
		if slices.Contains(made, name) {
			documents = append(documents, d.resource(name).at("PolicyDocument"))
		}
	}
	return documents
}

// waysIn are the policies' resources, in the order that the writer has the ways in.
var waysIn = []string{"SendFromOutside", "SendFromEndpoints", "SendFromVpcs"}

// sendingPolicy is all that the stack allows the credential.
func sendingPolicy(t *testing.T, parameters map[string]string) sendpolicy.Document {
	t.Helper()
	return together(sendingPolicies(t, parameters)...)
}

// together is one policy with the statements of several.
func together(policies ...sendpolicy.Document) (all sendpolicy.Document) {
	for _, p := range policies {
		all.Version = p.Version
		all.Statements = append(all.Statements, p.Statements...)
	}
	return all
}

func asPolicy(t *testing.T, n node) sendpolicy.Document {
	t.Helper()
	text, err := json.Marshal(n.value)
	if err != nil {
		t.Fatal(err)
	}
	policy, err := sendpolicy.Parse(string(text))
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return policy
}

func TestTheStackAllowsTheCredentialWhatTheWriterWrites(t *testing.T) {
	for _, s := range sendings {
		t.Run(s.name, func(t *testing.T) {
			s.description.Identities = []string{identity}
			want, _, err := sendpolicy.Write(s.description)
			if err != nil {
				t.Fatal(err)
			}
			if got := sendingPolicy(t, s.parameters); got.String() != want.String() {
				t.Errorf("%s\nwant\n%s", got, want)
			}
		})
	}
}

func TestTheStacksUserHasNothingThatAThiefWouldWant(t *testing.T) {
	if found := auditOf(t, nil); len(found) != 1 || found[0].Code != sendpolicy.NoSource ||
		found[0].Severity.AtLeast(sendpolicy.High) {
		t.Errorf("with the required parameters alone: %+v", found)
	}
	if found := auditOf(t, everyNarrowing); len(found) != 0 {
		t.Errorf("with all: %+v", found)
	}
}

// auditOf is what the audit finds of the stack's own user.
func auditOf(t *testing.T, parameters map[string]string) []sendpolicy.Finding {
	t.Helper()
	access := sendpolicy.Access{User: userName}
	for i, policy := range sendingPolicies(t, parameters) {
		access.Policies = append(access.Policies, sendpolicy.Policy{Name: waysIn[i], From: "attached",
			ARN: policyARN(waysIn[i]), Text: policy.String()})
	}
	return sendpolicy.Audit(access)
}

func policyARN(name string) string {
	return "arn:aws:iam::" + accountID + ":policy/ses-smtp/mail-" + name + "-1A2B3C"
}

// doors are parameters for each way in, with one place that mail comes from.
var doors = []map[string]string{
	{"SourceNetworks": "192.0.2.0/28"},
	{"VpcEndpointIds": "vpce-0123456789abcdef0"},
	{"VpcIds": "vpc-0123456789abcdef0"},
}

// eachWay calls f with the parameters for each choice of ways in, those for none among them.
func eachWay(f func(parameters map[string]string)) {
	for chosen := range 1 << len(doors) {
		parameters := map[string]string{}
		for i, door := range doors {
			if chosen>>i&1 == 1 {
				maps.Copy(parameters, door)
			}
		}
		f(parameters)
	}
}

// TestEachWayInIsAManagedPolicyOfTheUsers: a user's inline policies would share 2,048 characters
// ("IAM and AWS STS quotas").
func TestEachWayInIsAManagedPolicyOfTheUsers(t *testing.T) {
	conditions := map[string][]string{"SourceNetworks": {"SendFromOutside"}, "VpcEndpointIds": {"SendFromEndpoints"},
		"VpcIds": {"SendFromVpcs"}}
	eachWay(func(parameters map[string]string) {
		var want []string
		for parameter := range parameters {
			want = append(want, conditions[parameter]...)
		}
		if len(want) == 0 {
			want = []string{"SendFromOutside"}
		}
		slices.Sort(want)
		parameters["IdentityArns"] = identity
		for user, name := range map[string]string{"": "SmtpUser", "mailer": "mailer"} {
			parameters["ExistingUserName"] = user
			d := deploy(t, load(t, templateFile), parameters)
			var made []string
			for _, resource := range d.made() {
				switch kind := d.template.at("Resources", resource, "Type").String(); kind {
				case "AWS::IAM::ManagedPolicy":
					made = append(made, resource)
				case "AWS::IAM::UserPolicy":
					t.Errorf("%s is an inline policy", resource)
				}
			}
			if !slices.Equal(made, want) {
				t.Errorf("%v: the policies are %v, want %v", parameters, made, want)
			}
			for _, resource := range made {
				p := d.resource(resource)
				if users := p.at("Users").String(); users != "["+name+"]" {
					t.Errorf("%s is the policy of %s, want %s", resource, users, name)
				}
				if path := p.at("Path").String(); path != "/ses-smtp/" {
					t.Errorf("the path of %s is %s", resource, path)
				}
				// One with a name would take CAPABILITY_NAMED_IAM, and couldn't be replaced.
				if n := p.at("ManagedPolicyName"); n.value != nil {
					t.Errorf("%s has the name %s", resource, n)
				}
			}
		}
	})
}

// TestAnotherUserHasPoliciesOfItsOwn: CloudFormation attaches and detaches at once, and a user
// whose credential is still in the secret must keep its policy until that has moved. A policy with
// another description is a new one; the old one goes in the cleanup ("AWS::IAM::ManagedPolicy").
func TestAnotherUserHasPoliciesOfItsOwn(t *testing.T) {
	for _, resource := range waysIn {
		descriptions := map[string]bool{}
		for _, user := range []string{"", "mailer", "other"} {
			d := deploy(t, load(t, templateFile), map[string]string{"IdentityArns": identity, "ExistingUserName": user})
			descriptions[d.resource(resource).at("Description").String()] = true
		}
		if len(descriptions) != 3 {
			t.Errorf("the descriptions of %s for three users are %v", resource, slices.Sorted(maps.Keys(descriptions)))
		}
	}
}

// parameterQuota is how many bytes a parameter's value may have ("Understand CloudFormation
// quotas").
const parameterQuota = 4096

// characters are those of a policy, as IAM counts them.
func characters(t *testing.T, document node) int {
	t.Helper()
	var out strings.Builder
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(document.value); err != nil {
		t.Fatal(err)
	}
	return utf8.RuneCountInString(strings.Join(strings.Fields(out.String()), ""))
}

// longest are so many identities that the parameter takes no more.
func longest(one string) string {
	n := (parameterQuota + 1) / (len(one) + 1)
	return strings.Join(slices.Repeat([]string{one}, n), ",")
}

// TestTheSendingPolicyFits whichever ways in there are, with as many identities as the parameter
// takes, however long they are, and other parameters as people have them.
func TestTheSendingPolicyFits(t *testing.T) {
	others := map[string]string{
		"ConfigurationSetArns": strings.TrimSuffix(strings.Repeat(configurationSet+",", 3), ","),
		"FromAddresses":        strings.TrimSuffix(strings.Repeat("*@notices.example.com,", 8), ","),
		"FromNames":            strings.TrimSuffix(strings.Repeat("Doe, Jane|", 8), "|"),
		"Recipients":           strings.TrimSuffix(strings.Repeat("*@example.com,", 8), ","),
		"PrivateNetworks":      strings.TrimSuffix(strings.Repeat("10.100.200.0/24,", 8), ","),
		"TlsOnly":              "yes",
	}
	long := strings.Repeat("a", 60) + ".example.com"
	for _, name := range []string{"a.io", "example.com", "notices.example.com", long} {
		one := strings.Replace(identity, "example.com", name, 1)
		eachWay(func(parameters map[string]string) {
			for _, parameter := range []string{"SourceNetworks", "VpcEndpointIds", "VpcIds"} {
				if value, ok := parameters[parameter]; ok {
					parameters[parameter] = strings.Join(slices.Repeat([]string{value}, 8), ",")
				}
			}
			maps.Copy(parameters, others)
			parameters["IdentityArns"] = longest(one)
			for _, document := range sendingDocuments(t, parameters) {
				if n := characters(t, document); n > sendpolicy.ManagedQuota {
					t.Errorf("identities such as %s: %s has %d characters", name,
						asPolicy(t, document).Statements[0].Sid, n)
				}
			}
		})
	}
}

// fits is how many identities the stack has room for, whichever ways in there are: by the policy,
// and by the parameter as well.
func fits(t *testing.T) (policy, parameter int) {
	t.Helper()
	one := strings.Replace(identity, "example.com", "notices.example.com", 1)
	parameter = strings.Count(longest(one), ",") + 1
	for n := parameter; ; n++ {
		long := 0
		eachWay(func(parameters map[string]string) {
			parameters["IdentityArns"] = strings.Join(slices.Repeat([]string{one}, n), ",")
			for _, document := range sendingDocuments(t, parameters) {
				long = max(long, characters(t, document))
			}
		})
		if long == 0 {
			t.Fatal("the template has no sending policy")
		}
		if long > sendpolicy.ManagedQuota {
			return n - 1, min(n-1, parameter)
		}
	}
}

// TestTheDocumentsSayHowManyIdentitiesFit: a policy that is too long fails the stack.
func TestTheDocumentsSayHowManyIdentitiesFit(t *testing.T) {
	module, template := fits(t)
	for _, said := range []struct {
		file, text, says string
		number           int
	}{
		{"parameters.md", contents(t, "../docs/parameters.md"),
			"room for %d identities with names as long as `notices.example.com`", template},
		{"parameters.md", contents(t, "../docs/parameters.md"), "With Terraform, %d fit", module},
		{"template.yaml", load(t, templateFile).at("Parameters", "IdentityArns", "Description").String(),
			"room for %d with names as long as notices.example.com", template},
		{"variables.tf", contents(t, moduleFolder+"/variables.tf"),
			"room for %d with names as long as notices.example.com", module},
	} {
		want := fmt.Sprintf(said.says, said.number)
		if !strings.Contains(strings.Join(strings.Fields(said.text), " "), want) {
			t.Errorf("%s doesn't say %q", said.file, want)
		}
	}
}

func TestAnIdentityHasToBeNamed(t *testing.T) {
	identities := load(t, templateFile).at("Parameters", "IdentityArns")
	if standard := identities.at("Default"); standard.value != nil {
		t.Errorf("IdentityArns has the default %v; it should have none", standard)
	}
}
