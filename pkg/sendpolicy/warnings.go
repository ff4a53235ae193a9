package sendpolicy

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"unicode"
)

// WarningCode names a kind of Warning.
type WarningCode string

const (
	// AnySource: a leaked credential works from anywhere.
	AnySource WarningCode = "AnySource"
	// WideNetwork: the source networks together have more addresses than one organisation has.
	WideNetwork WarningCode = "WideNetwork"
	// PrivateNetwork: SES never sees a private address, only that of the NAT gateway.
	PrivateNetwork WarningCode = "PrivateNetwork"
	// SingleAddress: without a fixed address, tasks and instances change theirs.
	SingleAddress WarningCode = "SingleAddress"
	// AddressBesideEndpoint: mail through an endpoint has no public address.
	AddressBesideEndpoint WarningCode = "AddressBesideEndpoint"
	// RecipientsAreAsked: in the sandbox, SES also checks permission on recipients' identities.
	RecipientsAreAsked WarningCode = "RecipientsAreAsked"
	// NoConfigurationSet: mail that uses a configuration set is refused.
	NoConfigurationSet WarningCode = "NoConfigurationSet"
	// OtherAccount: another account's identity needs a policy there.
	OtherAccount WarningCode = "OtherAccount"
	// OtherRegion: an ARN's Region isn't one of those described.
	OtherRegion WarningCode = "OtherRegion"
	// SpecificIdentity: an address or subdomain may be an identity of its own, which its domain
	// doesn't cover.
	SpecificIdentity WarningCode = "SpecificIdentity"
	// ForeignSender: a sender belongs to no identity, so SES refuses its mail.
	ForeignSender WarningCode = "ForeignSender"
	// AnyRecipient: one matching recipient is enough, and the others may be anyone.
	AnyRecipient WarningCode = "AnyRecipient"
	// TooLong: the policy is too long for a user's inline policies.
	TooLong WarningCode = "TooLong"
	// CaseMatters: upper and lower case differ in a pattern with a wildcard.
	CaseMatters WarningCode = "CaseMatters"
)

// Warning is what a person should know about a policy that Write has made.
type Warning struct {
	Code    WarningCode `json:"code"`
	Message string      `json:"message"`
}

// How many characters IAM allows, not counting white space ("IAM and AWS STS quotas").
const (
	InlineQuota  = 2048 // in all inline policies of a user together
	ManagedQuota = 6144 // in a managed policy
)

// Characters returns the policy's length as IAM counts it.
func (d Document) Characters() (n int) {
	text, err := written(d)
	if err != nil {
		return 0 // never happens: texts and lists of texts can always be written
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
			"in the sandbox, SES also checks permission on the recipients' verified identities, and refuses mail to "+
				"those that aren't named (554 Access denied): name them as sandbox recipients")
	}
	if len(d.ConfigurationSets) == 0 {
		warn(NoConfigurationSet,
			"SES refuses mail that names a configuration set, or whose identity has a default one (554 Access "+
				"denied): name the configuration sets that you use")
	}
	d.warnOfARNs(warn)
	d.warnOfSenders(warn)
	d.warnOfCapitals(warn)
	d.warnOfRecipients(warn)
	if n := policy.Characters(); n > InlineQuota {
		warn(TooLong,
			"it has %d characters, but IAM allows only %d for all inline policies of a user together: make it a "+
				"managed policy, which may have %d, name fewer identities, or use fewer of networks, endpoints and "+
				"VPCs, because each of these repeats the identities", n, InlineQuota, ManagedQuota)
	}
	slices.SortStableFunc(found, func(a, b Warning) int { return strings.Compare(string(a.Code), string(b.Code)) })
	return found
}

func (d Description) warnOfRecipients(warn func(WarningCode, string, ...any)) {
	for _, c := range d.Conditions {
		if parsed := c.comparison(); c.Key == recipientsKey && parsed.set == forAny {
			parsed.set = forAll
			warn(AnyRecipient, "%q holds if one recipient matches, and lets the others be anyone: unless you mean "+
				"that, write %s and add the condition Null %s false", c, parsed, recipientsKey)
		}
	}
}

