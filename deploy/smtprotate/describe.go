package main

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sendpolicy"
)

// describeFlags say what a credential is for.
type describeFlags struct {
	Account          string   `placeholder:"111122223333" help:"AWS account of identities and configuration sets that aren't ARNs."`
	Region           []string `placeholder:"eu-west-1" help:"SES Regions of those."`
	Identity         []string `placeholder:"example.com" help:"What to send from: domains, addresses or ARNs. An address that is a verified identity itself is named beside its domain."`
	ConfigurationSet []string `placeholder:"NAME" help:"Configuration sets to send with: names or ARNs."`
	SandboxRecipient []string `placeholder:"someone@example.com" help:"Identities of recipients, which SES asks permission for in the sandbox."`
	From             []string `placeholder:"*@example.com" help:"Addresses that mail may come from, with * for any text, or domains."`
	FromName         []string `sep:"none" placeholder:"NAME" help:"Display names that mail may come from, with * for any text."`
	Recipient        []string `placeholder:"example.com" help:"Whom mail may go to: domains, or addresses with * for any text."`
	Network          []string `placeholder:"192.0.2.10/32" help:"Public networks that mail is handed in from."`
	Endpoint         []string `placeholder:"vpce-…" help:"VPC endpoints that mail is handed in through."`
	VPC              []string `name:"vpc" placeholder:"vpc-…" help:"VPCs that mail is handed in from."`
	PrivateNetwork   []string `placeholder:"10.0.0.0/16" help:"Private networks in those VPCs or behind those endpoints."`
	TLSOnly          bool     `name:"tls-only" help:"Demand TLS, as SES's SMTP interface does by itself."`
	Condition        []string `sep:"none" placeholder:"'OPERATOR KEY VALUE,…'" help:"One more that must hold, on a key that SES knows. Several values are alternatives."`
}

// description reads the flags. All that can't be read is in the error.
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

// parseCondition reads an operator, a key and values. There may be spaces around each value, and
// in it.
func parseCondition(text string) (c sendpolicy.Condition, err error) {
	operator, rest, _ := strings.Cut(strings.TrimSpace(text), " ")
	key, values, found := strings.Cut(strings.TrimSpace(rest), " ")
	if !found {
		return c, fmt.Errorf("--condition: %q isn't an operator, a key and a value, with spaces between", text)
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

// flagOf is the flag that fills a field of a description.
var flagOf = map[string]string{
	"Account": "account", "Regions": "region", "Identities": "identity", "ConfigurationSets": "configuration-set",
	"SandboxRecipients": "sandbox-recipient", "From": "from", "FromNames": "from-name", "Recipients": "recipient",
	"Networks": "network", "Endpoints": "endpoint", "VPCs": "vpc", "PrivateNetworks": "private-network",
	"TLSOnly": "tls-only", "Conditions": "condition",
}

// byFlag tells the faults of a description by the flags that they are about.
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
