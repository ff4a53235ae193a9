package sendpolicy

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Fault is one thing that is wrong with a Description.
type Fault struct {
	Field string // the Description's field, such as "Identities"
	Text  string // what is wrong with it
}

// Error names the field.
func (f Fault) Error() string { return f.Field + ": " + f.Text }

// Faults is everything that is wrong with a Description. Write returns it as its error.
type Faults []Fault

// Error returns one line per fault.
func (f Faults) Error() string {
	var lines []string
	for _, fault := range f {
		lines = append(lines, fault.Error())
	}
	return strings.Join(lines, "\n")
}

// check returns everything that is wrong with the description.
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
		f.add("Identities", "name at least one: without one, the credential could send as anyone")
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

// checkVariables refuses policy variables, which IAM would replace with a property of the caller.
// It also checks FromNames for empty texts and control characters, because only FromNames have no
// shape that excludes those.
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
			switch {
			case strings.Contains(v, "${") || v == "" && of.field == "FromNames":
				f.add(of.field, "%q is empty or has a policy variable", v)
			case (of.field == "FromNames" || !utf8.ValidString(v)) && strings.ContainsFunc(v, isControl):
				f.add(of.field, "%q has a control character", v)
			}
		}
	}
}

// isControl reports whether a character isn't text but has an effect when it is printed.
func isControl(r rune) bool { return unicode.IsControl(r) || r == unicode.ReplacementChar }

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
		f.add("Networks", "one of them isn't a valid network")
	}
	if slices.ContainsFunc(d.PrivateNetworks, invalid) {
		f.add("PrivateNetworks", "one of them isn't a valid network")
	}
	if len(d.PrivateNetworks) > 0 && len(d.Endpoints)+len(d.VPCs) == 0 {
		f.add("PrivateNetworks", "name the endpoint or the VPC as well: other VPCs use the same private addresses")
	}
}

func (f *Faults) checkSenders(d Description) {
	for _, from := range d.From {
		if recipient := d.recipientThatIs(from); recipient != "" {
			f.add("From",
				"%q also matches senders at a sandbox recipient's identity (%s), so the credential could send as "+
					"them; name others", from, recipient)
		}
	}
}

// tooLong returns the fault of a policy that exceeds IAM's largest quota. It names the field that
// takes up most of the policy.
func (d Description) tooLong(characters int) Fault {
	var most Fault
	saved := -1
	for _, l := range d.lists() {
		to := min(l.n/2, 1) // keep the first entry, or nothing if it is the only one
		if l.needed {
			to = min(l.n, 1)
		}
		fewer := d
		l.shorten(&fewer, to)
		if less := characters - fewer.draft().Characters(); l.n > 0 && less > saved {
			saved = less
			most = Fault{l.field, fmt.Sprintf("the policy would have %d characters, but IAM allows at most %d; "+
				"%s %d of them: name fewer, or use several credentials",
				characters, ManagedQuota, these(l.n), less)}
		}
	}
	return most
}

// these returns the subject and verb for what the n entries of a list take.
func these(n int) string {
	if n == 1 {
		return "this takes"
	}
	return fmt.Sprintf("these %d take", n)
}

// list is a field of a description that has several entries.
type list struct {
	field   string
	n       int
	needed  bool // an empty list would change what the policy allows
	shorten func(d *Description, to int)
}

func (d Description) lists() []list {
	return []list{
		{"Identities", len(d.Identities), true, func(d *Description, to int) { d.Identities = d.Identities[:to] }},
		{"Regions", len(d.Regions), true, func(d *Description, to int) { d.Regions = d.Regions[:to] }},
		{"ConfigurationSets", len(d.ConfigurationSets), false,
			func(d *Description, to int) { d.ConfigurationSets = d.ConfigurationSets[:to] }},
		{"SandboxRecipients", len(d.SandboxRecipients), false,
			func(d *Description, to int) { d.SandboxRecipients = d.SandboxRecipients[:to] }},
		{"From", len(d.From), false, func(d *Description, to int) { d.From = d.From[:to] }},
		{"FromNames", len(d.FromNames), false, func(d *Description, to int) { d.FromNames = d.FromNames[:to] }},
		{"Recipients", len(d.Recipients), false, func(d *Description, to int) { d.Recipients = d.Recipients[:to] }},
		{"Networks", len(d.Networks), true, func(d *Description, to int) { d.Networks = d.Networks[:to] }},
		{"Endpoints", len(d.Endpoints), true, func(d *Description, to int) { d.Endpoints = d.Endpoints[:to] }},
		{"VPCs", len(d.VPCs), true, func(d *Description, to int) { d.VPCs = d.VPCs[:to] }},
		{"PrivateNetworks", len(d.PrivateNetworks), false,
			func(d *Description, to int) { d.PrivateNetworks = d.PrivateNetworks[:to] }},
		{"Conditions", len(d.Conditions), false, func(d *Description, to int) { d.Conditions = d.Conditions[:to] }},
	}
}
