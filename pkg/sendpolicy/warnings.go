package sendpolicy

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"unicode"
)

// WarningCode names what a person should know about a policy that was written.
type WarningCode string

const (
	// AnySource: a leaked credential works from anywhere.
	AnySource WarningCode = "AnySource"
	// WideNetwork: a source network has more addresses than anyone has.
	WideNetwork WarningCode = "WideNetwork"
	// PrivateNetwork: SES never sees a private address, but that of the NAT gateway.
	PrivateNetwork WarningCode = "PrivateNetwork"
	// SingleAddress: tasks and instances without a fixed address change theirs.
	SingleAddress WarningCode = "SingleAddress"
	// AddressBesideEndpoint: mail through an endpoint has no public address.
	AddressBesideEndpoint WarningCode = "AddressBesideEndpoint"
	// RecipientsAreAsked: SES asks for permission on recipients' identities, too.
	RecipientsAreAsked WarningCode = "RecipientsAreAsked"
	// NoConfigurationSet: mail that names one is refused.
	NoConfigurationSet WarningCode = "NoConfigurationSet"
	// OtherAccount: an identity of another account needs a policy of its own there.
	OtherAccount WarningCode = "OtherAccount"
	// OtherRegion: an ARN is of a Region that isn't among those described.
	OtherRegion WarningCode = "OtherRegion"
	// SpecificIdentity: an address or subdomain may be an identity of its own beside its domain.
	SpecificIdentity WarningCode = "SpecificIdentity"
	// TooLong: an inline policy of a user can't have so many characters.
	TooLong WarningCode = "TooLong"
	// CaseMatters: a pattern with a wildcard tells capitals from small letters.
	CaseMatters WarningCode = "CaseMatters"
)

// Warning is one, in words for a person.
type Warning struct {
	Code    WarningCode `json:"code"`
	Message string      `json:"message"`
}

// How many characters IAM takes, white space apart ("IAM and AWS STS quotas").
const (
	InlineQuota  = 2048 // in all inline policies of a user together
	ManagedQuota = 6144 // in a managed policy
)

// Characters is how many IAM counts.
func (d Document) Characters() (n int) {
	text, err := written(d)
	if err != nil {
		return 0 // texts and lists of texts can always be written
	}
	for _, r := range string(text) {
		if !unicode.IsSpace(r) {
			n++
		}
	}
	return n
}

func (d Description) warnings(policy Document) (found []Warning) {
	warn := func(code WarningCode, format string, args ...any) {
		found = append(found, Warning{code, fmt.Sprintf(format, args...)})
	}
	d.warnOfSources(warn)
	if len(d.SandboxRecipients) == 0 {
		warn(RecipientsAreAsked,
			"in the sandbox, SES asks for permission on the recipients' verified identities as well, and refuses "+
				"mail to those that aren't named (554 Access denied); name them as sandbox recipients")
	}
	if len(d.ConfigurationSets) == 0 {
		warn(NoConfigurationSet,
			"mail that names a configuration set, or whose identity has one by default, is refused (554 Access "+
				"denied); name those that are used")
	}
	d.warnOfARNs(warn)
	d.warnOfSpecificIdentities(warn)
	if slices.ContainsFunc(each(d.From, addresses), hasStar) || len(d.From) == 0 && len(d.SandboxRecipients) > 0 {
		warn(CaseMatters,
			"senders have a wildcard, with which IAM tells capitals from small letters: mail has to come from "+
				"addresses in small letters, or just as written here")
	}
	if slices.ContainsFunc(d.FromNames, hasStar) {
		warn(CaseMatters,
			"FromNames has a wildcard, with which IAM tells capitals from small letters: mail has to be written "+
				"just so")
	}
	if len(d.Recipients) > 0 {
		warn(CaseMatters,
			"recipients tell capitals from small letters: mail to Someone@Example.com isn't mail to example.com")
	}
	if n := policy.Characters(); n > InlineQuota {
		warn(TooLong,
			"it has %d characters, and IAM lets all inline policies of a user have %d together, the stack's among "+
				"them: make it a managed policy, which may have %d, or name fewer identities, or fewer of networks, "+
				"endpoints and VPCs, each of which repeats them", n, InlineQuota, ManagedQuota)
	}
	slices.SortStableFunc(found, func(a, b Warning) int { return strings.Compare(string(a.Code), string(b.Code)) })
	return found
}

