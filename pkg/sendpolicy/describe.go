package sendpolicy

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
)

// Describe returns what mail the user's policies already allow, as a Description. Identities and
// configuration sets are ARNs. If the policies name no identity, Describe takes the identities that
// their senders may have; if that isn't known either, it returns none. Intended supplies Account
// and Regions for what isn't an ARN. A condition that applies to only some of the mail is left out,
// because in one Description it would block the rest. left lists the conditions that were left out
// for this reason, or because a Description has no field for them.
//
// Describe doesn't look at denials and the boundary: they stay as they are.
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

// ownIdentities returns the identities that the statement names or, if it names none, those that
// its senders may have. All are ARNs.
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

// narrowing is what a statement's conditions say, by field of a Description. other has, in words,
// the conditions for which there is no field.
type narrowing struct {
	fields map[string][]string
	other  []string
}

// sourceFields are alternatives: mail needs to match only one of them.
var sourceFields = []string{"Networks", "Endpoints", "VPCs"}

// narrowing reads the conditions that mean the same as a field of a Description.
func (s Statement) narrowing() narrowing {
	n := narrowing{fields: map[string][]string{}}
	s.Condition.each(func(operator, key string, values Texts) {
		field := ""
		switch asked := asWritten(key); {
		case asked == recipientsKey && operator == "Null":
			return // it belongs to the patterns
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

// narrow sets the fields that all statements restrict, and returns what it leaves out.
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
		if field == "PrivateNetworks" { // they only matter with endpoints and VPCs
			lacking = func(n narrowing) bool { return has(n, "Endpoints", "VPCs") && !has(n, field) }
		}
		inAll := !slices.ContainsFunc(parts, lacking)
		for _, n := range parts {
			switch values := n.fields[field]; {
			case len(values) == 0:
			case inAll:
				left = append(left, d.set(field, values)...)
			default:
				left = append(left, fmt.Sprintf("%s, which only some statements have (%s)", field,
					strings.Join(values, ",")))
			}
		}
	}
	for _, n := range parts {
		left = append(left, n.other...)
	}
	return left
}

// set adds values to a field, and returns those that it can't read.
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
