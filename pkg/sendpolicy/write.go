package sendpolicy

import (
	"net/netip"
	"slices"
	"strings"
)

// sendRaw is the one action that SMTP needs.
const sendRaw = "ses:SendRawEmail"

// Write makes the smallest policy that allows what is described over SMTP. Every fault of the description is in the error.
func Write(d Description) (Document, []Warning, error) {
	if err := d.check(); err != nil {
		return Document{}, nil, err
	}
	policy := Document{Version: "2012-10-17"}
	resources := append(d.arns("identity", d.Identities), d.arns("configuration-set", d.ConfigurationSets)...)
	for _, door := range d.doors() {
		policy.Statements = append(policy.Statements, Statement{
			Sid: "Send" + door.name, Effect: allow, Action: Texts{sendRaw}, Resource: resources, Condition: d.conditions(door),
		})
		if len(d.SandboxRecipients) == 0 {
			continue
		}
		// An identity may also be sent from, so those of recipients need a sender who isn't one of them.
		to := Statement{
			Sid: "SandboxRecipients" + door.name, Effect: allow, Action: Texts{sendRaw},
			Resource: d.arns("identity", d.SandboxRecipients), Condition: d.conditions(door),
		}
		if len(d.From) == 0 {
			to.Condition.add("StringLike", "ses:FromAddress", senders(d.Identities)...)
		}
		policy.Statements = append(policy.Statements, to)
	}
	return policy, d.warnings(), nil
}

// door is one way in: mail that comes through an endpoint has no public address, and the other way round, so each has
// conditions of its own.
type door struct {
	name, key string
	values    []string
	networks  []netip.Prefix
}

func (d Description) doors() (doors []door) {
	if len(d.Networks) > 0 {
		doors = append(doors, door{name: "FromNetworks", key: "aws:SourceIp", values: texts(d.Networks)})
	}
	if len(d.Endpoints) > 0 {
		doors = append(doors, door{"FromEndpoints", "aws:SourceVpce", d.Endpoints, d.PrivateNetworks})
	}
	if len(d.VPCs) > 0 {
		doors = append(doors, door{"FromVPCs", "aws:SourceVpc", d.VPCs, d.PrivateNetworks})
	}
	if len(doors) == 0 {
		doors = []door{{}}
	}
	return doors
}

// conditions are all that must hold for mail that comes in through the door.
func (d Description) conditions(through door) Conditions {
	c := Conditions{}
	switch through.key {
	case "aws:SourceIp":
		c.add("IpAddress", through.key, through.values...)
	case "":
	default:
		c.add("StringEquals", through.key, through.values...)
		c.add("IpAddress", "aws:VpcSourceIp", texts(through.networks)...)
	}
	var from, recipients []string
	for _, text := range d.From {
		from = append(from, addresses(text)...)
	}
	for _, text := range d.Recipients {
		recipients = append(recipients, addresses(text)...)
	}
	c.add(like(from), "ses:FromAddress", from...)
	c.add(like(d.FromNames), "ses:FromDisplayName", d.FromNames...)
	if len(recipients) > 0 {
		c.add("ForAllValues:StringLike", "ses:Recipients", recipients...)
		c.add("Null", "ses:Recipients", "false") // of no values, all are allowed ("Multivalued context keys", IAM User Guide)
	}
	if d.TLSOnly {
		c.add("Bool", "aws:SecureTransport", "true")
	}
	for _, more := range d.Conditions {
		c.add(more.Operator, more.Key, more.Values...)
	}
	return c
}

// like is the operator for such patterns. Where none has a wildcard, capitals don't matter.
func like(patterns []string) string {
	if slices.ContainsFunc(patterns, hasWildcard) {
		return "StringLike"
	}
	return "StringEqualsIgnoreCase"
}

func hasWildcard(text string) bool { return strings.ContainsAny(text, "*?") }

func texts(networks []netip.Prefix) (texts []string) {
	for _, n := range networks {
		texts = append(texts, n.String())
	}
	return texts
}
