package stack

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/netip"
	"regexp"
	"strings"
	"testing"

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
	{"as certain names", map[string]string{"FromNames": "Example*"},
		sendpolicy.Description{FromNames: []string{"Example*"}}},
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

// sendingPolicy is what the stack allows the credential.
func sendingPolicy(t *testing.T, parameters map[string]string) sendpolicy.Document {
	t.Helper()
	given := map[string]string{"IdentityArns": identity}
	for name, value := range parameters {
		given[name] = value
	}
	return asPolicy(t, deploy(t, load(t, templateFile), given).resource("SendingPolicy").at("PolicyDocument"))
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
	audit := func(parameters map[string]string) []sendpolicy.Finding {
		policy := sendpolicy.Policy{Name: "mail", From: "inline", Text: sendingPolicy(t, parameters).String()}
		return sendpolicy.Audit(sendpolicy.Access{User: userName, Policies: []sendpolicy.Policy{policy}})
	}
	if found := audit(nil); len(found) != 1 || found[0].Code != sendpolicy.NoSource ||
		found[0].Severity.AtLeast(sendpolicy.High) {
		t.Errorf("with the required parameters alone: %+v", found)
	}
	if found := audit(everyNarrowing); len(found) != 0 {
		t.Errorf("with all: %+v", found)
	}
}

// ways are parameters for as many ways in as there are, each with one place that mail comes from.
var ways = []map[string]string{
	{"SourceNetworks": "192.0.2.0/28"},
	{"VpcEndpointIds": "vpce-0123456789abcdef0"},
	{"VpcIds": "vpc-0123456789abcdef0"},
}

// fits is how many identities the stack's policy has room for, with so many ways in.
func fits(t *testing.T, doors int) (n int) {
	t.Helper()
	parameters := map[string]string{}
	for _, way := range ways[:doors] {
		maps.Copy(parameters, way)
	}
	one := strings.Replace(identity, "example.com", "notices.example.com", 1)
	for arns := []string{one}; ; arns = append(arns, one) {
		parameters["IdentityArns"] = strings.Join(arns, ",")
		if sendingPolicy(t, parameters).Characters() > sendpolicy.InlineQuota {
			return len(arns) - 1
		}
	}
}

// TestTheDocumentsSayHowManyIdentitiesFit: an inline policy that is too long fails the stack.
func TestTheDocumentsSayHowManyIdentitiesFit(t *testing.T) {
	one, two, three := min(fits(t, 0), fits(t, 1)), fits(t, 2), fits(t, 3)
	for _, said := range []struct{ file, text, says string }{
		{"README.md", contents(t, "../../README.md"), "room for %d identities with names as long as " +
			"`notices.example.com`; for %d if two of `SourceNetworks`, `VpcEndpointIds` and `VpcIds` are given, " +
			"because each repeats the identities; and for %d with all three"},
		{"template.yaml", load(t, templateFile).at("Parameters", "IdentityArns", "Description").String(),
			"room for %d with names as long as notices.example.com, for %d if two of SourceNetworks, VpcEndpointIds " +
				"and VpcIds are given, and for %d with all three"},
		{"variables.tf", contents(t, moduleFolder+"/variables.tf"), "room for %d with names as long as " +
			"notices.example.com, for %d if two of source_networks, vpc_endpoint_ids and vpc_ids are given, and for " +
			"%d with all three"},
	} {
		want := fmt.Sprintf(said.says, one, two, three)
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
	allowed := regexp.MustCompile(identities.at("AllowedPattern").String())
	const good = "arn:aws-cn:ses:cn-north-1:111122223333:identity/sender@example.com"
	if !allowed.MatchString(good) {
		t.Errorf("%q is refused", good)
	}
	for _, bad := range []string{"", "*", "arn:aws:ses:*:111122223333:identity/example.com",
		"arn:aws:ses:eu-west-1:111122223333:identity/*", "arn:aws:ses:eu-west-1:111122223333:identity/example.???"} {
		if allowed.MatchString(bad) {
			t.Errorf("%q is let through", bad)
		}
	}
}

func TestTheWholeInternetIsNoSource(t *testing.T) {
	for _, name := range []string{"SourceNetworks", "PrivateNetworks"} {
		allowed := regexp.MustCompile(load(t, templateFile).at("Parameters", name, "AllowedPattern").String())
		for text, want := range map[string]bool{"192.0.2.10/32": true, "2001:db8::/48": true, " 10.0.0.0/8 ": true,
			"0.0.0.0/0": false, "::/0": false, "192.0.2.10": false} {
			if allowed.MatchString(text) != want {
				t.Errorf("%s %s: allowed is %v, want %v", name, strings.TrimSpace(text), !want, want)
			}
		}
	}
}
