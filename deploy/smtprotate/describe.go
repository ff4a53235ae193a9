package main

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sendpolicy"
)

// describeFlags are the flags that describe what a credential is for.
type describeFlags struct {
	Account          string   `placeholder:"111122223333" help:"AWS account of identities and configuration sets that aren't ARNs."`
	Region           []string `placeholder:"eu-west-1" help:"SES Regions of identities and configuration sets that aren't ARNs."`
	Identity         []string `placeholder:"example.com" help:"Identities to send from: domains, addresses or ARNs. If an address is itself a verified identity, name it as well as its domain."`
	ConfigurationSet []string `placeholder:"NAME" help:"Configuration sets to send with: names or ARNs."`
	SandboxRecipient []string `placeholder:"someone@example.com" help:"Identities of recipients: in the sandbox, SES requires permission for them too."`
	From             []string `placeholder:"*@example.com" help:"Allowed senders: addresses with * for any text, or domains."`
	FromName         []string `sep:"none" placeholder:"NAME" help:"Allowed display names of senders, with * for any text."`
	Recipient        []string `placeholder:"example.com" help:"Allowed recipients: domains, or addresses with * for any text."`
	Network          []string `placeholder:"192.0.2.10/32" help:"Public networks to send from."`
	Endpoint         []string `placeholder:"vpce-…" help:"VPC endpoints to send through."`
	VPC              []string `name:"vpc" placeholder:"vpc-…" help:"VPCs to send from."`
	PrivateNetwork   []string `placeholder:"10.0.0.0/16" help:"Private networks to send from, in those VPCs or through those endpoints."`
	TLSOnly          bool     `name:"tls-only" help:"Require TLS, which SES's SMTP interface requires anyway."`
	Condition        []string `sep:"none" placeholder:"'OPERATOR KEY VALUE,…'" help:"One more condition that must hold, on a condition key that SES supports. Several values are alternatives."`
}

// description returns what the flags describe. The error names every flag that can't be read.
func (f describeFlags) description() (sendpolicy.Description, error) {
	var faults []error
	networks := func(flag string, texts []string) (networks []netip.Prefix) {
		for _, text := range texts {
			network, err := parseNetwork(text)
			if err != nil {
				faults = append(faults, fmt.Errorf("--%s: %q is neither a network nor an address", flag, text))
			}
			networks = append(networks, network)
		}
		return networks
	}
	d := sendpolicy.Description{
		Account: f.Account, Regions: f.Region, Identities: f.Identity, ConfigurationSets: f.ConfigurationSet,
		SandboxRecipients: f.SandboxRecipient,
		From:              f.From, FromNames: f.FromName, Recipients: f.Recipient,
		Networks:  networks("network", f.Network),
		Endpoints: f.Endpoint, VPCs: f.VPC,
		PrivateNetworks: networks("private-network", f.PrivateNetwork), TLSOnly: f.TLSOnly,
	}
	for _, text := range f.Condition {
		c, err := parseCondition(text)
		if err != nil {
			faults = append(faults, err)
			continue
		}
		d.Conditions = append(d.Conditions, c)
	}
	return d, errors.Join(faults...)
}

// parseCondition reads an operator, a key and values. Values may contain spaces, and may have
// spaces around them.
func parseCondition(text string) (c sendpolicy.Condition, err error) {
	operator, rest, _ := strings.Cut(strings.TrimSpace(text), " ")
	key, values, found := strings.Cut(strings.TrimSpace(rest), " ")
	if !found {
		return c, fmt.Errorf("--condition: %q isn't an operator, a key and a value, separated by spaces", text)
	}
	c = sendpolicy.Condition{Operator: operator, Key: key}
	for value := range strings.SplitSeq(values, ",") {
		c.Values = append(c.Values, strings.TrimSpace(value))
	}
	return c, nil
}

func parseNetwork(text string) (netip.Prefix, error) {
	if network, err := netip.ParsePrefix(text); err == nil {
		return network, nil
	}
	a, err := netip.ParseAddr(text)
	if err != nil {
		return netip.Prefix{}, err
	}
	return a.Prefix(a.BitLen())
}

// flagOf maps each field of a description to the flag that fills it.
var flagOf = map[string]string{
	"Account": "account", "Regions": "region", "Identities": "identity", "ConfigurationSets": "configuration-set",
	"SandboxRecipients": "sandbox-recipient", "From": "from", "FromNames": "from-name", "Recipients": "recipient",
	"Networks": "network", "Endpoints": "endpoint", "VPCs": "vpc", "PrivateNetworks": "private-network",
	"TLSOnly": "tls-only", "Conditions": "condition",
}

// byFlag turns the faults of a description into errors that name the flags.
func byFlag(err error) error {
	faults, ok := errors.AsType[sendpolicy.Faults](err)
	if !ok {
		return err
	}
	var told []error
	for _, f := range faults {
		told = append(told, fmt.Errorf("--%s: %s", flagOf[f.Field], f.Text))
	}
	return errors.Join(told...)
}
