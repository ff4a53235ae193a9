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
	// WideNetwork: the source networks together have more addresses than one organisation has.
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
	// ForeignSender: no identity is a sender's, so SES refuses its mail.
	ForeignSender WarningCode = "ForeignSender"
	// AnyRecipient: one recipient who matches is enough, and the others may be anybody.
	AnyRecipient WarningCode = "AnyRecipient"
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
	d.warnOfSenders(warn)
	d.warnOfCapitals(warn)
	d.warnOfRecipients(warn)
	if n := policy.Characters(); n > InlineQuota {
		warn(TooLong,
			"it has %d characters, and IAM lets all inline policies of a user have %d together: make it a managed "+
				"policy, which may have %d, or name fewer identities, or fewer of networks, endpoints and VPCs, each "+
				"of which repeats them", n, InlineQuota, ManagedQuota)
	}
	slices.SortStableFunc(found, func(a, b Warning) int { return strings.Compare(string(a.Code), string(b.Code)) })
	return found
}

func (d Description) warnOfRecipients(warn func(WarningCode, string, ...any)) {
	for _, c := range d.Conditions {
		if parsed := c.comparison(); c.Key == recipientsKey && parsed.set == forAny {
			parsed.set = forAll
			warn(AnyRecipient, "%q holds if one of the recipients is such, and lets the others be anybody: unless "+
				"that is meant, write %s, and a second condition Null %s false", c, parsed, recipientsKey)
		}
	}
}

func (d Description) warnOfCapitals(warn func(WarningCode, string, ...any)) {
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
}

func (d Description) warnOfSources(warn func(WarningCode, string, ...any)) {
	if !d.bound() {
		warn(AnySource, "a leaked credential works from anywhere%s: name the networks or VPC endpoints that mail is "+
			"handed in from", d.seemsBound())
	}
	if len(d.Networks) > 0 && len(d.Endpoints)+len(d.VPCs) > 0 {
		warn(AddressBesideEndpoint,
			"mail through a VPC endpoint has no public source address: it is let in by the endpoint or the VPC, and "+
				"where those are to be narrowed, by private networks (aws:VpcSourceIp)")
	}
	if set, bound := d.sourceAddresses(); bound {
		if words, wide := set.isWide(); wide {
			warn(WideNetwork, "the networks that mail may come from (%s) have %s",
				addressesOf(d.sourceNetworks()...), words)
		}
	}
	for _, n := range d.sourceNetworks() {
		switch {
		case isPrivate(n):
			warn(PrivateNetwork,
				"%s isn't public, and SES never sees it: name the public address of the NAT gateway, or use a VPC "+
					"endpoint", n)
		case n.IsSingleIP():
			warn(SingleAddress,
				"%s has to be fixed (an Elastic IP, a NAT gateway's): tasks, functions and instances change the "+
					"addresses that they get by themselves", n)
		}
	}
}

// sourceNetworks are those that mail may come from, as they are named.
func (d Description) sourceNetworks() []netip.Prefix {
	networks := slices.Clone(d.Networks)
	for _, c := range d.Conditions {
		if more, err := c.networks(); err == nil && c.Key == sourceIP && !c.comparison().negated() {
			networks = append(networks, more...)
		}
	}
	return outermost(networks)
}

// bound tells whether mail has to come from certain places.
func (d Description) bound() bool {
	place := func(c Condition) bool { return c.names() && isSource(c.Key) && c.Key != vpcSourceIP }
	return len(d.Networks)+len(d.Endpoints)+len(d.VPCs) > 0 || slices.ContainsFunc(d.Conditions, place)
}

// seemsBound says why conditions on a source don't bind mail to one.
func (d Description) seemsBound() string {
	for _, c := range d.Conditions {
		if isSource(c.Key) {
			return fmt.Sprintf(" (%q keeps some out, and lets all others in)", c)
		}
	}
	return ""
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