// warnOfSpecificIdentities tells that SES goes by the most specific identity that is verified: a
// sender's address, or its subdomain, and only then its domain ("Creating and verifying identities
// in Amazon SES"). The refusals that people report name that one.
func (d Description) warnOfSpecificIdentities(warn func(WarningCode, string, ...any)) {
	named := each(d.Identities, func(identity string) []string {
		if parts := ofSES.FindStringSubmatch(identity); parts != nil {
			identity = parts[5]
		}
		return []string{strings.ToLower(identity)}
	})
	isDomain := func(identity string) bool { return !strings.Contains(identity, "@") }
	isOther := func(from string) bool {
		return isDomain(from) || !slices.Contains(named, strings.ToLower(from))
	}
	if slices.ContainsFunc(named, isDomain) && (len(d.From) == 0 || slices.ContainsFunc(d.From, isOther)) {
		warn(SpecificIdentity,
			"a domain doesn't stand for its addresses and subdomains that are verified identities themselves: SES "+
				"asks for permission on those by name, and refuses their mail otherwise (554 Access denied); name "+
				"each as an identity beside the domain")
	}
}

func (d Description) warnOfSources(warn func(WarningCode, string, ...any)) {
	switch inside := len(d.Endpoints) + len(d.VPCs); {
	case len(d.Networks)+inside == 0 && !d.saysSource():
		warn(AnySource,
			"a leaked credential works from anywhere: name the networks or VPC endpoints that mail is handed in from")
	case len(d.Networks) > 0 && inside > 0:
		warn(AddressBesideEndpoint,
			"mail through a VPC endpoint has no public source address: it is let in by the endpoint or the VPC, and "+
				"where those are to be narrowed, by private networks (aws:VpcSourceIp)")
	}
	for _, n := range d.Networks {
		switch {
		case isPrivate(n):
			warn(PrivateNetwork,
				"%s is private, and SES never sees it: name the public address of the NAT gateway, or use a VPC "+
					"endpoint", n)
		case n.Bits() < 16 && n.Addr().Is4() || n.Bits() < 32 && n.Addr().Is6():
			warn(WideNetwork, "%s has more addresses than one network of anybody's", n)
		case n.IsSingleIP():
			warn(SingleAddress,
				"%s has to be fixed (an Elastic IP, a NAT gateway's): tasks, functions and instances change the "+
					"addresses that they get by themselves", n)
		}
	}
}

// isPrivate tells of a network that SES never sees mail come from: it has no public address.
func isPrivate(n netip.Prefix) bool { return addressesOf(n).intersect(publicAddresses()).isEmpty() }

// warnOfARNs tells of identities and configuration sets that are elsewhere.
func (d Description) warnOfARNs(warn func(code WarningCode, format string, args ...any)) {
	home := d.Account
	for _, text := range slices.Concat(d.Identities, d.SandboxRecipients, d.ConfigurationSets) {
		parts := ofSES.FindStringSubmatch(text)
		if parts == nil {
			continue
		}
		if home = cmp.Or(home, parts[3]); parts[3] != home {
			warn(OtherAccount,
				"%s is another account's: its owner has to allow it in the identity's own policy, and mail names "+
					"it in X-SES-SOURCE-ARN", text)
		}
		if len(d.Regions) > 0 && !slices.Contains(d.Regions, parts[2]) {
			warn(OtherRegion, "%s is in a Region that isn't among those described (%s)", text,
				strings.Join(d.Regions, ", "))
		}
	}
}

// saysSource tells whether more conditions of the description say where mail comes from.
func (d Description) saysSource() bool {
	bound, _ := Statement{Condition: d.conditions(door{})}.bound()
	return bound
}