func (d Description) warnOfCapitals(warn func(WarningCode, string, ...any)) {
	if slices.ContainsFunc(each(d.From, addresses), hasStar) || len(d.From) == 0 && len(d.SandboxRecipients) > 0 {
		warn(CaseMatters,
			"a sender has a wildcard, so upper and lower case differ for IAM: mail must come from addresses in lower "+
				"case, or exactly as written here")
	}
	if slices.ContainsFunc(d.FromNames, hasStar) {
		warn(CaseMatters,
			"FromNames has a wildcard, so upper and lower case differ for IAM: mail must have the names exactly as "+
				"written here")
	}
	if len(d.Recipients) > 0 {
		warn(CaseMatters,
			"upper and lower case differ in recipients: mail to Someone@Example.com isn't mail to example.com")
	}
}

func (d Description) warnOfSources(warn func(WarningCode, string, ...any)) {
	if !d.bound() {
		warn(AnySource, "a leaked credential works from anywhere%s: name the networks or VPC endpoints that mail "+
			"comes from", d.seemsBound())
	}
	if len(d.Networks) > 0 && len(d.Endpoints)+len(d.VPCs) > 0 {
		warn(AddressBesideEndpoint,
			"mail through a VPC endpoint has no public source address, so the networks don't limit it: the endpoint "+
				"or the VPC does, and private networks (aws:VpcSourceIp) can narrow that")
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
				"%s isn't public, so SES never sees it: name the public address of the NAT gateway, or use a VPC "+
					"endpoint", n)
		case n.IsSingleIP():
			warn(SingleAddress,
				"%s must be a fixed address (an Elastic IP, or a NAT gateway's): any other address of a task, "+
					"function or instance changes", n)
		}
	}
}

// sourceNetworks returns the networks that mail may come from, as they are named.
func (d Description) sourceNetworks() []netip.Prefix {
	networks := slices.Clone(d.Networks)
	for _, c := range d.Conditions {
		if more, err := c.networks(); err == nil && c.Key == sourceIP && !c.comparison().negated() {
			networks = append(networks, more...)
		}
	}
	return outermost(networks)
}

// bound reports whether mail must come from certain places.
func (d Description) bound() bool {
	place := func(c Condition) bool { return c.names() && isSource(c.Key) && c.Key != vpcSourceIP }
	return len(d.Networks)+len(d.Endpoints)+len(d.VPCs) > 0 || slices.ContainsFunc(d.Conditions, place)
}

// seemsBound says why conditions on a source don't limit mail to it.
func (d Description) seemsBound() string {
	for _, c := range d.Conditions {
		if isSource(c.Key) {
			return fmt.Sprintf(" (%q excludes some sources and allows all others)", c)
		}
	}
	return ""
}

// isPrivate reports whether SES never sees mail from the network, because it has no public address.
func isPrivate(n netip.Prefix) bool { return addressesOf(n).intersect(publicAddresses()).isEmpty() }

// warnOfARNs warns of identities and configuration sets in other accounts or Regions.
func (d Description) warnOfARNs(warn func(code WarningCode, format string, args ...any)) {
	home := d.Account
	for _, text := range slices.Concat(d.Identities, d.SandboxRecipients, d.ConfigurationSets) {
		parts := ofSES.FindStringSubmatch(text)
		if parts == nil {
			continue
		}
		if home = cmp.Or(home, parts[3]); parts[3] != home {
			warn(OtherAccount,
				"%s belongs to another account: its owner must allow this in the identity's own policy, and mail must "+
					"name it in X-SES-SOURCE-ARN", text)
		}
		if len(d.Regions) > 0 && !slices.Contains(d.Regions, parts[2]) {
			warn(OtherRegion, "%s isn't in one of the described Regions (%s)", text, strings.Join(d.Regions, ", "))
		}
	}
}
