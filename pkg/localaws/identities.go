package localaws

import (
	"slices"
	"strings"
)

// identities holds the identities that SES has verified, by Region.
type identities map[string]map[string]bool

// verify adds an identity to a Region. Case doesn't matter in domains; in addresses it does
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

// of returns the identity that mail from an address is sent as, or "". A domain's identity covers
// its subdomains, and settings apply at "the most granular verified identity" ("Creating and
// verifying identities in Amazon SES"). An address with a label, as in user+label@example.com, has
// the identity of the address without it ("Verifying Email Addresses in Amazon SES").
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

// unverified returns the addresses that have no identity.
func (all identities) unverified(region string, addresses []string) []string {
	verified := func(address string) bool { return all.of(region, address) != "" }
	return slices.DeleteFunc(slices.Clone(addresses), verified)
}

// VerifyIdentity allows mail to be sent as a domain or an address, in the given Regions or, if
// there are none, in all. It only matters while EnforceSending is on.
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
