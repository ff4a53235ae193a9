package sendpolicy

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sendpolicy/internal/glob"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sessmtp"
)

// Description says in people's words what a credential is for. Only Identities are required; each
// of the others narrows.
type Description struct {
	// Account is the AWS account, 12 digits, of identities and configuration sets that aren't ARNs.
	Account string
	// Regions are the SES Regions, likewise.
	Regions []string
	// Identities to send from: domains (example.com, which has its subdomains and all addresses),
	// addresses, or ARNs.
	Identities []string
	// ConfigurationSets to send with: names or ARNs.
	ConfigurationSets []string
	// SandboxRecipients are identities that mail may go to where SES asks for permission on those
	// as well: in the sandbox.
	SandboxRecipients []string
	// From are addresses that mail may come from, with * for any text, or domains.
	From []string
	// FromNames are display names, with * for any text.
	FromNames []string
	// Recipients are domains or addresses that mail may go to, with * for any text.
	Recipients []string
	// Networks are public ones that mail may be handed in from. SES sees a NAT gateway's address,
	// not that behind it.
	Networks []netip.Prefix
	// Endpoints and VPCs are those that mail may be handed in through, by ID.
	Endpoints, VPCs []string
	// PrivateNetworks are those in the VPC that Endpoints or VPCs name.
	PrivateNetworks []netip.Prefix
	// TLSOnly refuses what isn't encrypted. SES's SMTP interface does so by itself.
	TLSOnly bool
	// Conditions are others, on keys that SES knows.
	Conditions []Condition
}

// Condition is one more that must hold.
type Condition struct {
	Operator string // as in "DateLessThan"
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

// recipientThatIs a sender: an identity of sandbox recipients, which isn't among those to send
// from.
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

// overlap tells whether any address is what both patterns describe, whatever its capitals.
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

// partition is the part of AWS that a Region belongs to.
func partition(region string) string { return sessmtp.Partition(region) }

// arns are the resources of those named, in every Region.
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

// normal says everything once, as SES and IAM have it, and means the same.
func (d Description) normal() Description {
	d.Regions, d.ConfigurationSets = unique(d.Regions), unique(d.ConfigurationSets)
	d.Identities = unique(each(d.Identities, asSESHasIt))
	d.SandboxRecipients = unique(each(d.SandboxRecipients, asSESHasIt))
	d.Recipients = unique(each(d.Recipients, domainInSmallLetters))
	d.From = unique(each(d.From, domainInSmallLetters))
	if !slices.ContainsFunc(each(d.From, addresses), hasStar) { // capitals don't matter
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

// asSESHasIt is an identity with its domain in small letters, as SES has it. Before the @, capitals
// matter.
func asSESHasIt(identity string) []string {
	local, host, found := cutLast(identity, "@")
	if !found {
		local, host, _ = cutLast(identity, "/") // of an ARN
	}
	return []string{local + strings.ToLower(host)}
}

// domainInSmallLetters is the text, if it isn't an address.
func domainInSmallLetters(text string) []string {
	if !strings.Contains(text, "@") {
		text = strings.ToLower(text)
	}
	return []string{text}
}

// cutLast cuts behind the last sep; without one, all is behind it.
func cutLast(text, sep string) (before, after string, found bool) {
	i := strings.LastIndex(text, sep) + len(sep)
	if i < len(sep) {
		return "", text, false
	}
	return text[:i], text[i:], true
}

// senders are what From addresses of the identities look like.
func senders(identities []string) (patterns []string) {
	for _, identity := range identities {
		if parts := ofSES.FindStringSubmatch(identity); parts != nil {
			identity = parts[5]
		}
		patterns = append(patterns, addresses(identity)...)
		if domain.MatchString(identity) {
			patterns = append(patterns, "*@*."+identity) // a domain's identity has its subdomains
		}
	}
	return patterns
}

// addresses are those of a domain, or the address itself.
func addresses(text string) []string {
	if strings.Contains(text, "@") {
		return []string{text}
	}
	return []string{"*@" + text}
}
