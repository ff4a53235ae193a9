package sendpolicy

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// sendRaw is the one action that SMTP needs.
const sendRaw = "ses:SendRawEmail"

// Write returns the smallest policy that allows what is described over SMTP. If anything is wrong
// with the description, the error is Faults, which lists everything.
func Write(d Description) (Document, []Warning, error) {
	if faults := d.check(); faults != nil {
		return Document{}, nil, faults
	}
	d = d.normal()
	policy := d.draft()
	if n := policy.Characters(); n > ManagedQuota {
		return Document{}, nil, Faults{d.tooLong(n)}
	}
	return policy, d.warnings(policy), nil
}

// draft returns the policy, however long it is.
func (d Description) draft() Document {
	policy := Document{Version: "2012-10-17"}
	resources := unique(append(d.arns("identity", d.Identities), d.arns("configuration-set", d.ConfigurationSets)...))
	recipients := unique(d.arns("identity", d.SandboxRecipients))
	if len(d.From) > 0 { // these senders aren't recipients, see checkSenders
		resources, recipients = unique(append(resources, recipients...)), nil
	}
	recipients = slices.DeleteFunc(recipients, func(arn string) bool { return slices.Contains(resources, arn) })
	for _, door := range d.doors() {
		policy.Statements = append(policy.Statements, Statement{
			Sid: "Send" + door.name, Effect: allow, Action: Texts{sendRaw},
			Resource: resources, Condition: d.conditions(door),
		})
		if len(recipients) == 0 {
			continue
		}
		// Mail could also be sent from a recipient's identity, so this statement requires a sender
		// of the credential's own.
		to := Statement{
			Sid: "SandboxRecipients" + door.name, Effect: allow, Action: Texts{sendRaw},
			Resource: recipients, Condition: d.conditions(door),
		}
		to.Condition.add("StringLike", fromAddress, senders(d.Identities)...)
		policy.Statements = append(policy.Statements, to)
	}
	return policy
}

// door is one way in. Mail through an endpoint has no public address, and other mail has no
// endpoint, so each door has its own conditions.
type door struct {
	name, key string
	values    []string
	networks  []netip.Prefix
}

func (d Description) doors() (doors []door) {
	if len(d.Networks) > 0 {
		doors = append(doors, door{name: "FromNetworks", key: sourceIP, values: texts(d.Networks)})
	}
	if len(d.Endpoints) > 0 {
		doors = append(doors, door{"FromEndpoints", sourceVPCe, d.Endpoints, d.PrivateNetworks})
	}
	if len(d.VPCs) > 0 {
		doors = append(doors, door{"FromVPCs", sourceVPC, d.VPCs, d.PrivateNetworks})
	}
	if len(doors) == 0 {
		doors = []door{{}}
	}
	return doors
}

// conditions returns everything that must hold for mail through the door.
func (d Description) conditions(through door) Conditions {
	c := Conditions{}
	switch through.key {
	case sourceIP:
		c.add("IpAddress", through.key, through.values...)
	case "":
	default:
		c.add("StringEquals", through.key, through.values...)
		c.add("IpAddress", vpcSourceIP, texts(through.networks)...)
	}
	c.like(fromAddress, unique(each(d.From, addresses)))
	c.like("ses:FromDisplayName", d.FromNames)
	if len(d.Recipients) > 0 {
		c.add("ForAllValues:StringLike", recipientsKey, unique(literal(each(d.Recipients, addresses)))...)
		c.add("Null", recipientsKey,
			"false") // ForAllValues also holds for no values ("Multivalued context keys", IAM User Guide)
	}
	if d.TLSOnly {
		c.add("Bool", "aws:SecureTransport", "true")
	}
	for _, more := range d.Conditions {
		c.add(more.Operator, more.Key, more.Values...)
	}
	return c
}

// said returns the conditions that the description's other fields make, through any door.
func (d Description) said() Conditions {
	d.Conditions = nil
	said := Conditions{}
	for _, door := range d.doors() {
		d.conditions(door).each(func(operator, key string, values Texts) { said.add(operator, key, values...) })
	}
	if len(d.SandboxRecipients) > 0 {
		said.add("StringLike", fromAddress, senders(d.Identities)...)
	}
	return said
}

// like adds patterns. If none has a wildcard, case doesn't matter.
func (c Conditions) like(key string, patterns []string) {
	if slices.ContainsFunc(patterns, hasStar) {
		c.add("StringLike", key, literal(patterns)...)
		return
	}
	c.add("StringEqualsIgnoreCase", key, uniqueBy(patterns, strings.ToLower)...)
}

func hasStar(text string) bool { return strings.Contains(text, "*") }

// hasWildcard is for text that people have written for IAM, to which ? is also a wildcard.
func hasWildcard(text string) bool { return strings.ContainsAny(text, "*?") }

// literal escapes ? in patterns ("IAM policy elements: Variables and tags").
func literal(patterns []string) (texts []string) {
	for _, p := range patterns {
		texts = append(texts, strings.ReplaceAll(p, "?", "${?}"))
	}
	return texts
}

func each(texts []string, f func(string) []string) (all []string) {
	for _, text := range texts {
		all = append(all, f(text)...)
	}
	return all
}

// texts returns the networks in IAM's spelling, without duplicates.
func texts(networks []netip.Prefix) (texts []string) {
	for _, n := range outermost(networks) {
		texts = append(texts, n.String())
	}
	return texts
}

// outermost returns the networks that aren't inside another one of them.
func outermost(networks []netip.Prefix) (left []netip.Prefix) {
	for i, n := range networks {
		n = plain(n)
		inside := false
		for j, other := range networks {
			other = plain(other)
			inside = inside || other.Bits() <= n.Bits() && other.Contains(n.Addr()) && (other != n || j < i)
		}
		if !inside {
			left = append(left, n)
		}
	}
	return left
}

// unique returns each text once, in the order of their first occurrence.
func unique(texts []string) []string {
	return uniqueBy(texts, func(text string) string { return text })
}

// uniqueBy returns the first text for each key.
func uniqueBy(texts []string, key func(string) string) (first []string) {
	seen := map[string]bool{}
	for _, text := range texts {
		if k := key(text); !seen[k] {
			seen[k] = true
			first = append(first, text)
		}
	}
	return first
}

// asIAMTakesIt escapes the characters that IAM refuses in a policy, which must be printable Latin-1
// ("PutUserPolicy", IAM API Reference). In JSON, such characters occur only inside strings.
func asIAMTakesIt(text []byte) []byte {
	var out []byte
	for _, r := range string(text) {
		switch {
		case r < 0x7f || r >= 0xa0 && r <= 0xff:
			out = utf8.AppendRune(out, r)
		case r > 0xffff:
			high, low := utf16.EncodeRune(r)
			out = fmt.Appendf(out, `\u%04x\u%04x`, high, low)
		default:
			out = fmt.Appendf(out, `\u%04x`, r)
		}
	}
	return out
}
