package sendpolicy

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sendpolicy/internal/glob"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sessmtp"
)

// Description says in plain words what a credential is for. Only Identities are required; each
// other field narrows what the credential may do.
type Description struct {
	// Account is the AWS account (12 digits) of identities and configuration sets that aren't ARNs.
	Account string
	// Regions are the SES Regions of identities and configuration sets that aren't ARNs.
	Regions []string
	// Identities to send from: domains, addresses or ARNs. A domain such as example.com includes
	// its subdomains and all their addresses.
	Identities []string
	// ConfigurationSets to send with: names or ARNs.
	ConfigurationSets []string
	// SandboxRecipients are recipients' identities. In the sandbox, SES checks permission on those
	// too.
	SandboxRecipients []string
	// From are the addresses or domains that mail may be from. In addresses, * stands for any text.
	From []string
	// FromNames are the display names that mail may have. * stands for any text.
	FromNames []string
	// Recipients are the domains or addresses that mail may go to. In addresses, * stands for any
	// text.
	Recipients []string
	// Networks are the public networks that mail may come from. SES sees the address of a NAT
	// gateway, not the addresses behind it.
	Networks []netip.Prefix
	// Endpoints and VPCs are the IDs of the VPC endpoints and VPCs that mail may come through.
	Endpoints, VPCs []string
	// PrivateNetworks are the networks within those VPCs that mail may come from.
	PrivateNetworks []netip.Prefix
	// TLSOnly refuses mail that isn't encrypted. SES's SMTP interface does so anyway.
	TLSOnly bool
	// Conditions are further conditions, on keys that SES implements.
	Conditions []Condition
}

// Condition is one more condition that must hold.
type Condition struct {
	Operator string // such as "DateLessThan"
	Key      string // one of HonouredKeys
	Values   []string
}

var (
	account  = &shape{expression: `^[0-9]{12}$`}
	region   = &shape{expression: `^[a-z]+(-[a-z]+)+-[0-9]+$`}
	domain   = &shape{expression: `^([A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9])?\.)+[A-Za-z][A-Za-z0-9-]*$`}
	address  = &shape{expression: `^[^@\s\pC*?]+@([A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?\.)+[A-Za-z][A-Za-z0-9-]*$`}
	setName  = &shape{expression: `^[A-Za-z0-9_-]{1,64}$`}
	ofSES    = &shape{expression: `^arn:(aws[a-z-]*):ses:([a-z0-9-]+):([0-9]{12}):(identity|configuration-set)/([^*?\s\pC]+)$`}
	pattern  = &shape{expression: `^[^@\s\pC]+@[^@\s\pC]+$`}
	endpoint = &shape{expression: `^vpce-[0-9a-f]+$`}
	vpc      = &shape{expression: `^vpc-[0-9a-f]+$`}
	number   = &shape{expression: `^[+-]?[0-9]+(\.[0-9]+)?$`}
)

// recipientThatIs returns the sandbox recipient's identity that from may belong to, or "".
// Identities that are also among d.Identities don't count.
func (d Description) recipientThatIs(from string) string {
	own := senders(each(d.Identities, asSESHasIt))
	for _, recipient := range senders(each(d.SandboxRecipients, asSESHasIt)) {
		same := func(f string) bool { return overlap(f, recipient) }
		if !slices.Contains(own, recipient) && slices.ContainsFunc(addresses(from), same) {
			return recipient
		}
	}
	return ""
}

// overlap reports whether some address matches both patterns, whatever its case.
func overlap(a, b string) bool {
	like := func(pattern string) glob.Demand {
		w := glob.Wildcards{Fold: true, Variables: glob.Variables{}}
		return glob.Demand{Patterns: w.All(literal([]string{pattern})), Like: true}
	}
	return glob.Possible([]glob.Demand{like(a), like(b)})
}

func ofKind(kind string) *shape {
	return &shape{expression: strings.Replace(ofSES.expression, "(identity|configuration-set)", "("+kind+")", 1)}
}

func isARN(text string) bool { return strings.HasPrefix(text, "arn:") }

// partition returns the AWS partition of a Region.
func partition(region string) string { return sessmtp.Partition(region) }

// arns returns the ARNs of the named resources, in every Region.
func (d Description) arns(kind string, names []string) (arns []string) {
	for _, name := range names {
		if isARN(name) {
			arns = append(arns, name)
			continue
		}
		for _, region := range d.Regions {
			arns = append(arns, fmt.Sprintf("arn:%s:ses:%s:%s:%s/%s", partition(region), region, d.Account, kind, name))
		}
	}
	return arns
}

// normal returns the same description without duplicates, in SES's and IAM's spelling.
func (d Description) normal() Description {
	d.Regions, d.ConfigurationSets = unique(d.Regions), unique(d.ConfigurationSets)
	d.Identities = unique(each(d.Identities, asSESHasIt))
	d.SandboxRecipients = unique(each(d.SandboxRecipients, asSESHasIt))
	d.Recipients = unique(each(d.Recipients, domainInSmallLetters))
	d.From = unique(each(d.From, domainInSmallLetters))
	if !slices.ContainsFunc(each(d.From, addresses), hasStar) { // so case doesn't matter
		d.From = uniqueBy(d.From, strings.ToLower)
	}
	d.FromNames = unique(d.FromNames)
	d.Networks, d.PrivateNetworks = outermost(d.Networks), outermost(d.PrivateNetworks)
	d.Endpoints, d.VPCs = unique(d.Endpoints), unique(d.VPCs)
	conditions := d.Conditions
	d.Conditions = nil
	for _, c := range conditions {
		d.Conditions = append(d.Conditions, c.normal())
	}
	return d
}

// asSESHasIt returns an identity with its domain in lower case, as SES stores it. Before the @,
// case matters.
func asSESHasIt(identity string) []string {
	local, host, found := cutLast(identity, "@")
	if !found {
		local, host, _ = cutLast(identity, "/") // of an ARN
	}
	return []string{local + strings.ToLower(host)}
}

// domainInSmallLetters returns the text in lower case, unless it is an address.
func domainInSmallLetters(text string) []string {
	if !strings.Contains(text, "@") {
		text = strings.ToLower(text)
	}
	return []string{text}
}

// cutLast cuts the text after the last sep. Without a sep, after is the whole text.
func cutLast(text, sep string) (before, after string, found bool) {
	i := strings.LastIndex(text, sep) + len(sep)
	if i < len(sep) {
		return "", text, false
	}
	return text[:i], text[i:], true
}

// senders returns patterns for the From addresses of identities.
func senders(identities []string) (patterns []string) {
	for _, identity := range identities {
		if parts := ofSES.FindStringSubmatch(identity); parts != nil {
			identity = parts[5]
		}
		patterns = append(patterns, addresses(identity)...)
		if domain.MatchString(identity) {
			patterns = append(patterns, "*@*."+identity) // a domain's identity covers its subdomains
		}
	}
	return patterns
}

// addresses returns a pattern for the addresses of a domain, or the address itself.
func addresses(text string) []string {
	if strings.Contains(text, "@") {
		return []string{text}
	}
	return []string{"*@" + text}
}
