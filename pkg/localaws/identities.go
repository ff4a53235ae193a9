package localaws

import (
	"slices"
	"strings"
)

// identities are those that SES has verified, by Region.
type identities map[string]map[string]bool

// verify adds one to a Region. Domains are the same in capitals and small letters, addresses aren't
// ("Verifying Email Addresses in Amazon SES").
func (all identities) verify(region, name string) {
	if all[region] == nil {
		all[region] = map[string]bool{}
	}
	if !strings.Contains(name, "@") {
		name = strings.ToLower(name)
	}
	all[region][name] = true
}

// of is the identity that mail from an address is sent as, or nothing. A domain's identity is also
// that of its subdomains, and settings apply at "the most granular verified identity" ("Creating
// and verifying identities in Amazon SES"). An address with labels, as in user+label@example.com,
// is that of the one without ("Verifying Email Addresses in Amazon SES").
func (all identities) of(region, address string) string {
	at := strings.LastIndex(address, "@") + 1
	user, domain := strings.TrimSuffix(address[:at], "@"), address[at:]
	base, _, _ := strings.Cut(user, "+")
	names := []string{address, base + "@" + domain}
	for domain = strings.ToLower(domain); domain != ""; _, domain, _ = strings.Cut(domain, ".") {
		names = append(names, domain)
	}
	i := slices.IndexFunc(names, func(name string) bool { return all[region][name] })
	if i < 0 {
		return ""
	}
	return names[i]
}

// unverified are the addresses that have no identity.
func (all identities) unverified(region string, addresses []string) []string {
	verified := func(address string) bool { return all.of(region, address) != "" }
	return slices.DeleteFunc(slices.Clone(addresses), verified)
}

// VerifyIdentity adds a domain or an address to what mail may be sent as in some of the Regions, or
// in all of them if none is named. It counts while EnforceSending is on.
func (w *World) VerifyIdentity(name string, regions ...string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(regions) == 0 {
		regions = w.regions
	}
	for _, region := range regions {
		w.sending.identities.verify(region, name)
	}
}
