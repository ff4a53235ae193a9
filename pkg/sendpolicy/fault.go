package sendpolicy

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
)

// Fault is one thing that is wrong with a Description.
type Fault struct {
	Field string // the Description's field, such as "Identities"
	Text  string // what is wrong with it
}

// Error names the field.
func (f Fault) Error() string { return f.Field + ": " + f.Text }

// Faults is everything that is wrong with a Description. It is the error of Write.
type Faults []Fault

// Error has a line for each fault.
func (f Faults) Error() string {
	var lines []string
	for _, fault := range f {
		lines = append(lines, fault.Error())
	}
	return strings.Join(lines, "\n")
}

// check returns all that is wrong with the description.
func (d Description) check() Faults {
	var f Faults
	f.checkRequired(d)
	f.checkVariables(d)
	f.checkShapes(d)
	f.checkNetworks(d)
	f.checkSenders(d)
	f.checkConditions(d)
	return f
}

func (f *Faults) add(field, format string, args ...any) {
	*f = append(*f, Fault{field, fmt.Sprintf(format, args...)})
}

func (f *Faults) checkRequired(d Description) {
	if len(d.Identities) == 0 {
		f.add("Identities", "name at least one: without, the credential could send as anybody")
	}
	names := slices.DeleteFunc(slices.Concat(d.Identities, d.ConfigurationSets, d.SandboxRecipients), isARN)
	if len(names) == 0 {
		return
	}
	if d.Account == "" {
		f.add("Account", "is needed, because %s isn't an ARN", names[0])
	}
	if len(d.Regions) == 0 {
		f.add("Regions", "at least one is needed, because %s isn't an ARN", names[0])
	}
}

// checkVariables refuses what IAM would replace by a property of the caller. Of the fields that it
// looks at, only FromNames has no shape that an empty text lacks.
func (f *Faults) checkVariables(d Description) {
	for _, of := range []struct {
		field  string
		values []string
	}{
		{"Identities", d.Identities}, {"ConfigurationSets", d.ConfigurationSets},
		{"SandboxRecipients", d.SandboxRecipients},
		{"From", d.From}, {"FromNames", d.FromNames}, {"Recipients", d.Recipients},
	} {
		for _, v := range of.values {
			if strings.Contains(v, "${") || v == "" && of.field == "FromNames" {
				f.add(of.field, "%q is empty, or has a policy variable", v)
			}
		}
	}
}

func (f *Faults) checkShapes(d Description) {
	const anIdentity = "a domain, an address or an identity's ARN, without wildcards"
	identity := []*shape{domain, address, ofKind("identity")}
	if d.Account != "" && !account.MatchString(d.Account) {
		f.add("Account", "%q is not 12 digits", d.Account)
	}
	for _, of := range []struct {
		field, what string
		values      []string
		allowed     []*shape
	}{
		{"Regions", "a Region", d.Regions, []*shape{region}},
		{"Identities", anIdentity, d.Identities, identity},
		{"SandboxRecipients", anIdentity, d.SandboxRecipients, identity},
		{"ConfigurationSets", "the name or the ARN of a configuration set, without wildcards", d.ConfigurationSets,
			[]*shape{setName, ofKind("configuration-set")}},
		{"From", "an address (with * for any text) or a domain", d.From, []*shape{pattern, domain}},
		{"Recipients", "a domain or an address (with * for any text)", d.Recipients, []*shape{pattern, domain}},
		{"Endpoints", "the ID of a VPC endpoint (vpce-…)", d.Endpoints, []*shape{endpoint}},
		{"VPCs", "the ID of a VPC (vpc-…)", d.VPCs, []*shape{vpc}},
	} {
		for _, v := range of.values {
			if !slices.ContainsFunc(of.allowed, func(s *shape) bool { return s.MatchString(v) }) {
				f.add(of.field, "%q is not %s", v, of.what)
			}
		}
	}
}

func (f *Faults) checkNetworks(d Description) {
	invalid := func(n netip.Prefix) bool { return !n.IsValid() }
	if slices.ContainsFunc(d.Networks, invalid) {
		f.add("Networks", "there is one without an address")
	}
	if slices.ContainsFunc(d.PrivateNetworks, invalid) {
		f.add("PrivateNetworks", "there is one without an address")
	}
	if len(d.PrivateNetworks) > 0 && len(d.Endpoints)+len(d.VPCs) == 0 {
		f.add("PrivateNetworks", "name the endpoint or the VPC as well: everybody's VPC has the same addresses")
	}
}

func (f *Faults) checkSenders(d Description) {
	for _, from := range d.From {
		if recipient := d.recipientThatIs(from); recipient != "" {
			f.add("From",
				"%q is somebody at a sandbox recipient's identity as well (%s), as whom the credential could send",
				from, recipient)
		}
	}
}

func (f *Faults) checkConditions(d Description) {
	const field = "Conditions"
	said := d.said()
	for _, c := range d.Conditions {
		if said.has(c.Operator, c.Key) {
			f.add(field,
				"%s of %s is said already, and values of one condition are alternatives: say it once, narrower",
				c.Operator, c.Key)
		}
		said.add(c.Operator, c.Key, c.Values...)
		if !honours(c.Key) {
			f.add(field, "SES doesn't know the key %s when mail is sent over SMTP; it knows %s",
				c.Key, strings.Join(HonouredKeys(), ", "))
		}
		if !operator.MatchString(c.Operator) {
			f.add(field, "IAM has no operator %q", c.Operator)
		}
		if len(c.Values) == 0 {
			f.add(field, "%s has no value", c.Key)
		}
	}
}
