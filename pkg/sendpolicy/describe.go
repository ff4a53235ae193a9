package sendpolicy

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
)

// Describe says what the user's policies allow of mail already, in a Description's words.
// Identities and configuration sets are ARNs. Where the policies name no identity, it takes those
// that their senders may have, and none if nothing is known. Account and Regions of Intended are
// for what isn't an ARN. A condition that only some of the mail has isn't in it, because in one
// description it would cut the rest off. left says what each such condition is, and each that a
// description has no words for.
//
// Denials and the boundary aren't looked at: they stay as they are.
func Describe(a Access) (d Description, left []string) {
	var statements []Statement
	policies, _, _ := a.read()
	for _, p := range policies {
		for _, s := range p.Statements {
			identity := slices.ContainsFunc(s.Resource, func(text string) bool { return has(text, someIdentity) })
			if s.Effect == allow && s.sends() && (identity || len(s.NotResource) > 0) {
				statements = append(statements, s)
			}
		}
	}
	d.Account, d.Regions = a.Intended.Account, a.Intended.Regions
	var parts []narrowing
	for _, s := range statements {
		d.Identities = append(d.Identities, s.ownIdentities(a.Intended)...)
		for _, text := range s.Resource {
			if has(text, someSet) && !has(text, someIdentity) && !hasWildcard(text) {
				d.ConfigurationSets = append(d.ConfigurationSets, text)
			}
		}
		parts = append(parts, s.narrowing())
	}
	d.Identities, d.ConfigurationSets = unique(d.Identities), unique(d.ConfigurationSets)
	left = d.narrow(parts)
	return d, unique(left)
}

// ownIdentities are the ARNs that the statement names, or of identities that its senders may have.
func (s Statement) ownIdentities(intended Description) []string {
	held := slices.DeleteFunc(s.heldIdentities(intended), hasWildcard)
	if len(held) > 0 {
		return held
	}
	if intended.Identities = s.ofSenders(); len(intended.Identities) == 0 {
		intended.Identities = s.ofNames()
	}
	return intended.arns("identity", intended.Identities)
}

// narrowing is what a statement's conditions say, by the field of a description, and in words what
// has no field.
type narrowing struct {
	fields map[string][]string
	other  []string
}

// sourceFields are those of which one is enough: they are ways in, beside each other.
var sourceFields = []string{"Networks", "Endpoints", "VPCs"}

// narrowing reads those operators that mean what a description's fields do.
func (s Statement) narrowing() narrowing {
	n := narrowing{fields: map[string][]string{}}
	s.Condition.each(func(operator, key string, values Texts) {
		field := ""
		switch asked := asWritten(key); {
		case asked == recipientsKey && operator == "Null":
			return // goes with the patterns
		case asked == recipientsKey && strings.HasPrefix(operator, "ForAllValues:String"):
			field = "Recipients"
		case asked == "aws:SecureTransport" && operator == "Bool" && slices.Equal(values, []string{"true"}):
			field = "TLSOnly"
		case operator == "IpAddress":
			field = map[string]string{sourceIP: "Networks", vpcSourceIP: "PrivateNetworks"}[asked]
		case operator == "StringEquals" || operator == "StringEqualsIgnoreCase" || operator == "StringLike":
			field = map[string]string{fromAddress: "From", "ses:FromDisplayName": "FromNames",
				sourceVPCe: "Endpoints", sourceVPC: "VPCs"}[asked]
		}
		if field == "" {
			n.other = append(n.other, fmt.Sprintf("%s %s %s", operator, key, strings.Join(values, ",")))
			return
		}
		n.fields[field] = append(n.fields[field], values...)
	})
	return n
}

// narrow takes over what all statements have, and says what it leaves.
func (d *Description) narrow(parts []narrowing) (left []string) {
	has := func(n narrowing, fields ...string) bool {
		return slices.ContainsFunc(fields, func(f string) bool { return len(n.fields[f]) > 0 })
	}
	for _, field := range []string{"From", "FromNames", "Recipients", "TLSOnly", "Networks", "Endpoints", "VPCs",
		"PrivateNetworks"} {
		needed := []string{field}
		if slices.Contains(sourceFields, field) {
			needed = sourceFields
		}
		lacking := func(n narrowing) bool { return !has(n, needed...) }
		if field == "PrivateNetworks" { // goes with endpoints and VPCs
			lacking = func(n narrowing) bool { return has(n, "Endpoints", "VPCs") && !has(n, field) }
		}
		inAll := !slices.ContainsFunc(parts, lacking)
		for _, n := range parts {
			switch values := n.fields[field]; {
			case len(values) == 0:
			case inAll:
				left = append(left, d.set(field, values)...)
			default:
				left = append(left, fmt.Sprintf("%s, which some of its statements have (%s)", field,
					strings.Join(values, ",")))
			}
		}
	}
	for _, n := range parts {
		left = append(left, n.other...)
	}
	return left
}

// set adds values to a field.
func (d *Description) set(field string, values []string) (left []string) {
	texts := map[string]*[]string{"From": &d.From, "FromNames": &d.FromNames, "Recipients": &d.Recipients,
		"Endpoints": &d.Endpoints, "VPCs": &d.VPCs}
	networks := map[string]*[]netip.Prefix{"Networks": &d.Networks, "PrivateNetworks": &d.PrivateNetworks}
	switch {
	case field == "TLSOnly":
		d.TLSOnly = true
	case texts[field] != nil:
		*texts[field] = unique(append(*texts[field], values...))
	default:
		for _, text := range values {
			network, err := parseNetwork(text)
			if err != nil {
				left = append(left, field+" "+text)
				continue
			}
			*networks[field] = append(*networks[field], network)
		}
		*networks[field] = outermost(*networks[field])
	}
	return left
}
